"""Everything that Ospost asks of Instagram for one account, on either login.

https://developers.facebook.com/docs/instagram-platform/content-publishing
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from ospost.domain.meta_codes import container_subcode
from ospost.graph import wire
from ospost.graph.errors import GraphError, Refused
from ospost.graph.http import Http
from ospost.graph.remote import Remote
from ospost.graph.values import (
    ContainerCode,
    ContainerStatus,
    MediaList,
    Profile,
    Published,
    PublishingLimit,
    SeenComment,
    SeenMedia,
)

__all__ = [
    "Access",
    "ContainerCode",
    "ContainerStatus",
    "Deadlines",
    "GraphClient",
    "Login",
    "MediaList",
    "Profile",
    "Published",
    "PublishingLimit",
    "SeenComment",
    "SeenMedia",
]

MEDIA_FIELDS = "id,caption,timestamp,media_type,media_product_type,permalink,children{id}"
COMMENT_FIELDS = "id,text,timestamp,username"
FACEBOOK_PROFILE = "id,username,name,profile_picture_url"
INSTAGRAM_PROFILE = "user_id,username,name,profile_picture_url"
MOST_MEDIA_PAGES = 8
MOST_COMMENT_PAGES = 20
COMMENTS_A_PAGE = "50"
DAY_SECONDS = 86_400


class Login(StrEnum):
    """Which login a token comes from, and so which host it belongs to."""

    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


@dataclass(frozen=True, kw_only=True)
class Access:
    """An account and the right to act for it."""

    login: Login
    ig_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """How long calls may take in all, in seconds. Meta downloads pictures inside `create`."""

    create: float = 90
    publish: float = 30
    write: float = 30
    read: float = 30
    warm: float = 5
    fresh: float = 5  # the longest idle time of a connection that `publish` may use
    fresh_for_warming: float = 1


class GraphClient:
    """Calls for one account at a time; safe to share between threads.

    Every call raises GraphError: NotSent, NoAnswer or Refused.
    """

    def __init__(
        self,
        http: Http,
        *,
        graph_url: str,
        instagram_graph_url: str,
        version: str,
        app_secret: str | None,
        deadlines: Deadlines | None = None,
    ) -> None:
        """Take base URLs without version; *app_secret* is the Facebook app's."""
        self._http = http
        self._deadlines = deadlines or Deadlines()
        self._remotes = {
            Login.FACEBOOK: Remote(http=http, base=f"{graph_url}/{version}", app_secret=app_secret),
            Login.INSTAGRAM: Remote(http=http, base=f"{instagram_graph_url}/{version}"),
        }

    def create_image_container(
        self,
        access: Access,
        *,
        image_url: str,
        caption: str,
        alt_text: str = "",
        is_carousel_item: bool = False,
    ) -> str:
        """Have Meta fetch a picture and return the id of its container, which lives for 24 hours.

        May be repeated: an orphan is invisible and counts as one of 400 a day. A carousel's item
        takes no caption.
        """
        form = {"image_url": image_url}
        if is_carousel_item:
            form["is_carousel_item"] = "true"
        elif caption:
            form["caption"] = caption
        if alt_text:
            form["alt_text"] = alt_text
        reply = self._remote(access).post(
            f"{access.ig_id}/media",
            token=access.token,
            form=form,
            total_seconds=self._deadlines.create,
        )
        return reply.id()

    def container_status(self, access: Access, container_id: str) -> ContainerStatus:
        """Return where a container stands; also after a lost answer to `publish`."""
        found = self._read(access, container_id, fields="status_code,status")
        code = str(found.get("status_code") or "")
        text = wire.scrub(found.get("status"))
        known = ContainerCode.__members__.get(code, ContainerCode.UNKNOWN)
        return ContainerStatus(code=known, text=text, subcode=container_subcode(text))

    def publish(
        self, access: Access, container_id: str, *, send_allowed: Callable[[], bool]
    ) -> Published:
        """Make a finished container public.

        NOT idempotent: only NotSent proves that nothing happened. *send_allowed* is asked right
        before the first byte leaves; False raises NotSent.
        """
        reply = self._remote(access).post(
            f"{access.ig_id}/media_publish",
            token=access.token,
            form={"creation_id": container_id},
            total_seconds=self._deadlines.publish,
            fresh_within_seconds=self._deadlines.fresh,
            send_allowed=send_allowed,
        )
        return Published(media_id=reply.id(), sent_at=reply.sent_at)

    def recent_media(
        self, access: Access, *, limit: int = 25, since: datetime | None = None
    ) -> MediaList:
        """Return the newest posts, without stories: one page, or as many as reach back to *since*.

        *limit* is the size of a page.
        """
        items: list[SeenMedia] = []
        after: str | None = None
        for _ in range(1 if since is None else MOST_MEDIA_PAGES):
            page = {"limit": str(limit), **({"after": after} if after else {})}
            found = self._read(access, f"{access.ig_id}/media", fields=MEDIA_FIELDS, **page)
            items += [_media(row) for row in wire.rows(found)]
            after = wire.after_cursor(found)
            if after is None:
                return MediaList(items=tuple(items), is_whole=True)
            if since is not None and items and items[-1].posted_at < since:
                return MediaList(items=tuple(items), is_whole=True)
        return MediaList(items=tuple(items), is_whole=False)

    def media(self, access: Access, media_id: str) -> SeenMedia:
        """Return one post; right after publishing it may not be readable yet (100/33)."""
        return _media(self._read(access, media_id, fields=MEDIA_FIELDS))

    def publishing_limit(self, access: Access) -> PublishingLimit:
        """Return how many posts of the day are used."""
        path = f"{access.ig_id}/content_publishing_limit"
        found = wire.rows(self._read(access, path, fields="quota_usage,config"))
        if not found:
            raise wire.incomplete()
        config = found[0].get("config")
        config = config if isinstance(config, dict) else {}
        return PublishingLimit(
            used=wire.whole(found[0].get("quota_usage")) or 0,
            total=wire.whole(config.get("quota_total")),
            duration_seconds=wire.whole(config.get("quota_duration")) or DAY_SECONDS,
        )

    def comments(self, access: Access, media_id: str) -> tuple[SeenComment, ...]:
        """Return all comments under a post, newest first, without replies."""
        found = self._remote(access).get_all(
            f"{media_id}/comments",
            token=access.token,
            total_seconds=self._deadlines.read,
            params={"fields": COMMENT_FIELDS, "limit": COMMENTS_A_PAGE},
            most_pages=MOST_COMMENT_PAGES,
        )
        return tuple(_comment(row) for row in found)

    def comment(
        self, access: Access, media_id: str, message: str, *, send_allowed: Callable[[], bool]
    ) -> str:
        """Write a comment and return its id; as with `publish`, only NotSent proves anything."""
        reply = self._remote(access).post(
            f"{media_id}/comments",
            token=access.token,
            form={"message": message},
            total_seconds=self._deadlines.write,
            send_allowed=send_allowed,
        )
        return reply.id()

    def profile(self, access: Access) -> Profile:
        """Return the account as people see it."""
        is_instagram = access.login == Login.INSTAGRAM
        path = "me" if is_instagram else access.ig_id
        fields = INSTAGRAM_PROFILE if is_instagram else FACEBOOK_PROFILE
        found = self._read(access, path, fields=fields)
        return Profile(
            ig_id=wire.required_id(found, "user_id" if is_instagram else "id"),
            username=str(found.get("username") or ""),
            name=str(found.get("name") or ""),
            picture_url=str(found.get("profile_picture_url") or ""),
        )

    def warm(self, access: Access) -> bool:
        """Open a connection for a `publish` within the next seconds; tell whether one stands."""
        return self._remote(access).warm(
            fresh_within_seconds=self._deadlines.fresh_for_warming,
            total_seconds=self._deadlines.warm,
        )

    def clock_skew(self) -> timedelta | None:
        """Return how far our clock is ahead of Meta's; None before the first answer."""
        return self._http.clock_skew()

    def is_reachable(self, *, total_seconds: float) -> str:
        """Ask both hosts who nobody is; return in a sentence why one does not answer, or ''."""
        for remote in self._remotes.values():
            try:
                remote.get("me", total_seconds=total_seconds, params={})
            except Refused:
                continue  # as it must: no token was sent
            except GraphError as error:
                return f"{urlsplit(remote.base).hostname}: {error.sentence}"
        return ""

    def clock_told_seconds_ago(self) -> float | None:
        """Return how long ago Meta told its time; None before the first answer."""
        return self._http.clock_told_seconds_ago()

    def _remote(self, access: Access) -> Remote:
        return self._remotes[Login(access.login)]

    def _read(self, access: Access, path: str, **params: str) -> wire.Json:
        return (
            self._remote(access)
            .get(path, token=access.token, total_seconds=self._deadlines.read, params=params)
            .body
        )


def _media(row: wire.Json) -> SeenMedia:
    children = row.get("children")
    return SeenMedia(
        media_id=wire.required_id(row),
        caption=str(row.get("caption") or ""),
        posted_at=wire.moment(row.get("timestamp")),
        media_type=str(row.get("media_type") or ""),
        product_type=str(row.get("media_product_type") or ""),
        permalink=str(row.get("permalink") or ""),
        child_count=len(wire.rows(children)) if isinstance(children, dict) else 0,
    )


def _comment(row: wire.Json) -> SeenComment:
    return SeenComment(
        comment_id=wire.required_id(row),
        text=str(row.get("text") or ""),
        username=str(row.get("username") or ""),
        posted_at=wire.moment(row["timestamp"]) if row.get("timestamp") else None,
    )
