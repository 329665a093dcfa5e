"""A kernel for when the real one cannot start: it answers every cell with the reason."""

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class Trouble(Kernel):
    implementation, implementation_version, banner = "em-lab", "0.1", ""
    language_info = {"name": "rust", "mimetype": "text/rust", "file_extension": ".rs"}
    reason = ""

    async def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_):
        content = {"ename": "Error", "evalue": self.reason, "traceback": [self.reason]}
        self.send_response(self.iopub_socket, "error", content)
        return {"status": "error", "execution_count": self.execution_count, **content}


def answer_with(reason, connection_file):
    print(f"em-lab: {reason}", flush=True)
    Trouble.reason = reason
    IPKernelApp.launch_instance(["-f", connection_file], kernel_class=Trouble)
