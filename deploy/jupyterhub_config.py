"""JupyterHub with nbgrader for one class on one server with systemd. docs/class.md sets the server up; `scripts/hub serve` starts it.

Each student is an account of the server in the group `students`, each instructor one in the group `instructors`, with homes that are
closed to others. Who is in `instructors` is asked when the hub starts.
"""

import grp
import os
import shutil
import sys
from pathlib import Path

c = get_config()  # noqa: F821

DEPLOY = Path(__file__).resolve().parent
LAB = DEPLOY.parent
# The hub's database, its secrets, and the exchange; scripts/hub sets another folder to try all this.
STATE = Path(os.environ.get("EM_LAB_HUB_STATE", "/srv/em-lab-hub"))
# What gives the answers away. Students read the rest of the checkout: the kernel, and the crate that it shows them.
HIDDEN = ["notebooks/source", "notebooks/solutions", "src/worksheet", "tests"]


def members(group):
    try:
        return set(grp.getgrnam(group).gr_mem)
    except KeyError:
        return set()


INSTRUCTORS = members("instructors")

# --- Who may log in: accounts of these groups, with the password of the server.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "instructors"}

# --- What a server of a student is: a unit of systemd under the student's own account, with
c.JupyterHub.spawner_class = "systemd"
# enough memory for JupyterLab and two notebooks (measured: docs/class.md); a kernel that needs more is ended, and says so,
c.Spawner.mem_limit = "2G"
# at most this many cores: a cell is compiled by one, and two notebooks can run at once,
c.Spawner.cpu_limit = 2
# a /tmp and devices of its own, and no way to become somebody else.
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.isolate_devices = True
c.SystemdSpawner.disable_user_sudo = True
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab"
c.Spawner.cmd = [f"{sys.prefix}/bin/jupyterhub-singleuser"]


def settings_for(spawner):
    """Students see the list of assignments, instructors the course and formgrader too."""
    return f"{DEPLOY / ('instructor' if spawner.user.name in INSTRUCTORS else 'student')}:{DEPLOY / 'jupyter'}"


c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": settings_for,
    "EM_LAB_EXCHANGE": str(STATE / "exchange"),
    # Where a kernel writes; what it reads is compiled once for all, in the checkout. The unit's own /tmp goes when the server does.
    "EM_LAB_RUN_DIR": "/tmp/em-lab",
    # Threads for a fit: with the whole class at work, more than one each is slower for all.
    "EM_LAB_THREADS": "1",
    # For scripts/grade in an instructor's terminal.
    "EM_LAB_ENVIRONMENT": sys.prefix,
    "EM_LAB_COURSE": lambda spawner: os.path.expanduser(f"~{spawner.user.name}/course"),
    "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
}
# Nothing of the hub's own environment, which may hold secrets.
c.Spawner.env_keep = ["LANG", "LC_ALL"]

# --- How many at once. A start takes a core for two to three seconds: ten at a time are answered soon, the others wait their turn.
c.JupyterHub.concurrent_spawn_limit = 10
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120

# --- Idle servers end after an hour without a running cell or an open page; idle kernels sooner, see jupyter/jupyter_server_config.py.
c.JupyterHub.load_roles = [{"name": "culler", "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"], "services": ["culler"]}]
c.JupyterHub.services = [{"name": "culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}]

# --- Where the hub listens: on loopback, behind a web server with a certificate (docs/class.md).
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.ConfigurableHTTPProxy.command = [str(LAB / "target" / "hub" / "node_modules" / ".bin" / "configurable-http-proxy")]

# --- The hub's own files are for its account only.
c.JupyterHub.db_url = f"sqlite:///{STATE}/private/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{STATE}/private/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{STATE}/private/proxy.pid"
(STATE / "private").mkdir(parents=True, exist_ok=True)
(STATE / "private").chmod(0o700)
# nbgrader wants an exchange that all can write; the sticky bit keeps everybody's folders in it their own.
(STATE / "exchange").mkdir(exist_ok=True)
(STATE / "exchange").chmod(0o1777)
if os.geteuid() == 0 and INSTRUCTORS:
    for folder in HIDDEN:
        if (LAB / folder).exists():
            shutil.chown(LAB / folder, group="instructors")
            (LAB / folder).chmod(0o750)
