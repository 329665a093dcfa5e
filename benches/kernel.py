"""How long a reader waits: this project's kernel, evcxr as it comes with its own cache, and ipykernel, on the same machine in turn.

Wall times are from the request to the reply. A cell's own work is the time from the moment its library was ready (the file that
evcxr renames before it loads it) to the reply; a cell counts for the overhead where its own work takes less than 50 ms.
"""

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "target" / "bench"
sys.path.insert(0, str(ROOT / "scripts"))
import notebooks

LONG = 3600
EARLIER = 15
SMALL = 0.05

PYTHON = [
    "import numpy as np\nimport matplotlib.pyplot as plt\nfrom sklearn.mixture import GaussianMixture\n%matplotlib inline",
    "rng = np.random.default_rng(0)\nx = np.concatenate([rng.normal(-2, 0.8, 180), rng.normal(3, 1.2, 120)])[:, None]",
    "len(x)",
    "plt.hist(x, bins=30)\nplt.show()",
    "model = GaussianMixture(2, random_state=0).fit(x)",
    "model.means_, model.weights_",
    "grid = np.linspace(-6, 8, 400)[:, None]\nplt.plot(grid, np.exp(model.score_samples(grid)))\nplt.show()",
    "r = model.predict_proba(x)",
    "r[:3]",
]


def specify(name, argv, environment):
    folder = BENCH / "jupyter" / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    spec = {"argv": [str(word) for word in argv], "display_name": name, "language": "rust", "env": environment}
    (folder / "kernel.json").write_text(json.dumps(spec))


class Kernel:
    """One of the three kernels."""

    def __init__(self, name, spec):
        self.name, self.spec = name, spec

    def cells(self, notebook):
        if self.name == "ipykernel":
            return PYTHON
        source = notebooks.read_source(notebooks.SOURCES / f"{notebook}.md")
        code = [cell.source for cell in source.cells if cell.cell_type == "code"]
        if self.name == "stock":
            code = [re.sub(r'^:dep em-lab = "0.1"', f':dep em-lab = {{ path = "{ROOT}" }}', cell, flags=re.M) for cell in code]
            code = [cell.replace(':dep em-lab = { version = "0.1",', f':dep em-lab = {{ path = "{ROOT}",') for cell in code]
        return code

    def start(self):
        shutil.rmtree(BENCH / "stock", ignore_errors=True)
        self.begun = time.monotonic()
        self.manager = KernelManager(kernel_name=self.spec)
        self.manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(BENCH / "jupyter" / "kernels"), f"{sys.prefix}/share/jupyter/kernels"])
        self.manager.start_kernel(cwd=BENCH)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LONG)
        return time.monotonic() - self.begun

    def folder(self):
        return BENCH / "stock" if self.name == "stock" else ROOT / "target" / "kernel" / f"run-{self.manager.provisioner.process.pid}"

    def run(self, code):
        """Wall time, the cell's own time where it can be known, whether there was a picture."""
        pictures = []

        def hear(message):
            content = message["content"]
            if message["msg_type"] == "error":
                sys.exit(f"em-lab: {self.name} fails at {code!r}: {content['traceback']}")
            pictures.append("image/png" in content.get("data", {}) or "<img" in content.get("data", {}).get("text/html", ""))

        start = time.monotonic()
        self.client.execute_interactive(code, timeout=LONG, output_hook=hear)
        wall, now = time.monotonic() - start, time.time()
        libraries = [path.stat().st_ctime for path in self.folder().glob("target/*/debug/deps/libcode_*")]
        own = now - max(libraries) if libraries and now - max(libraries) < wall else None
        return wall, own, any(pictures)

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def disk(self):
        """What the kernel's folder takes beside what it shares, in KB."""
        if self.name == "ipykernel":
            return 0
        shared = [ROOT / "target" / "kernel" / "prepared"] if self.name == "em-lab" else []
        return int(subprocess.check_output(["du", "-sk", *shared, self.folder()]).split()[-2])


def defines(code):
    return bool(re.search(r"^(let |\w+ = )", code, re.M)) and ":dep" not in code


def whole(kernel, notebook):
    """Runs a notebook from the start of the kernel to its last cell."""
    result = {"notebook": notebook, "ready": kernel.start()}
    times = []
    for code in kernel.cells(notebook):
        times.append(kernel.run(code))
        now = time.monotonic() - kernel.begun
        if defines(code):
            result.setdefault("first_variable", now)
        if times[-1][2]:
            result.setdefault("first_picture", now)
    result["notebook_seconds"] = time.monotonic() - kernel.begun
    result["disk_kb"] = kernel.disk()
    small = [wall for wall, own, _ in times[1:] if (own is None and kernel.name == "ipykernel") or (own is not None and own < SMALL)]
    result |= {"cells": len(times), "small_cells": len(small), "overhead": small, "median_cell": statistics.median(wall for wall, _, _ in times)}
    kernel.stop()
    return result


def opened_earlier(kernel, notebook):
    """From running the first cell to the first variable, where the kernel was opened some seconds before."""
    kernel.start()
    time.sleep(max(0, EARLIER - (time.monotonic() - kernel.begun)))
    start = time.monotonic()
    for code in kernel.cells(notebook):
        kernel.run(code)
        if defines(code):
            break
    kernel.stop()
    return time.monotonic() - start


def main(arguments):
    every = notebooks.names(arguments or ["01", "02", "03", "05"])
    stock = {"EVCXR_TMPDIR": str(BENCH / "stock"), "EVCXR_CONFIG_DIR": str(BENCH / "stock-config"), "XDG_CACHE_HOME": str(BENCH / "stock-cache")}
    (BENCH / "stock-config").mkdir(parents=True, exist_ok=True)
    (BENCH / "stock-config" / "init.evcxr").write_text(":cache 20000\n")
    specify("stock", [f"{sys.prefix}/bin/evcxr_jupyter", "--control_file", "{connection_file}"], stock | {"JUPYTER_PATH": str(BENCH / "none")})
    specify("peer", [BENCH / "peers" / "bin" / "python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], {})
    kernels = [Kernel("em-lab", "rust"), Kernel("stock", "stock"), Kernel("ipykernel", "peer")]
    results = []
    for number, notebook in enumerate(every):
        for kernel in kernels:
            if kernel.name == "ipykernel" and number > 0:
                continue
            if number == 0 or "polars" in kernel.cells(notebook)[0]:
                if kernel.name == "stock" and number == 0:
                    shutil.rmtree(BENCH / "stock-cache", ignore_errors=True)
                results.append(whole(kernel, notebook) | {"kernel": kernel.name, "state": "cold"})
            results.append(whole(kernel, notebook) | {"kernel": kernel.name, "state": "warm"})
            results[-1]["opened_earlier"] = opened_earlier(kernel, notebook)
            report(results[-1:])
    print()
    report(results)
    for kernel in kernels:
        overhead = [wall for r in results if r["kernel"] == kernel.name and r["state"] == "warm" and r["notebook"][:2] < "04" for wall in r["overhead"]]
        print(f"{kernel.name}: {len(overhead)} cells of 01 to 03 whose own work is under 50 ms: median {statistics.median(overhead):.2f} s, slowest {max(overhead):.2f} s")
    machine = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "rust": subprocess.getoutput("rustc --version")}
    (BENCH / "kernel.json").write_text(json.dumps({"machine": machine, "results": results}, indent=1))


def report(results):
    columns = ["notebook", "kernel", "state", "ready", "first_variable", "first_picture", "opened_earlier", "median_cell", "notebook_seconds", "disk_kb"]
    if len(results) > 1:
        print(*(f"{name:>16}" for name in columns))
    for result in results:
        row = [result.get(name, "") for name in columns]
        print(*(f"{value:16.2f}" if isinstance(value, float) else f"{str(value)[:16]:>16}" for value in row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
