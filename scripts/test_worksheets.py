"""Tests of the generator of worksheets: what it makes, and what it says of a source that has a fault. No kernel is needed."""

import sys

import nbformat

import notebooks
import worksheets
from rust_text import code_only, declared, functions, indent, items, runs, split_commands, uses
from test_kernel import run_tests

SOURCE = notebooks.ROOT / "tests" / "notebooks" / "worksheets" / "small.md"
# A change of the source (what is replaced by what), and what the fault's sentence says.
FAULTS = {
    "question mark": ("weights = both(&responsibilities);", "weights = both(&responsibilities)?;", "cannot use `?`"),
    "function in a gated cell": ("weights = both(&responsibilities);", "fn f() {}\nweights = both(&responsibilities);", "defines nothing"),
    "no markers": ("    // BEGIN SOLUTION\n    total(", "    total(", "needs the lines // BEGIN SOLUTION"),
    "markers in another cell": ("println!(\"{} weights\"", "// BEGIN SOLUTION\n// END SOLUTION\nprintln!(\"{} weights\"", "in a cell that is no answer"),
    "an example call": ("/// The share", "let x = 1;\n/// The share", "holds its function and nothing that runs"),
    "no points": ("check: 1\npoints: 2", "check: 1", "needs points"),
    "points of half": ("points: 2", "points: 0.5", "needs points"),
    "points elsewhere": ("answer: 1\n", "answer: 1\npoints: 2\n", "only a check has points"),
    "no number": ("check: 1\n", "check: one\n", "check: one is not the number"),
    "not a check": ("worksheet::em_in_1d::new_weight(again)", "em_in_1d::new_weight(again);", "begins with worksheet::"),
    "unknown metadata": ("points: 2", "point: 2", "the metadata point means nothing"),
    "two at once": ("answer: 1\n", "answer: 1\nafter: [2]\n", "a cell is one of after, answer, not both"),
    "duplicate": ("answer: 2", "answer: 1", "exercise 1 has 2 cells with answer: 1"),
    "no answer": ("check: 2\n", "check: 3\n", "exercise 2 has no cell with check: 2"),
    "unknown exercise": ("after: [1, 2]", "after: [1, 2, 7]", "is after exercise 7, which does not exist"),
    "not a list": ("after: [1, 2]", "after: 1", "after: 1 is not a list"),
    "a call that does not wait": ("println!(\"{} weights\", weights.len());", "println!(\"{}\", new_weight(&[1.0]));", "calls new_weight: give it after: [1]"),
    "a call by another function": ("println!(\"{} weights\", weights.len());", "both(&[1.0])", "calls both: give it after: [1, 2]"),
    "one exercise of two": ("after: [1, 2]", "after: [2]", "calls both: give it after: [1, 2]"),
    "a gap": ([("answer: 2", "answer: 3"), ("check: 2", "check: 3"), ("[1, 2]", "[1, 3]")], "they count from 1 without a gap"),
    "a variable inside": (
        [("weights = both(&responsibilities);", "let found = both(&responsibilities);"), ('"{} weights", weights.len()', '"{found:?} weights"')],
        "uses found, which exists only inside of the cell `let found = both",
    ),
}


def source(changes=()):
    text = SOURCE.read_text()
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return notebooks.read_source(text)


def a_fault_is_a_sentence(*parts):
    *change, said = parts
    try:
        worksheets.worksheet(source(change[0] if len(change) == 1 else [change]), "small")
        raise AssertionError("no fault was found")
    except worksheets.Fault as fault:
        assert said in str(fault) and str(fault).startswith("small"), fault


def a_worksheet_has_what_nbgrader_needs():
    made = worksheets.worksheet(source(), "small")
    nbformat.validate(made)
    cells = {cell["id"]: cell for cell in made.cells}
    grades = {name: cell.metadata.nbgrader for name, cell in cells.items() if "nbgrader" in cell.metadata}
    assert set(grades) == {"blanks", "answer-1", "check-1", "answer-2", "check-2", "progress"}
    assert [grades[f"check-{n}"]["points"] for n in (1, 2)] == [2, 3]
    assert all(grades[name]["solution"] and not grades[name]["locked"] for name in ("answer-1", "answer-2"))
    assert not any(cells[name].metadata["editable"] for name in ("blanks", "check-1", "check-2", "progress"))
    assert not any(cell.get("outputs") for cell in made.cells)


def no_answer_is_left_in_a_worksheet():
    made = worksheets.worksheet(source(), "small")
    text = "\n".join(cell.source for cell in made.cells)
    assert "SOLUTION" not in text and "responsibility.len()" not in text and "sum::<f64>" not in text
    (answer,) = [cell for cell in made.cells if cell["id"] == "answer-2"]
    assert answer.source == "fn again(\n    responsibility: &[f64],\n) -> f64 {\n    " + worksheets.STUB + "\n}"


def what_waits_and_what_checks_cannot_be_shadowed():
    made = worksheets.worksheet(source(), "small")
    cells = {cell["id"]: cell.source for cell in made.cells}
    assert cells["check-1"] == "(::em_lab::worksheet::em_in_1d::new_weight(new_weight).exercise(1, 2))"
    # evcxr would take a line that begins with a colon for a command.
    assert not any(split_commands(cell)[0] for name, cell in cells.items() if name in ("blanks", "check-1", "check-2", "progress"))
    assert cells["progress"] == "em_lab::worksheet::progress(&[exercise_1, exercise_2])"
    (gate,) = [cell for cell in made.cells if cell.metadata.get("em_lab")]
    assert gate.source.startswith("em_lab::worksheet::after(&[exercise_1, exercise_2], || {\n    weights = both(")
    assert gate.metadata.em_lab == {"after": [1, 2]}


def a_solution_has_answers_and_points_and_no_marks():
    made = worksheets.solution(source(), "small")
    text = "\n".join(cell.source for cell in made.cells)
    assert "SOLUTION" not in text and "todo!" not in text and "worksheet::after" not in text
    assert "worksheet::em_in_1d::new_weight(again).exercise(2, 3)" in text


def ids_stay_when_a_cell_is_put_before():
    first = [cell["id"] for cell in worksheets.worksheet(source(), "small").cells]
    more = source([("**Exercise 1.** Write", "New.\n\n+++\n\nNew.\n\n+++\n\n**Exercise 1.** Write")])
    second = [cell["id"] for cell in worksheets.worksheet(more, "small").cells]
    new = [name for name in second if name not in first]
    assert new[1] == f"{new[0]}-2" and [name for name in second if name in first] == first, (first, second)


def rust_is_read_with_its_strings_and_comments():
    text = 'fn f(a: [f64; 2]) -> u8 {\n    let s = "} fn g() {"; // {\n    b\'{\' as u8\n}\nlet (a, mut b): (u8, f64) = (1, 2.0);\nlet t = r#"let c = "1";"#;'
    assert [name for name, _, _ in functions(text)] == ["f"] and functions(text)[0][1] == "fn f(a: [f64; 2]) -> u8"
    assert declared(text) == ["a", "b", "t"] and len(items(text)) == 1 and runs(text)
    assert not runs("/// One.\n#[derive(Clone)]\npub struct A { x: f64 }\nimpl A { fn x(&self) -> f64 { self.x } }\nuse a::{b, c};\nconst D: [f64; 2] = [1.0, 2.0];")
    assert "?" not in code_only("// ?\nlet q = '?'; let s = \"?\"; fn f<'a>(x: &'a str) {}")
    assert uses("a + found", "found") and uses('println!("{found:.2}")', "found")
    assert not any(uses(code, "found") for code in ("let found = 1; found", "x.found", "found(1)", "|found| found + 1", "for found in x {}", "y::found"))
    assert split_commands("// a\n\n:dep x\n!ls\nlet a = 1;\n:b c") == ([":dep x", "!ls"], "// a\n\n      \n   \nlet a = 1;\n:b c")
    assert indent('a(\n"b \\\n  c");\nd') == '    a(\n    "b \\\n  c");\n    d'


def main():
    tests = {f"fault: {name}": lambda parts=parts: a_fault_is_a_sentence(*parts) for name, parts in FAULTS.items()}
    plain = [
        a_worksheet_has_what_nbgrader_needs,
        no_answer_is_left_in_a_worksheet,
        what_waits_and_what_checks_cannot_be_shadowed,
        a_solution_has_answers_and_points_and_no_marks,
        ids_stay_when_a_cell_is_put_before,
        rust_is_read_with_its_strings_and_comments,
    ]
    return run_tests(tests | {test.__name__.replace("_", " "): test for test in plain})


if __name__ == "__main__":
    sys.exit(main())
