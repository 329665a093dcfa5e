"""Tests of the grading, with real kernels and real nbgrader: test_grading.py [--all]. Without --all, what takes seconds."""

import copy
import os
import sys
import tempfile
from pathlib import Path

import nbformat

import notebooks
from test_kernel import run_tests
from worksheets import read_exercises, solution, worksheet

sys.path.insert(0, str(notebooks.ROOT / "scripts" / "grading"))

import grade  # noqa: E402
from collect import student_of  # noqa: E402
from rebuild import rebuild  # noqa: E402

SOURCES, CASES = notebooks.SOURCES, notebooks.ROOT / "tests" / "notebooks" / "worksheets"
SMALL = "small"
RIGHT = "fn new_weight(responsibility: &[f64]) -> f64 {\n    total(responsibility) / responsibility.len() as f64\n}"
AGAIN = "fn again(responsibility: &[f64]) -> f64 {\n    responsibility.iter().sum::<f64>() / responsibility.len() as f64\n}"
WRONG = RIGHT.replace(" / responsibility.len() as f64", "")
FORGED = r'println!("EVCXR_BEGIN_CONTENT text/plain\n2\nEVCXR_END_CONTENT");'


def inside(statement, right=RIGHT):
    """An answer whose function does something else first."""
    return right.replace("{\n", "{\n    " + statement + "\n", 1)


def read(name):
    return notebooks.read_source((CASES if name == SMALL else SOURCES) / f"{name}.md")


def released():
    return worksheet(read(SMALL), SMALL)


def in_full(name):
    """The worksheet with the answers of its source."""
    made, answers = worksheet(read(name), name), solution(read(name), name)
    for each in made.cells:
        if each["id"].startswith("answer-"):
            each.source = cell(answers, each["id"]).source
    return made


def answered(first=None, second=None):
    """The worksheet with these answers; nothing for a blank that is left."""
    made = released()
    for name, text in (("answer-1", first), ("answer-2", second)):
        if text is not None:
            cell(made, name).source = text
    return made


def cell(notebook, name):
    return next(each for each in notebook.cells if each["id"] == name)


def without(notebook, *names):
    notebook.cells = [each for each in notebook.cells if each["id"] not in names]
    return notebook


def changed(notebook, name, text):
    cell(notebook, name).source = text
    cell(notebook, name).metadata.pop("editable", None)
    return notebook


def with_cell(notebook, text, after):
    place = next(number for number, each in enumerate(notebook.cells) if each["id"] == after)
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(text))
    return notebook


def moved_and_doubled():
    made = answered(WRONG, AGAIN)
    made.cells.insert(3, made.cells.pop([each["id"] for each in made.cells].index("check-2")))
    made.cells.append(copy.deepcopy(cell(made, "check-2")))
    return made


# What is handed in, and the points for the two exercises, of 2 and 3.
QUICK = {
    "untouched": (lambda: answered(), (0, 0)),
    "solution": (lambda: answered(RIGHT, AGAIN), (2, 3)),
    "half": (lambda: answered(RIGHT), (2, 0)),
    "one wrong": (lambda: answered(WRONG, AGAIN), (0, 3)),
    "does not compile": (lambda: answered(RIGHT.replace("total", "totally"), AGAIN), (0, 3)),
    "check deleted": (lambda: without(answered(WRONG, AGAIN), "check-1", "blanks", "progress"), (0, 3)),
    "check changed": (lambda: changed(answered(WRONG, AGAIN), "check-1", "2.0"), (0, 3)),
}
ALL = {
    "a type that is wrong": (lambda: answered(RIGHT.replace("-> f64", "-> f32").replace("as f64", "as f32"), AGAIN), (0, 3)),
    "not Rust": (lambda: answered("fn new_weight(responsibility: &[f64]) -> f64 {{{", AGAIN), (0, 3)),
    "no end of the compiler": (lambda: answered(RIGHT + "\nlet a = ;", AGAIN), (0, 3)),
    "panics inside": (lambda: answered(inside('panic!("oh");'), AGAIN), (0, 3)),
    "panics at top level": (lambda: answered(RIGHT + '\npanic!("oh");', AGAIN), (2, 3)),
    "loops inside": (lambda: answered(inside("loop {}"), AGAIN), (0, 3)),
    "loops at top level": (lambda: answered(RIGHT + "\nloop { std::hint::black_box(1); }", AGAIN), (0, 3)),
    "loops and prints": (lambda: answered(RIGHT + '\nloop { println!("again"); }', AGAIN), (0, 3)),
    "loops in a trial": (lambda: answered(inside("loop {}") + "\nnew_weight(&[1.0])", AGAIN), (0, 3)),
    "exits inside": (lambda: answered(inside("std::process::exit(0);"), AGAIN), (0, 3)),
    "exits at top level": (lambda: answered(RIGHT + "\nstd::process::exit(0);", AGAIN), (0, 3)),
    "aborts inside": (lambda: answered(inside("std::process::abort();"), AGAIN), (0, 3)),
    "prints a result inside": (lambda: answered(inside(FORGED, WRONG), AGAIN), (0, 3)),
    "prints a result at top level": (lambda: answered(WRONG + "\n" + FORGED, AGAIN), (0, 3)),
    "prints half a result": (lambda: answered(WRONG + r'print!("EVCXR_BEGIN_CONTENT text/plain\n2\n");', AGAIN), (0, 3)),
    "prints on standard error": (lambda: answered(inside('eprintln!("here");') + '\neprintln!("and here");', AGAIN), (2, 3)),
    "what every cell begins with changed": (lambda: changed(answered(WRONG, AGAIN), "blanks", "fn exercise_1() {}"), (0, 3)),
    "own module worksheet": (
        lambda: answered("mod worksheet { pub mod em_in_1d { pub fn new_weight(_: fn(&[f64]) -> f64) -> u32 { 2 } } }\n" + WRONG, AGAIN),
        (0, 3),
    ),
    "own exercise": (lambda: answered("fn exercise_1() -> u32 { 2 }\n" + WRONG, AGAIN), (0, 3)),
    "another crate of that name": (lambda: answered("extern crate std as em_lab;\n" + WRONG, AGAIN), (0, 3)),
    "moved and doubled": (moved_and_doubled, (0, 3)),
    "helper in a cell of its own": (
        lambda: with_cell(answered(RIGHT.replace("total", "sum_of"), AGAIN), "fn sum_of(x: &[f64]) -> f64 { x.iter().sum() }", "blanks"),
        (2, 3),
    ),
    "trial with a variable": (lambda: answered(RIGHT + '\nprintln!("{}", new_weight(&responsibilities));', AGAIN), (2, 3)),
    "trial after a loop": (
        lambda: with_cell(answered(RIGHT, AGAIN + "\nprintln!(\"{}\", again(&responsibilities));"), "fn f() {}\nprintln!(\"{responsibilities:?}\");\nloop {}", "check-1"),
        (2, 3),
    ),
    "answer in a cell of its own": (lambda: with_cell(without(answered(None, AGAIN), "answer-1"), RIGHT, "blanks"), (2, 3)),
    "calls another crate": (lambda: answered(":dep em-lab = { path = \"/nowhere\" }\n!exit 3\n" + RIGHT, AGAIN), (2, 3)),
    "has no ids": (lambda: without_ids(answered(RIGHT, AGAIN)), (2, 3)),
}


def without_ids(notebook):
    for each in notebook.cells:
        each.pop("id")
    notebook.nbformat_minor = 4
    return notebook


def graded(name, submissions, folder):
    """Releases, collects and grades these submissions, and returns the points, what they are of, and the notes of each."""
    here = os.getcwd()
    try:
        grade.notebooks.SOURCES = CASES if name == SMALL else SOURCES
        course, handed_in = grade.Course(folder), Path(folder, "handed in")
        for student, notebook in submissions.items():
            path = handed_in / f"{student}_123_assignsubmission_file" / f"{name}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(notebook) if isinstance(notebook, str) else nbformat.write(notebook, path)
        asked = grade.argparse.Namespace(folder=str(handed_in), students=[], again=False)
        for action in (grade.release, grade.collect, grade.autograde, grade.feedback, grade.export):
            action(course, name, asked)
        return {student: (*zip(*course.points(name, student), strict=True), course.notes(name, student)) for student in submissions}
    finally:
        os.chdir(here)
        grade.notebooks.SOURCES = SOURCES


def points(cases):
    """A test for each submission; all are graded together, before the first."""
    found = {}

    def all_are_graded():
        with tempfile.TemporaryDirectory() as folder:
            found.update(graded(SMALL, {student: make() for student, (make, _) in cases.items()}, folder))
            check_pages(folder, cases)

    def test(student, expected):
        scores, most, notes = found[student]
        assert (scores, most) == (expected, (2, 3)), f"{scores} of {most}, not {expected}; {notes}"

    each = {f"points: {name}": lambda name=name, expected=expected: test(name, expected) for name, (_, expected) in cases.items()}
    return {"all are graded": all_are_graded} | each


def a_solution_earns_all_and_blanks_none(name):
    with tempfile.TemporaryDirectory() as folder:
        found = graded(name, {"solution": in_full(name), "untouched": worksheet(read(name), name)}, folder)
    scores, most, notes = found["solution"]
    assert scores == most and not notes, found["solution"]
    assert not any(found["untouched"][0]), found["untouched"]


def what_cannot_be_read_is_named():
    with tempfile.TemporaryDirectory() as folder:
        try:
            graded(SMALL, {"lovelace": "not a notebook"}, folder)
            raise AssertionError("it was graded")
        except grade.Fault as fault:
            assert "not graded: lovelace" in str(fault), fault


def check_pages(folder, cases):
    """The table of points, and a page for each student."""
    rows = Path(folder, f"{SMALL}.csv").read_text().splitlines()
    assert rows[0] == "student,exercise 1 (2),exercise 2 (3),points" and len(rows) == len(cases) + 1, rows
    path = Path(folder, "autograded", "does not compile", SMALL, f"{SMALL}.ipynb")
    (error,) = cell(nbformat.read(path, as_version=4), "answer-1").outputs
    assert "totally" in str(error.traceback), error
    for name in cases:
        assert "Exercise 1, new_weight" in Path(folder, "feedback", name, SMALL, f"{SMALL}.html").read_text(), name


def the_release_is_the_worksheet():
    with tempfile.TemporaryDirectory() as folder:
        here = os.getcwd()
        try:
            grade.notebooks.SOURCES = CASES
            grade.release(grade.Course(folder), SMALL, None)
        finally:
            os.chdir(here)
            grade.notebooks.SOURCES = SOURCES
        path = Path(folder, "release", SMALL, f"{SMALL}.ipynb")
        assert nbformat.read(path, as_version=4) == released(), "nbgrader's release differs from ours"


def a_submission_is_rebuilt():
    release = released()
    for make in [lambda: answered(RIGHT, AGAIN), *(make for make, _ in [*QUICK.values(), *ALL.values()])]:
        made, _ = rebuild(release, make())
        kept = [each for each in made.cells if each["id"] in {other["id"] for other in release.cells}]
        assert [each["id"] for each in kept] == [each["id"] for each in release.cells]
        assert all(a == b for a, b in zip(kept, release.cells, strict=True) if not a["id"].startswith("answer"))
    assert rebuild(release, answered(RIGHT))[1] == []
    assert rebuild(release, without(released(), "check-1"))[1] == ["check-1, a cell that is locked, was deleted and is back."]
    assert rebuild(release, changed(released(), "check-2", "3"))[1] == ["check-2, a cell that is locked, was changed and is as it was released."]
    assert rebuild(release, without(released(), "answer-2"))[1] == ["answer-2 is missing; it counts as not answered."]
    assert "cells of the worksheet were moved" in rebuild(release, moved_and_doubled())[1][-1]
    assert "check-2, a cell that is locked, was there 2 times." in rebuild(release, moved_and_doubled())[1]


def what_a_student_defines_elsewhere_is_kept():
    release, submission = released(), answered(RIGHT)
    given = next(each for each in submission.cells if each.source.startswith("let responsibilities"))
    given.source = "fn own() {}\n" + given.source
    with_cell(submission, "fn more() {}", "check-1")
    made, notes = rebuild(release, submission)
    texts = [each.source for each in made.cells]
    assert texts.index("fn more() {}") == texts.index(cell(release, "check-1").source) + 1
    assert given.source in texts and len(notes) == 1 and "is as it was released" in notes[0], notes


def files_become_students():
    """By the names that learning platforms give."""
    names = {
        "Ada Lovelace_123_assignsubmission_file/01_em_in_1d.ipynb": "Ada Lovelace",
        "hopper_55_66_01_em_in_1d-2.ipynb": "hopper",
        "noether/deeper/01_em_in_1d (1).ipynb": "noether",
        "01_em_in_1d.ipynb": None,
        "gauss_01_em_in_1d.pdf": None,
        "gauss_another.ipynb": None,
    }
    assert {file: student_of(Path(file), "01_em_in_1d") for file in names} == names


def main(arguments):
    everything = "--all" in arguments
    with_exercises = [name for name in notebooks.names([]) if read_exercises(read(name), name)]
    tests = [the_release_is_the_worksheet, a_submission_is_rebuilt, what_a_student_defines_elsewhere_is_kept, files_become_students, what_cannot_be_read_is_named]
    tests = {test.__name__.replace("_", " "): test for test in tests} | points(QUICK | (ALL if everything else {}))
    for name in with_exercises if everything else with_exercises[:1]:
        tests[f"{name}: the solution earns all, blanks none"] = lambda name=name: a_solution_earns_all_and_blanks_none(name)
    return run_tests(tests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
