"""Which of many daily copies to keep: all of the last days, then one a week, then one a month."""

from collections.abc import Iterable
from datetime import datetime

WEEKLY, MONTHLY = 4, 12


def to_drop(
    moments: Iterable[datetime], *, daily: int, weekly: int = WEEKLY, monthly: int = MONTHLY
) -> set[datetime]:
    """Return those of *moments* that no rule keeps: the newest of each of so many periods is kept.

    The newest of all is kept whatever the rules say.
    """
    newest_first = sorted(set(moments), reverse=True)
    days = [moment.strftime("%Y-%m-%d") for moment in newest_first]
    weeks = [moment.strftime("%G-%V") for moment in newest_first]
    months = [moment.strftime("%Y-%m") for moment in newest_first]
    kept = set(newest_first[:1])
    for periods, count in ((days, daily), (weeks, weekly), (months, monthly)):
        kept |= _newest_of_each(newest_first, periods, count)
    return set(newest_first) - kept


def _newest_of_each(moments: list[datetime], periods: list[str], count: int) -> set[datetime]:
    first: dict[str, datetime] = {}
    for moment, period in zip(moments, periods, strict=True):
        if period not in first and len(first) < count:
            first[period] = moment
    return set(first.values())
