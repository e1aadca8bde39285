"""A real server in a process tree of its own that can be killed at any moment, and clients that go on regardless."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOST = (OSError, http.client.HTTPException)


def environment(data: Path, **more: str) -> dict[str, str]:
    """Return the environment of a person's shell: our own variables only as given here."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TONGXIN_", "DJANGO_"))}
    return kept | {"TONGXIN_DATA": str(data), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""} | more


def told(data: Path, program: str, *arguments: str) -> dict:
    """Run a program of this folder on a data folder; return what it says in its last line."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.crash.{program}", *arguments],
        cwd=ROOT, env=environment(data), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


class Server:
    """`tongxin serve` on a free port of this machine, in a process group of its own."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data, self.settings = data, settings
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = data.with_name(f"{data.name}.log")
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        module = "tongxin.config.command_line"
        return [sys.executable, "-m", module, "serve", "--port", str(self.port), "--quiet"]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env=environment(self.data, **self.settings),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_it_answers()

    def wait_until_it_answers(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                error.close()
                return
            except LOST:
                time.sleep(0.05)
        raise AssertionError("the server does not answer: " + self.log.read_text()[-3000:])

    def kill_everything(self) -> None:
        """End the whole tree at once, as a power cut would: no handler of ours runs."""
        assert self.process is not None
        with suppress(ProcessLookupError):  # it ended by itself, which its log tells
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_a_worker(self) -> None:
        """End the process that answers pages; its parent starts another."""
        assert self.process is not None
        for pid in children(self.process.pid):
            os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in listed.stdout.split()]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None


class Client:
    """A person's browser: cookies, forms, no scripts. Answers are (status, location, body)."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), NoRedirect(), urllib.request.ProxyHandler({})
        )

    def get(self, path: str) -> tuple[int, str, str]:
        return self._open(urllib.request.Request(self.base + path))

    def post(
        self, path: str, fields: list[tuple[str, str]], files: dict[str, tuple[str, bytes]] | None = None
    ):
        """Send a form as a browser does; fields may repeat a name."""
        token = next((c.value for c in self.cookies if "csrf" in c.name), "") or ""
        body, content_type = multipart([*fields, ("csrfmiddlewaretoken", token)], files or {})
        return self._open(urllib.request.Request(self.base + path, body, {"Content-Type": content_type}))

    def _open(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            with self.opener.open(request, timeout=30) as response:
                return response.status, response.url, response.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("Location", ""), error.read().decode("utf-8", "replace")

    def sign_in(self, path: str, login: str, password: str) -> None:
        self.get(path)
        status, _, body = self.post(path, [("login", login), ("password", password)])
        assert status == 302, body[-2000:]


def multipart(fields: list[tuple[str, str]], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    for name, (file_name, content) in files.items():
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


class Saver(threading.Thread):
    """Logs one activity after another; what was sent and not answered is sent again with the same token."""

    def __init__(self, client: Client, path: str, fields: list[tuple[str, str]], picture: bytes) -> None:
        super().__init__(daemon=True)
        self.client, self.path, self.fields, self.picture = client, path, fields, picture
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []
        self.resent = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            self.save(uuid.uuid4().hex)

    def save(self, token: str) -> None:
        """Send one activity until it is acknowledged or the test ends."""
        self.sent.add(token)
        while True:
            try:
                files = {"evidence_photo": ("photo.jpg", self.picture)}
                status, _, body = self.client.post(self.path, [*self.fields, ("once", token)], files)
            except LOST:
                self.resent += 1
                if self.stopping.wait(0.05):
                    return
                continue
            if status == 302:
                self.acknowledged.add(token)
            else:
                self.refused.append(f"{status} {body[-1500:]}")
            return
