"""Installs the project's kernel and compiles, once, what the notebooks load: prepare.py install | plain | polars ..."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from library import reduce
from start import KERNELS, ROOT, SCRIPTS, SHARED_MACHINE, clone, lock, prepared_state, state

MINUTES = {"plain": "2 to 5", "polars": "8 to 15"}
# The crate as a notebook of one's own loads it, and as the worksheets do: both are compiled, since features make it another crate.
CRATE = {
    "plain": [':dep em-lab = "0.1"', ':dep em-lab = { version = "0.1", features = ["worksheet"] }'],
    "polars": [':dep em-lab = { version = "0.1", features = ["polars"] }', ':dep em-lab = { version = "0.1", features = ["polars", "worksheet"] }'],
}
# Compiling polars for the first time is the longest that a cell can take.
SECONDS = 3000
CARGO_SETTINGS = f"""\
# Cargo takes em-lab from this folder, wherever the notebook is.
[patch.crates-io]
em-lab = {{ path = "{ROOT}" }}

# What is compiled once is optimised and does not check itself; a cell does.
[profile.dev.package."*"]
opt-level = 3
debug-assertions = false
overflow-checks = false
"""


def dependencies(graph):
    """The `:dep` lines of the notebooks: those that every kernel begins with, or those of the notebooks with polars."""
    first = {}
    for path in sorted((ROOT / "notebooks" / "source").glob("*.md")):
        lines = re.findall(r"^:dep .*$", path.read_text(), re.M)
        if any("polars" in line for line in lines) == (graph == "polars"):
            first |= dict.fromkeys(lines)
    return "\n".join(first)


def rehearsal(graph):
    """What a notebook of this graph may begin with; last, what every kernel begins with."""
    lines = dependencies("plain") + ("\n" + dependencies("polars") if graph == "polars" else "")
    beside = [line for line in lines.splitlines() if not line.startswith(":dep em-lab ")]
    return [*("\n".join([crate, *beside]) for crate in CRATE[graph]), lines]


def write(path, content):
    if not path.exists() or path.read_text() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink() or os.readlink(path) != str(target):
        path.unlink(missing_ok=True)
        path.symlink_to(target)


def install():
    """Writes the kernel's specification into the environment, and its settings and its toolchain under target/kernel."""
    specification = {
        "argv": [sys.executable, str(SCRIPTS / "start.py"), "{connection_file}"],
        "display_name": "Rust (em-lab)",
        "language": "rust",
    }
    write(Path(sys.prefix) / "share" / "jupyter" / "kernels" / "rust" / "kernel.json", json.dumps(specification, indent=2) + "\n")
    write(KERNELS / ".cargo" / "config.toml", CARGO_SETTINGS)
    # Every notebook begins with these: the kernel loads them while the reader reads, and with a variable the types of the library.
    write(KERNELS / "config" / "init.evcxr", dependencies("plain") + "\n")
    write(KERNELS / "config" / "prelude.rs", "let em_lab_is_ready: bool = true;\n")
    write(KERNELS / "config" / "polars.evcxr", dependencies("polars") + "\n")
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], cwd=ROOT, capture_output=True, check=True, text=True).stdout.strip()
    link(KERNELS / "cargo" / "bin" / "rustc", f"{sysroot}/bin/rustc")
    link(KERNELS / "cargo" / "bin" / "cargo", SCRIPTS / "cargo")
    # evcxr asks rustup for the compilers first; without an answer it takes those above.
    write(KERNELS / "cargo" / "bin" / "rustup", f'#!/bin/sh\n[ "$1" != which ] && exec "{shutil.which("rustup") or "false"}" "$@"\nexit 1\n')
    (KERNELS / "cargo" / "bin" / "rustup").chmod(0o755)
    write(KERNELS / "nothing" / "core" / "src" / "lib.rs", "")
    with lock(fcntl.LOCK_EX):
        reduce(Path(sysroot) / "lib" / "rustlib" / "src" / "rust" / "library", KERNELS / "library")


def prepare(graphs):
    """Compiles the dependencies of the notebooks, in the folder that every kernel is made from.

    The work is done on a copy, so that a kernel that starts meanwhile finds a whole folder.
    """
    prepared, new, now = KERNELS / "prepared", KERNELS / "prepared.new", state()
    for graph in graphs:
        then = prepared_state(graph)
        if then == now:
            continue
        minutes = "1 or 2 minutes, more if its dependencies changed" if all(then) else f"{MINUTES[graph]} minutes, once"
        print(f"em-lab: compiling what the notebooks use, {graph} ({minutes}) ...", file=sys.stderr, flush=True)
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        same = prepared_state("plain") == now or {prepared_state(done)[1] for done in MINUTES} <= {now[1], ""}
        if prepared.exists():
            clone(prepared, new, set() if same else {"answers"})
            # What compiles a cell would take the old crate; by the time of polars the plain ones are new.
            for command in (new / "answers").glob("build-*"):
                if graph == "plain" or "libpolars" in command.read_text():
                    command.unlink()
        # The versions of all crates are this project's; the kernel adds only what the notebooks name beside it.
        if not same or not prepared.exists():
            shutil.copy(ROOT / "Cargo.lock", new)
        rehearse(new, [cell for lines in rehearsal(graph) for cell in (lines, "use em_lab::*;", "let ready = 1;")])
        if graph == "plain":
            shutil.copy(new / "Cargo.toml", new / "plain.toml")
        (new / f"done-{graph}").write_text(" ".join(now))
        # The compiler keeps these to itself; on a machine for many, others copy them.
        for path in new.rglob("*.lock"):
            path.chmod(0o644)
        with lock(fcntl.LOCK_EX):
            shutil.rmtree(prepared, ignore_errors=True)
            new.rename(prepared)


def rehearse(folder, cells):
    """Runs these cells in a kernel that works in this folder, which keeps what it compiles and what Cargo answers."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=180, kernel_name="rust", env=os.environ | {"EM_LAB_KERNEL_DIR": str(folder)})
    try:
        for cell in cells:
            said = []
            reply = client.execute_interactive(cell, timeout=SECONDS, output_hook=lambda message: said.append(message["content"]))
            if reply["content"]["status"] != "ok":
                faults = ["\n".join(content["traceback"]) for content in said if "traceback" in content]
                sys.exit("em-lab: the notebooks' dependencies do not compile:\n" + "\n".join(faults))
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
        time.sleep(0.2)


if __name__ == "__main__":
    if SHARED_MACHINE:
        pass  # Whoever may write there prepares it for all.
    elif sys.argv[1:] == ["install"]:
        install()
    else:
        prepare(sys.argv[1:])
