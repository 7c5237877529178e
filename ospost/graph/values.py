"""What Meta tells about containers, media, comments and accounts, as small values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContainerCode(StrEnum):
    """`status_code` of a container.

    https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-container
    """

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    PUBLISHED = "PUBLISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"  # none of these: ours, not Meta's


@dataclass(frozen=True, kw_only=True)
class ContainerStatus:
    """Where a container stands; *subcode* is the one named in Meta's text, if any."""

    code: ContainerCode
    text: str
    subcode: int | None


@dataclass(frozen=True, kw_only=True)
class Published:
    """A post that is live; *sent_at* is when the first byte of the call left."""

    media_id: str
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class SeenMedia:
    """A post as Instagram shows it; `permalink` may be missing right after publishing."""

    media_id: str
    caption: str
    posted_at: datetime
    media_type: str
    product_type: str
    permalink: str
    child_count: int


@dataclass(frozen=True, kw_only=True)
class MediaList:
    """Newest posts first; *is_whole* when nothing younger than the wanted moment can be missing."""

    items: tuple[SeenMedia, ...]
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class PublishingLimit:
    """Posts used of those allowed in a rolling window; *total* is None when Meta does not say."""

    used: int
    total: int | None
    duration_seconds: int


@dataclass(frozen=True, kw_only=True)
class SeenComment:
    """A comment under a post; whose it is, is not always told."""

    comment_id: str
    text: str
    username: str
    posted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """An Instagram account as people see it."""

    ig_id: str
    username: str
    name: str
    picture_url: str
