"""Starts one evcxr kernel, as Jupyter calls it: start.py CONNECTION_FILE.

The kernel works in a folder of its own, run-PID, made from the one that scripts/setup prepared, with everything compiled in it; it
is gone when the kernel is. It lies in target/kernel, or where EM_LAB_RUN_DIR says. docs/kernel.md says what each part is worth.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ROOT / "scripts" / "kernel"
KERNELS = ROOT / "target" / "kernel"
# On a machine for many, what is prepared is somebody else's and can only be read; then each has the kernels' folders in a place of their own.
SHARED_MACHINE = KERNELS.exists() and not os.access(KERNELS, os.W_OK)
RUNS = Path(os.environ.get("EM_LAB_RUN_DIR") or (Path.home() / ".cache" / "em-lab" if SHARED_MACHINE else KERNELS))
# Compilers write these anew and never into them, so that kernels can share them; and programs.
SHARED = {".rlib", ".rmeta", ".so", ".dylib", ".o", ".bc", ".bin"}
# What decides how Cargo is asked and how it answers.
ANSWERING = ["cargo", "cell.rs", "metadata.py", "rustc"]


@contextlib.contextmanager
def lock(kind):
    """Many kernels may copy what is prepared; one at a time may replace it."""
    if SHARED_MACHINE:
        # Nobody replaces it while others use it, and nobody can keep others waiting.
        yield
        return
    KERNELS.mkdir(parents=True, exist_ok=True)
    with open(os.open(KERNELS / "lock", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        fcntl.flock(file, kind)
        yield


def clone(source, target, leave_out=frozenset(), only_shared=False):
    """Copies a build folder: what Cargo rewrites in place by copies, the rest by hard links.

    On another disk, and to what is somebody else's, there are no hard links; symbolic ones do as long as nobody replaces it.
    """
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if name not in leave_out and not name.startswith("em_lab-")]
        into = f"{target}{folder[len(str(source)):]}"
        os.makedirs(into, exist_ok=True)
        for name in files:
            path, copy = f"{folder}/{name}", f"{into}/{name}"
            shared = os.path.splitext(name)[1] in SHARED or os.access(path, os.X_OK)
            if os.path.exists(copy) or (only_shared and not shared):
                continue
            if shared:
                try:
                    os.link(path, copy)
                except OSError:
                    os.symlink(path, copy)
            else:
                shutil.copy2(path, copy)


def complete(run):
    """Adds what only Cargo needs to a kernel's folder, which has the libraries for the compiler: the kernel asks for more of them."""
    prepared = KERNELS / "prepared"
    with lock(fcntl.LOCK_SH):
        if not (prepared / "done-plain").exists() or (run / "complete").exists():
            return
        if (run / "done-plain").exists() and (run / "done-plain").read_text() != (prepared / "done-plain").read_text():
            shutil.rmtree(run / "target")
        clone(prepared / "target", run / "target")
        (run / "complete").touch()


def remove_leftovers():
    """Removes the folders of kernels that a power cut ended."""
    for folder in RUNS.glob("run-*"):
        try:
            os.kill(int(folder.name.removeprefix("run-")), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # Somebody else's, and alive.


def remove_when_over(run):
    """Removes the folder when this process and its children are over, however they end: the pipe held here closes with them."""
    reader, writer = os.pipe()
    command = ["sh", "-c", 'read -r _; rm -rf "$1" || { sleep 1; rm -rf "$1"; }', "sh", str(run)]
    subprocess.Popen(command, stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(reader)
    os.set_inheritable(writer, True)


def end_with_jupyter():
    """Lets this process end when the one that started it does, even if that is killed: evcxr by itself would stay for ever."""
    if sys.platform == "linux":
        import ctypes

        die_with_the_parent = 1  # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(die_with_the_parent, signal.SIGKILL)


def toolchain():
    """The folder of the Rust toolchain that scripts/setup found."""
    return (KERNELS / "cargo" / "bin" / "rustc").resolve(strict=True).parent.parent


def processor():
    """What OpenBLAS is to take the processor for: one that is newer than the library is taken for a very old one otherwise."""
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return {}
    for flag, core in (("avx512f", "SkylakeX"), ("avx2", "Haswell")):
        if flag in flags:
            return {"OPENBLAS_CORETYPE": core}
    return {}


def settings(run, config):
    """The environment of the kernel's process."""
    own = processor() | dict(os.environ)
    own["EVCXR_TMPDIR"] = str(run)
    own["EVCXR_CONFIG_DIR"] = str(config)
    # Not the user's kernel specification either, which evcxr would update.
    own["JUPYTER_PATH"] = str(KERNELS / "none")
    # rust-analyzer looks for a cargo in Cargo's home first, evcxr on the path; ours gives the real one its own home back.
    own["EM_LAB_CARGO_HOME"] = own.get("CARGO_HOME", "")
    own["EM_LAB_CARGO"] = str(toolchain() / "bin" / "cargo")
    own["EM_LAB_SCRIPTS"] = str(SCRIPTS)
    own["EM_LAB_PYTHON"] = sys.executable
    own["EM_LAB_LIBRARY_EXTENSION"] = "dylib" if sys.platform == "darwin" else "so"
    own["CARGO_HOME"] = str(KERNELS / "cargo")
    own["PATH"] = f"{KERNELS}/cargo/bin{os.pathsep}{own.get('PATH', os.defpath)}"
    own["RUST_SRC_PATH"] = str(run / "library")
    own["EM_LAB_LIBRARY"] = str(KERNELS / "library")
    # A panic is told in one sentence by cell.rs, an error of the kernel's own sockets without the way it took.
    own["RUST_LIB_BACKTRACE"] = "0"
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


def digest(paths, *more):
    contents = (path.read_bytes() for path in paths if path.is_file())
    return hashlib.sha256(b"\0".join([*contents, repr(more).encode()])).hexdigest()


def state():
    """Two words: the first changes with the crate's sources, the second with anything else that Cargo compiles again for."""
    sources = sorted((ROOT / "src").rglob("*"))
    others = [ROOT / "Cargo.toml", ROOT / "Cargo.lock", ROOT / "build.rs", KERNELS / ".cargo" / "config.toml", *(SCRIPTS / name for name in ANSWERING)]
    compiler = (toolchain() / "bin" / "rustc").stat()
    place = [os.environ.get(name) for name in ("CONDA_PREFIX", "EM_LAB_OPENBLAS_DIR")]
    dependencies = [(KERNELS / "config" / name).read_text() for name in ("init.evcxr", "polars.evcxr")]
    return [digest(sources), digest(others, str(toolchain()), compiler.st_mtime_ns, place, dependencies)]


def prepared_state(graph):
    done = KERNELS / "prepared" / f"done-{graph}"
    return done.read_text().split() if done.exists() else ["", ""]


def compile_sources(now):
    """Compiles the crate again, for this kernel and the next ones; what is prepared stays as it is where that fails."""
    with lock(fcntl.LOCK_EX):
        if prepared_state("plain") == now:
            return
        prepared, new, start = KERNELS / "prepared", KERNELS / "prepared.new", time.time()
        shutil.rmtree(new, ignore_errors=True)
        clone(prepared, new)
        for folder in (prepared / "target").glob("*/*/incremental/em_lab-*"):
            shutil.copytree(folder, new / folder.relative_to(prepared), copy_function=os.link)
        shutil.copy(prepared / "plain.toml", new / "Cargo.toml")
        (new / "src" / "lib.rs").write_text("")
        target = [path.name for path in (prepared / "target").iterdir() if "-" in path.name]
        build = [toolchain() / "bin" / "cargo", "build", "--quiet", "--offline", "--target", *target]
        ours = settings(new, KERNELS / "none") | {"CARGO_TARGET_DIR": "target", "RUSTFLAGS": "-Cprefer-dynamic", "RUSTC": f"{KERNELS}/cargo/bin/rustc"}
        home = ours["EM_LAB_CARGO_HOME"]
        ours = {name: value for name, value in ours.items() if name != "CARGO_HOME"} | ({"CARGO_HOME": home} if home else {})
        if subprocess.run(build, cwd=new, env=ours, stdout=subprocess.DEVNULL).returncode == 0:
            # What compiles a cell with other features would still take the old crate.
            built = {path.stem for path in (new / "target").glob("*/*/deps/libem_lab-*.rlib") if path.stat().st_mtime > start}
            for answer in (new / "answers").glob("build-*"):
                if not built & set(re.findall(r"libem_lab-\w+", answer.read_text())):
                    answer.unlink()
            (new / "done-plain").write_text(" ".join(now))
            shutil.rmtree(prepared, ignore_errors=True)
            new.rename(prepared)


def make_ready(run):
    """Fills the kernel's folder, and chooses its configuration: to load at once what is ready, else nothing."""
    run.mkdir(parents=True)
    then = prepared_state("plain")
    now = then if SHARED_MACHINE else state()
    if now != then and now[1] == then[1]:
        compile_sources(now)
        then = prepared_state("plain")
    prepared = KERNELS / "prepared"
    if now != then:
        shutil.copy(prepared / "Cargo.lock" if now[1] == then[1] else ROOT / "Cargo.lock", run)
        complete(run)
        return KERNELS / "none"
    with lock(fcntl.LOCK_SH):
        shutil.copy(prepared / "Cargo.lock", run)
        shutil.copy(prepared / "done-plain", run)
        clone(prepared / "target", run / "target", {".fingerprint", "build"}, only_shared=True)
        clone(prepared / "answers", run / "answers")
    return KERNELS / "config"


def main(connection_file):
    chosen = os.environ.get("EM_LAB_KERNEL_DIR")
    try:
        remove_leftovers()
        run, config = Path(chosen or RUNS / f"run-{os.getpid()}"), KERNELS / "none"
        if " " in str(run):
            raise OSError(f"{RUNS} has a blank in it; set EM_LAB_RUN_DIR to a folder without")
        if not chosen:
            remove_when_over(run)
            config = make_ready(run)
        # rust-analyzer reads twice, before the dependencies and with them; the first time it gets no standard library to read.
        (run / "library").unlink(missing_ok=True)
        (run / "library").symlink_to(KERNELS / ("nothing" if config.name == "config" else "library"))
        # An interrupt is for the cell that runs, see cell.rs; nothing else minds it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_with_jupyter()
        # Its standard output says only which settings it found; a notebook does not read it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        kernel = Path(sys.prefix) / "bin" / "evcxr_jupyter"
        os.execve(kernel, [kernel, "--control_file", connection_file], settings(run, config))
    except OSError as error:
        from trouble import answer_with

        answer_with(f"The kernel cannot start: {error}. Check that the disk is not full, and run scripts/setup.", connection_file)


if __name__ == "__main__":
    if sys.argv[1] == "--complete":
        complete(Path(os.environ["EVCXR_TMPDIR"]))
    else:
        main(sys.argv[1])
