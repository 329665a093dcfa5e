"""The hub of a class, to try it on loopback as an ordinary user: scripts/hub starts it. All of jupyterhub_config.py holds but what is
below: everybody's server runs under one account, so nothing keeps students apart, and nothing limits memory.
"""

import os
import shutil
from pathlib import Path

TRIAL = Path(__file__).resolve().parent
load_subconfig("jupyterhub_config.py", path=str(TRIAL.parent))  # noqa: F821
c = get_config()  # noqa: F821
STATE, PORT = Path(os.environ["EM_LAB_HUB_STATE"]), int(os.environ["EM_LAB_HUB_PORT"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_port = PORT + 1
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"

c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["EM_LAB_HUB_PASSWORD"]
c.Authenticator.allowed_users = {"instructor", *os.environ["EM_LAB_HUB_STUDENTS"].split()}

c.JupyterHub.spawner_class = "simple"
c.Spawner.pre_spawn_hook = None
c.Spawner.environment.pop("EM_LAB_KERNEL_ADDRESS")
c.JupyterHub.cleanup_servers = True
c.SimpleLocalProcessSpawner.home_dir_template = f"{STATE}/homes/{{username}}"
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []


def settings_for(spawner):
    role = "instructor" if spawner.user.name == "instructor" else "student"
    return ":".join(str(folder) for folder in (TRIAL, TRIAL.parent / role, TRIAL.parent / "jupyter"))


def toolchain(variable, folder):
    return os.environ.get(variable, str(Path.home() / folder))


c.Spawner.environment = c.Spawner.environment | {
    "JUPYTER_CONFIG_PATH": settings_for,
    "EM_LAB_RUN_DIR": lambda spawner: f"{STATE}/runs/{spawner.user.name}",
    "EM_LAB_COURSE": lambda spawner: f"{STATE}/homes/{spawner.user.name}/course",
    # Their home is not the one that Rust is installed in.
    "RUSTUP_HOME": toolchain("RUSTUP_HOME", ".rustup"),
    "CARGO_HOME": toolchain("CARGO_HOME", ".cargo"),
    "SHELL": shutil.which("bash"),
}
