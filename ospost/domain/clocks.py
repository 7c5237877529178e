"""Whether this server's clock can be right: judged by Meta's, and by what was written before."""

from datetime import UTC, datetime, timedelta

from helpers import plural
from ospost.domain.timings import Timings

BUILD_DATE = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock that shows less than this is wrong: boards without a battery wake up in 1970."""


def clock_trouble(
    now: datetime, *, skew: timedelta | None, timings: Timings, newest_at: datetime | None = None
) -> str:
    """Return what is wrong with a clock that shows *now*, in a sentence; "" when nothing is.

    *skew* is how far it is ahead of Meta's, None while no answer has come; *newest_at* is the
    latest moment that was written down, by whichever clock.
    """
    if now < BUILD_DATE:
        return f"This server's clock shows the year {now.year}."
    if skew is not None and abs(skew) > timings.clock_skew:
        side = "ahead of" if skew > timedelta() else "behind"
        size = plural(round(abs(skew).total_seconds() / 60), "minute")
        return f"This server's clock is {size} {side} Instagram's."
    if skew is None and newest_at is not None and newest_at > now + timings.clock_skew:
        return "This server's clock is behind what this server wrote down before."
    return ""
