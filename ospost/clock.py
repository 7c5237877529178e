"""The clock of a process, put right by the database's where machines share one."""

import logging
from datetime import datetime, timedelta

from helpers import utcnow

logger = logging.getLogger(__name__)


class SharedClock:
    """The clock of this process, put right by the database's where several machines share one.

    Leases and due times are compared between machines, so their clocks must agree; a small
    difference is within what the way to the database takes.
    """

    def __init__(self, tolerance: timedelta) -> None:
        """Begin with the clock of this machine; differences up to *tolerance* are left alone."""
        self._tolerance = tolerance
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the moment by the shared clock."""
        return utcnow() + self.ahead

    def compare(self, theirs: datetime, *, asked_at: datetime, answered_at: datetime) -> None:
        """Take over the database's time, read between two moments of this machine's clock.

        An answer that was long on its way says only between which two the difference lies. While
        the present one may be right it stands, and of two the one that is later is taken: a wrong
        correction must never publish early.
        """
        least, most = theirs - answered_at, theirs - asked_at
        if least - self._tolerance <= self.ahead <= most + self._tolerance:
            return
        fitting = least if abs(least) > self._tolerance else timedelta()
        if fitting != self.ahead:
            logger.warning(
                "this machine's clock differs from the database's; the database's is used",
                extra={"seconds": round(fitting.total_seconds(), 1)},
            )
            self.ahead = fitting
