"""What follows a post that is live: when its first comment is looked for, tried again, given up."""

from datetime import datetime

from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import NEEDS_RECONNECT, OUTAGES
from ospost.domain.timings import Timings

MOST_TRIES = 12
"""After so many refusals that mean nothing else to us, it is given up."""

TOLD_FROM = 8
"""So many tries in vain, about forty minutes, are worth telling of."""

REFUSED_FOR_GOOD = frozenset({Kind.BAD_TEXT, Kind.BAD_REQUEST, Kind.NOT_SUPPORTED})


def look_again_at(
    looks: int, *, intent_at: datetime, now: datetime, timings: Timings
) -> datetime | None:
    """Return when to look for a comment again that *looks* + 1 looks did not see.

    None: it is not there, and no call can still bring it: it may be written again.
    """
    quiet_until = intent_at + timings.quiet
    if looks >= 1 and now >= quiet_until:
        return None
    at = now + timings.comment_settle
    return at if looks < 1 else max(at, quiet_until)


def next_try_at(
    kind: Kind | None, *, tries: int, due_at: datetime, now: datetime, timings: Timings
) -> datetime | None:
    """Return when to go on after *tries* calls that failed, the last by a refusal of that *kind*.

    None: the link or the comment is given up. What Meta has not answered (*kind* None), an outage,
    and whatever ends when somebody signs in again are waited out for days, and tried a few times
    even by a server that was off so long.
    """
    waits = kind is None or kind in OUTAGES or kind in NEEDS_RECONNECT
    if kind in REFUSED_FOR_GOOD or (not waits and tries >= MOST_TRIES):
        return None
    wait = min(timings.comment_longest_wait, timings.comment_settle * 2 ** min(tries - 1, 20))
    is_over = tries >= MOST_TRIES and now + wait > due_at + timings.comment_patience
    return None if is_over else now + wait


def is_worth_telling(kind: Kind | None, *, tries: int) -> bool:
    """Say whether people are to hear of a first comment that is still tried."""
    return kind in NEEDS_RECONNECT or tries >= TOLD_FROM
