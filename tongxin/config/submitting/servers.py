"""The servers of the bench, each in a process group of its own on a port of this machine, and what they cost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tongxin.config.refusal import Refused
from tongxin.config.settings import ROOT

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
START_SECONDS = 60


class Server:
    """A started server. cpu(): seconds of processor time of all its processes since they began."""

    def __init__(self, command: Sequence[str], log: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = log
        wanted = os.environ | {"PYTHONPATH": str(ROOT), "PORT": str(self.port)} | environment
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [word.replace("PORT", str(self.port)) for word in command],
                cwd=ROOT, env=wanted, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise Refused(f"测速用的服务没有起来：{self.log.read_text(errors='replace')[-600:]}")

    def cpu(self) -> float:
        return sum(_seconds_of(pid) for pid in _tree(self.process.pid))

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _tree(root: int) -> list[int]:
    """Return the processes that belong to a server: those of its session."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            fields = _stat(int(entry))
            if fields and int(fields[3]) == root:
                found.append(int(entry))
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name; none when the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _seconds_of(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def ours(data: Path) -> Server:
    """Start the product as it is served: gunicorn's threads in one process."""
    command = [sys.executable, "-m", "tongxin.config.command_line", "serve", "--port", "PORT", "--quiet"]
    return Server(command, data / "server.log", TONGXIN_DATA=str(data))


def peer(name: str, folder: Path) -> Server:
    """Start a peer: two processes that answer one request after another, as such programs are usually served."""
    from .peers import make_database

    folder.mkdir()
    database = folder / "peer.sqlite3"
    make_database(str(database))
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--workers",
        "2",
        "--worker-class",
        "sync",
        "--bind",
        "127.0.0.1:PORT",
    ]
    command += [
        "--log-level",
        "warning",
        "--no-control-socket",
        f"tongxin.config.submitting.peers:{name}_app()",
    ]
    return Server(command, folder / "server.log", PEER_DATABASE=str(database))
