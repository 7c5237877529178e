"""A way to a PostgreSQL server that can be cut in the middle of a commit."""

import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

COMMIT = b"COMMIT"


class Cutter:
    """Passes connections on to the server behind *url*, and cuts one at its n-th commit.

    With `is_executed` the server gets the commit and only its answer is lost; else it never hears
    of it. The client sees the same either way.
    """

    def __init__(self, url: str) -> None:
        """Listen on a free port; `url` is the same database through here."""
        parts = urlsplit(url)
        self._server = (str(parts.hostname), int(parts.port or 5432))
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}"))
        self.is_executed = True
        self.left = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections and end those that are open."""
        self._listener.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            self._open += [client, server]
            _Line(self, client, server).start()

    def is_the_one(self, data: bytes) -> bool:
        """Count a commit that passes; say whether it is the one to cut."""
        with self._lock:
            if COMMIT not in data or not self.left:
                return False
            self.left -= 1
            return not self.left


class _Line:
    """One connection: two threads, one for each direction."""

    def __init__(self, cutter: Cutter, client: socket.socket, server: socket.socket) -> None:
        self._cutter, self._client, self._server = cutter, client, server
        self._is_mute = False

    def start(self) -> None:
        """Begin to pass on."""
        for work in (self._up, self._down):
            threading.Thread(target=self._until_it_ends, args=(work,), daemon=True).start()

    def _until_it_ends(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError:
            pass
        finally:
            self._cut()

    def _up(self) -> None:
        while data := self._client.recv(65_536):
            if self._cutter.is_the_one(data):
                self._is_mute = self._cutter.is_executed
                if not self._is_mute:
                    return
            self._server.sendall(data)

    def _down(self) -> None:
        while data := self._server.recv(65_536):
            if self._is_mute:
                return
            self._client.sendall(data)

    def _cut(self) -> None:
        for one in (self._client, self._server):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                one.close()
