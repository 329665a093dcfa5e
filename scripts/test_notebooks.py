"""Tests of the runner of notebooks, with real kernels: what must fail fails, and says where and why.

test_notebooks.py [--all [NAME...]]: with --all also every worksheet, untouched and filled in; the first time takes long without polars.
"""

import sys
import tempfile
from pathlib import Path

import nbformat

import notebooks
from test_kernel import run_tests

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


def built(change, of_worksheet=lambda notebook: None):
    """What the check says of notebook 01 after a change to the cells of its solution, and one to its worksheet."""
    folders, name = (notebooks.SOLUTIONS, notebooks.WORKSHEETS), notebooks.names(["01"])[0]
    source = notebooks.read_source(notebooks.SOURCES / f"{name}.md")
    solution, worksheet = notebooks.solution(source, name), notebooks.worksheet(source, name)
    change(solution.cells)
    of_worksheet(worksheet)
    with tempfile.TemporaryDirectory() as folder:
        try:
            notebooks.SOLUTIONS, notebooks.WORKSHEETS = Path(folder, "solutions"), Path(folder, "worksheets")
            notebooks.write(solution, notebooks.SOLUTIONS / f"{name}.ipynb")
            notebooks.write(worksheet, notebooks.WORKSHEETS / f"{name}.ipynb")
            return message_of(notebooks.check)
        finally:
            notebooks.SOLUTIONS, notebooks.WORKSHEETS = folders


def a_stale_notebook_is_found():
    def prose(cells):
        cells[0].source += " changed"

    def code(cells):
        next(cell for cell in cells if cell.cell_type == "code").source += "\n// changed"

    def error(cells):
        code_cell = next(cell for cell in cells if cell.cell_type == "code")
        code_cell.outputs = [nbformat.v4.new_output("error", ename="Error", evalue="", traceback=["a panic"])]

    assert "01_em_in_1d" not in built(lambda cells: None), "an unchanged notebook was called stale"
    assert "02_em_in_2d is missing" in built(lambda cells: None)
    assert "01_em_in_1d is not made from its source" in built(prose)
    assert "01_em_in_1d is not made from its source" in built(code)
    assert "01_em_in_1d holds an error" in built(error)


def a_stale_worksheet_is_found():
    def prose(notebook):
        notebook.cells[0].source += " changed"

    def metadata(notebook):
        notebook.cells[1].metadata["deletable"] = False

    for change in (prose, metadata):
        assert "the worksheet 01_em_in_1d is not made from its source" in built(lambda cells: None, change)


def an_untouched_worksheet_runs():
    """Also where every panic is an error: no cell but a check calls a blank."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "small.ipynb")
        notebooks.write(notebooks.worksheet(notebooks.read_source(CASES / "worksheets" / "small.md"), "small"), path)
        message = message_of(lambda: notebooks.execute([str(path)]))
    assert message is None, message
    written = nbformat.read(notebooks.EXECUTED / "small.ipynb", as_version=4)
    said = "\n".join(str(cell.get("outputs")) for cell in written.cells)
    for part in ("Exercise 1, new_weight: not done yet", "Exercise 2, new_weight: not done yet", "waits for exercises 1 (new_weight) and 2", "0 of 5 points"):
        assert part in said, f"{part!r} is not in {said}"


def worksheet_of(name, filled):
    """What a worksheet shows, run from top to bottom where every panic is an error; untouched, or with the answers of its source."""
    source = notebooks.read_source(notebooks.SOURCES / f"{name}.md")
    made, answers = notebooks.worksheet(source, name), {cell["id"]: cell.source for cell in notebooks.solution(source, name).cells}
    for cell in made.cells:
        if filled and cell["id"].startswith("answer-"):
            cell.source = answers[cell["id"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.{'filled' if filled else 'untouched'}.ipynb")
        notebooks.write(made, path)
        message = message_of(lambda: notebooks.execute([str(path)]))
    assert message is None, message
    return {cell["id"]: shown(cell) for cell in nbformat.read(notebooks.EXECUTED / path.name, as_version=4).cells if cell.cell_type == "code"}


def shown(cell):
    return [output.get("text", "") or dict(output.get("data", {})) for output in cell.outputs]


def a_worksheet_waits_and_then_shows_what_the_solution_does(name):
    untouched, filled = worksheet_of(name, filled=False), worksheet_of(name, filled=True)
    checks = [said for cell, said in untouched.items() if cell.startswith("check-")]
    assert checks and all("not done yet" in str(said) for said in checks), checks
    solution = nbformat.read(notebooks.SOLUTIONS / f"{name}.ipynb", as_version=4)
    expected = {cell["id"]: shown(cell) for cell in solution.cells if cell.cell_type == "code"}
    for cell, said in expected.items():
        assert filled[cell] == said, f"cell {cell} shows {filled[cell]}, in the solution {said}"


def main(arguments):
    tests = {f"{name} fails": lambda n=name, p=parts: a_notebook_that_must_fail_fails(n, p) for name, parts in MUST_FAIL.items()}
    tests["fine passes"] = a_notebook_that_is_fine_passes
    for test in (a_stale_notebook_is_found, a_stale_worksheet_is_found, an_untouched_worksheet_runs):
        tests[test.__name__.replace("_", " ")] = test
    if "--all" in arguments:
        for name in notebooks.names(arguments[1:]):
            tests[f"{name} waits, and then shows what the solution does"] = lambda name=name: a_worksheet_waits_and_then_shows_what_the_solution_does(name)
    return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
