"""Whether a post of ours is among the media that an account shows.

Meta has no call that leads from a container to its media, so the account's list is read and a
post is recognised by what only it can have. Never "the newest one".
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EDGES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""White space that does not count at the edges of a caption, as a database can be told it."""


class Listing(StrEnum):
    """What a list of media says of one post."""

    ONE = "one"
    SEVERAL = "several"  # several matches, or something alike without the caption
    NONE = "none"  # and the list was read whole
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One media of the account, as far as matching looks at it."""

    media_id: str
    caption: str
    posted_at: datetime
    is_carousel: bool
    is_video: bool
    child_count: int
    permalink: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What our post would look like in that list."""

    caption: str
    is_carousel: bool
    is_video: bool
    child_count: int
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, kw_only=True)
class Match:
    """The answer: what the list says, and the one media where there is exactly one."""

    listing: Listing
    media: Candidate | None = None


UNREADABLE = Match(listing=Listing.UNREADABLE)


def same_words(ours: str, theirs: str) -> bool:
    """Compare captions: line ends and white space at the edges aside, to the letter."""
    return _folded(ours) == _folded(theirs)


def find(
    wanted: Wanted, seen: Iterable[Candidate], *, is_whole: bool, taken: Collection[str]
) -> Match:
    """Look for *wanted* among *seen*.

    *taken* holds the ids that cannot be ours: known before the intent, or linked to another post.
    A list that was not read whole can show a match, but never that there is none.
    """
    alike = [media for media in seen if media.media_id not in taken and _is_alike(wanted, media)]
    matches = [media for media in alike if same_words(wanted.caption, media.caption)]
    if len(matches) == 1:
        return Match(listing=Listing.ONE, media=matches[0])
    if matches or alike:
        return Match(listing=Listing.SEVERAL)
    return Match(listing=Listing.NONE) if is_whole else UNREADABLE


def _is_alike(wanted: Wanted, media: Candidate) -> bool:
    return (
        wanted.not_before <= media.posted_at <= wanted.not_after
        and media.is_carousel == wanted.is_carousel
        and media.is_video == wanted.is_video
        and (not wanted.is_carousel or media.child_count == wanted.child_count)
    )


def _folded(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(EDGES)
