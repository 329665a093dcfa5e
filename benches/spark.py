"""The row of scripts/bench that compares scripts/mpi with Spark: two ranks and Spark's local mode, on one Parquet file.

Both start from the same mixture, Spark's own start: its fit with no iteration tells it, and ours reads it as a model. So both do the
same iterations, and the log-likelihoods they end with must agree.
"""

import json
import os
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path

import engine

MILLIONS = int(os.environ.get("EM_LAB_BENCH_MILLIONS", "10"))
K = 10
# Spark adds 2.2e-16 to each component's density of a sample. In 20 dimensions that is more than most densities are, and changes what
# it computes; in a unit so small that densities are large it changes nothing.
UNIT = 0.01
# Two lengths of run; their difference is this many iterations and neither start nor end.
SHORT, LONG = 1, 4
RANKS = 2
# Prints the most memory that a rank held, for mpirun's children are not ours.
WATCH = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); " \
    "print('peak', 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, flush=True); sys.exit(code)"


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], cwd=engine.ROOT, stdout=subprocess.PIPE, text=True, check=False, **more)
    if done.returncode:
        raise engine.Fault(f"{Path(command[0]).name} ended (exit status {done.returncode}), see above.")
    return done.stdout


def samples():
    """The file, written by our side where it is not there yet."""
    path = engine.DATA / f"small_unit20_{MILLIONS}m.parquet"
    if not path.exists():
        part = path.with_suffix(".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"em-lab: writing {path.relative_to(engine.ROOT)} ...", file=sys.stderr)
        run(engine.built(*PROFILE, "--features", "mpi", "--example", "stream"), "write", part, MILLIONS * 1_000_000, UNIT)
        part.rename(path)
    return path


PROFILE = ("--profile", os.environ.get("EM_LAB_BENCH_PROFILE", "release"))


def text(parameters):
    """A mixture as em-lab's GaussianMixture::to_text writes it."""
    means, covariances = parameters["means"], parameters["covariances"]
    lines = ["em-lab Gaussian mixture, version 1", "note: iteration 0", "covariance model: VVV"]
    lines += [f"components: {len(means)}", f"features: {len(means[0])}"]
    numbers = [("weights", parameters["weights"])] + [("mean", mean) for mean in means]
    numbers += [("covariance", row) for covariance in covariances for row in covariance]
    lines += [" ".join([f"{name}:", *map(repr, values)]) for name, values in numbers]
    content = "\n".join(lines) + "\n"
    return content + f"check: {zlib.crc32(content.encode()):08x}\n"


def ours(path, start, iterations):
    """Ends with the log-likelihood of the last model, for which it reads the data once more."""
    model = engine.BENCH / "mpi_model.txt"
    model.write_text(start)
    program = engine.built(*PROFILE, "--features", "mpi", "--example", "mpi_em")
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    cores = len(os.sched_getaffinity(0))
    environment = os.environ | root | {"EM_LAB_THREADS": str(max(1, cores // RANKS))}
    mpirun = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", RANKS]
    begin = time.perf_counter()
    said = run(*mpirun, sys.executable, "-c", WATCH, program, path, model, K, iterations, "--resume", env=environment)
    seconds = time.perf_counter() - begin
    peaks = [int(peak) for peak in re.findall(r"^peak (\d+)$", said, re.M)]
    mean = float(re.search(rf"^iteration {iterations}: mean log-likelihood (\S+)$", said, re.M)[1])
    answer = {"mean_log_likelihood": mean, "peak_of_a_rank": max(peaks), "peak_of_all_ranks": sum(peaks)}
    return {"seconds": seconds, "answer": answer}


def spark_20d(rounds):
    for part in ("mpi", "spark"):
        if subprocess.run([engine.ROOT / "scripts" / "setup", part], check=False).returncode:
            raise engine.Fault(f"scripts/setup {part} could not install what it needs, see above.")
    path = samples()
    task = {"file": str(path), "components": K}
    with engine.Side("Spark") as spark:
        start = text(spark.ask("fit", **task, iterations=0))
        longs, shorts, theirs, theirs_short = engine.in_turn(
            rounds,
            lambda _: ours(path, start, LONG), lambda _: ours(path, start, SHORT),
            lambda _: spark.ask("fit", **task, iterations=LONG), lambda _: spark.ask("fit", **task, iterations=SHORT),
        )
    # Spark tells the log-likelihood of the model before its last one: a third run of ours tells that of its last.
    judged = ours(path, text(theirs[-1]), 0)["answer"]["mean_log_likelihood"]
    a, b = ([(x["seconds"] - y["seconds"]) / (LONG - SHORT) for x, y in zip(longer, shorter)]
            for longer, shorter in ((longs, shorts), (theirs, theirs_short)))
    answer = {"mean_log_likelihood": judged, "heap": max(reply["heap"] for reply in theirs), "resident": max(reply["resident"] for reply in theirs)}
    middle = engine.statistics.median
    return {
        "ours": middle(a), "peer": middle(b), "by": "Spark", "unit": "s", "ratio": middle(b) / middle(a),
        "ours_answer": engine.answers(longs) | {"rows": MILLIONS * 1_000_000}, "peer_answer": answer, "ours_all": a, "peer_all": b,
    }
