"""The crate beside its peers: one run, one machine, the same data, the sides taken in turn. docs/benchmarks.md tells the rows.

Each side is a program of its own that stays alive, takes tasks from its standard input and times the work alone.
"""

import argparse
import contextlib
import ctypes
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "target" / "bench"
DATA = BENCH / "data"
SIDES = ROOT / "benches" / "sides"
LINFA = BENCH / "linfa"
SUMMARY = BENCH / "summary.json"

ROUNDS = 5
# A task that takes longer than so many seconds is done once.
LONG = 60
COLUMNS = {"digits50": 50, "digits2": 2, "digits30": 30, "overlap50": 50, "five10": 10, "stream20": 20}
SQUARE = 4096


class Fault(Exception):
    """What went wrong, said in a sentence."""


class Side:
    """A program that answers a task a line."""

    def __init__(self, name):
        self.name = name
        self.process = subprocess.Popen(command(name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, task, **details):
        try:
            print(json.dumps({"task": task} | details), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Fault(f"{self.name} ended (exit status {self.process.wait()}).")
        reply = json.loads(line)
        if "error" in reply:
            raise Fault(f"{self.name}: {reply['error']}.")
        return reply

    def status(self, field):
        """A figure that Linux keeps of the program, in bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(rf"^{field}:\s*(\d+) kB", text, re.M)[1])

    def forget_peak(self):
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def command(side):
    """How a side is started; the Rust programs are built where they are not up to date."""
    match side:
        case "ours":
            return [built("--profile", os.environ.get("EM_LAB_BENCH_PROFILE", "release"), "--bench", "ours")]
        case "linfa":
            return [built("--release", "--manifest-path", SIDES / "linfa" / "Cargo.toml", "--target-dir", LINFA)]
        case "scikit-learn":
            return [sys.executable, SIDES / "sklearn_side.py"]
        case "mclust":
            if subprocess.run([ROOT / "scripts" / "setup", "mclust"], check=False).returncode:
                raise Fault("R with mclust is missing, see above.")
            return ["Rscript", "--vanilla", SIDES / "mclust_side.R"]
        case "Spark":
            return [BENCH / "spark" / "bin" / "python", SIDES / "spark_side.py"]


BUILT = {}


def built(*arguments):
    """The program that Cargo builds from these arguments."""
    if arguments not in BUILT:
        run = subprocess.run(
            ["cargo", "build", "--locked", "--message-format", "json-render-diagnostics", *arguments], stdout=subprocess.PIPE, text=True, check=False
        )
        if run.returncode:
            raise Fault("the build failed, see above.")
        programs = [message["executable"] for message in map(json.loads, run.stdout.splitlines()) if message.get("executable")]
        BUILT[arguments] = programs[-1]
    return BUILT[arguments]


def file(name):
    """A file of data, written by our side where it is not there yet."""
    path = DATA / name
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        print(f"em-lab: writing {path.relative_to(ROOT)} ...", file=sys.stderr)
        with Side("ours") as ours:
            ours.ask("write", name=name, file=str(path))
    return str(path)


def data(name):
    return {"file": file(name), "columns": COLUMNS[name]}


def in_turn(rounds, *tasks):
    """Does the tasks one after the other, so many rounds; each task gets the round's number. Their replies, task by task."""
    replies = [[] for _ in tasks]
    for number in range(rounds):
        for task, done in zip(tasks, replies):
            if not done or done[0]["seconds"] <= LONG:
                done.append(task(number))
    return replies


def seconds(replies):
    return statistics.median(reply["seconds"] for reply in replies)


def answers(replies):
    """What a side answered: the answer itself where all are alike, else the middle one of the figures and their range."""
    every = [reply["answer"] for reply in replies]
    merged = {}
    for key, value in every[0].items():
        values = [answer[key] for answer in every]
        if all(other == value for other in values):
            merged[key] = value
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            merged[key] = values
        else:
            merged[key] = statistics.median(values)
            merged[f"{key}_range"] = [min(values), max(values)]
    return merged


def timed(ours, peer, by, **more):
    """A row of seconds."""
    a, b = seconds(ours), seconds(peer)
    return {
        "ours": a, "peer": b, "by": by, "unit": "s", "ratio": b / a, "ours_answer": answers(ours), "peer_answer": answers(peer),
        "ours_all": [reply["seconds"] for reply in ours], "peer_all": [reply["seconds"] for reply in peer],
    } | more


def iterations(name, components, side):
    """31 iterations from the labels, and 1: their difference is 30 iterations and neither start nor end."""
    work = data(name) | {"components": components, "labels": file(f"{name}_labels"), "tolerance": 0.0, "regularization": 1e-6}
    side.ask("load", **work)
    return [lambda _, n=n: side.ask("fit", **work, iterations=n) for n in (31, 1)]


def difference(long, short):
    """The replies of `iterations` as those of one iteration, round by round; what was done once belongs to every round."""
    rounds = max(len(long), len(short))
    pairs = zip(long * (rounds // len(long)), short * (rounds // len(short)))
    return [{"seconds": (a["seconds"] - b["seconds"]) / 30, "answer": a["answer"]} for a, b in pairs]


def em_iteration(name):
    def row(rounds):
        with Side("ours") as ours, Side("scikit-learn") as peer:
            (our_long, our_short), (peer_long, peer_short) = iterations(name, 10, ours), iterations(name, 10, peer)
            a, b, c, d = in_turn(rounds, our_long, peer_long, our_short, peer_short)
        return timed(difference(a, c), difference(b, d), "scikit-learn")

    return row


def em_gemm_share(rounds):
    rows = os.path.getsize(file("overlap50")) // (8 * 50)
    with Side("ours") as ours, Side("scikit-learn") as numpy:
        long, short = iterations("overlap50", 10, ours)
        squares = [lambda _: numpy.ask("gemm", size=SQUARE)] * 2
        a, b, c, d = in_turn(rounds, long, squares[0], short, squares[1])
        extra = ours.ask(
            "fit", **data("overlap50"), components=10, labels=file("overlap50_labels"), tolerance=0.0, regularization=1e-6, iterations=31, responsibilities=True
        )
    rates = [2 * rows * 10 * 50**2 / reply["seconds"] for reply in difference(a, c)]
    peaks = [2 * SQUARE**3 / reply["seconds"] for reply in b + d]
    rate, peak = statistics.median(rates), statistics.median(peaks)
    return {
        "ours": rate, "peer": peak, "by": "NumPy's matmul", "unit": "FLOP/s", "ratio": rate / peak,
        "ours_answer": extra["answer"], "peer_answer": answers(b + d), "ours_all": rates, "peer_all": peaks,
    }


def fit_50d(rounds):
    work = data("digits50") | {"components": 10, "tolerance": 1e-3, "predict": True}
    with Side("ours") as ours, Side("scikit-learn") as peer:
        for side in (ours, peer):
            side.ask("load", **work)
        # Round by round another seed: where EM ends, and when, depends on where it starts.
        a, b = in_turn(rounds, *(lambda seed, side=side: side.ask("fit", **work, seed=seed) for side in (ours, peer)))
    return timed(a, b, "scikit-learn")


def pca(kind):
    def row(rounds):
        pixels = file("pixels")
        with Side("ours") as ours, Side("scikit-learn") as peer:
            return timed(*in_turn(
                rounds,
                lambda _: ours.ask("pca", keep=50),
                lambda _: peer.ask("pca", keep=50, pixels=pixels, columns=784, type=kind),
            ), "scikit-learn")

    return row


def family_14(rounds):
    work = data("digits30") | {"components": 10}
    with Side("ours") as ours, Side("mclust") as peer:
        return timed(*in_turn(rounds, *(lambda _, side=side: side.ask("select", **work) for side in (ours, peer))), "mclust")


def linfa_10d(rounds):
    work = data("five10") | {"components": 5, "parameters": True}
    with Side("ours") as ours, Side("linfa") as peer, Side("scikit-learn") as judge:
        a, b = in_turn(rounds, *(lambda _, side=side: side.ask("fit", **work) for side in (ours, peer)))
        # linfa tells no likelihood: a third party takes both.
        for reply in a + b:
            reply["answer"] |= judge.ask("score", **data("five10"), **reply["parameters"])
    return timed(a, b, "linfa")


def peak_beyond_data(side, **work):
    """A fit in a fresh process: the most memory it holds at once beyond what it holds when the data are read."""
    with Side(side) as fresh:
        fresh.ask("load", **work)
        fresh.forget_peak()
        before = fresh.status("VmRSS")
        reply = fresh.ask("fit", **work)
        return {"bytes": fresh.status("VmHWM") - before, "seconds": reply["seconds"], "answer": reply["answer"]}


def memory_fit(rounds):
    work = data("digits50") | {"components": 10, "tolerance": 1e-3, "predict": True, "seed": 0}
    a, b, half = in_turn(
        rounds,
        lambda _: peak_beyond_data("ours", **work),
        lambda _: peak_beyond_data("scikit-learn", **work),
        lambda _: peak_beyond_data("ours", **work, rows=35_000),
    )
    ours, peer, ours_half = (statistics.median(reply["bytes"] for reply in replies) for replies in (a, b, half))
    return {
        "ours": ours, "peer": peer, "by": "scikit-learn", "unit": "B", "ratio": peer / ours,
        "ours_answer": answers(a) | {"bytes_for_half_the_rows": ours_half}, "peer_answer": answers(b),
        "ours_all": [reply["bytes"] for reply in a], "peer_all": [reply["bytes"] for reply in b],
    }


def stream_10m(rounds):
    work = data("stream20") | {"components": 5, "iterations": 5, "tolerance": 0.0}

    def part(millions):
        def task(_):
            with Side("ours") as fresh:
                reply = fresh.ask("stream", **work, rows=int(millions * 1e6))
                return reply | {"bytes": fresh.status("VmHWM")}

        return task

    sizes = [2.5, 5, 10]
    replies = in_turn(rounds, *(part(millions) for millions in sizes))
    each = {f"{millions:g} million": seconds(done) / millions for millions, done in zip(sizes, replies)}
    peaks = [reply["bytes"] for reply in replies[-1]]
    return {
        "ours": max(peaks), "peer": None, "by": "nobody", "unit": "B", "ratio": min(each.values()) / max(each.values()),
        "ours_answer": answers(replies[-1]) | {"seconds_for_a_million_rows": each}, "peer_answer": None, "ours_all": peaks, "peer_all": [],
    }


# name, what does it, the least ratio wanted, the ratio aimed at
ROWS = [
    ("em_iteration_50d", em_iteration("digits50"), 10, 20),
    ("em_gemm_share", em_gemm_share, 0.35, 0.65),
    ("em_iteration_2d", em_iteration("digits2"), 10, 30),
    ("fit_50d", fit_50d, 10, 20),
    ("pca_f64", pca("float64"), 3, 5),
    ("pca_f32", pca("float32"), 1.3, 2.5),
    ("family_14", family_14, 30, 100),
    ("linfa_10d", linfa_10d, 10, 30),
    ("memory_fit", memory_fit, 10, None),
    ("stream_10m", stream_10m, 0.8, None),
]


def machine():
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    return {"processor": processor, "cores": len(os.sched_getaffinity(0)), "memory_gb": round(int(memory) / 2**20, 1), "system": platform.platform()}


def openblas(program):
    """What the OpenBLAS that our side is linked with says of itself."""
    linked = re.search(r"libopenblas\S* => (\S+)", subprocess.check_output(["ldd", program], text=True))
    if not linked:
        return "none"
    library = ctypes.CDLL(linked[1])
    library.openblas_get_config.restype = ctypes.c_char_p
    return library.openblas_get_config().decode()


def versions(by):
    """Of everything that had a part in a row."""
    known = {"Rust": subprocess.check_output(["rustc", "--version"], text=True).split()[1], "OpenBLAS": openblas(command("ours")[0])}
    for side in {"ours", "scikit-learn"} | {by} & {"mclust", "Spark"}:
        with Side(side) as program:
            known |= program.ask("versions")
    if by == "linfa":
        known["linfa"] = re.search(r'name = "linfa-clustering"\nversion = "(.*)"', (SIDES / "linfa" / "Cargo.lock").read_text())[1]
    return known


def figure(value, unit):
    if value is None:
        return "-"
    scale, prefix = next(((s, p) for s, p in [(1e9, "G"), (1e6, "M"), (1, ""), (1e-3, "m")] if abs(value) >= s), (1e-6, "µ"))
    if unit == "s" and value >= 1:
        scale, prefix = 1, ""
    return f"{value / scale:.3g} {prefix}{unit}" if value < 1000 * scale else f"{value / scale:.0f} {prefix}{unit}"


def said(answer):
    if answer is None:
        return "-"
    return ", ".join(f"{key.replace('_', ' ')} {value:.6g}" if isinstance(value, float) else f"{key.replace('_', ' ')} {value}" for key, value in answer.items())


def heading():
    print(f"{'row':18}{'ours':>14}{'peer':>14}{'ratio':>8}{'least':>7}{'aim':>6}  runs   peer")


def show(row):
    wanted = "".join(f"{'-' if value is None else value:>{width}}" for value, width in ((row["at_least"], 7), (row["aim"], 6)))
    runs = f"{len(row['ours_all'])}:{len(row['peer_all'])}"
    print(f"{row['name']:18}{figure(row['ours'], row['unit']):>14}{figure(row['peer'], row['unit']):>14}{row['ratio']:8.2f}{wanted}  {runs:6} {row['by']}")
    print(f"{'':8}ours: {said(row['ours_answer'])}")
    print(f"{'':8}peer: {said(row['peer_answer'])}", flush=True)


def keep(row):
    """Puts a row in place of its last figures; the other rows keep theirs."""
    rows = json.loads(SUMMARY.read_text()) if SUMMARY.exists() else []
    order = [name for name, *_ in ROWS]
    rows = [old for old in rows if old["name"] != row["name"] and old["name"] in order] + [row]
    SUMMARY.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY.write_text(json.dumps(sorted(rows, key=lambda row: order.index(row["name"])), indent=1) + "\n")


def main():
    names = [name for name, *_ in ROWS]
    parser = argparse.ArgumentParser(prog="scripts/bench", description="The side-by-side runs: em-lab and its peers on the same data.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(names)}; all of them if none is named")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each side does a task ({ROUNDS})")
    choices = parser.parse_args()
    unknown = set(choices.rows) - set(names)
    if unknown or choices.rounds < 1:
        parser.error(f"there is no row {', '.join(unknown)}; there are {', '.join(names)}" if unknown else "--rounds must be 1 or more")
    heading()
    missing = []
    for name, work, at_least, aim in ROWS:
        if name not in (choices.rows or set(names) - {"spark_20d"}):  # That one takes long, and much of the disk.
            continue
        try:
            row = work(choices.rounds)
            row = {"name": name} | row | {"at_least": at_least, "aim": aim, "rounds": choices.rounds}
            row |= {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "machine": machine(), "versions": versions(row["by"])}
        except Fault as fault:
            missing.append(name)
            print(f"{name:18} not measured: {fault}", flush=True)
            continue
        show(row)
        keep(row)
    if missing:
        sys.exit(f"em-lab: {len(missing)} of the rows could not be measured: {', '.join(missing)}.")


if __name__ == "__main__":
    # As a module, so that the row in a file of its own can import it.
    import engine
    import spark

    engine.ROWS.append(("spark_20d", spark.spark_20d, 10, 50))
    engine.main()
