"""Tests of the runner of notebooks, with real kernels: what must fail fails, and says where and why."""

import sys
import tempfile
from pathlib import Path

import nbformat

import notebooks

CASES = notebooks.ROOT / "tests" / "notebooks"
# What the message must hold: the notebook, the cell, and what went wrong in it.
MUST_FAIL = {
    "panic": ["panic, cell 3 (let numbers", "three is not four"],
    "question_mark": ["question_mark, cell 3 (let number", "invalid digit"],
    "compile_error": ["compile_error, cell 3 (let number", "mismatched types"],
    "exit": ["exit, cell 3 (std::process::exit", "exit status: 3"],
}


def message_of(action):
    try:
        action()
    except notebooks.Fault as fault:
        return str(fault)
    return None


def a_notebook_that_must_fail_fails(name, parts):
    message = message_of(lambda: notebooks.execute([str(CASES / f"{name}.md")]))
    assert message, f"{name}.md passed"
    for part in parts:
        assert part in message, f"{part!r} is not in {message!r}"
    written = nbformat.read(notebooks.EXECUTED / f"{name}.ipynb", as_version=4)
    assert not written.cells[-1].outputs, "the cell after the failure ran"


def a_notebook_that_is_fine_passes():
    message = message_of(lambda: notebooks.execute([str(CASES / "fine.md")]))
    assert message is None, message
    written = nbformat.read(notebooks.EXECUTED / "fine.ipynb", as_version=4)
    assert written.cells[-1].outputs[0].text.startswith("2\n")


def a_stale_notebook_is_found():
    with tempfile.TemporaryDirectory() as folder:
        solutions, notebooks.SOLUTIONS = notebooks.SOLUTIONS, Path(folder)
        name = notebooks.names(["01"])[0]
        notebook = nbformat.read(solutions / f"{name}.ipynb", as_version=4)
        notebook.cells[0].source += " changed"
        nbformat.write(notebook, notebooks.SOLUTIONS / f"{name}.ipynb")
        message = message_of(notebooks.check)
        notebooks.SOLUTIONS = solutions
    assert message and f"{name} is not made from its source" in message, message


def main():
    tests = {f"{name} fails": lambda n=name, p=parts: a_notebook_that_must_fail_fails(n, p) for name, parts in MUST_FAIL.items()}
    tests["fine passes"] = a_notebook_that_is_fine_passes
    tests["stale is found"] = a_stale_notebook_is_found
    failed = 0
    for name, test in tests.items():
        try:
            test()
            print(f"test {name} ... ok", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"test {name} ... FAILED: {error}", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
