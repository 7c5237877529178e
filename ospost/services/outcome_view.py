"""How the outcome of a post is told: JSON state, words, hints and what to do."""

from datetime import datetime
from typing import Any

from helpers import milliseconds_between
from models import Publication
from ospost.domain.states import OUTSIDE, WORDS, HoldReason, State

DRAFT = "draft"

HOLDS: dict[HoldReason, tuple[str, str]] = {
    HoldReason.TOKEN: (
        "The connection to Instagram has ended.",
        "Sign in again; the post goes out then, with everything else that waits.",
    ),
    HoldReason.PERMISSION: (
        "A permission to publish is missing.",
        "Sign in again and leave every box of Meta's dialog ticked.",
    ),
    HoldReason.QUOTA: (
        "Instagram's daily limit for this account is reached.",
        "Nothing to do: it goes out as soon as Instagram takes posts again.",
    ),
    HoldReason.THROTTLED: (
        "Instagram asked this server to slow down.",
        "Nothing to do: it goes on by itself.",
    ),
    HoldReason.BLOCKED: (
        "Instagram has restricted this account for now.",
        "Open Instagram and look for a message there; we try again by ourselves.",
    ),
    HoldReason.PAUSED: (
        "Paused.",
        "Press “Go on” when posts may go out again.",
    ),
    HoldReason.CLOCK: (
        "The clock of this server is wrong, so that nothing can go out at the right time.",
        "Set the clock of the server; it goes on by itself.",
    ),
    HoldReason.RESTORED: (
        "The database was restored from a backup; we look on Instagram first.",
        "Nothing to do: it is found out by itself, and nothing is sent twice.",
    ),
    HoldReason.TWIN: (
        "Another post with the same words may be live; we look for that one first.",
        "Nothing to do: it goes on by itself. Other words would let it go at once.",
    ),
    HoldReason.REHEARSAL: (
        "Rehearsed: everything up to the last step works. Nothing was posted.",
        "Switch the rehearsal off to publish for real.",
    ),
    HoldReason.ASK: (
        "Its time passed while it could not go out. Say what becomes of it.",
        "Publish it now, give it a new time, or leave it.",
    ),
}

OWN_WORDS = frozenset(
    {
        HoldReason.PAUSED,
        HoldReason.CLOCK,
        HoldReason.RESTORED,
        HoldReason.TWIN,
        HoldReason.REHEARSAL,
        HoldReason.ASK,
    }
)
"""Reasons that Instagram has nothing to do with."""

TROUBLES: dict[str, tuple[str, str]] = {
    "missed": (
        "It could not go out in time and was not sent.",
        "Retry it at a new time, or now.",
    ),
    "failed": (
        "Instagram did not take it; it is not live.",
        "Edit the post or choose a new time, and it is tried again.",
    ),
    "review": (
        "We could not find out whether it is live.",
        "Look at the profile on Instagram, then say below whether it is there.",
    ),
    "checking": (
        "Instagram's answer was lost. We are looking whether the post is live.",
        "Nothing to do: it is found out by itself, and nothing is sent twice.",
    ),
}


def state_of(state: str | None) -> str:
    """Return what JSON calls the state of a publication, or of a post without one (None)."""
    return DRAFT if state is None else OUTSIDE[State(state)]


def word_of(outside: str) -> str:
    """Return what the screen calls a JSON state."""
    return WORDS[outside]


def leading(publications: list[Publication]) -> Publication | None:
    """Return the frame whose state is the post's: the first that is not live, else the last."""
    waiting = [p for p in publications if p.state != State.PUBLISHED]
    candidates = waiting or publications[-1:]
    return candidates[0] if candidates else None


def error_of(outside: str, hold_reason: str, error: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the JSON `error` of a post: set in held, missed, failed, review and checking."""
    told = error or {}
    if outside == "held":
        message, remedy = HOLDS[HoldReason(hold_reason)] if hold_reason else ("It waits.", "")
        told = {} if hold_reason in OWN_WORDS else told  # an older error explains nothing here
    elif outside in TROUBLES:
        message, remedy = TROUBLES[outside]
    else:
        return None
    return {
        "code": told.get("code"),
        "subcode": told.get("subcode"),
        "message": told.get("message") or message,
        "remedy": told.get("remedy") or remedy,
        "fbtrace_id": told.get("fbtrace_id"),
    }


def hint_of(outside: str, hold_reason: str, error: dict[str, Any] | None) -> str:
    """Return why a post waits or what went wrong, in a sentence; "" when nothing did."""
    told = error_of(outside, hold_reason, error)
    return str(told["message"]) if told else ""


def lateness_ms(sent_at: datetime | None, due_at: datetime | None) -> int | None:
    """Return first byte of the successful publish request − due time, in milliseconds."""
    return None if sent_at is None or due_at is None else milliseconds_between(due_at, sent_at)


def moment_text(moment: datetime | None) -> str | None:
    """Return RFC 3339 in UTC with milliseconds: '2026-11-27T17:00:00.000Z'."""
    if moment is None:
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
