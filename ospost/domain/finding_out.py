"""What follows when nobody knows whether a post is live: the table of all cases.

The container's status and the account's list are read; this says what they mean together. It never
guesses: a post goes out again only after a quiet time and two looks that did not see it, and then
with the same container.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ospost.domain.matching import Listing
from ospost.domain.pace import is_too_late, keeps_container, look_at
from ospost.domain.states import State
from ospost.domain.timings import Timings


class Status(StrEnum):
    """What the container says of itself; NONE_MADE where the row has no container."""

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    PUBLISHED = "PUBLISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"
    UNREADABLE = "UNREADABLE"
    NONE_MADE = "NONE_MADE"


class Verdict(StrEnum):
    """What to do."""

    LINK = "link"  # live, and we know which media it is
    LIVE = "live"  # live, the media is still to be found
    LOOK = "look"  # look again
    SEND_SAME = "send_same"  # not live: publish the same container
    MAKE_NEW = "make_new"  # not live, and its container is of no use any more
    REVIEW = "review"  # a person must look


_ABSENT: dict[Status, Verdict] = {
    Status.PUBLISHED: Verdict.LIVE,
    Status.FINISHED: Verdict.SEND_SAME,
    Status.IN_PROGRESS: Verdict.LOOK,
    Status.ERROR: Verdict.MAKE_NEW,
    Status.EXPIRED: Verdict.MAKE_NEW,
    Status.UNREADABLE: Verdict.LOOK,
    Status.NONE_MADE: Verdict.MAKE_NEW,
}
"""What an account's list without our post means, once it has been so for long enough."""


def decide(
    status: Status, listing: Listing, *, is_surely_absent: bool, is_given_up: bool
) -> Verdict:
    """Say what *status* and *listing* mean together.

    *is_surely_absent*: the quiet time since the latest intent is over, and this is at least the
    second look, far enough from the first, that read the whole list and did not find the post.
    *is_given_up*: the latest intent is older than we are willing to look.
    """
    if listing is Listing.ONE:
        return Verdict.LINK
    if status is Status.PUBLISHED:
        return Verdict.LIVE
    verdict = _ABSENT[status] if listing is Listing.NONE else Verdict.LOOK
    if verdict is not Verdict.LOOK and is_surely_absent:
        return verdict
    return Verdict.REVIEW if is_given_up else Verdict.LOOK


def counts_as_absent(status: Status, listing: Listing) -> bool:
    """Say whether a look like this is one of the two that a decision rests on."""
    return listing is Listing.NONE and _ABSENT[status] in (Verdict.SEND_SAME, Verdict.MAKE_NEW)


@dataclass(frozen=True)
class Weighed:
    """What one look decides, and how many looks by now did not see the post."""

    verdict: Verdict
    absent_looks: int


ABSENT_LOOKS = 2
"""How many looks after the quiet time must not have seen a post before it is sent again."""


def weigh(
    status: Status,
    listing: Listing,
    *,
    absent_looks: int,
    absent_look_at: datetime | None,
    intent_at: datetime,
    now: datetime,
    timings: Timings,
) -> Weighed:
    """Weigh one look at a post whose latest intent is *intent_at*, with the looks before it."""
    age = now - intent_at
    absent = 0
    if age >= timings.quiet and counts_as_absent(status, listing):
        is_far_enough = (
            absent_look_at is None or now - absent_look_at >= timings.between_absent_looks
        )
        absent = absent_looks + 1 if is_far_enough or not absent_looks else absent_looks
    verdict = decide(
        status,
        listing,
        is_surely_absent=absent >= ABSENT_LOOKS,
        is_given_up=age >= timings.give_up_looking,
    )
    return Weighed(verdict, absent)


def after_absence(
    verdict: Verdict,
    *,
    due_at: datetime,
    grace: timedelta,
    has_container: bool,
    made_at: datetime | None,
    now: datetime,
    timings: Timings,
) -> State:
    """Return where a post goes that is surely not live.

    `READY` sends the same container again, `PREPARING` makes a new one, `MISSED` is the end of its
    grace. A container of older words, or one about to expire, is not sent again.
    """
    if is_too_late(due_at, grace=grace, now=now):
        return State.MISSED
    is_fresh = keeps_container(made_at, due_at=now, timings=timings)
    is_same = verdict is Verdict.SEND_SAME and is_fresh and has_container
    return State.READY if is_same else State.PREPARING


def next_look_at(
    looks: int, *, absent_looks: int, intent_at: datetime, now: datetime, timings: Timings
) -> datetime:
    """Return when to look again after *looks* looks: soon, when the last one did not see it."""
    at = look_at(looks, intent_at=intent_at, now=now, timings=timings)
    return min(at, now + timings.between_absent_looks) if absent_looks else at


def next_link_look_at(
    looks: int, *, intent_at: datetime, now: datetime, timings: Timings
) -> datetime | None:
    """Return when to search again for the media of a live post; None when the search ends."""
    if now - intent_at >= timings.give_up_looking:
        return None
    return look_at(looks, intent_at=now, now=now, timings=timings)
