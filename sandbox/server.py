"""Serves a world over HTTP/1.1 with keep-alive, in threads, without a line of log per call."""

import socket
import threading
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import IO, Any, cast

from werkzeug.serving import DechunkedInput, ThreadedWSGIServer, WSGIRequestHandler

from sandbox.app import create_app
from sandbox.world import World

IDLE_SECONDS = 300


class Handler(WSGIRequestHandler):
    """One connection: reads a request whole, sends its answer in one piece, keeps listening.

    Werkzeug's own handler closes after each answer and waits 10 ms for more; ours may not.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def run_wsgi(self) -> None:
        """Run the application on this request; a fault may send the answer its own way."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        environ["wsgi.input"] = BytesIO(self._body())
        environ["wsgi.input_terminated"] = True
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> Any:
            head[:] = [status, headers]

        parts = self.server.app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        self._send(environ, head[0], head[1], body)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return DechunkedInput(cast("IO[bytes]", self.rfile)).read()
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(int(length)) if length.isdigit() else b""

    def _send(
        self, environ: dict[str, Any], status: str, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        wire = environ.get("sandbox.wire")
        lines = [f"HTTP/1.1 {status}"]
        names = {name.lower() for name, _ in headers}
        lines += [f"{name}: {value}" for name, value in headers]
        if "content-length" not in names:
            lines.append(f"Content-Length: {len(body)}")
        if "date" not in names:
            lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection or wire is not None:
            self.close_connection = True
            lines.append("Connection: close")
        answer = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        if self.command != "HEAD":
            answer += body
        if wire is None:
            self.wfile.write(answer)
        else:
            wire(self.connection, answer)

    def handle(self) -> None:
        """Serve until the connection ends; a broken one is nobody's error."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        """Close our side; after a reset there is nothing left to flush."""
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: request lines hold tokens."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A request that is no HTTP gets a bare status."""
        phrase = HTTPStatus(code).phrase
        self.close_connection = True
        self.wfile.write(
            f"HTTP/1.1 {code} {phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )


class Server(ThreadedWSGIServer):
    """Knows its open connections, so that stopping ends them too."""

    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, host: str, port: int, world: World) -> None:
        """Bind at once; port 0 takes a free one."""
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(host, port, create_app(world), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection and serve it in a thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """End every open connection."""
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it has ended by itself


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that runs in a thread."""

    world: World
    server: Server
    thread: threading.Thread
    base_url: str

    def stop(self) -> None:
        """Stop answering: no new connections, open ones are cut, sleeping faults wake up."""
        self.world.closing.set()
        self.server.shutdown()
        self.server.cut()
        self.server.server_close()
        self.thread.join(timeout=10)


def serve(world: World, port: int = 0, host: str = "127.0.0.1") -> Running:
    """Serve *world* in a thread; port 0 takes a free one. Raises OSError when the port is taken.

    The same world can be served again after `stop`, on the same port too.
    """
    _check_free(host, port)
    world.closing.clear()
    server = Server(host, port, world)
    thread = threading.Thread(
        target=lambda: server.serve_forever(poll_interval=0.02), daemon=True, name="sandbox"
    )
    thread.start()
    name = f"[{host}]" if ":" in host else host
    return Running(
        world=world, server=server, thread=thread, base_url=f"http://{name}:{server.port}"
    )


def _check_free(host: str, port: int) -> None:
    """Raise OSError for a taken port; the server itself would end the program."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
