"""JupyterHub with nbgrader for one class on one server with systemd. docs/class.md sets the server up; `scripts/hub serve` starts it.

Each student is an account of the server in the group `students`, the instructor one in the group `instructors`, with homes that are
closed to others. Who is in `instructors` is asked when the hub starts.
"""

import grp
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

c = get_config()  # noqa: F821

DEPLOY = Path(__file__).resolve().parent
LAB = DEPLOY.parent
# The hub's database, its secrets, and the exchange; scripts/hub sets another folder to try all this.
STATE = Path(os.environ.get("EM_LAB_HUB_STATE", "/srv/em-lab-hub"))
# What gives the answers away. Students read the rest of the checkout: the kernel, and the crate that it shows them.
HIDDEN = [".git", "notebooks/source", "notebooks/solutions", "src/worksheet", "tests"]


def members(group):
    """The accounts whose group it is, first or beside another."""
    try:
        found = grp.getgrnam(group)
    except KeyError:
        return set()
    return {*found.gr_mem, *(account.pw_name for account in pwd.getpwall() if account.pw_gid == found.gr_gid)}


INSTRUCTORS = members("instructors")

# --- Who may log in: accounts of these groups, with the password of the server.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "instructors"}

# --- What a server of a student is: a unit of systemd under the student's own account, with
c.JupyterHub.spawner_class = "systemd"
# enough memory for JupyterLab and two notebooks (measured: docs/class.md); the system ends a kernel that needs more,
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
    "EM_LAB_KERNEL_ADDRESS": lambda spawner: address_of(spawner)[0],
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

# --- A kernel talks through sockets of loopback, where anybody on the machine could listen to what it says. So the kernels of each account
# have an address of their own, and only that account may connect to it.
FIREWALL = """
add table inet em_lab
add set inet em_lab owners { typeof ip daddr . meta skuid; }
add chain inet em_lab output { type filter hook output priority 0; }
flush chain inet em_lab output
add rule inet em_lab output ip daddr 127.128.0.0/9 meta skuid != 0 ip daddr . meta skuid != @owners reject
"""


def address_of(spawner):
    number = pwd.getpwnam(spawner.user.name).pw_uid
    return f"127.{128 + (number >> 16) % 128}.{number >> 8 & 255}.{number & 255}", number


def close_to_others(spawner):
    address, number = address_of(spawner)
    subprocess.run(["nft", "add", "element", "inet", "em_lab", "owners", f"{{ {address} . {number} }}"], check=True)


c.Spawner.pre_spawn_hook = close_to_others

# --- How many may start at once. A start takes two to three seconds of a core, and a class starts together: all may, and wait. Whoever
# comes beyond this number is told to try again.
c.JupyterHub.concurrent_spawn_limit = 200
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300

# --- Idle servers end after an hour without a running cell or an open page; idle kernels sooner, see jupyter/jupyter_server_config.py.
c.JupyterHub.load_roles = [{"name": "culler", "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"], "services": ["culler"]}]
c.JupyterHub.services = [{"name": "culler", "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=3600"]}]

# --- Where the hub listens: on loopback, behind a web server with a certificate (docs/class.md).
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
# With a domain of its own for each user, where there is one, a page that a student wrote cannot act as who looks at it.
c.JupyterHub.subdomain_host = os.environ.get("EM_LAB_HUB_DOMAIN", "")
c.ConfigurableHTTPProxy.command = [str(LAB / "target" / "hub" / "node_modules" / ".bin" / "configurable-http-proxy")]

# --- A hub that starts anew finds the students' servers where they were.
c.JupyterHub.cleanup_servers = False

# --- The hub's own files are for its account only.
c.JupyterHub.db_url = f"sqlite:///{STATE}/private/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{STATE}/private/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{STATE}/private/proxy.pid"
(STATE / "private").mkdir(parents=True, exist_ok=True)
(STATE / "private").chmod(0o700)
# nbgrader wants an exchange that all can write; the sticky bit keeps everybody's folders in it their own.
(STATE / "exchange").mkdir(exist_ok=True)
(STATE / "exchange").chmod(0o1777)
if not os.environ.get("EM_LAB_HUB_STUDENTS"):  # Not on one's own machine, see trial/.
    if not INSTRUCTORS:
        sys.exit("em-lab: no account is in the group instructors, whom the sources of the worksheets belong to. See docs/class.md.")
    for folder in HIDDEN:
        if (LAB / folder).exists():
            shutil.chown(LAB / folder, group="instructors")
            (LAB / folder).chmod(0o750)
    # Whose folder this is, theirs is the course. Nobody else can be quicker.
    if len(INSTRUCTORS) == 1:
        course = STATE / "exchange" / "em_lab"
        course.mkdir(exist_ok=True)
        course.chmod(0o755)
        shutil.chown(course, *INSTRUCTORS)
    subprocess.run(["nft", "-f", "-"], input=FIREWALL, text=True, check=True)
