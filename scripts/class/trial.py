"""A hub of its own on loopback, in a folder that is new each time, with a course released on it."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts")]

import notebooks  # noqa: E402
import requests  # noqa: E402
from person import Person  # noqa: E402
from worksheets import master  # noqa: E402

HUB = ROOT / "target" / "hub"


def three_ports():
    """The first of three free ports in a row."""
    for port in range(18000, 19000, 5):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for more in range(3):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port + more))
            return port
    raise SystemExit("em-lab: no three free ports in a row between 18000 and 19000.")


class Trial:
    """The hub of scripts/hub, as long as the block lasts."""

    mode = 0o700

    def __init__(self, students, folder=HUB / "load"):
        self.students = [f"student{number}" for number in range(1, students + 1)]
        self.folder, self.port, self.password = folder, three_ports(), secrets.token_urlsafe(9)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.folder.chmod(self.mode)
        config = self.prepare()
        settings = {
            "EM_LAB_HUB_STATE": str(self.folder),
            "EM_LAB_HUB_PORT": str(self.port),
            "EM_LAB_HUB_PASSWORD": self.password,
            "EM_LAB_HUB_STUDENTS": " ".join(self.students),
        }
        command = [sys.executable, "-m", "jupyterhub", "-f", config]
        self.log = open(self.folder / "hub.log", "w")
        self.process = subprocess.Popen(command, cwd=self.folder, env=os.environ | settings, stdout=self.log, stderr=self.log, start_new_session=True)
        self.wait_for_hub()
        return self

    def prepare(self):
        """The hub's configuration, once what it needs is there."""
        return ROOT / "deploy" / "trial" / "jupyterhub_config.py"

    def wait_for_hub(self):
        for _ in range(240):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/hub/health", timeout=5).ok:
                    return
            time.sleep(0.5)
        self.__exit__()
        raise SystemExit(f"em-lab: the hub did not start; {self.folder / 'hub.log'} says why.")

    def __exit__(self, *_):
        # The hub ends the servers, and the servers their kernels.
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()

    def person(self, name):
        return Person(self.url, name, self.password)

    def course(self):
        return self.folder / "homes" / "instructor" / "course"

    def release(self, source):
        """The instructor's part before the lab: the source of the assignment, and formgrader's two buttons."""
        name = Path(source).stem
        instructor = self.person("instructor")
        instructor.log_in()
        instructor.start_server()
        folder = self.course() / "source" / name
        folder.mkdir(parents=True)
        notebooks.write(master(notebooks.read_source(Path(source)), name), folder / f"{name}.ipynb")
        instructor.formgrader("assign", name)
        instructor.formgrader("release", name)
        return instructor
