"""This process among those that publish: its name, its beat, and what dead ones left behind."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from helpers import utcnow
from ospost.clock import SharedClock
from ospost.domain.outages import SHORTEST
from ospost.domain.timings import Timings
from ospost.runtime import Runtime
from ospost.services import figures, nodes, outages
from ospost.services.publishing import claims

logger = logging.getLogger(__name__)

VERSION = "0.1.0"


class Presence:
    """Beats while the process lives, and frees what silent processes hold."""

    def __init__(
        self, run: Runtime, *, timings: Timings, now: Callable[[], datetime], clock: SharedClock
    ) -> None:
        """Name the process; `take_over` and `beat` begin."""
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._run = run
        self._timings = timings
        self._now = now
        self._clock = clock
        self._beaten_at = 0.0
        self._pid = os.getpid()
        self._lived_at = now()

    @property
    def is_here(self) -> bool:
        """Whether this is the process that was named, and not one forked from it."""
        return os.getpid() == self._pid

    @property
    def is_heard(self) -> bool:
        """Whether the beat goes on, in this process: a fork has the name and not the threads."""
        return (
            self.is_here
            and time.monotonic() - self._beaten_at < self._timings.silent_after.total_seconds()
        )

    def take_over(self) -> None:
        """Free what processes of this host held that do not live any more."""
        host = socket.gethostname()
        with self._run.sessions() as session:
            outages.note_start(session, now=self._now())
            known = nodes.names_on(session, host=host)
            dead = [name for name, pid in known if pid == os.getpid() or not _lives(pid)]
            if dead:
                claims.free_rows_of(session, dead, now=self._now())
                nodes.forget(session, names=dead)

    def beat(self) -> None:
        """Say that this process lives, and read the database's clock on the way."""
        with self._run.sessions() as session:
            asked_at = utcnow()
            theirs = nodes.database_time(session)
            if theirs is not None:
                self._clock.compare(theirs, asked_at=asked_at, answered_at=utcnow())
            nodes.beat(
                session,
                name=self.name,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=VERSION,
                now=self._now(),
            )
        self._beaten_at = time.monotonic()
        self._lived_at = self._now()

    def beat_if_due(self) -> None:
        """Beat every few seconds, and free what silent processes hold."""
        if time.monotonic() - self._beaten_at < self._timings.beat.total_seconds():
            return
        if self._now() - self._lived_at >= SHORTEST:  # this computer has slept
            with self._run.sessions() as session:
                outages.note_start(session, now=self._now())
        self.beat()
        with self._run.sessions() as session:
            figures.keep(session, self._run.meters)
            now = self._now()
            silent = self._dead(
                session, claims.silent_nodes(session, now=now, timings=self._timings)
            )
            if silent:
                count = claims.free_rows_of(session, silent, now=now)
                logger.warning("freed the work of silent processes", extra={"rows": count})
                nodes.forget(session, names=silent)

    def _dead(self, session: Session, silent: list[str]) -> list[str]:
        """Leave out those of this host that still live: they are slow, and their leases hold.

        To take a slow process's work makes everybody slower, and then nobody gets anything done.
        """
        here = nodes.names_on(session, host=socket.gethostname())
        living = {name for name, pid in here if _lives(pid)}
        return [name for name in silent if name not in living]

    def leave(self) -> None:
        """Give back what this process holds and take it off the list."""
        with self._run.sessions() as session:
            figures.keep(session, self._run.meters)
            claims.free_rows_of(session, [self.name], now=self._now(), were_lost=False)
            outages.note_stop(session, now=self._now())
            nodes.leave(session, name=self.name)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
