"""Which step a claimed post takes, and where it stands when something stood in its way."""

from datetime import datetime, timedelta
from enum import StrEnum

from ospost.domain.pace import is_too_late, keeps_container
from ospost.domain.states import HoldReason, State
from ospost.domain.timings import Timings


class Step(StrEnum):
    """What a worker does with a post that it has claimed; a ready one that is due is shot."""

    PREPARE = "prepare"
    WAKE = "wake"
    LOST = "lost"  # the worker of a shot is gone: from here on it is only looked for
    LOOK = "look"
    LINK = "link"  # live, its media is still to be found


class Preparation(StrEnum):
    """What a post needs next on its way to a finished container."""

    LOOK_FIRST = "look_first"  # it may be live: nothing new is made before that is known
    POLL = "poll"
    CREATE = "create"


STEPS: dict[State, Step] = {
    State.SCHEDULED: Step.PREPARE,
    State.PREPARING: Step.PREPARE,
    State.READY: Step.PREPARE,  # before it is due: the last look at its container
    State.HELD: Step.WAKE,
    State.PUBLISHING: Step.LOST,
    State.UNKNOWN: Step.LOOK,
    State.PUBLISHED: Step.LINK,
}


def step_of(state: State) -> Step:
    """Return the step of a claimed post in *state*; a shot whose lease ran out is never repeated."""
    return STEPS[state]


def after_loss(state: State) -> State:
    """Return where a post stands when the process that held it died."""
    return State.UNKNOWN if state is State.PUBLISHING else state


def obstacle(
    *,
    due_at: datetime,
    grace: timedelta,
    is_paused: bool,
    needs_reconnect: bool,
    throttled_until: datetime | None,
    now: datetime,
    token_ends_at: datetime | None = None,
    asks_after: timedelta | None = None,
) -> HoldReason | State | None:
    """Return what forbids going on: a reason to wait, `MISSED` when it is too late, or None.

    A token that is over by its date is not tried: it would only burn a call. An account that wants
    to be asked about late posts gives in *asks_after* how late they may be without.
    """
    if is_too_late(due_at, grace=grace, now=now):
        return State.MISSED
    if is_paused:
        return HoldReason.PAUSED
    if needs_reconnect or (token_ends_at is not None and token_ends_at <= now):
        return HoldReason.TOKEN
    if throttled_until is not None and throttled_until > now:
        return HoldReason.THROTTLED
    if asks_after is not None and now > due_at + asks_after:
        return HoldReason.ASK
    return None


def when_too_late(*, first_intent_at: datetime | None) -> State:
    """Return where a post goes whose grace is over; with an unproved intent it may be live."""
    return State.MISSED if first_intent_at is None else State.UNKNOWN


def is_good_container(
    *, has_container: bool, made_at: datetime | None, now: datetime, timings: Timings
) -> bool:
    """Say whether there is a container of the present words that Instagram still keeps."""
    return has_container and made_at is not None and now - made_at <= timings.container_life


def is_stuck(*, made_at: datetime | None, now: datetime, timings: Timings) -> bool:
    """Say whether a container that has just been read as unfinished is past waiting for.

    Only what was read counts: one that nobody came to ask about for hours may long be finished.
    """
    return made_at is None or now - made_at > timings.stuck_after


def preparation(*, first_intent_at: datetime | None, has_good: bool) -> Preparation:
    """Return what comes next; a post with an unproved intent gets no new container."""
    if has_good:
        return Preparation.POLL
    return Preparation.CREATE if first_intent_at is None else Preparation.LOOK_FIRST


def resumed(
    *,
    reason: HoldReason | None = None,
    held_from: str,
    has_container: bool,
    made_at: datetime | None,
    due_at: datetime,
    now: datetime,
    timings: Timings,
) -> State:
    """Return the state to which a held post goes on.

    After a new sign-in its container is read before it is sent: the call that found the token
    dead may have been carried out all the same.
    """
    fresh = keeps_container(made_at, due_at=max(due_at, now), timings=timings)
    if not (has_container and fresh):
        return State.SCHEDULED
    is_looked_at = reason in (HoldReason.TOKEN, HoldReason.PERMISSION)
    return State.READY if held_from == State.READY and not is_looked_at else State.PREPARING
