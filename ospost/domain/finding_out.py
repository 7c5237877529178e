"""What follows when nobody knows whether a post is live: the table of all cases.

The container's status and the account's list are read; this says what they mean together. It never
guesses: a post goes out again only after a quiet time and two looks that did not see it, and then
with the same container.
"""

from enum import StrEnum

from ospost.domain.matching import Listing


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
