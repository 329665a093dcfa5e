"""Makes the worksheet and the solution of a notebook from its source, where three kinds of code cells have metadata:
`answer: N`, `check: N` with `points: P`, and `after: [N, ...]`. docs/teaching.md says what each of them may hold.
"""

import copy
import hashlib
import re
from dataclasses import dataclass, field
from difflib import get_close_matches

import rust_text

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
STUB = 'todo!("replace this line by your answer")'
KINDS = {"answer", "check", "after"}
WORDS = ["answer", "check", "points", "after"]
# A path that nothing which a student defines can stand in for.
CRATE = "::em_lab::"
# evcxr tells what is unused in all cells as errors, beside any error of one.
QUIET = "#![allow(unused)]"
BLANKS = f"// The blanks, so that every cell runs before they are filled. There is nothing to do here.\n{QUIET}\n"
PROGRESS = "## How far you are\n\nThis cell checks all exercises again, and counts the points."


class Fault(Exception):
    """What is wrong with a notebook, said in a sentence."""


@dataclass
class Exercise:
    """What the cells of one number hold."""

    functions: list = field(default_factory=list)
    check: str = ""
    points: int = 0


def title(source):
    """The first line of a cell, to name it by."""
    return next((line.strip() for line in source.splitlines() if line.strip()), "")


def kind(cell):
    return next((name for name in KINDS if name in cell.metadata), None)


def of_kind(notebook, *kinds):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and kind(cell) in kinds]


def read_exercises(notebook, name):
    """The exercises by number, once nothing is wrong with any of them; all that is wrong otherwise."""
    said = []
    for number, cell in enumerate(notebook.cells, 1):
        wrong = metadata_faults(cell) or {"answer": answer_faults, "check": check_faults, "after": after_faults}.get(kind(cell), other_faults)(cell)
        said += [f"{name}, cell {number} ({title(cell.source)}): {sentence}" for sentence in wrong]
    found = {}
    if not said:
        for cell in of_kind(notebook, "answer"):
            found.setdefault(cell.metadata["answer"], Exercise()).functions += rust_text.functions(cell.source)
        for cell in of_kind(notebook, "check"):
            exercise = found.setdefault(cell.metadata["check"], Exercise())
            exercise.check, exercise.points = cell.source.strip(), cell.metadata["points"]
        said = [f"{name}: {sentence}" for sentence in number_faults(notebook, found) + order_faults(notebook, found)]
    if said:
        raise Fault("\n".join(said))
    return found


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def metadata_faults(cell):
    kinds = KINDS & set(cell.metadata)
    unknown = [key for key in cell.metadata if key not in WORDS and get_close_matches(key, WORDS, cutoff=0.7)]
    if len(kinds) > 1:
        return [f"a cell is one of {', '.join(sorted(kinds))}, not both."]
    if unknown:
        return [f"the metadata {', '.join(unknown)} means nothing; there are {', '.join(WORDS)}."]
    if "points" in cell.metadata and "check" not in kinds:
        return ["only a check has points."]
    return []


def answer_faults(cell):
    said = []
    if not is_number(cell.metadata["answer"]):
        said.append(f"answer: {cell.metadata['answer']} is not the number of an exercise, 1 or more.")
    marks = [mark for line in cell.source.splitlines() for mark in (BEGIN, END) if mark in line]
    if not marks or marks != [BEGIN, END] * (len(marks) // 2):
        said.append(f"an answer needs the lines // {BEGIN} and // {END} around what the student writes, in pairs.")
    if not rust_text.functions(cell.source) or rust_text.runs(cell.source):
        said.append("an answer holds its function and nothing that runs; put example calls into another cell.")
    return said


def check_faults(cell):
    said = []
    if not is_number(cell.metadata["check"]):
        said.append(f"check: {cell.metadata['check']} is not the number of an exercise, 1 or more.")
    if not is_number(cell.metadata.get("points")):
        said.append("a check needs points, a whole number of 1 or more.")
    if not re.fullmatch(r"worksheet::[^;]*", rust_text.code_only(cell.source).strip()):
        said.append("a check is one expression that begins with worksheet:: and has no semicolon.")
    return said


def after_faults(cell):
    said, numbers = [], cell.metadata["after"]
    if not isinstance(numbers, list) or not numbers or not all(is_number(number) for number in numbers):
        return [f"after: {numbers} is not a list of exercises, such as [1, 2]."]
    if rust_text.items(cell.source):
        said.append("a cell with `after` defines nothing: its code becomes a closure, so put functions, constants and imports into a cell before it.")
    if "?" in rust_text.code_only(cell.source):
        said.append("a cell with `after` cannot use `?`: end it with the Result, or match on it.")
    if rust_text.split_commands(cell.source)[0]:
        said.append("a cell with `after` can hold no command of the kernel.")
    return said


def other_faults(cell):
    if cell.cell_type == "code" and any(mark in line for line in cell.source.splitlines() for mark in (BEGIN, END)):
        return [f"there is a // {BEGIN} or // {END} in a cell that is no answer: give it answer: N."]
    return []


def number_faults(notebook, found):
    """Exercises count from 1 in order of appearance, each with one answer before one check."""
    said = []
    cells = of_kind(notebook, "answer", "check")
    for role in ("answer", "check"):
        order = [cell.metadata[role] for cell in cells if kind(cell) == role]
        for number in sorted({number for number in order if order.count(number) > 1}):
            said.append(f"exercise {number} has {order.count(number)} cells with {role}: {number}; it needs one.")
        if not said and order != sorted(order):
            said.append(f"the exercises are not in the order of their numbers: the cells with {role} have {', '.join(map(str, order))}.")
    for number, exercise in sorted(found.items()):
        for role, there in (("answer", exercise.functions), ("check", exercise.check)):
            if not there:
                said.append(f"exercise {number} has no cell with {role}: {number}.")
    if not said and sorted(found) != list(range(1, len(found) + 1)):
        said.append(f"the exercises are numbered {', '.join(map(str, sorted(found)))}; they count from 1 without a gap.")
    places = {(kind(cell), cell.metadata[kind(cell)]): place for place, cell in enumerate(cells)}
    if not said:
        said += [f"the check of exercise {n} stands before its answer." for n in found if places["check", n] < places["answer", n]]
    for cell in of_kind(notebook, "after"):
        for number in set(cell.metadata["after"]) - set(found):
            said.append(f"the cell `{title(cell.source)}` is after exercise {number}, which does not exist.")
    return said


def order_faults(notebook, found):
    """No cell runs a blank before its exercise is done, and none uses a variable that exists only inside of one that waits."""
    said, own = [], {}
    needs = {function: {number} for number, exercise in found.items() for function, _, _ in exercise.functions}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    bodies = [(function, rust_text.code_only(body)) for cell in cells if kind(cell) is None for function, _, body in rust_text.functions(cell.source)]
    # Functions that call blanks, functions that call those, and so on.
    for _ in bodies:
        for function, body in bodies:
            called = set().union(*(needs[name] for name in needs if rust_text.calls(body, name)))
            if called and function not in needs:
                needs[function] = set()
            if called:
                needs[function] |= called
    outside = set()
    for cell in cells:
        if kind(cell) in ("answer", "check"):
            continue
        code = rust_text.statements(cell.source)
        called = {name: needs[name] for name in needs if rust_text.calls(code, name)}
        known = set(cell.metadata.get("after", []))
        missing = sorted(set().union(*called.values()) - known)
        if missing:
            names = ", ".join(name for name, numbers in called.items() if numbers - known)
            said.append(f"the cell `{title(cell.source)}` calls {names}: give it after: {sorted(known | set(missing))}.")
        for name, place in own.items():
            if name not in outside and rust_text.uses(cell.source, name):
                said.append(f"the cell `{title(cell.source)}` uses {name}, which exists only inside of the cell `{place}`: declare it in a cell before that one.")
        if kind(cell) == "after":
            own |= {name: title(cell.source) for name in rust_text.declared(cell.source)}
        else:
            outside |= set(rust_text.declared(cell.source))
    return said


def identify(cells):
    """Gives every cell an id that stays while the cell does, wherever it moves."""
    seen = set()
    for cell in cells:
        role = kind(cell)
        name = f"{role}-{cell.metadata[role]}" if role in ("answer", "check") else hashlib.sha256((cell.cell_type + cell.source).encode()).hexdigest()[:8]
        number, cell["id"] = 2, name
        while cell["id"] in seen:
            cell["id"], number = f"{name}-{number}", number + 1
        seen.add(cell["id"])


def solution(notebook, name):
    """The notebook with the answers: without the markers, and with the points of each check."""
    read_exercises(notebook, name)
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if kind(cell) == "check":
            cell.source = check_call(cell.metadata["check"], cell.source, cell.metadata["points"])
        if kind(cell) == "answer":
            cell.source = "\n".join(line for line in cell.source.split("\n") if BEGIN not in line and END not in line)
        for key in (*KINDS, "points"):
            cell.metadata.pop(key, None)
    return made


def check_call(number, expression, points):
    return f"{expression.strip()}.exercise({number}, {points})"


def worksheet(notebook, name):
    """The notebook with blanks, as nbgrader releases it."""
    from nbgrader import preprocessors as steps
    from traitlets.config import Config

    made, config = master(notebook, name), Config({"ClearSolutions": {"code_stub": {"rust": STUB}}})
    for step in (steps.LockCells, steps.ClearSolutions, steps.ClearOutput, steps.CheckCellMetadata, steps.ComputeChecksums):
        made, _ = step(config=config).preprocess(made, {})
    return made


def master(notebook, name):
    """The worksheet with the answers still between their markers: what nbgrader calls the source of an assignment."""
    import nbformat

    exercises = read_exercises(notebook, name)
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        role = kind(cell)
        if role == "answer":
            mark(cell, solution=True)
        elif role == "check":
            # In brackets: evcxr takes a line that begins with a colon for a command of its own.
            cell.source = f"({check_call(cell.metadata['check'], CRATE + cell.source.strip(), cell.metadata['points'])})"
            mark(cell, grade=True, locked=True, points=cell.metadata["points"])
        elif role == "after":
            names = ", ".join(f"exercise_{number}" for number in cell.metadata["after"])
            cell.source = f"em_lab::worksheet::after(&[{names}], || {{\n{rust_text.indent(cell.source.strip())}\n}})"
            cell.metadata["em_lab"] = {"after": cell.metadata["after"]}
        for key in (*KINDS, "points"):
            cell.metadata.pop(key, None)
    if exercises:
        first = next(number for number, cell in enumerate(made.cells, 1) if cell.cell_type == "code")
        stubs = nbformat.v4.new_code_cell(blanks(exercises), id="blanks", metadata={"jupyter": {"source_hidden": True}})
        names = ", ".join(f"exercise_{number}" for number in sorted(exercises))
        count = nbformat.v4.new_code_cell(f"em_lab::worksheet::progress(&[{names}])", id="progress")
        mark(stubs, locked=True)
        mark(count, locked=True)
        made.cells.insert(first, stubs)
        made.cells += [nbformat.v4.new_markdown_cell(PROGRESS, id="progress-title"), count]
    return made


def mark(cell, grade=False, solution=False, locked=False, **more):
    own = {"grade": grade, "solution": solution, "locked": locked, "task": False, "grade_id": cell["id"], "schema_version": 3}
    cell.metadata["nbgrader"] = own | more


def blanks(exercises):
    """Every blank as it is before it is filled, and every exercise as a function: what later cells ask."""
    stubs = [f"{signature} {{\n    {STUB}\n}}" for _, exercise in sorted(exercises.items()) for _, signature, _ in exercise.functions]
    checks = [
        f"fn exercise_{number}() -> {CRATE}worksheet::Check {{\n    {check_call(number, CRATE + exercise.check, exercise.points)}\n}}"
        for number, exercise in sorted(exercises.items())
    ]
    return BLANKS + "\n".join(stubs + checks)
