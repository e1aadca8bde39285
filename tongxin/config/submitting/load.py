"""A client that sends ready-made requests over many connections at once, in one thread, and notes each answer's time."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

HEAD_ENDS = b"\r\n\r\n"


@dataclass
class Load:
    """What came of some requests. waited: seconds of each answer. statuses: how often each status came."""

    seconds: float = 0.0
    waited: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def good(self) -> int:
        return sum(count for status, count in self.statuses.items() if 200 <= status < 400)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.waited)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


def request(method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers)]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection:
    """One browser: sends a request, reads its answer, takes the next."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.read = b""
        self.began = 0.0

    def send(self, wire: bytes, began: float) -> None:
        self.began, self.read = began, b""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(wire)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def receive(self) -> tuple[int, bytes, bool] | None:
        """Read what is there; return (status, body, does the server keep the connection) when the answer is whole."""
        assert self.socket is not None
        piece = self.socket.recv(262_144)
        self.read += piece
        head, ends, body = self.read.partition(HEAD_ENDS)
        if not ends:
            if not piece:
                return 0, b"", False
            return None
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at >= 0:
            length = int(lowered[at + 15 :].split(b"\r\n", 1)[0])
            if len(body) < length and piece:
                return None
        elif piece:
            return None
        return int(head[9:12]), body, bool(piece) and b"connection: close" not in lowered


def send_all(port: int, wires: Sequence[bytes], connections: int, *, keep_bodies: bool = False) -> Load:
    """Send every request, so many at a time; each connection takes the next as soon as it has its answer."""
    return _send(port, ((0.0, wire) for wire in wires), connections, keep_bodies)


def send_at(port: int, moments: Sequence[tuple[float, bytes]], connections: int) -> Load:
    """Send each request at its moment (seconds from the start); its time counts from then, sent or still waiting."""
    return _send(port, iter(sorted(moments, key=lambda one: one[0])), connections, False)


def _send(port: int, wires: Iterator[tuple[float, bytes]], connections: int, keep_bodies: bool) -> Load:
    load, selector = Load(), selectors.DefaultSelector()
    free = [_Connection(port) for _number in range(connections)]
    busy = 0
    begin = time.perf_counter()
    ahead = next(wires, None)
    while ahead is not None or busy:
        now = time.perf_counter()
        while ahead is not None and free and begin + ahead[0] <= now:
            one = free.pop()
            one.send(ahead[1], begin + ahead[0] if ahead[0] else now)
            selector.register(one.socket, selectors.EVENT_READ, one)  # type: ignore[arg-type]
            busy += 1
            ahead = next(wires, None)
        wait = None if ahead is None or not free else max(begin + ahead[0] - now, 0)
        for key, _events in selector.select(wait):
            one = key.data
            whole = one.receive()
            if whole is None:
                continue
            status, body, stays = whole
            selector.unregister(one.socket)
            if not stays:
                one.close()
            load.waited.append(time.perf_counter() - one.began)
            load.statuses[status] = load.statuses.get(status, 0) + 1
            if keep_bodies:
                load.bodies.append(body)
            free.append(one)
            busy -= 1
    load.seconds = time.perf_counter() - begin
    for one in free:
        one.close()
    return load
