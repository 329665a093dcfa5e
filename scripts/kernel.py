"""Starts one evcxr kernel, as Jupyter calls it: kernel.py CONNECTION_FILE.

The kernel works in a folder of its own under target/kernel, made from the one that scripts/setup prepared, with everything
compiled in it. Cargo finds the crate em-lab by target/kernel/.cargo/config.toml, whatever folder a notebook is in, and the
versions of all crates in this project's Cargo.lock.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNELS = ROOT / "target" / "kernel"
# Compilers write these anew and never into them, so that kernels can share them.
SHARED = {".rlib", ".rmeta", ".so", ".dylib"}


def clone(source, target):
    """Copies a build folder: libraries by hard links where the disk allows it, what Cargo rewrites in place by copies."""
    for folder, _, files in os.walk(source):
        into = target / Path(folder).relative_to(source)
        into.mkdir(parents=True, exist_ok=True)
        for name in files:
            original = os.path.join(folder, name)
            if os.path.splitext(name)[1] in SHARED:
                try:
                    os.link(original, into / name)
                    continue
                except OSError:
                    pass
            shutil.copy2(original, into / name)


def remove_leftovers():
    """Removes the folders of kernels that were killed."""
    for folder in KERNELS.glob("run-*"):
        try:
            os.kill(int(folder.name.removeprefix("run-")), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # Somebody else's, and alive.


def settings(run):
    """The environment of the kernel's process."""
    own = dict(os.environ)
    own["EVCXR_TMPDIR"] = str(run)
    # Neither the user's own evcxr settings, nor the user's kernel specification, which evcxr would update.
    own["EVCXR_CONFIG_DIR"] = own["JUPYTER_PATH"] = str(KERNELS / "none")
    if not shutil.which("cargo"):
        own["PATH"] = f"{Path.home() / '.cargo' / 'bin'}{os.pathsep}{own.get('PATH', '')}"
    # An OpenBLAS that is not the system's has to be named to the linker and to the loader.
    own.pop("CONDA_PREFIX", None)
    libraries = [own["EM_LAB_OPENBLAS_DIR"]] if "EM_LAB_OPENBLAS_DIR" in own else []
    if (Path(sys.prefix) / "conda-meta").is_dir():
        own["CONDA_PREFIX"] = sys.prefix
        libraries.append(f"{sys.prefix}/lib")
    for variable in ("LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"):
        if libraries:
            own[variable] = os.pathsep.join([*libraries, *filter(None, [own.get(variable)])])
    return own


def main(connection_file):
    remove_leftovers()
    chosen = os.environ.get("EM_LAB_KERNEL_DIR")
    run = Path(chosen) if chosen else KERNELS / f"run-{os.getpid()}"
    try:
        run.mkdir(parents=True, exist_ok=True)
        if not chosen and (KERNELS / "prepared" / "target").is_dir():
            clone(KERNELS / "prepared" / "target", run / "target")
        shutil.copy(ROOT / "Cargo.lock", run / "Cargo.lock")
        # Its standard output says only which settings it found; a notebook does not read it.
        evcxr = [Path(sys.prefix) / "bin" / "evcxr_jupyter", "--control_file", connection_file]
        process = subprocess.Popen(evcxr, env=settings(run), stdout=subprocess.DEVNULL)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: process.terminate())
        return process.wait()
    except OSError as error:
        print(f"em-lab: the kernel cannot start: {error}. Run scripts/setup, and check that the disk is not full.", file=sys.stderr)
        return 1
    finally:
        if not chosen:
            shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
