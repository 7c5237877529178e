"""When an access to Instagram ends: what is said of it, and how early."""

from datetime import datetime, timedelta

DAY = timedelta(days=1)
LOOK_EVERY = DAY
"""How often a token is looked at, and how old Instagram's must be to be refreshed."""

TOLD_DAYS_BEFORE = (1, 3, 7, 14)
"""How many days before the end people are told, the nearest first."""


def threshold(ends_at: datetime, *, now: datetime) -> int | None:
    """Return the smallest number of days among those that are told and that *now* lies within.

    None while the end is farther away than all of them, 0 once it has passed.
    """
    if ends_at <= now:
        return 0
    return next((days for days in TOLD_DAYS_BEFORE if ends_at - now <= days * DAY), None)
