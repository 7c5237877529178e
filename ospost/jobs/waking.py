"""After a long sleep, tokens are looked at before anything is sent.

A server that was down, or a computer that was suspended, wakes with posts that are overdue and with
tokens that may have died meanwhile. Nothing is claimed and nothing claimed goes on until they were
looked at, or until that took too long: posts that can go out must not wait for an outage to end.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from ospost.jobs.periodic import look_at_tokens
from ospost.runtime import Runtime
from ospost.services.tokens import LONG_SLEEP, has_slept

logger = logging.getLogger(__name__)


class Waking:
    """Notices a long sleep, and holds the machine back until tokens were looked at."""

    def __init__(self, run: Runtime, *, now: Callable[[], datetime], longest_s: float) -> None:
        """Take the moment from *now*; hold nothing back for more than *longest_s* seconds."""
        self._run = run
        self._now = now
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._is_free = threading.Event()
        self._is_free.set()
        self._begun_at = 0.0
        self._seen_at = time.time()

    @property
    def is_looking(self) -> bool:
        """Whether nothing may be claimed yet."""
        took = time.monotonic() - self._begun_at
        return not self._is_free.is_set() and took < self._longest_s

    def start(self) -> None:
        """Look first if no process did so for more than an hour."""
        with self._run.sessions() as session:
            slept = has_slept(session, now=self._now())
        if slept:
            self._begin()

    def watch(self) -> None:
        """Call at every tick: an hour without one was a sleep, or the clock was set."""
        slept = self._has_slept()
        self._seen_at = time.time()
        if slept:
            self._begin()

    def hold_back(self) -> None:
        """Call before a step: waits while tokens are looked at."""
        if self._has_slept():
            self.watch()
        if self.is_looking:
            self._is_free.wait(self._longest_s)

    def _has_slept(self) -> bool:
        return time.time() - self._seen_at > LONG_SLEEP.total_seconds()

    def _begin(self) -> None:
        with self._lock:
            if self.is_looking:
                return
            self._is_free.clear()
            self._begun_at = time.monotonic()
        logger.info("looking at tokens first, after a long sleep")
        threading.Thread(target=self._look, name="tokens", daemon=True).start()

    def _look(self) -> None:
        try:
            look_at_tokens(self._run, self._now())
        except Exception:  # whatever it is, posts must not wait for it; the job comes round again
            logger.exception("tokens could not be looked at")
        finally:
            self._is_free.set()
