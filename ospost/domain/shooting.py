"""What is decided around the one call that cannot be taken back.

The machine runs these over rows, and the simulation of `tests/faults` runs the very same functions
in virtual time, with and without each rule.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import HOLDS, PROVES_NOT_LIVE
from ospost.domain.states import State
from ospost.domain.timings import Timings


@dataclass(frozen=True)
class Aim:
    """What is committed before the call: the state, and the columns that say that it may happen."""

    to: State
    values: dict[str, Any]


class Meaning(StrEnum):
    """What a failed publish call says of the post."""

    AGAIN = "again"  # surely not live: the same container a few seconds later
    HOLD = "hold"  # surely not live: somebody or something has to change first
    REMAKE = "remake"  # surely not live, and the container is of no use
    UNKNOWN = "unknown"  # it may be live: only looking can tell


class Keeping(StrEnum):
    """What becomes of the news that a post is live."""

    RECORD = "record"
    KNOWN = "known"  # it is written down already
    SECOND = "second"  # it is written down with another media: somebody must look


def take_aim(
    *, first_intent_at: datetime | None, intent_no: int, now: datetime, timings: Timings
) -> Aim:
    """Return what must be on disk before the call: from here on it may have happened."""
    return Aim(
        to=State.PUBLISHING,
        values={
            "intent_at": now,
            "first_intent_at": first_intent_at or now,
            "intent_no": intent_no + 1,
            "looks": 0,
            "absent_looks": 0,
            "absent_look_at": None,
            "told_at": None,
            "next_at": now + timings.lease,
        },
    )


def holds_fence(held: int, read: int | None) -> bool:
    """Say whether the row is still ours: nobody raised its fence, and it exists."""
    return held == read


def may_send(elapsed: timedelta, timings: Timings) -> bool:
    """Say whether the first byte may leave, *elapsed* after the fence began to be read.

    A process that was stopped in between must not send: somebody else may have decided meanwhile.
    """
    return elapsed <= timings.send_within


def is_only_intent(first_intent_at: datetime | None, intent_at: datetime | None) -> bool:
    """Say whether no earlier intent of this post is still unproved."""
    return first_intent_at == intent_at


def meaning(
    kind: Kind | None, *, http_status: int, is_only: bool, tries: int, timings: Timings
) -> Meaning:
    """Say what a failed publish call means; *kind* is None when no word of Meta's came back.

    Only a refusal on the short list proves that nothing happened, and only while no earlier intent
    is unproved: a container that was refused as used may be live by the call before.
    """
    if kind is None or kind not in PROVES_NOT_LIVE or http_status >= 500 or not is_only:
        return Meaning.UNKNOWN
    if kind is Kind.NOT_READY and tries < len(timings.not_ready_waits):
        return Meaning.AGAIN
    return Meaning.HOLD if kind in HOLDS else Meaning.REMAKE


def after_not_sent(*, is_only: bool) -> State:
    """Return where a post stands when nothing left this machine."""
    return State.READY if is_only else State.UNKNOWN


def spaced_until(
    due_at: datetime,
    *,
    latest_intent_at: datetime | None,
    now: datetime,
    timings: Timings,
    gap: timedelta | None = None,
) -> datetime | None:
    """Return until when a post that is long overdue waits for the account's latest one, if so.

    *gap* is what the account wants between such posts; None is the machine's.
    """
    if now - due_at <= timings.late_is_spaced_after or latest_intent_at is None:
        return None
    until = latest_intent_at + (timings.late_spacing if gap is None else gap)
    return until if until > now else None


def keeping(state: State, *, known_id: str | None, media_id: str | None) -> Keeping:
    """Say what to do with the news that a post is live as *media_id*, whatever its fence says."""
    if state is not State.PUBLISHED or known_id is None:
        return Keeping.RECORD
    return Keeping.KNOWN if media_id in (None, known_id) else Keeping.SECOND
