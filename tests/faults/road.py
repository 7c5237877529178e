"""The way from the machine to Instagram, which a test may block, bend, and give wrong clocks.

Two clocks: the true time, which the practice Instagram follows and tells in its `Date` header, and
the machine's wall clock, which may be set. `Drive.jump` moves both; `set_clock` only the wall's.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from urllib3.util.wait import wait_for_read

from models import Notice
from ospost.graph.client import Deadlines, GraphClient
from ospost.graph.exchange import AddressInfo, boot_seconds
from ospost.graph.http import Http, system_resolver
from ospost.services import alarms
from ospost.services.publishing import clock_steps
from tests.machine.driving import Drive

NO_SUCH_NAME = -1
PUBLISH_SECONDS = 0.6


@dataclass
class Road:
    """What the machine's calls go through. `leads_to` is another port, or no address at all."""

    drive: Drive
    base: str = ""
    certificates: str | None = None
    connect_seconds: float = 0.3
    leads_to: int | None = None
    asked: int = field(default=0)

    def __post_init__(self) -> None:
        """Build the machine's client anew, with our clocks and our resolver."""
        self.drive.world.switches.date_follows_clock = True
        run = self.drive.app.extensions["ospost"]
        base = self.base or run.sandbox_url
        self.http = Http(
            pool_size=8,
            connect_seconds=self.connect_seconds,
            certificates=self.certificates,
            clock=self._boot,
            now=self.drive.now,
            resolve=self._resolve,
        )
        self.drive.tools.graph = GraphClient(
            self.http,
            graph_url=f"{base}/graph.facebook.com",
            instagram_graph_url=f"{base}/graph.instagram.com",
            version="v26.0",
            app_secret=self.drive.world.switches.fb_app_secret,
            deadlines=Deadlines(publish=PUBLISH_SECONDS),
        )

    def _boot(self) -> float:
        return boot_seconds() + self.drive.world.clock_ahead

    def _resolve(self, host: str, port: int) -> list[AddressInfo]:
        self.asked += 1
        if self.leads_to == NO_SUCH_NAME:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return system_resolver(host, self.leads_to or port)

    def block(self, leads_to: int) -> None:
        """Let every call from now on go to another port; connections that stand are lost."""
        self.leads_to = leads_to
        self.http.close()

    def clear(self) -> None:
        """Let calls arrive again."""
        self.leads_to = None
        self.http.close()

    def watch(self) -> None:
        """What comes round every minute: look whether this server itself stops posts."""
        alarms.watch(
            self.drive.tools.sessions,
            now=self.drive.now(),
            skew=self.http.clock_skew(),
            untrusted=self.http.untrusted,
            timings=self.drive.tools.timings,
        )

    def reread(self) -> None:
        """What the driver does when it sees at its next tick that the clock was set back."""
        with self.drive.session() as session:
            timings = self.drive.tools.timings
            clock_steps.reread(session, now=self.drive.now(), timings=timings)

    def alarms(self, *, over: bool = False) -> list[str]:
        """Return what the owner is told of the server itself; *over*: what is over by now."""
        known = select(Notice.key).where(
            Notice.kind == "server",
            Notice.ended_at.is_not(None) if over else Notice.ended_at.is_(None),
        )
        with self.drive.session() as session:
            return list(session.scalars(known))

    def set_clock(self, seconds: float) -> None:
        """Step the machine's wall clock; the true time stays."""
        self.drive.ahead += timedelta(seconds=seconds)


@contextmanager
def nobody() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def never_accepting() -> Iterator[int]:
    """A port whose queue is full: who connects waits without an answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def resetting() -> Iterator[int]:
    """A port that accepts, and resets each connection when the first byte comes, unread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                wait_for_read(connection, timeout=5)
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
