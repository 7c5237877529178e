"""What a person may do with a post in each state: one table for the page, JSON and the handlers.

Nothing here sends anything twice: while a post may be live, nobody may try it again, and a post in
review waits for a person's answer.
"""

from enum import StrEnum

from ospost.domain.meta_codes import Kind, lookup
from ospost.domain.states import HoldReason, State


class Action(StrEnum):
    """Something that a person can do with a post."""

    EDIT = "edit"
    MOVE = "move"
    PUBLISH = "publish"  # post now
    RETRY = "retry"  # now, or at a new time
    BY_HAND = "by_hand"  # "I posted it myself"
    DUPLICATE = "duplicate"
    SAY_LIVE = "say_live"
    SAY_NOT_LIVE = "say_not_live"
    REMOVE = "remove"


_WAITING = frozenset(
    {
        Action.EDIT,
        Action.MOVE,
        Action.PUBLISH,
        Action.BY_HAND,
        Action.DUPLICATE,
        Action.REMOVE,
    }
)
_OVER = _WAITING | {Action.RETRY}

ACTIONS: dict[State | None, frozenset[Action]] = {
    None: frozenset(
        {Action.EDIT, Action.MOVE, Action.PUBLISH, Action.DUPLICATE, Action.REMOVE}
    ),  # a draft
    State.SCHEDULED: _WAITING,
    State.PREPARING: _WAITING,
    State.READY: _WAITING,
    State.PUBLISHING: frozenset(),
    State.UNKNOWN: frozenset(),
    State.PUBLISHED: frozenset({Action.DUPLICATE, Action.REMOVE}),
    State.HELD: _WAITING,
    State.MISSED: _OVER,
    State.FAILED: _OVER,
    State.REVIEW: frozenset({Action.SAY_LIVE, Action.SAY_NOT_LIVE, Action.BY_HAND, Action.REMOVE}),
    State.CANCELLED: frozenset({Action.REMOVE}),
}
"""The table; None is a post without a publication."""

TRIED_AGAIN_BY_A_PERSON = frozenset({HoldReason.ASK, HoldReason.REHEARSAL, HoldReason.BLOCKED})
"""Holds in which a try now makes sense; the others end by themselves, or by a sign-in."""

_MENDED_BY_EDITING = frozenset({Kind.BAD_MEDIA, Kind.BAD_TEXT, Kind.BAD_TAG})

_ON_ITS_WAY = "This post is going out at this moment and cannot be changed any more."
_CHECKING = (
    "Ospost is still finding out whether this post is live. Until then it is left alone, so that"
    " it is not posted twice."
)
_LIVE = "This post is live already; what is on Instagram is changed there."
_REVIEW = "Please say first whether this post is live on Instagram."

WHY_NOT: dict[State | None, str] = {
    None: "This is a draft. Give it a time, or post it now.",
    State.SCHEDULED: "This post is planned and goes out by itself.",
    State.PREPARING: "This post is planned and goes out by itself.",
    State.READY: "This post is planned and goes out by itself.",
    State.PUBLISHING: _ON_ITS_WAY,
    State.UNKNOWN: _CHECKING,
    State.PUBLISHED: _LIVE,
    State.HELD: "This post waits. What to do about it stands on its page.",
    State.MISSED: "This post was never sent, so there is nothing to look for on Instagram.",
    State.FAILED: "This post was never live, so there is nothing to look for on Instagram.",
    State.REVIEW: _REVIEW,
    State.CANCELLED: "This post was removed.",
}
"""Why something that the table does not have is not possible in a state."""

_BY_HOLD: dict[HoldReason, str] = {
    HoldReason.TOKEN: "Sign in again first; the post goes out afterwards by itself.",
    HoldReason.PERMISSION: "Sign in again first; the post goes out afterwards by itself.",
    HoldReason.QUOTA: "Instagram takes no more posts today; this one goes out when it does again.",
    HoldReason.THROTTLED: "Instagram asked this server to wait; the post goes out afterwards.",
    HoldReason.PAUSED: "Press “Go on” first; the post goes out afterwards by itself.",
    HoldReason.CLOCK: "This server's clock must be set right first.",
    HoldReason.TWIN: "Ospost looks for another post with the same words first.",
    HoldReason.RESTORED: "Ospost looks on Instagram first, so that nothing is posted twice.",
}


def actions_in(state: State | None, hold_reason: str = "") -> frozenset[Action]:
    """Return what a person may do with a post in *state*; None is a draft."""
    found = ACTIONS[state]
    if state is State.HELD and hold_reason in TRIED_AGAIN_BY_A_PERSON:
        return found | {Action.RETRY}
    return found


def likeliest(state: State | None, code: int | None, subcode: int | None) -> Action | None:
    """Return what most likely helps a post that is over, by Instagram's last answer; else None.

    What was missed wants a time. What failed without an answer failed by its own photo.
    """
    if state is State.MISSED:
        return Action.MOVE
    if state is not State.FAILED:
        return None
    is_to_be_edited = code is None or lookup(code, subcode).kind in _MENDED_BY_EDITING
    return Action.EDIT if is_to_be_edited else Action.RETRY


def refusal_of(action: Action, state: State | None, hold_reason: str = "") -> str:
    """Return why *action* is not possible in *state*, in words; "" when it is."""
    if action in actions_in(state, hold_reason):
        return ""
    if state is State.HELD and hold_reason:
        return _BY_HOLD.get(HoldReason(hold_reason), WHY_NOT[state])
    return WHY_NOT[state]
