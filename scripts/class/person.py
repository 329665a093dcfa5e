"""A person on a hub, as a browser would be: logs in, starts a server, opens notebooks, runs cells."""

import json
import time
import uuid
from urllib.parse import urlsplit

import requests
import websocket

WAIT = 600


class Refused(Exception):
    """What the hub or a server did not do, with its answer."""


class Person:
    """One user of the hub, with the cookies of a browser."""

    def __init__(self, hub, name, password):
        self.hub, self.name, self.password = hub, name, password
        self.browser = requests.Session()

    def token(self, path):
        """The token against forged requests that belongs to this path."""
        for cookie in self.browser.cookies:
            if cookie.name == "_xsrf" and path.startswith(cookie.path):
                found = cookie.value
                if cookie.path != "/":
                    return found
        return ""

    def ask(self, method, path, expect=(200, 201, 202, 204), **more):
        headers = {"X-XSRFToken": self.token(path), "Referer": self.hub + path} | more.pop("headers", {})
        answer = self.browser.request(method, self.hub + path, headers=headers, timeout=WAIT, **more)
        if answer.status_code not in expect:
            raise Refused(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def log_in(self):
        self.ask("GET", "/hub/login")
        form = {"username": self.name, "password": self.password, "_xsrf": self.token("/hub/")}
        self.ask("POST", "/hub/login", expect=(302,), data=form, allow_redirects=False)

    def start_server(self):
        """Starts the server, waits until the hub says that it is ready, and opens JupyterLab's page."""
        self.ask("POST", f"/hub/api/users/{self.name}/server", expect=(201, 202, 400))
        end = time.monotonic() + WAIT
        while not self.ask("GET", f"/hub/api/users/{self.name}").json()["servers"].get("", {}).get("ready"):
            if time.monotonic() > end:
                raise Refused(f"{self.name}: the server did not start in {WAIT} s")
            time.sleep(0.3)
        self.ask("GET", f"/user/{self.name}/lab")

    def mine(self, method, path, **more):
        """Asks this person's own server."""
        return self.ask(method, f"/user/{self.name}/{path}", **more)

    def assignment(self, action, name):
        """What the assignment list does: fetch, submit, fetch_feedback."""
        answer = self.mine("POST", f"assignments/{action}", json={"course_id": "em_lab", "assignment_id": name}).json()
        if not answer["success"]:
            raise Refused(f"{self.name}: {action} {name}: {answer['value']}")
        return answer["value"]

    def formgrader(self, action, name):
        """What an instructor's button does: assign, release, collect, generate_feedback, release_feedback."""
        answer = self.mine("POST", f"formgrader/api/assignment/{name}/{action}").json()
        if not answer["success"]:
            raise Refused(f"{self.name}: {action} {name}: {answer.get('error')} {answer.get('log')}")
        return answer

    def read(self, path):
        return self.mine("GET", f"api/contents/{path}").json()["content"]

    def save(self, path, notebook):
        self.mine("PUT", f"api/contents/{path}", json={"type": "notebook", "format": "json", "content": notebook})

    def open(self, path, kernel="rust"):
        """Opens a notebook: its kernel, once that answers."""
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": kernel}}
        return Kernel(self, self.mine("POST", "api/sessions", json=body).json())

    def log_out(self):
        self.ask("DELETE", f"/hub/api/users/{self.name}/server", expect=(202, 204, 404))


class Kernel:
    """A kernel, through the server's websocket as JupyterLab uses it."""

    def __init__(self, person, session):
        self.person, self.id, self.session = person, session["id"], uuid.uuid4().hex
        path = f"/user/{person.name}/api/kernels/{session['kernel']['id']}/channels?session_id={self.session}"
        request = requests.Request("GET", person.hub + path)
        cookies = person.browser.prepare_request(request).headers.get("Cookie", "")
        self.socket = websocket.create_connection(f"ws://{urlsplit(person.hub).netloc}{path}", cookie=cookies, origin=person.hub, timeout=WAIT)
        self.send("kernel_info_request", {})

    def send(self, kind, content):
        """Sends a message, and returns the reply and the outputs that came with it."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "", "version": "5.3", "date": ""}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
        self.socket.send(json.dumps(message))
        reply, idle, outputs, late = None, False, [], time.monotonic() + WAIT
        while not (reply and idle):
            if time.monotonic() > late:
                raise Refused(f"{self.person.name}: no answer to {kind} in {WAIT} s")
            heard = json.loads(self.socket.recv())
            if heard["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            if heard["header"]["msg_type"] == kind.replace("request", "reply"):
                reply = heard["content"]
            elif heard["header"]["msg_type"] == "status":
                idle = heard["content"]["execution_state"] == "idle"
            elif heard["header"]["msg_type"] in ("stream", "execute_result", "display_data", "error"):
                outputs.append(heard["content"] | {"output_type": heard["header"]["msg_type"]})
        return reply, outputs

    def run(self, code):
        """The status of a cell, its outputs, and the seconds that it took."""
        start = time.monotonic()
        reply, outputs = self.send("execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True})
        return reply["status"], outputs, time.monotonic() - start

    def close(self):
        self.socket.close()
        self.person.mine("DELETE", f"api/sessions/{self.id}")
