"""What every step of the machine is handed: adapters, timings, clocks, and its outage memory."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import CLOCK_BOOTTIME, clock_gettime
from typing import Protocol

from sqlalchemy.orm import Session, sessionmaker

from helpers import utcnow
from ospost.domain.timings import Timings
from ospost.graph.client import Access, GraphClient, Login
from ospost.graph.errors import Refused
from ospost.graph.own_link import OwnLink
from ospost.imaging.workshop import Workshop
from ospost.meters import Meters
from ospost.services.publishing.rows import Work
from ospost.storage.base import Storage
from ospost.vault import Vault, VaultError


def _nothing(_moment: str) -> None:
    return None


class Holder(Protocol):
    """Whatever names an account with its token as it is stored."""

    @property
    def account_id(self) -> int:
        """The account."""

    @property
    def ig_id(self) -> str:
        """What Instagram calls it."""

    @property
    def login(self) -> str:
        """Which login its token comes from."""

    @property
    def token_sealed(self) -> str:
        """Its token, encrypted."""


@dataclass(kw_only=True)
class Tools:
    """The outside worlds of the machine, and the moments at which a test may stop it.

    `reached` is called with the name of each commit point as it is passed, so that a test can
    kill the process exactly there.
    """

    sessions: sessionmaker[Session]
    graph: GraphClient
    vault: Vault
    storage: Storage
    workshop: Workshop
    timings: Timings
    media_url: str
    secret_key: str = field(repr=False)
    grace_seconds: int
    rehearse: bool
    owner: str
    now: Callable[[], datetime] = utcnow
    reached: Callable[[str], None] = _nothing
    meters: Meters = field(default_factory=Meters)
    breaker: "Breaker" = field(default_factory=lambda: Breaker())
    own_link: OwnLink | None = None  # None: the address of the photos is not looked at
    is_sandbox: bool = False

    def access(self, work: Holder) -> Access:
        """Open the token of *work*'s account.

        A token that no key opens is to the machine what a dead one is: raises Refused (190).
        """
        try:
            token = self.vault.open(
                work.token_sealed, table="account", column="token_sealed", row_id=work.account_id
            )
        except VaultError as error:
            message = "The stored token cannot be opened with this server's keys."
            raise Refused(code=190, message=message, http_status=400) from error
        return Access(login=Login(work.login), ig_id=work.ig_id, token=token)

    def open_until(self, work: Work) -> datetime | None:
        """Return until when calls for *work* are to wait for an outage to end, if they are."""
        now = self.now()
        waits = [
            self.breaker.open_until(name, now=now, timings=self.timings) for name in _names(work)
        ]
        return max((until for until in waits if until is not None), default=None)

    def failed(self, work: Work) -> None:
        """Count a call that found nobody there, for its host and for its account."""
        for name in _names(work):
            self.breaker.failed(name, now=self.now(), timings=self.timings)

    def answered(self, work: Work) -> None:
        """Count an answer, of whatever kind."""
        for name in _names(work):
            self.breaker.answered(name)

    def spread(self) -> float:
        """Return a random share (0..1) for jitter."""
        return random.random()  # noqa: S311 - spreads retries, guards nothing


def _names(work: Work) -> tuple[str, str]:
    return work.login, f"{work.login} {work.account_id}"


class Stopwatch:
    """How long ago something was, by the larger of two clocks.

    The wall clock stops for nothing but can be set; the boot clock cannot be set and counts a
    suspended machine's sleep. A call that is held back must hold by both.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Start at this moment."""
        self._now = now
        self._wall = now()
        self._boot = clock_gettime(CLOCK_BOOTTIME)

    def elapsed(self) -> timedelta:
        """Return the larger of what the two clocks say has passed."""
        boot = timedelta(seconds=clock_gettime(CLOCK_BOOTTIME) - self._boot)
        return max(boot, self._now() - self._wall)


class Breaker:
    """Remembers outages: after several failures in a row, one probe a minute instead of a storm."""

    def __init__(self) -> None:
        """Start with everything well."""
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._open_until: dict[str, datetime] = {}
        self._stormy_at: dict[str, datetime] = {}

    def open_until(self, name: str, *, now: datetime, timings: Timings) -> datetime | None:
        """Return until when *name* is to be left alone, or None if a call may be made now.

        The first caller after that time is the probe; the others wait for what it finds.
        """
        with self._lock:
            until = self._open_until.get(name)
            if until is None:
                return None
            if until > now:
                return until
            self._open_until[name] = now + timings.breaker_wait
            return None

    def failed(self, name: str, *, now: datetime, timings: Timings) -> None:
        """Count a call that found nobody there."""
        with self._lock:
            self._failures[name] = self._failures.get(name, 0) + 1
            if self._failures[name] >= timings.breaker_failures:
                self._open_until[name] = now + timings.breaker_wait

    def answered(self, name: str) -> None:
        """Count an answer, of whatever kind: somebody is there."""
        with self._lock:
            self._failures.pop(name, None)
            self._open_until.pop(name, None)

    def stormy(self, name: str, *, now: datetime) -> None:
        """Remember that *name* answered with a fault of its own, or not at all."""
        with self._lock:
            self._stormy_at[name] = now

    def is_stormy(self, name: str, *, now: datetime, timings: Timings) -> bool:
        """Say whether *name* had such a fault lately, so that its refusals are to be doubted."""
        with self._lock:
            at = self._stormy_at.get(name)
        return at is not None and now - at <= timings.storm
