"""The kernel that runs submissions, one after the other, each from an empty state."""

import atexit
import os
import queue
import time

from jupyter_client.manager import KernelManager
from nbformat.v4 import output_from_msg
from notebooks import ROOT

# For what the worksheet itself runs: the first cell may compile, data may have to be read.
OURS = 600
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
        # A panic of one cell is not the end of the others.
        self.manager.start_kernel(env={name: value for name, value in os.environ.items() if name != "EM_LAB_STRICT"})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def stop(self):
        if self.manager:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)
            self.manager = None

    def run(self, code, seconds):
        """How a cell ended, `ok`, `error` or `stopped`, and its outputs. A kernel whose cell does not end is of no more use."""
        message, outputs = self.client.execute(code, allow_stdin=False), []
        deadline = time.monotonic() + seconds
        while True:
            if time.monotonic() > deadline or not self.manager.is_alive():
                self.stop()
                return "stopped", outputs
            try:
                heard = self.client.get_iopub_msg(timeout=0.5)
            except queue.Empty:
                continue
            if heard["parent_header"].get("msg_id") != message:
                continue
            if heard["msg_type"] in ("stream", "execute_result", "error"):
                keep(outputs, output_from_msg(heard))
            elif heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle":
                return ("error" if any(output.output_type == "error" for output in outputs) else "ok"), outputs


def keep(outputs, output):
    """Adds an output; lines of one stream are one output, and no more of it than anybody would read."""
    last = next((before for before in outputs if before.output_type == "stream" and before.name == output.get("name")), None)
    if last is None:
        outputs.append(output)
    elif len(last.text) < MOST_PRINTED:
        last.text += output.text
