"""One request on its way: its deadline, the guard before its first byte, and the cord to cut it.

Socket time-outs count single reads, so a server that drips bytes outlives them; the watchdog's
deadline counts the whole call.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from ospost.graph.errors import NotSent, Trouble

AddressInfo = tuple[Any, ...]
Resolve = Callable[[str, int], list[AddressInfo]]
Clock = Callable[[], float]

current: ContextVar["Exchange | None"] = ContextVar("current", default=None)
"""The exchange that the connection in this thread is working for."""


def boot_seconds() -> float:
    """Seconds on a clock that never jumps and, where the system has one, runs on in suspend."""
    clock_id = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock_id)


class Leash:
    """A second handle on a connection's socket, to shut it down from another thread.

    A handle of its own stays valid when TLS wraps the socket, and can never point at a file
    descriptor that somebody else has been given since.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Tie the leash to *sock*, connected or not."""
        self._sock = sock.dup()
        self._lock = threading.Lock()
        self._holder: object = None
        self._is_dropped = False

    def give_to(self, holder: object) -> None:
        """Let *holder*, and nobody else, cut from now on: pools hand connections on."""
        with self._lock:
            self._holder = holder

    def cut(self, holder: object) -> None:
        """Shut the connection down in both directions; whoever reads from it wakes up."""
        with self._lock:
            if self._holder is not holder:
                return
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # not connected, or over already: there is nobody to wake

    def take_from(self, holder: object) -> None:
        """End *holder*'s right to cut, if it still has it."""
        with self._lock:
            if self._holder is holder:
                self._holder = None
                self._close_if_done()

    def drop(self) -> None:
        """Close this handle as soon as nobody holds it.

        The owner closes its connection as soon as the head of an answer says that no other will
        follow, while the body is still being read.
        """
        with self._lock:
            self._is_dropped = True
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._is_dropped and self._holder is None:
            self._sock.close()


class Exchange:
    """State of one call, shared between the calling thread and the watchdog."""

    def __init__(
        self,
        *,
        total_seconds: float,
        connect_seconds: float,
        fresh_within_seconds: float | None,
        may_send: Callable[[], bool] | None,
        clock: Clock,
        now: Callable[[], datetime],
        resolve: Resolve,
    ) -> None:
        """Start the clock: *total_seconds* count from here."""
        self.deadline = clock() + total_seconds
        self.fresh_within_seconds = fresh_within_seconds
        self.sent_at: datetime | None = None
        self.expired = False
        self.clock = clock
        self._connect_seconds = connect_seconds
        self._may_send = may_send
        self._now = now
        self._resolve = resolve
        self._lock = threading.Lock()
        self._leash: Leash | None = None

    def seconds_to_connect(self) -> float:
        """Return how long connecting may take from now on."""
        return min(self._connect_seconds, max(0.001, self.deadline - self.clock()))

    def addresses(self, host: str, port: int) -> list[AddressInfo]:
        """Resolve *host* within the time for connecting; the system's resolver knows no limit."""
        found: list[AddressInfo] = []
        failures: list[OSError | UnicodeError] = []

        def look() -> None:
            try:
                found.extend(self._resolve(host, port))
            except (OSError, UnicodeError) as failure:
                failures.append(failure)

        looker = threading.Thread(target=look, name="resolve", daemon=True)
        looker.start()
        looker.join(self.seconds_to_connect())
        if looker.is_alive() or not found:
            raise NotSent(Trouble.DNS) from next(iter(failures), None)
        return found

    def hold(self, leash: Leash) -> None:
        """Make *leash* the cord that ends this exchange; refuse if it has ended."""
        with self._lock:
            self._stop_if_expired()
            if self._leash is not None and self._leash is not leash:
                self._leash.take_from(self)
            self._leash = leash
            leash.give_to(self)

    def before_sending(self) -> None:
        """Ask the guard, then note the moment; called right before each piece is handed over.

        Raises NotSent, with nothing sent, when the guard or the deadline says no.
        """
        if self.sent_at is not None:
            return
        if self._may_send is not None and not self._may_send():
            raise NotSent(Trouble.HELD_BACK)
        with self._lock:
            self._stop_if_expired()
            self.sent_at = self._now()

    def expire(self) -> None:
        """End the exchange from outside, wherever it stands."""
        with self._lock:
            self.expired = True
            if self._leash is not None:
                self._leash.cut(self)

    def finish(self) -> bool:
        """Let go of the connection; return whether the answer was whole in time."""
        with self._lock:
            if self._leash is not None:
                self._leash.take_from(self)
            self._leash = None
            return not self.expired

    def _stop_if_expired(self) -> None:
        if self.expired:
            raise NotSent(Trouble.CONNECT_TIMEOUT)


class Watchdog:
    """One thread that ends every exchange whose deadline has passed."""

    LONGEST_NAP = 1.0  # a suspended machine may wake past a deadline; look at least this often

    def __init__(self, clock: Clock) -> None:
        """Start nothing yet: threads do not survive a fork, so the first exchange starts one."""
        self._clock = clock
        self._watched: set[Exchange] = set()
        self._wake = threading.Condition()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Exchange) -> None:
        """Guard *exchange* until `release`."""
        with self._wake:
            is_first = not self._watched
            self._watched.add(exchange)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif is_first or exchange.deadline < self._wakes_at:
                self._wake.notify()

    def release(self, exchange: Exchange) -> None:
        """Guard *exchange* no longer."""
        with self._wake:
            self._watched.discard(exchange)

    def _run(self) -> None:
        while True:
            for exchange in self._overdue():
                exchange.expire()

    def _overdue(self) -> list[Exchange]:
        """Sleep until a deadline may have passed, and return what is overdue."""
        with self._wake:
            now = self._clock()
            over = [exchange for exchange in self._watched if exchange.deadline <= now]
            if not over:
                self._wake.wait(self._nap(now))
                return []
            self._watched.difference_update(over)
            return over

    def _nap(self, now: float) -> float | None:
        if not self._watched:
            return None
        first = min(exchange.deadline for exchange in self._watched)
        self._wakes_at = min(first, now + self.LONGEST_NAP)
        return max(0.001, self._wakes_at - now)
