"""Tests of the kernel, with real kernels: test_kernel.py [--slow]. What takes minutes is left to --slow."""

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "kernel"))

from prepare import CRATE  # noqa: E402

KERNELS = ROOT / "target" / "kernel"
FIRST = (KERNELS / "config" / "init.evcxr").read_text() + "use em_lab::*;\nuse ndarray::*;\n"
DATA = "let x = column(&[1.0, 2.0, 10.0, 11.0]);\nlet kept = 5;\nfn twice(n: i32) -> i32 { 2 * n }"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Session:
    """A kernel and its client."""

    def __init__(self, cells=(FIRST, DATA), **environment):
        self.manager = KernelManager(kernel_name="rust")
        self.manager.start_kernel(env=os.environ | environment)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        for cell in cells:
            self.run(cell)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, during=None):
        """The status of the reply, and all that came before it as text."""
        said, mark = [], []

        def hear(message):
            content = message["content"]
            said.append(content.get("text") or content.get("data", {}).get("text/plain") or "\n".join(content.get("traceback", [])))
            if during and "started" in said[-1] and not mark:
                mark.append(during())

        reply = self.client.execute_interactive(code, timeout=300, output_hook=hear, allow_stdin=False)
        return reply["content"]["status"], COLOURS.sub("", "".join(said))

    def expect(self, code, status, *parts, during=None):
        answer = self.run(code, during)
        # On a busy machine standard error can come after the reply.
        late = time.monotonic() + 5
        while not all(part in answer[1] for part in parts) and time.monotonic() < late:
            with contextlib.suppress(queue.Empty):
                message = self.client.get_iopub_msg(timeout=0.5)
                answer = (answer[0], answer[1] + COLOURS.sub("", message["content"].get("text", "")))
        assert answer[0] == status, f"{code!r} ended as {answer}, not {status}"
        for part in parts:
            assert part in answer[1], f"{part!r} is not in {answer[1]!r}"
        return answer[1]


def folders():
    return {path.name for path in KERNELS.glob("run-*")}


def gone(names):
    """Whether these folders are removed within some seconds."""
    for _ in range(50):
        if not names & folders():
            return True
        time.sleep(0.2)
    return False


def a_panic_is_one_sentence_and_keeps_the_variables():
    with Session() as kernel:
        said = kernel.expect("let v = vec![1, 2];\nlet w = v[v.len()];", "ok", "The cell stopped at `let w = v[v.len()];`: index out of bounds")
        assert said.count("\n") == 1, said
        said = kernel.expect("let first = 1;\nlet y = x[[7, 0]];", "ok", "The cell stopped at `let y = x[[7, 0]];`: ndarray: index out of bounds")
        assert said.count("\n") == 1, said
        kernel.expect("let n: usize = std::hint::black_box(0);\nlet m = n - 1;", "ok", "let m = n - 1;`: attempt to subtract with overflow")
        kernel.expect("kept + twice(1)", "ok", "7")


def a_failed_question_mark_is_one_sentence_and_keeps_the_variables():
    with Session() as kernel:
        said = kernel.expect('let first = 1;\nlet n: i32 = "abc".parse()?;', "ok", 'The cell stopped at `let n: i32 = "abc".parse()?;`: invalid digit')
        assert said.count("\n") == 1, said
        kernel.expect("let fit = Em::new(9).fit(&x)?;", "ok", "The cell stopped at `let fit = Em::new(9).fit(&x)?;`: The data have 4 samples")
        kernel.expect("kept", "ok", "5")


def under_the_switch_both_are_errors():
    with Session(EM_LAB_STRICT="1") as kernel:
        kernel.expect('assert_eq!(kept, 6, "five is not six");', "error", "five is not six")
    with Session(EM_LAB_STRICT="1") as kernel:
        kernel.expect('let n: i32 = "abc".parse()?;', "error", "invalid digit", "101")


def an_interrupt_says_what_is_kept():
    with Session() as kernel:
        forever = 'println!("started");\nloop { std::hint::black_box(1); }'
        kernel.expect(forever, "error", "Interrupted. Kept: dependencies, imports, functions", during=kernel.manager.interrupt_kernel)
        kernel.expect("twice(21)", "ok", "42")
        kernel.expect("let z = column(&[1.0]);", "ok")
        # Between cells there is nothing to interrupt.
        kernel.manager.interrupt_kernel()
        time.sleep(0.3)
        kernel.expect("z.len()", "ok", "1")


def what_notebooks_begin_with_is_ready():
    before = folders()
    with Session() as kernel:
        kernel.expect("x.len()", "ok", "4")
        (name,) = folders() - before
        assert not (KERNELS / name / "complete").exists(), "Cargo was needed for what every notebook begins with"


def the_crate_with_and_without_worksheets_is_ready():
    for crate in CRATE["plain"]:
        before = folders()
        beside = [line for line in FIRST.splitlines() if not line.startswith(":dep em-lab ")]
        with Session(cells=["\n".join([crate, *beside])]) as kernel:
            kernel.expect("let m = column(&[1.0]);", "ok")
            kernel.expect("m.len()", "ok", "1")
            (name,) = folders() - before
            assert not (KERNELS / name / "complete").exists(), f"Cargo was needed for {crate}"
        assert gone({name}), name


def an_error_of_the_compiler_names_the_line():
    with Session() as kernel:
        kernel.expect("let a = 1;\nlet b: i32 = kept + x;", "error", "let b: i32 = kept + x;", "expected `i32`, found `f64`")


def kernels_work_side_by_side_and_leave_nothing():
    before = folders()
    with Session() as one, Session() as other:
        one.expect("let a = Em::new(2).fit(&x)?;", "ok")
        other.expect("let a = 3.5;", "ok")
        one.expect("a.model.n_components()", "ok", "2")
        other.expect("a", "ok", "3.5")
        started = folders() - before
        assert len(started) == 2, started
        size = sum(int(subprocess.check_output(["du", "-s", KERNELS / "prepared", KERNELS / name]).split()[2]) for name in started) / 2
        assert size < 30_000, f"a kernel's folder takes {size} KB beside what is shared"
    assert gone(started), f"{folders()} are left after the kernels have ended"
    with Session() as killed:
        started = folders() - before
        os.killpg(os.getpgid(killed.manager.provisioner.process.pid), signal.SIGKILL)
    assert gone(started), f"{folders()} are left after the kernel was killed"


def a_kernel_ends_when_jupyter_is_killed():
    before = folders()
    start = "from jupyter_client.manager import start_new_kernel as start; start(60, 'rust'); print('ready', flush=True); import time; time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) as jupyter:
        assert jupyter.stdout.readline() == "ready\n"
        started = folders() - before
        jupyter.kill()
    assert gone(started), f"{folders()} are left after Jupyter was killed"


def a_kernel_works_where_it_is_told_to():
    with tempfile.TemporaryDirectory() as folder, Session(EM_LAB_RUN_DIR=folder) as kernel:
        kernel.expect("x.len()", "ok", "4")
        assert len(list(Path(folder).glob("run-*"))) == 1, os.listdir(folder)
    with tempfile.TemporaryDirectory(prefix="a blank ") as folder, Session(cells=(), EM_LAB_RUN_DIR=folder) as kernel:
        kernel.expect("1 + 1", "error", "has a blank in it", "EM_LAB_RUN_DIR")


def a_kernel_that_cannot_start_says_why():
    stopped = KERNELS / "cargo"
    stopped.rename(KERNELS / "cargo.away")
    try:
        with Session(cells=()) as kernel:
            kernel.expect("1 + 1", "error", "The kernel cannot start", "run scripts/setup")
    finally:
        (KERNELS / "cargo.away").rename(stopped)


def an_edit_of_the_crate_is_in_the_next_kernel():
    source = ROOT / "src" / "lib.rs"
    text = source.read_text()
    with Session() as running:
        try:
            source.write_text(text + "\n/// Edited.\n#[must_use]\npub fn edited() -> u8 {\n    42\n}\n")
            running.expect("column(&[1.0]).len() + x.len()", "ok", "5")
            with Session() as next_one:
                next_one.expect("em_lab::edited()", "ok", "42")
            source.write_text(text + "\nthis does not compile\n")
            with Session(cells=()) as broken:
                broken.expect(FIRST, "error", "expected one of")
        finally:
            source.write_text(text)
    subprocess.run([ROOT / "scripts" / "setup"], check=True)


def without_a_network_it_is_the_same():
    inside = f"ip link set lo up && exec {sys.executable} {__file__} --without-network"
    done = subprocess.run(["unshare", "--net", "--map-root-user", "sh", "-c", inside], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def there_is_no_network():
    with Session() as kernel:
        kernel.expect("x.len()", "ok", "4")


FAST = [
    a_panic_is_one_sentence_and_keeps_the_variables,
    a_failed_question_mark_is_one_sentence_and_keeps_the_variables,
    under_the_switch_both_are_errors,
    an_interrupt_says_what_is_kept,
    what_notebooks_begin_with_is_ready,
    the_crate_with_and_without_worksheets_is_ready,
    an_error_of_the_compiler_names_the_line,
    kernels_work_side_by_side_and_leave_nothing,
    a_kernel_ends_when_jupyter_is_killed,
    a_kernel_works_where_it_is_told_to,
    a_kernel_that_cannot_start_says_why,
]
SLOW = [an_edit_of_the_crate_is_in_the_next_kernel, without_a_network_it_is_the_same]


def run_tests(tests):
    """Runs each test, says how it went, and returns how many failed."""
    failed = 0
    for name, test in tests.items():
        try:
            test()
            print(f"test {name} ... ok", flush=True)
        except Exception as error:
            failed += 1
            print(f"test {name} ... FAILED: {type(error).__name__}: {error}", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return failed


def main(arguments):
    tests = FAST + (SLOW if "--slow" in arguments else [])
    if "--without-network" in arguments:
        tests = [there_is_no_network]
    return run_tests({test.__name__.replace("_", " "): test for test in tests})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
