"""How the machine goes on after each kind of error: one table for before the intent, one list for
the shot.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
"""

from enum import StrEnum

from ospost.domain.meta_codes import Kind
from ospost.domain.states import HoldReason


class Reaction(StrEnum):
    """What follows an error while nothing has been sent for publishing."""

    WAIT = "wait"  # an outage: again soon, and no try is used up
    RETRY = "retry"  # again later, a few times
    REMAKE = "remake"  # with a new container, a few times
    HOLD = "hold"  # until somebody or something changes
    FAIL = "fail"  # never with this file or these words


BEFORE_INTENT: dict[Kind, Reaction] = {
    Kind.TOKEN: Reaction.HOLD,
    Kind.PERMISSION: Reaction.HOLD,
    Kind.THROTTLED: Reaction.HOLD,
    Kind.SPAM_BLOCK: Reaction.HOLD,
    Kind.QUOTA: Reaction.HOLD,
    Kind.ACCOUNT_RESTRICTED: Reaction.HOLD,
    Kind.SETUP: Reaction.HOLD,
    Kind.NOT_READY: Reaction.WAIT,
    Kind.TRANSIENT: Reaction.WAIT,
    Kind.MISSING_OBJECT: Reaction.WAIT,
    Kind.CONTAINER_GONE: Reaction.REMAKE,
    Kind.FETCH_FAILED: Reaction.RETRY,
    Kind.NO_DATA: Reaction.RETRY,
    Kind.WROTE_ANYWAY: Reaction.RETRY,
    Kind.OTHER: Reaction.RETRY,
    Kind.BAD_MEDIA: Reaction.FAIL,
    Kind.BAD_TEXT: Reaction.FAIL,
    Kind.BAD_TAG: Reaction.FAIL,
    Kind.BAD_REQUEST: Reaction.FAIL,
    Kind.NOT_SUPPORTED: Reaction.FAIL,
}

HOLDS: dict[Kind, HoldReason] = {
    Kind.TOKEN: HoldReason.TOKEN,
    Kind.PERMISSION: HoldReason.PERMISSION,
    Kind.SETUP: HoldReason.PERMISSION,
    Kind.THROTTLED: HoldReason.THROTTLED,
    Kind.SPAM_BLOCK: HoldReason.BLOCKED,
    Kind.ACCOUNT_RESTRICTED: HoldReason.BLOCKED,
    Kind.QUOTA: HoldReason.QUOTA,
}
"""Under which reason a HOLD waits."""

PROVES_NOT_LIVE = frozenset(
    {Kind.NOT_READY, Kind.TOKEN, Kind.PERMISSION, Kind.CONTAINER_GONE, Kind.QUOTA}
)
"""Refusals of the publish call that prove that it did nothing.

Short on purpose. Posts were live behind a 4/2207051 and behind codes 1 and 2; whatever is not in
this list is found out by looking.
"""

NEEDS_RECONNECT = frozenset({Kind.TOKEN, Kind.PERMISSION})
"""Kinds that concern the whole account and end when its person signs in again."""

OUTAGES = frozenset({Kind.TRANSIENT, Kind.THROTTLED, Kind.SPAM_BLOCK, Kind.MISSING_OBJECT})
"""Kinds that say nothing about the account's connection: Meta is in trouble, or wants a rest.

Among them 100/33, 1, 2, 4, 17, 32, 368 and 613. None of them may ever disconnect an account.
"""


def container_reaction(kind: Kind) -> Reaction:
    """Return what follows a container that ended in ERROR for a reason of *kind*."""
    reaction = BEFORE_INTENT[kind]
    return Reaction.RETRY if reaction in (Reaction.WAIT, Reaction.REMAKE) else reaction
