"""Sees that the wall clock was set, by a clock that cannot be."""

import logging
from time import CLOCK_BOOTTIME, clock_gettime

from ospost.runtime import Runtime
from ospost.services.publishing import clock_steps
from ospost.services.publishing.tools import Tools

logger = logging.getLogger(__name__)


class ClockWatch:
    """Compares two clocks at every tick; the queue is read by the new time from then on."""

    def __init__(self, run: Runtime, tools: Tools) -> None:
        """Begin with the clocks as they are."""
        self._run = run
        self._tools = tools
        self._ahead = self._ahead_of_boot()

    def look(self) -> None:
        """Log a step; after one backwards, take up at once what the wrong clock put off."""
        timings, ahead = self._tools.timings, self._ahead_of_boot()
        step, self._ahead = ahead - self._ahead, ahead
        if abs(step) <= timings.clock_step.total_seconds():
            return
        logger.warning("this server's clock was set", extra={"seconds": round(step, 1)})
        if step < 0:
            with self._run.sessions() as session:
                clock_steps.reread(session, now=self._tools.now(), timings=timings)

    def _ahead_of_boot(self) -> float:
        return self._tools.now().timestamp() - clock_gettime(CLOCK_BOOTTIME)
