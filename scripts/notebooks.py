"""Builds, checks and runs the notebooks. Called by the scripts beside it."""

import os
import re
import sys
import time
from pathlib import Path

from worksheets import Fault, identify, solution, worksheet

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "notebooks" / "source"
SOLUTIONS = ROOT / "notebooks" / "solutions"
WORKSHEETS = ROOT / "notebooks" / "worksheets"
EXECUTED = ROOT / "target" / "notebooks"
# Compiling polars for the first time is the longest that a cell can take.
CELL_SECONDS = 2400


def names(arguments):
    """The notebooks asked for: all of them, or those whose names begin as said."""
    every = sorted(path.stem for path in SOURCES.glob("*.md"))
    for argument in arguments:
        if not any(name.startswith(Path(argument).stem) for name in every):
            raise Fault(f"There is no notebook {argument}; there are {', '.join(every)}.")
    return [name for name in every if not arguments or any(name.startswith(Path(a).stem) for a in arguments)]


def read_source(source):
    """The notebook that a MyST source stands for, a file or its text, with everything in it decided by the source."""
    import jupytext

    notebook = jupytext.reads(source, "md:myst") if isinstance(source, str) else jupytext.read(source)
    # A notebook that is built already has its ids.
    if isinstance(source, str) or source.suffix != ".ipynb":
        identify(notebook.cells)
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["language_info"] = {
        "name": "rust",
        "file_extension": ".rs",
        "mimetype": "text/rust",
        "pygments_lexer": "rust",
    }
    return notebook


def failure(outputs):
    """What went wrong in a cell, if anything did, without the colours of a terminal."""
    for number, output in enumerate(outputs):
        if output.output_type == "error":
            said = [o.text for o in outputs[:number] if o.output_type == "stream" and o.name == "stderr"]
            return re.sub(r"\x1b\[[0-9;]*m", "", "".join(said) + "\n".join(output.traceback))
    return ""


def run(notebook, name):
    """Runs the cells in order, keeps their outputs, and stops at the first that fails."""
    from nbclient import NotebookClient

    EXECUTED.mkdir(parents=True, exist_ok=True)
    # Makes an error of a panic and of a `?` that fails, see kernel/cell.rs.
    os.environ["EM_LAB_STRICT"] = "1"
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="rust", allow_errors=True, record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(EXECUTED)}},
    )
    try:
        with client.setup_kernel():
            for number, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    run_cell(client, cell, number, name)
    except RuntimeError as error:
        raise Fault(f"{name}: the kernel did not start or did not answer: {error}") from error
    renumber(notebook)


def run_cell(client, cell, number, name):
    """Runs one cell, or says where and why it failed."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        client.execute_cell(cell, number)
        message = failure(cell.outputs)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        message = f"{type(error).__name__}: {error}"
    if message:
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        raise Fault(f"{name}, cell {number + 1} ({first.strip()}):\n{message.rstrip()}")


def renumber(notebook):
    """Counts the cells from 1; evcxr begins with 2."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def write(notebook, path):
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def execute(arguments, folder=EXECUTED):
    """Runs notebooks, sources or any other files, into a folder; all of them, also after one has failed."""
    files = [Path(a) for a in arguments if Path(a).is_file()]
    rest = [a for a in arguments if not Path(a).is_file()]
    paths = files + [SOURCES / f"{name}.md" for name in (names(rest) if rest or not files else [])]
    faults = []
    for path in paths:
        source, start = read_source(path), time.monotonic()
        notebook = source
        try:
            notebook = solution(source, path.stem)
            run(notebook, path.stem)
            verdict = "ok"
        except Fault as fault:
            faults.append(fault)
            verdict = "FAILED"
        print(f"{path.stem}: {verdict} ({time.monotonic() - start:.0f} s)", flush=True)
        if verdict == "ok" or folder == EXECUTED:
            write(notebook, folder / f"{path.stem}.ipynb")
    if faults:
        raise Fault("\n\n".join(str(fault) for fault in faults))


def build_worksheets(arguments):
    """Writes the worksheets, which takes no kernel; all of them, also after one has failed."""
    faults = []
    for name in names(arguments):
        try:
            write(worksheet(read_source(SOURCES / f"{name}.md"), name), WORKSHEETS / f"{name}.ipynb")
            print(f"{name}: worksheet made")
        except Fault as fault:
            faults.append(str(fault))
    if faults:
        raise Fault("\n".join(faults))


def build(arguments):
    build_worksheets(arguments)
    execute(arguments, SOLUTIONS)


def check():
    """Compares the built notebooks with their sources: the cells of the solutions, all of the worksheets."""
    import nbformat

    stale = []
    for name in names([]):
        source = read_source(SOURCES / f"{name}.md")
        path, other = SOLUTIONS / f"{name}.ipynb", WORKSHEETS / f"{name}.ipynb"
        if path.exists():
            built = nbformat.read(path, as_version=4)
            if cells(solution(source, name)) != cells(built):
                stale.append(f"{name} is not made from its source as it stands")
            elif any(c.cell_type == "code" and failure(c.outputs) for c in built.cells):
                stale.append(f"{name} holds an error in its outputs")
        else:
            stale.append(f"{name} is missing")
        if not other.exists():
            stale.append(f"the worksheet {name} is missing")
        elif nbformat.read(other, as_version=4) != worksheet(source, name):
            stale.append(f"the worksheet {name} is not made from its source as it stands")
    for folder, what in ((SOLUTIONS, ""), (WORKSHEETS, "the worksheet ")):
        stale += [f"{what}{name} has no source" for name in sorted({path.stem for path in folder.glob("*.ipynb")} - set(names([])))]
    if stale:
        raise Fault("; ".join(stale) + ". Run scripts/notebooks build, or scripts/notebooks worksheets for those alone.")
    print(f"{len(names([]))} notebooks and their worksheets are made from their sources.")


def cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def main(command, arguments):
    actions = {
        "build": lambda: build(arguments),
        "worksheets": lambda: build_worksheets(arguments),
        "execute": lambda: execute(arguments),
        "check": check,
    }
    if command not in actions:
        raise Fault(f"{command} is none of build, worksheets, execute and check.")
    actions[command]()


if __name__ == "__main__":
    try:
        main(*(sys.argv[1:2] or [""]), sys.argv[2:])
    except Fault as fault:
        sys.exit(f"em-lab: {fault}")
