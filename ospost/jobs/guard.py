"""Sees from outside that the scheduler still ticks, and starts it anew where it does not.

A scheduler whose thread has died says of itself that it runs. So what is watched is the work: when
no tick has begun for a while and none is under way, nothing would ever be claimed again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

logger = logging.getLogger(__name__)


class Guard:
    """A thread of its own beside the scheduler's; counts what it had to do."""

    def __init__(self, restart: Callable[[], None], *, after: timedelta, every: timedelta) -> None:
        """Call *restart* when no tick began for *after*; look *every* so often."""
        self._restart = restart
        self._after_s = after.total_seconds()
        self._every_s = every.total_seconds()
        self._ticked_at = time.monotonic()
        self._done_at = self._ticked_at
        self._ticking = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.restarts = 0
        self.failures = 0

    def start(self) -> None:
        """Begin to watch."""
        self._ticked_at = self._done_at = time.monotonic()
        threading.Thread(target=self._watch, name="guard", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()

    @property
    def seconds_since_tick(self) -> float:
        """How long ago a tick last ended well in all its parts."""
        return time.monotonic() - self._done_at

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Run one tick inside: one that waits for the database is slow, not dead."""
        with self._lock:
            self._ticked_at = time.monotonic()
            self._ticking += 1
        failures = self.failures
        try:
            yield
            if self.failures == failures:
                self._done_at = time.monotonic()
        finally:
            with self._lock:
                self._ticked_at = time.monotonic()
                self._ticking -= 1

    def attempt(self, part: Callable[[], None]) -> None:
        """Run one part of a tick; what it raises is counted and keeps no other part from running."""
        try:
            part()
        except Exception:  # above all, the claim must go on whatever else is broken
            self.failures += 1
            logger.exception("a part of the tick failed", extra={"part": part.__name__})

    def _is_still(self) -> bool:
        with self._lock:
            return not self._ticking and time.monotonic() - self._ticked_at > self._after_s

    def _watch(self) -> None:
        while not self._ended.wait(self._every_s):
            if not self._is_still():
                continue
            self.restarts += 1
            logger.error("the scheduler stands still; starting it anew")
            try:
                self._restart()
            except Exception:  # the next look tries again
                logger.exception("the scheduler could not be started anew")
            self._ticked_at = time.monotonic()
