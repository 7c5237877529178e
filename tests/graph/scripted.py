"""A scripted HTTP server on real sockets: it records what arrives and answers as it is told."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.target).query).items()}

    @property
    def form(self) -> dict[str, str]:
        fields = parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        return {k: v[0] for k, v in fields.items()}


class Wire:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, server: "ScriptedServer") -> None:
        self.sock = sock
        self._server = server
        self._buffer = b""

    def read(self) -> Request | None:
        """Read a whole request and record it; None when the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length and self._more():
            pass
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        method, target, _ = first.split(" ")
        request = Request(method=method, target=target, headers=headers, body=body)
        self._server.requests.append(request)
        return request

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _more(self) -> bool:
        chunk = self.sock.recv(65_536)
        self._server.bytes_seen += len(chunk)
        self._buffer += chunk
        return bool(chunk)


Behaviour = Callable[[Wire], None]
"""What the server does with one connection; the connection is closed when it returns."""


def answer(body: bytes | str, status: int = 200, **headers: str) -> bytes:
    """Return a whole HTTP answer."""
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    fields = {"content-type": "application/json", "content-length": str(len(raw)), **given}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + raw


def each(*answers: bytes) -> Behaviour:
    """Answer the requests of all connections in this order, the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def behave(wire: Wire) -> None:
        while wire.read():
            with lock:
                raw = left.pop(0) if len(left) > 1 else left[0]
            wire.send(raw)

    return behave


def _as_it_is(sock: socket.socket) -> socket.socket:
    return sock


@dataclass
class ScriptedServer:
    """Accepts connections and treats each as `behaviour` says."""

    behaviour: Behaviour = field(default_factory=lambda: each(answer("{}")))
    wrap: Callable[[socket.socket], socket.socket] = field(default=_as_it_is)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    bytes_seen: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.sockets.append(sock)
            threading.Thread(target=self._treat, args=(sock,), daemon=True).start()

    def _treat(self, sock: socket.socket) -> None:
        try:
            with self.wrap(sock) as wrapped:
                self.sockets.append(wrapped)
                self.behaviour(Wire(wrapped, self))
        except OSError:
            return  # the client went away: many scripts make it

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self.sockets:
            sock.close()
