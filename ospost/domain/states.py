"""The states of a publication, what each is called outside, and which moves are legal."""

from enum import StrEnum


class State(StrEnum):
    """Where the work of bringing one post to Instagram stands."""

    SCHEDULED = "scheduled"
    PREPARING = "preparing"  # renditions, container, polls; tries > 0 while retrying
    READY = "ready"  # the container is FINISHED, one call remains
    PUBLISHING = "publishing"  # intent committed: the call may have happened
    UNKNOWN = "unknown"  # only looks are allowed until it is decided
    PUBLISHED = "published"
    HELD = "held"
    MISSED = "missed"
    FAILED = "failed"  # proved not live
    REVIEW = "review"  # not decidable by machine
    CANCELLED = "cancelled"


class HoldReason(StrEnum):
    """Why a publication waits; each has its own words on the page."""

    TOKEN = "token"  # noqa: S105 - a reason, not a secret
    PERMISSION = "permission"
    QUOTA = "quota"
    THROTTLED = "throttled"
    BLOCKED = "blocked"  # Instagram blocks the action, or restricts the account
    PAUSED = "paused"
    CLOCK = "clock"
    RESTORED = "restored"
    REHEARSAL = "rehearsal"
    TWIN = "twin"  # another post of the same words may be live, and nobody could tell them apart
    ASK = "ask"  # its time passed while it could not go out: a person says what becomes of it


class Kind(StrEnum):
    """What a post becomes on Instagram."""

    IMAGE = "image"
    CAROUSEL = "carousel"
    REEL = "reel"
    STORY = "story"


MOVES: dict[State, frozenset[State]] = {
    State.SCHEDULED: frozenset(
        {State.PREPARING, State.HELD, State.UNKNOWN, State.MISSED, State.CANCELLED}
    ),
    State.PREPARING: frozenset(
        {
            State.READY,
            State.SCHEDULED,
            State.UNKNOWN,
            State.HELD,
            State.FAILED,
            State.MISSED,
            State.CANCELLED,
        }
    ),
    State.READY: frozenset(
        {
            State.PUBLISHING,
            State.PREPARING,
            State.SCHEDULED,
            State.UNKNOWN,
            State.HELD,
            State.MISSED,
            State.CANCELLED,
        }
    ),
    State.PUBLISHING: frozenset(
        {State.PUBLISHED, State.UNKNOWN, State.READY, State.HELD, State.PREPARING}
    ),
    State.UNKNOWN: frozenset(
        {
            State.PUBLISHED,
            State.READY,
            State.PREPARING,
            State.FAILED,
            State.MISSED,
            State.HELD,
            State.REVIEW,
        }
    ),
    State.HELD: frozenset(
        {
            State.SCHEDULED,
            State.PREPARING,
            State.READY,
            State.UNKNOWN,
            State.MISSED,
            State.CANCELLED,
        }
    ),
    State.MISSED: frozenset({State.SCHEDULED, State.CANCELLED, State.PUBLISHED}),
    State.FAILED: frozenset({State.SCHEDULED, State.CANCELLED, State.PUBLISHED}),
    State.REVIEW: frozenset({State.PUBLISHED, State.SCHEDULED, State.CANCELLED}),
    # A late answer to an earlier intent is kept from any state; see the shot.
    State.PUBLISHED: frozenset(),
    State.CANCELLED: frozenset({State.PUBLISHED}),
}

BEFORE_INTENT = frozenset({State.SCHEDULED, State.PREPARING, State.READY, State.HELD})
"""States in which a person may still edit, move, swap or cancel, by compare-and-set."""

OPEN = BEFORE_INTENT | {State.PUBLISHING, State.UNKNOWN}
"""States that somebody must look at again: `next_at` is set in each of them."""

IN_DOUBT = frozenset({State.PUBLISHING, State.UNKNOWN})
"""The post may be live; nothing may be sent again before it is found out."""

MOVABLE = BEFORE_INTENT | {State.MISSED, State.FAILED}
"""States from which a person may give a new time."""

OUTSIDE: dict[State, str] = {
    State.SCHEDULED: "scheduled",
    State.PREPARING: "scheduled",
    State.READY: "scheduled",
    State.PUBLISHING: "publishing",
    State.UNKNOWN: "checking",
    State.PUBLISHED: "published",
    State.HELD: "held",
    State.MISSED: "missed",
    State.FAILED: "failed",
    State.REVIEW: "review",
    State.CANCELLED: "cancelled",
}
"""What JSON calls each state; `draft` is a post without a publication."""

WAITING_BY_THEMSELVES = frozenset(
    {HoldReason.QUOTA, HoldReason.THROTTLED, HoldReason.TWIN, HoldReason.RESTORED}
)
"""Holds that end without a person; with each of the others somebody can do something."""

WORDS: dict[str, str] = {
    "draft": "Draft",
    "scheduled": "Scheduled",
    "publishing": "Going out",
    "checking": "Checking with Instagram",
    "published": "Live",
    "held": "Waiting",
    "missed": "Missed",
    "failed": "Failed",
    "review": "Please look on Instagram",
    "cancelled": "Removed",
}
"""What the screen calls each JSON state."""


def can_move(old: State, new: State) -> bool:
    """Say whether the machine or a person may take a publication from *old* to *new*."""
    return new in MOVES[old]
