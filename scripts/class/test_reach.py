"""Tests of what a student can reach on the server of a class: the hub of deploy/jupyterhub_config.py with real accounts.

Run as root on Linux: scripts/hub test. The accounts exist only for this process and its children, in a mount namespace with an
/etc/passwd of its own; instead of systemd, the hub starts their servers itself. Nothing here needs a kernel but the last test.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from person import Refused
from trial import HUB, ROOT, Trial

SMALL = ROOT / "tests" / "notebooks" / "worksheets" / "small.md"
FOLDER = HUB / "reach"
ACCOUNTS = {"tutor": 31001, "ada": 31002, "ben": 31003}
KERNELS = ROOT / "target" / "kernel"
OVERRIDES = f"""
import os
load_subconfig("jupyterhub_config.py", path={str(ROOT / "deploy")!r})
c = get_config()
port = int(os.environ["EM_LAB_HUB_PORT"])
c.JupyterHub.bind_url = f"http://127.0.0.1:{{port}}"
c.JupyterHub.hub_port = port + 1
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{{port + 2}}"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["EM_LAB_HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.cleanup_servers = True
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.environment = c.Spawner.environment | {{"EM_LAB_RUN_DIR": lambda spawner: f"/tmp/em-lab-{{spawner.user.name}}"}}
"""


def shell(*command):
    subprocess.run(command, check=True)


def make_accounts():
    """Accounts with closed homes, seen from here only."""
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", FOLDER / name)
    with open(FOLDER / "passwd", "a") as passwd, open(FOLDER / "group", "a") as group:
        for account, number in ACCOUNTS.items():
            passwd.write(f"{account}:x:{number}:{number}::{FOLDER}/homes/{account}:/bin/bash\n")
            group.write(f"{account}:x:{number}:\n")
        group.write("instructors:x:31000:tutor\nstudents:x:31004:ada,ben\n")
    for name in ("passwd", "group"):
        shell("mount", "--bind", FOLDER / name, f"/etc/{name}")
    for account, number in ACCOUNTS.items():
        home = FOLDER / "homes" / account
        home.mkdir(parents=True)
        os.chown(home, number, number)
        home.chmod(0o700)


def show_programs():
    """Rust and Python are for all on a server; where they are in a home that is closed, they are shown through it, and nothing else."""
    sysroot = (KERNELS / "cargo" / "bin" / "rustc").resolve().parent.parent
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "registry"
    hidden = {path: closed for path in (sysroot, Path(sys.base_prefix), cargo) if (closed := first_closed(path))}
    aside = {closed: FOLDER / "aside" / str(number) for number, closed in enumerate(dict.fromkeys(hidden.values()))}
    for closed, kept in aside.items():
        kept.mkdir(parents=True)
        shell("mount", "--bind", closed, kept)
        shell("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", closed)
    for path, closed in hidden.items():
        path.mkdir(parents=True)
        shell("mount", "--bind", aside[closed] / path.relative_to(closed), path)


def first_closed(path):
    """The folder above this one that others cannot pass."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


class Server(Trial):
    """The hub of the deployment, with those accounts."""

    mode = 0o755

    def __init__(self):
        super().__init__(0, FOLDER)

    def prepare(self):
        make_accounts()
        show_programs()
        (FOLDER / "jupyterhub_config.py").write_text(OVERRIDES)
        return FOLDER / "jupyterhub_config.py"

    def __exit__(self, *_):
        super().__exit__()
        for mount in ("/etc/passwd", "/etc/group"):
            subprocess.run(["umount", mount], check=False)


TRY = '''
import contextlib, fcntl, glob, os, pathlib, shutil, socket, urllib.request, urllib.error
def tried(what):
    try:
        return f"reached: {str(what())[:80]}"
    except urllib.error.HTTPError as error:
        return f"refused {error.code}" if error.code in (403, 404) else f"answered {error.code}"
    except (PermissionError, ConnectionRefusedError):
        return "refused"
def ask(path, method="GET", token=os.environ["JUPYTERHUB_API_TOKEN"], base=os.environ["JUPYTERHUB_API_URL"].removesuffix("/hub/api"), data=None):
    request = urllib.request.Request(base + path, method=method, data=data, headers={"Authorization": "token " + token})
    return urllib.request.urlopen(request).read()
def connect(address, port):
    with socket.socket() as one:
        one.connect((address, port))
'''


OWN_SOCKETS = """
import ipykernel, json
connection = json.load(open(ipykernel.get_connection_file()))
print(json.dumps([connection["ip"], connection["iopub_port"], connection["shell_port"]]))
"""


class Reach:
    """The tests, on one hub with everybody's servers running and a submission of ben's."""

    def __init__(self, server):
        self.people = {name: server.person(name) for name in ACCOUNTS}
        for person in self.people.values():
            person.log_in()
            person.start_server()
        self.server, tutor = server, self.people["tutor"]
        tutor.mine("PUT", "api/contents/new.ipynb", json=empty())
        self.of_tutor = tutor.open("new.ipynb", "python3")
        self.run(self.of_tutor, release_code())
        tutor.formgrader("assign", "small")
        tutor.formgrader("release", "small")
        ben = self.people["ben"]
        ben.assignment("fetch", "small")
        ben.assignment("submit", "small")
        ben.mine("PUT", "api/contents/new.ipynb", json=empty())
        self.of_ben = ben.open("new.ipynb", "python3")
        self.ben_process = self.run(self.of_ben, "import os; print(os.getpid())").strip()
        self.bens_sockets = json.loads(self.run(self.of_ben, OWN_SOCKETS))
        self.people["ada"].mine("PUT", "api/contents/new.ipynb", json=empty())
        self.of_ada = self.people["ada"].open("new.ipynb", "python3")
        self.run(self.of_ada, TRY)

    def run(self, kernel, code):
        status, outputs, _ = kernel.run(code)
        assert status == "ok", outputs
        return "".join(output.get("text", "") for output in outputs)

    def refused(self, **attempts):
        """Ada tries each; none may succeed."""
        for name, code in attempts.items():
            said = self.run(self.of_ada, f"print(tried(lambda: {code}))").strip()
            assert said.startswith("refused"), f"{name.replace('_', ' ')}: {said}"

    def other_students_files(self):
        home = FOLDER / "homes" / "ben"
        self.refused(
            home=f"os.listdir({str(home)!r})",
            worksheet=f"open({str(home / 'small' / 'small.ipynb')!r}).read()",
            key_of_a_kernel=f"os.listdir({str(home / '.local/share/jupyter/runtime')!r})",
            variables_of_a_process=f"open('/proc/{self.ben_process}/environ').read()",
            process=f"os.kill({self.ben_process}, 9)",
            what_a_kernel_says=f"connect({self.bens_sockets[0]!r}, {self.bens_sockets[1]})",
            what_a_kernel_is_told=f"connect({self.bens_sockets[0]!r}, {self.bens_sockets[2]})",
        )
        # They are there: the owner reaches them.
        self.run(self.of_ben, TRY + f"connect(*{self.bens_sockets[:2]!r})")

    def what_others_hand_in(self):
        course = FOLDER / "exchange" / "em_lab"
        self.refused(
            list_of_submissions=f"os.listdir({str(course / 'inbound')!r})",
            release=f"open({str(course / 'outbound/small/small.ipynb')!r}, 'w')",
            course=f"os.rename({str(course)!r}, {str(course.parent / 'away')!r})",
        )

    def what_is_collected(self):
        """Ada hands in under ben's name, and a link to the course's source, and a link as a whole."""
        inbound, now = FOLDER / "exchange/em_lab/inbound", "2099-01-01 00:00:00 UTC"
        source = FOLDER / "homes/tutor/course/source/small"
        self.run(self.of_ada, f"""
for who, more in ("ben", "a"), ("ada", "b"):
    folder = pathlib.Path({str(inbound)!r}, f"{{who}}+small+{now}+{{more}}")
    folder.mkdir()
    (folder / "timestamp.txt").write_text({now!r})
    (folder / "small.ipynb").symlink_to({str(source / "small.ipynb")!r})
os.symlink({str(source)!r}, {str(inbound / f"ben+small+{now}+c")!r})
""")
        self.people["tutor"].formgrader("collect", "small")
        submitted = FOLDER / "homes/tutor/course/submitted"
        found = {str(path.relative_to(submitted)) for path in submitted.rglob("*")}
        assert "ben/small/small.ipynb" in found, found
        assert "ada/small/small.ipynb" not in found, found
        assert "2099" not in (submitted / "ben/small/timestamp.txt").read_text()
        shell("rm", "-rf", submitted / "ada", *inbound.glob(f"*{now}*"))

    def the_answers(self):
        self.refused(
            history=f"os.listdir({str(ROOT / '.git')!r})",
            sources=f"os.listdir({str(ROOT / 'notebooks/source')!r})",
            solutions=f"os.listdir({str(ROOT / 'notebooks/solutions')!r})",
            checks=f"os.listdir({str(ROOT / 'src/worksheet')!r})",
            tests=f"os.listdir({str(ROOT / 'tests')!r})",
            course=f"os.listdir({str(FOLDER / 'homes/tutor/course')!r})",
        )

    def the_hubs_own(self):
        private = FOLDER / "private"
        self.refused(
            database=f"open({str(private / 'jupyterhub.sqlite')!r}, 'rb').read()",
            cookie_secret=f"open({str(private / 'cookie_secret')!r}, 'rb').read()",
            variables_of_the_hub=f"open('/proc/{self.server.process.pid}/environ').read()",
            list_of_users="ask('/hub/api/users')",
            token_of_another="ask('/hub/api/users/ben/tokens', 'POST', data=b'{}')",
            server_of_another="ask('/hub/api/users/ben/server', 'DELETE')",
            files_of_another=f"ask('/user/ben/api/contents', base={self.server.url!r})",
            routes_of_the_proxy=f"ask('/api/routes', base='http://127.0.0.1:{self.server.port + 2}')",
        )

    def what_all_share(self):
        self.refused(
            build=f"open({str(KERNELS / 'prepared/Cargo.lock')!r}, 'a')",
            lock=f"open({str(KERNELS / 'lock')!r})",
            kernels_script=f"open({str(ROOT / 'scripts/kernel/start.py')!r}, 'a')",
            settings=f"open({str(ROOT / 'deploy/jupyter/nbgrader_config.py')!r}, 'a')",
            python=f"open({str(Path(sys.prefix) / 'bin/evcxr_jupyter')!r}, 'ab')",
        )

    def formgrader_is_the_instructors(self):
        with contextlib.suppress(Refused):
            self.people["ada"].mine("GET", "formgrader/api/assignments")
            raise AssertionError("a student's server has formgrader")
        assert "small" in self.people["tutor"].mine("GET", "formgrader/api/assignments").text

    def what_a_student_may(self):
        ada = self.people["ada"]
        ada.assignment("fetch", "small")
        ada.assignment("submit", "small")
        self.people["tutor"].formgrader("collect", "small")
        assert os.listdir(FOLDER / "homes/tutor/course/submitted") and {"ada", "ben"} == set(os.listdir(FOLDER / "homes/tutor/course/submitted"))
        notebook = ada.read("small/small.ipynb")
        kernel = ada.open("small/small.ipynb")
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                status, outputs, _ = kernel.run(cell["source"])
                assert status == "ok", outputs
        status, outputs, _ = kernel.run(f'std::fs::read_dir("{ROOT}/src/worksheet").is_err()')
        assert "true" in str(outputs), outputs
        runs = Path("/tmp/em-lab-ada")
        (run,) = runs.glob("run-*")
        shared = [path for path in run.rglob("*.rlib") if path.is_symlink()]
        assert shared, "the kernel has copies of what is compiled"
        kernel.close()


    def what_an_instructor_may(self):
        """The commands of docs/class.md, and what is in between: a submission, here the worksheet as it was released."""
        said = self.run(self.of_tutor, f"""
import shutil, subprocess
def grade(*words):
    print(subprocess.run([{str(ROOT / "scripts/grade")!r}, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout)
course = Path.home() / "course"
grade("release", "01")
shutil.copytree(course / "release/01_em_in_1d", course / "submitted/ben/01_em_in_1d")
grade("autograde", "01")
grade("export", "01")
""")
        assert "ben: 0 of 12 points" in said and "01_em_in_1d.csv: 1 students" in said, said


def empty():
    return {"type": "notebook", "format": "json", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}


def release_code():
    """What the instructor does in a terminal: the source of the assignment, made from the worksheet's."""
    return f"""
import sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
from pathlib import Path
import notebooks, worksheets
folder = Path.home() / "course" / "source" / "small"
folder.mkdir(parents=True)
notebooks.write(worksheets.master(notebooks.read_source(Path({str(SMALL)!r})), "small"), folder / "small.ipynb")
"""


def main():
    if os.geteuid() != 0:
        sys.exit("em-lab: this test needs root, which gives each student an account.")
    if "--inside" not in sys.argv:
        inside = ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, __file__, "--inside"]
        kept = {path: path.stat() for path in (ROOT / folder for folder in (".git", "notebooks/source", "notebooks/solutions", "src/worksheet", "tests"))}
        try:
            sys.exit(subprocess.run(inside).returncode)
        finally:
            for path, status in kept.items():
                os.chown(path, status.st_uid, status.st_gid)
                path.chmod(status.st_mode & 0o7777)
            for name in ACCOUNTS:
                shutil.rmtree(f"/tmp/em-lab-{name}", ignore_errors=True)
    from test_kernel import run_tests

    shell("ip", "link", "set", "lo", "up")
    with Server() as server:
        reach = Reach(server)
        tests = [reach.other_students_files, reach.what_others_hand_in, reach.what_is_collected, reach.the_answers, reach.the_hubs_own, reach.what_all_share]
        tests += [reach.formgrader_is_the_instructors, reach.what_a_student_may, reach.what_an_instructor_may]
        sys.exit(bool(run_tests({test.__name__.replace("_", " "): test for test in tests})))


if __name__ == "__main__":
    main()
