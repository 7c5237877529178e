"""When files may go: pictures for Instagram once it has them, originals as their people wish."""

from dataclasses import dataclass
from datetime import datetime, timedelta

RENDITIONS_KEPT = timedelta(hours=48)
"""After publishing: a late second look may still want the picture, and nobody after it."""

KEEP_CHOICES = (30, 90, 180, 365, 730)
"""For how many days after publishing originals may be kept, where not for ever."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """One post in which a picture is."""

    is_removed: bool
    unfinished: int  # how many of its publications are neither live nor cancelled
    published_at: datetime | None  # the latest of those that are live
    keep_days: int | None  # of its account; None: for ever


def original_may_go(uses: list[Use], now: datetime) -> bool:
    """Whether no post needs the original any more, and every account's time has passed.

    Drafts, and whatever has not gone out, need it; so does a live post whose account keeps all.
    """
    staying = [use for use in uses if not use.is_removed]
    return bool(staying) and all(_is_done_with(use, now) for use in staying)


def _is_done_with(use: Use, now: datetime) -> bool:
    if use.unfinished or use.published_at is None or use.keep_days is None:
        return False
    return use.published_at + timedelta(days=use.keep_days) <= now
