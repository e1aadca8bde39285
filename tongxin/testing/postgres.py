"""A throw-away PostgreSQL server for tests, the bench and `evaluate --engine postgres`.

The server lives in a temporary folder, listens on a free loopback port only, and ends with the process
that started it. PostgreSQL refuses to run as root, so root starts it as the system user `postgres`.
"""

import atexit
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

ATTEMPTS = 5
SERVER_USER = "postgres"

# Nothing here outlives the process, so the server need not wait for the disk.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "256MB",
    "work_mem": "128MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "max_connections": "60",
    "autovacuum_naptime": "10min",
}


class PostgresUnavailable(Exception):
    """No PostgreSQL can be started here; the text says why, in words for the person at the keyboard."""


@dataclass(frozen=True)
class Server:
    """A running server. `stop` ends it and removes its folder; calling it twice does no harm."""

    host: str
    port: int
    user: str
    folder: Path
    stop: Callable[[], None]

    def conninfo(self, database: str = "postgres") -> str:
        """Return the psycopg connection string of one database of this server."""
        return f"host={self.host} port={self.port} user={self.user} dbname={database}"

    def connect(self, database: str = "postgres", autocommit: bool = False) -> psycopg.Connection:
        """Return a new connection."""
        return psycopg.connect(self.conninfo(database), autocommit=autocommit)

    def create_database(self, name: str, like: str = "template1") -> None:
        """Make a database, empty or a copy of another of ours that nobody is using; no name is a user's."""
        with self.connect(autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')  # type: ignore[call-overload]


def programs() -> Path:
    """Return the folder that holds initdb and pg_ctl: the newest of Debian's, else the PATH's.

    Raises PostgresUnavailable if there is none.
    """
    installed = [
        folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()
    ]
    if installed:
        return max(installed, key=_major_version)
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    raise PostgresUnavailable(
        "这台电脑上没有找到 PostgreSQL 的服务程序（initdb、pg_ctl）。请先安装 postgresql，再运行一次。"
    )


def why_unavailable() -> str:
    """Return the reason why no server can be started here, or an empty text when one can."""
    try:
        programs()
        _as_server_user()
    except PostgresUnavailable as reason:
        return str(reason)
    return ""


def start(settings: dict[str, str] | None = None) -> Server:
    """Start a server of its own and return it once it answers from its own folder.

    settings: server settings on top of `SETTINGS`, for the bench.
    Raises PostgresUnavailable when the programs are missing or the server does not come up.
    """
    binaries, prefix = programs(), _as_server_user()
    folder = Path(tempfile.mkdtemp(prefix="tongxin-postgres-"))
    data = folder / "data"
    if prefix:
        shutil.chown(folder, SERVER_USER)
    try:
        _run([*prefix, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8",
              "--locale=C.UTF-8", "-U", SERVER_USER, "--no-sync"])  # fmt: skip
        port = _start_on_a_free_port(binaries, prefix, data, SETTINGS | (settings or {}))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    stop = _stopper(binaries, prefix, folder, data)
    atexit.register(stop)
    _stop_when_we_are_gone(binaries, prefix, folder, data)
    return Server("127.0.0.1", port, SERVER_USER, folder, stop)


_shared: Server | None = None
_shared_lock = threading.Lock()


def shared() -> Server:
    """Return this process's one server, started at the first call."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = start()
        return _shared


def _major_version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _as_server_user() -> list[str]:
    """Return the words that go before a command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError as error:
        raise PostgresUnavailable(
            "PostgreSQL 不能以管理员身份运行，而这台电脑上没有名为 postgres 的系统用户。"
        ) from error
    runuser = shutil.which("runuser")
    if not runuser:
        raise PostgresUnavailable("没有找到 runuser 程序，无法换成 postgres 用户来启动 PostgreSQL。")
    return [runuser, "-u", SERVER_USER, "--"]


def _start_on_a_free_port(binaries: Path, prefix: list[str], data: Path, settings: dict[str, str]) -> int:
    """Start on a port nobody uses; another program may take it in between, so try a few times."""
    log = data / "server.log"
    for _attempt in range(ATTEMPTS):
        port = _free_port()
        words = [f"-c {name}={value}" for name, value in settings.items()]
        options = " ".join([f"-p {port}", "-h 127.0.0.1", f"-k {data}", *words])
        command = [*prefix, str(binaries / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", "30"]
        started = subprocess.run([*command, "-o", options, "start"], capture_output=True, text=True, cwd="/")
        if started.returncode == 0 and _answers_from(port, data):
            return port
        subprocess.run([*command, "-m", "immediate", "stop"], capture_output=True, cwd="/")
    raise PostgresUnavailable(f"PostgreSQL 没有启动成功。它最后说：{_last_line(log)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers_from(port: int, data: Path) -> bool:
    """Say whether the server on this port is ours: a start on a taken port would reach another one."""
    conninfo = f"host=127.0.0.1 port={port} user={SERVER_USER} dbname=postgres connect_timeout=5"
    try:
        with psycopg.connect(conninfo) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and Path(row[0]).resolve() == data.resolve()


def _stopper(binaries: Path, prefix: list[str], folder: Path, data: Path) -> Callable[[], None]:
    owner = os.getpid()

    def stop() -> None:
        # A forked child inherits the exit handler but must not end its parent's server.
        if os.getpid() != owner or not folder.exists():
            return
        command = [*prefix, str(binaries / "pg_ctl"), "-D", str(data), "-m", "fast", "-w", "-t", "20", "stop"]
        ended = subprocess.run(command, capture_output=True, cwd="/")
        if ended.returncode != 0:
            _end_by_pid(data)
        shutil.rmtree(folder, ignore_errors=True)

    return stop


def _stop_when_we_are_gone(binaries: Path, prefix: list[str], folder: Path, data: Path) -> None:
    """Leave a watcher that stops the server even when this process is killed: its input then ends."""
    stop = shlex.join(
        [*prefix, str(binaries / "pg_ctl"), "-D", str(data), "-m", "fast", "-w", "-t", "20", "stop"]
    )
    script = f"cat >/dev/null; {stop}; rm -rf {shlex.quote(str(folder))}"
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    _watched.append(watcher)


_watched: list[subprocess.Popen] = []  # their inputs stay open as long as we live


def _end_by_pid(data: Path) -> None:
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
    except (OSError, ValueError, IndexError):
        return


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    if done.returncode != 0:
        text = (done.stderr or done.stdout).strip().splitlines()
        raise PostgresUnavailable(
            f"PostgreSQL 的数据目录没有建成。它最后说：{text[-1] if text else '没有说明'}"
        )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "没有说明"
