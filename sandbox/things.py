"""What the practice Meta knows: people, Pages, accounts, grants, tokens, containers, media.

All moments are seconds since 1970 in UTC on the world's clock. Everything here is plain JSON, so
that a world can be written to a file as it is.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Login = Literal["facebook", "instagram"]
TokenKind = Literal["user", "page", "instagram"]


@dataclass(kw_only=True)
class Account:
    """An Instagram professional account."""

    id: str
    app_scoped_id: str
    username: str
    name: str
    owner: str
    """Id of the person who can sign in to it with Instagram."""
    biography: str = ""
    website: str = ""
    account_type: str = "BUSINESS"
    followers_count: int = 0
    follows_count: int = 0
    color: str = "#7a5cff"
    tester: Literal["accepted", "pending", "none"] = "accepted"
    """The invitation as tester of the app; only Instagram Login asks for it."""
    restricted: bool = False
    """A restricted account may read, and is refused with 25/2207050 when it publishes."""
    published: list[float] = field(default_factory=list)
    """When posts went out, in order; deleting a post does not give its place back."""


@dataclass(kw_only=True)
class Page:
    """A Facebook Page, with or without a linked Instagram account."""

    id: str
    name: str
    category: str = "Brand"
    account_id: str | None = None
    tasks: dict[str, list[str]] = field(default_factory=dict)
    """What each person (by id) may do on the Page."""


@dataclass(kw_only=True)
class Person:
    """Somebody with a Facebook login."""

    id: str
    name: str
    app_role: bool = True
    """Whether the app names them as developer or tester; counts while the app is not live."""


@dataclass(kw_only=True)
class Grant:
    """What one person allowed the app, by one login."""

    login: Login
    subject: str
    """Id of the person (Facebook) or of the account (Instagram)."""
    scopes: dict[str, bool] = field(default_factory=dict)
    """Permission to granted (True) or declined (False)."""
    pages: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Token:
    """An access token, valid or not."""

    value: str
    kind: TokenKind
    login: Login
    subject: str
    page_id: str | None = None
    parent: str | None = None
    """The user token that a Page token was taken with."""
    issued_at: float
    expires_at: float | None = None
    """None: no expiry date."""
    data_access_expires_at: float = 0
    long_lived: bool = False
    dead_by: int | None = None
    """Subcode of error 190 that ended it (458 revoked, 460 password, …)."""


@dataclass(kw_only=True)
class Code:
    """An authorization code, good for one exchange."""

    value: str
    login: Login
    subject: str
    redirect_uri: str
    expires_at: float
    used: bool = False
    trouble: str = ""
    """A failure that the person chose to practise in the dialog."""


@dataclass(kw_only=True)
class Container:
    """Material that was uploaded and waits to be published."""

    id: str
    account_id: str
    media_type: str
    """IMAGE, CAROUSEL or STORIES."""
    created_at: float
    ready_at: float
    polls_left: int = 0
    caption: str | None = None
    alt_text: str | None = None
    picture: str | None = None
    width: int = 0
    height: int = 0
    children: list[str] = field(default_factory=list)
    is_carousel_item: bool = False
    user_tags: list[dict[str, Any]] = field(default_factory=list)
    collaborators: list[str] = field(default_factory=list)
    location_id: str | None = None
    is_ai_generated: bool = False
    stuck: bool = False
    error_subcode: int | None = None
    media_id: str | None = None
    published_at: float | None = None


@dataclass(kw_only=True)
class Media:
    """A published post or story, or a slide of a carousel."""

    id: str
    account_id: str
    container_id: str
    shortcode: str
    media_type: str
    """IMAGE or CAROUSEL_ALBUM."""
    product_type: str
    """FEED or STORY."""
    timestamp: float
    caption: str | None = None
    alt_text: str | None = None
    picture: str | None = None
    width: int = 0
    height: int = 0
    children: list[str] = field(default_factory=list)
    parent: str | None = None
    collaborators: list[str] = field(default_factory=list)
    is_ai_generated: bool = False
    comment_enabled: bool = True


@dataclass(kw_only=True)
class Comment:
    """A comment under a media, or a reply to a comment."""

    id: str
    media_id: str
    account_id: str
    text: str
    timestamp: float
    parent_id: str | None = None
    hidden: bool = False
