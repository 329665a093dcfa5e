"""Builds, checks and runs the notebooks, and installs and prepares their kernel. Called by the scripts beside it."""

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "notebooks" / "source"
SOLUTIONS = ROOT / "notebooks" / "solutions"
EXECUTED = ROOT / "target" / "notebooks"
KERNELS = ROOT / "target" / "kernel"
# Compiling polars for the first time is the longest that a cell can take.
CELL_SECONDS = 2400


class Fault(Exception):
    """What is wrong with a notebook, said in a sentence."""


def names(arguments):
    """The notebooks asked for: all of them, or those whose names begin as said."""
    every = sorted(path.stem for path in SOURCES.glob("*.md"))
    chosen = [name for name in every if not arguments or any(name.startswith(Path(a).stem) for a in arguments)]
    if not chosen:
        raise Fault(f"There is no notebook {' '.join(arguments)}; there are {', '.join(every)}.")
    return chosen


def read_source(path):
    """The notebook that a MyST source stands for, with everything in it decided by the source."""
    import jupytext

    notebook = jupytext.read(path)
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{number:03}"
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["language_info"] = {
        "name": "rust",
        "file_extension": ".rs",
        "mimetype": "text/rust",
        "pygments_lexer": "rust",
    }
    return notebook


def failure(outputs):
    """What went wrong in a cell, if anything did.

    evcxr answers "ok" to a cell that panics or whose `?` fails; both write to standard error, and nothing else does.
    """
    for output in outputs:
        if output.output_type == "error":
            # Without the colours of a terminal.
            return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback) or output.evalue)
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stderr")


def run(notebook, name):
    """Runs the cells in order, keeps their outputs, and stops at the first that fails."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, startup_timeout=180, kernel_name="rust", allow_errors=True, record_timing=False,
        resources={"metadata": {"path": str(EXECUTED)}},
    )
    EXECUTED.mkdir(parents=True, exist_ok=True)
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            try:
                client.execute_cell(cell, number)
                message = failure(cell.outputs)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                message = f"{type(error).__name__}: {error}"
            if message:
                first = next((line for line in cell.source.splitlines() if line.strip()), "")
                raise Fault(f"{name}, cell {number + 1} ({first.strip()}):\n{message.rstrip()}")
    renumber(notebook)


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
    paths = [Path(a) for a in arguments] if arguments and Path(arguments[0]).is_file() else [
        SOURCES / f"{name}.md" for name in names(arguments)
    ]
    faults = []
    for path in paths:
        notebook, start = read_source(path), time.monotonic()
        try:
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


def check():
    """Compares the cells of the built notebooks with their sources."""
    import nbformat

    stale = []
    for name in names([]):
        path = SOLUTIONS / f"{name}.ipynb"
        source = read_source(SOURCES / f"{name}.md")
        if not path.exists():
            stale.append(f"{name} is missing")
            continue
        built = nbformat.read(path, as_version=4)
        if [(c.cell_type, c.source) for c in source.cells] != [(c.cell_type, c.source) for c in built.cells]:
            stale.append(f"{name} is not made from its source as it stands")
        elif any(c.cell_type == "code" and failure(c.outputs) for c in built.cells):
            stale.append(f"{name} holds an error in its outputs")
    extra = {path.stem for path in SOLUTIONS.glob("*.ipynb")} - set(names([]))
    stale += [f"{name} has no source" for name in sorted(extra)]
    if stale:
        raise Fault("; ".join(stale) + ". Run scripts/notebooks build.")
    print(f"{len(names([]))} notebooks are made from their sources.")


def install_kernel():
    """Writes the kernel's specification into the environment, and where Cargo finds this crate."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "rust"
    specification = {
        "argv": [str(ROOT / "scripts" / "kernel"), "{connection_file}"],
        "display_name": "Rust (em-lab)",
        "language": "rust",
        "interrupt_mode": "message",
    }
    patch = f'[patch.crates-io]\nem-lab = {{ path = "{ROOT}" }}\n'
    for path, content in [
        (folder / "kernel.json", json.dumps(specification, indent=2) + "\n"),
        (KERNELS / ".cargo" / "config.toml", patch),
    ]:
        if not path.exists() or path.read_text() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)


SETUP = {
    "plain": ('em-lab = "0.1"', 'ndarray = "0.17"', 'statrs = { version = "0.19", default-features = false, features = ["std"] }'),
    "polars": (
        'em-lab = { version = "0.1", features = ["polars"] }',
        'ndarray = "0.17"',
        'polars = { version = "0.55", default-features = false, features = ["csv", "fmt"] }',
    ),
}
MINUTES = {"plain": "2 to 4", "polars": "8 to 15"}


def crate_state():
    """Changes whenever this crate, or a version of a crate it uses, does."""
    files = [ROOT / "Cargo.toml", ROOT / "Cargo.lock", ROOT / "build.rs", *sorted((ROOT / "src").rglob("*"))]
    return hashlib.sha256(b"".join(f.read_bytes() for f in files if f.is_file())).hexdigest()


def prepare_kernel(graphs):
    """Compiles the dependencies of the notebooks once, in the folder that every kernel is made from."""
    import nbformat

    prepared = KERNELS / "prepared"
    state = crate_state()
    for graph in graphs:
        done = prepared / f"done-{graph}"
        if done.exists() and done.read_text() == state:
            continue
        what = "this crate again" if done.exists() else f"what the notebooks use, {graph}"
        minutes = "about 1 minute" if done.exists() else f"{MINUTES[graph]} minutes, once"
        print(f"em-lab: compiling {what} ({minutes}) ...", file=sys.stderr, flush=True)
        notebook = nbformat.v4.new_notebook()
        dependencies = "\n".join(f":dep {line}" for line in SETUP[graph])
        notebook.cells = [nbformat.v4.new_code_cell(f"{dependencies}\nuse em_lab::*;"), nbformat.v4.new_code_cell("let ready = 1;")]
        os.environ["EM_LAB_KERNEL_DIR"] = str(prepared)
        run(notebook, f"the {graph} dependencies")
        del os.environ["EM_LAB_KERNEL_DIR"]
        done.write_text(state)


def main(command, arguments):
    actions = {
        "build": lambda: execute(arguments, SOLUTIONS),
        "execute": lambda: execute(arguments),
        "check": check,
        "install-kernel": install_kernel,
        "prepare-kernel": lambda: prepare_kernel(arguments),
    }
    if command not in actions:
        raise Fault(f"{command} is none of build, execute and check.")
    actions[command]()


if __name__ == "__main__":
    try:
        main(*(sys.argv[1:2] or [""]), sys.argv[2:])
    except Fault as fault:
        sys.exit(f"em-lab: {fault}")
