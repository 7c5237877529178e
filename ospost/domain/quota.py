"""Counting Instagram's limits: posts in a rolling day, and containers in a rolling day.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/content_publishing_limit
The account itself says how many posts it may publish. Where it has not said so yet, nothing is
assumed: Meta's pages name 100 in one place and 50 in others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(hours=24)
SMALLEST_DOCUMENTED = 50
CONTAINERS_A_DAY = 400
"""https://developers.facebook.com/docs/instagram-platform/content-publishing"""

MARGIN = timedelta(seconds=10)
"""How long after a post has left the window Instagram is asked: its clock is not ours."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What Instagram said of the limit, with our own posts since counted on; None: not said."""

    used: int | None = None
    total: int | None = None
    read_at: datetime | None = None
    window: timedelta = DAY

    def elsewhere(self, own: Iterable[datetime]) -> int:
        """Return how many of the used posts did not go out through us, at most."""
        if self.used is None or self.read_at is None:
            return 0
        first = self.read_at - self.window
        return max(0, self.used - sum(moment > first for moment in own))


@dataclass(frozen=True, kw_only=True)
class Load:
    """How many posts stand before one post in the window that ends when it is due."""

    live: int  # by us
    planned: int  # with us
    elsewhere: int  # at most: when those leave the window is not told
    opens_at: datetime | None  # when it could go out at the latest; None: never, or not known

    @property
    def count(self) -> int:
        """All that counts before it."""
        return self.live + self.planned + self.elsewhere


def load_at(
    due_at: datetime,
    *,
    reading: Reading,
    own: Sequence[datetime],
    planned: Sequence[datetime],
) -> Load:
    """Count what stands before a post that is due at *due_at*.

    *own* is when our posts went live, *planned* when those before it in line are due. What is used
    now is worth less and less: a post leaves the window a day after it went out.
    """
    start = due_at - reading.window
    live = [moment for moment in own if start < moment <= due_at]
    waiting = [moment for moment in planned if start < moment <= due_at]
    others, gone_at = 0, None
    if reading.read_at is not None and reading.read_at + reading.window > due_at:
        others, gone_at = reading.elsewhere(own), reading.read_at + reading.window
    leaving = [moment + reading.window for moment in (*live, *waiting)]
    leaving += [gone_at] * others if gone_at is not None else []
    return Load(
        live=len(live),
        planned=len(waiting),
        elsewhere=others,
        opens_at=_opens_at(due_at, leaving, reading.total),
    )


def _opens_at(due_at: datetime, leaving: list[datetime], total: int | None) -> datetime | None:
    """Return the first moment at which fewer than *total* of those *leaving* are left."""
    if total is None or total <= 0:
        return None
    too_many = len(leaving) - total + 1
    return due_at if too_many <= 0 else max(due_at, sorted(leaving)[too_many - 1])


def next_look(
    *,
    used: int,
    total: int,
    own: Sequence[datetime],
    now: datetime,
    window: timedelta,
    recheck: timedelta,
) -> datetime:
    """Return when a used-up limit is worth asking about again.

    When all that counts is ours, that is known: when enough of it leaves the window. Posts from
    elsewhere leave when nobody here knows, so that then it is asked about now and again.
    """
    inside = sorted(moment for moment in own if moment > now - window)
    must_leave = used - total + 1
    if not 0 < must_leave <= len(inside):
        return now + recheck
    at = max(inside[must_leave - 1] + window + MARGIN, now + MARGIN)
    return at if used <= len(inside) else min(at, now + recheck)
