"""The kernel that runs submissions, one after the other, each from an empty state."""

import atexit
import queue
import time

from jupyter_client.manager import KernelManager
from nbformat.v4 import output_from_msg
from notebooks import ROOT

# For what the worksheet itself runs: the first cell may compile, data may have to be read.
OURS = 600
# For a kernel to end the cell that runs, and to answer again.
PATIENCE = 15
# What every kernel begins with.
BEGIN = ROOT / "target" / "kernel" / "config" / "init.evcxr"
# Characters.
MOST_PRINTED = 20_000


class Kernel:
    """Keeps one kernel: what it has read and compiled is the same for all submissions, what they have defined is cleared."""

    def __init__(self):
        self.manager = self.client = None
        self.used = False
        atexit.register(self.stop)

    def fresh(self):
        """A kernel in which nothing is defined. evcxr's `:clear` forgets all that was and starts another process."""
        if self.manager and self.used:
            status, _ = self.run(":clear\n" + BEGIN.read_text(), OURS)
            if status != "ok":
                self.stop()
        if not self.manager:
            self.start()
        self.used = True

    def start(self):
        self.manager = KernelManager(kernel_name="rust")
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def stop(self):
        if self.manager:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)
            self.manager = None

    def run(self, code, seconds):
        """The outputs of a cell, and how it ended: `ok`, `error`, `stopped` after too long a time, or `gone` with the kernel."""
        message, outputs = self.client.execute(code, allow_stdin=False), []
        deadline, late = time.monotonic() + seconds, False
        while True:
            if time.monotonic() > deadline and not late:
                late, deadline = True, time.monotonic() + PATIENCE
                self.manager.interrupt_kernel()
            elif time.monotonic() > deadline or not self.manager.is_alive():
                self.stop()
                return "gone", outputs
            try:
                heard = self.client.get_iopub_msg(timeout=0.5)
            except queue.Empty:
                continue
            if heard["parent_header"].get("msg_id") != message:
                continue
            if heard["msg_type"] in ("stream", "execute_result", "error"):
                keep(outputs, output_from_msg(heard))
            elif heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle":
                break
        if late:
            return "stopped", outputs
        return ("error" if any(output.output_type == "error" for output in outputs) else "ok"), outputs


def keep(outputs, output):
    """Adds an output; lines of one stream are one output, and no more of it than anybody would read."""
    last = next((before for before in outputs if before.output_type == "stream" and before.name == output.get("name")), None)
    if last is None:
        outputs.append(output)
    elif len(last.text) < MOST_PRINTED:
        last.text += output.text
