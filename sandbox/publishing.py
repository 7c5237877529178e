"""Containers are made, published and counted.

https://developers.facebook.com/docs/instagram-platform/content-publishing and the reference of
`/{ig-user}/media`, `/media_publish`, `/content_publishing_limit`.
"""

from bisect import bisect_right
from typing import Any

from sandbox import captions, ids, images
from sandbox.calls import Call
from sandbox.containers import find, status_code
from sandbox.errors import GraphError, invalid, missing, refusal
from sandbox.fields import Context, Node, attribute, select, wanted
from sandbox.rights import own_account, require
from sandbox.switches import DAY
from sandbox.things import Account, Container, Media
from sandbox.world import World

INSPECTOR = images.Inspector()
TAGS = 20
COLLABORATORS = 3


def create(world: World, call: Call) -> dict[str, Any]:
    """`POST /{ig-user}/media`: check, fetch, keep. Videos are not played yet (refused)."""
    with world.lock:
        account = own_account(world, call, call.path[0])
        require(world, call, "publish")
        _check_account(world, account)
    draft = _draft(world, call, account)
    if draft.media_type == "CAROUSEL":
        with world.lock:
            draft.children = _children(world, call, account)
    else:
        _take_picture(world, draft, call.need("image_url"))
    with world.lock:
        call.container_id = draft.id
        world.add_container(draft)
    return {"id": draft.id}


def _check_account(world: World, account: Account) -> None:
    """Restricted accounts, and the 401st container of a day (its code is a switch)."""
    if account.restricted:
        raise refusal(25, 2207050)
    since = world.now() - DAY
    recent = 0
    for container_id in reversed(world.containers_of[account.id]):
        if world.containers[container_id].created_at <= since:
            break
        recent += 1
    if recent >= world.switches.containers_per_day:
        code = world.switches.containers_error_code
        raise GraphError(
            code=code, message=f"(#{code}) Too many media containers were created in 24 hours"
        )


def _draft(world: World, call: Call, account: Account) -> Container:
    """The container as the parameters describe it, texts checked, nothing fetched."""
    kind = _kind(call)
    child = call.flag("is_carousel_item")
    caption = call.get("caption")
    if child and caption is not None and world.switches.child_caption == "refuse":
        raise invalid("param caption is not allowed")
    if caption is not None and not child and kind != "STORIES":
        captions.check_caption(caption, unit=world.switches.caption_unit)
    captions.check_alt_text(call.get("alt_text") or "")
    now = world.now()
    return Container(
        id=ids.object_id(),
        account_id=account.id,
        media_type=kind,
        created_at=now,
        ready_at=now + world.switches.container_seconds,
        polls_left=world.switches.container_polls,
        caption=None if child or kind == "STORIES" else caption,
        alt_text=call.get("alt_text") if kind == "IMAGE" else None,
        is_carousel_item=child,
        user_tags=_user_tags(call, kind),
        collaborators=_collaborators(call, kind, child),
        location_id=_location(call, child),
        is_ai_generated=_ai_label(call, child),
    )


def _kind(call: Call) -> str:
    """IMAGE, CAROUSEL or STORIES; REELS and VIDEO are refused with an invented text."""
    kind = call.get("media_type") or "IMAGE"
    if kind in ("REELS", "VIDEO") or (call.get("video_url") and not call.get("image_url")):
        raise GraphError(code=100, message="(#100) The sandbox takes pictures only, so far")
    if kind not in ("IMAGE", "CAROUSEL", "STORIES"):
        raise refusal(100, 2207023, about=kind)
    return kind


def _user_tags(call: Call, kind: str) -> list[dict[str, Any]]:
    """Tags with x and y from 0 to 1 (optional on stories), 20 at most."""
    tags = call.json("user_tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, dict) for tag in tags):
        raise invalid("param user_tags must be an array.")
    if len(tags) > TAGS:
        raise refusal(100, 2207040)
    captions.check_usernames([str(tag.get("username", "")) for tag in tags])
    for tag in tags:
        if kind == "STORIES" and "x" not in tag and "y" not in tag:
            continue
        if not all(_is_share(tag.get(axis)) for axis in ("x", "y")):
            raise invalid("param user_tags must have x and y between 0.0 and 1.0.")
    return tags


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _collaborators(call: Call, kind: str, child: bool) -> list[str]:
    """Three names at most (the code for a fourth is invented), not on children or stories."""
    names = call.items("collaborators")
    if names and (child or kind == "STORIES"):
        raise invalid("param collaborators is not allowed")
    if len(names) > COLLABORATORS:
        raise invalid(f"param collaborators must have at most {COLLABORATORS} items.")
    captions.check_usernames(names)
    return names


def _location(call: Call, child: bool) -> str | None:
    """The id of a Page with a place; what is no number cannot be one."""
    location = call.get("location_id")
    if location is not None and (child or not location.isdigit()):
        raise invalid("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")
    return location


def _ai_label(call: Call, child: bool) -> bool:
    if child and call.get("is_ai_generated"):
        raise invalid("param is_ai_generated is not allowed")
    return call.flag("is_ai_generated")


def _take_picture(world: World, draft: Container, url: str) -> None:
    """Fetch and check; by switch a bad picture shows in the container and not in the call."""
    try:
        content = images.fetch(url, world.switches)
        picture = INSPECTOR.look(content, url)
        images.check(picture, world.switches, story=draft.media_type == "STORIES")
    except GraphError as error:
        if world.switches.image_errors == "create":
            raise
        draft.error_subcode = error.subcode
        return
    draft.picture = world.pictures.put(content)
    draft.width, draft.height = picture.width, picture.height


def _children(world: World, call: Call, account: Account) -> list[str]:
    """2 to 10 carousel items of the same account, unpublished; else 2207028, 2207006, 2207008."""
    children = call.items("children")
    if not children:
        raise missing("children")
    if not 2 <= len(children) <= 10:
        raise refusal(100, 2207028)
    for child_id in children:
        child = world.containers.get(child_id)
        if child is None or child.account_id != account.id or not child.is_carousel_item:
            raise refusal(24, 2207006, about=child_id)
        if status_code(world, child) in ("EXPIRED", "PUBLISHED"):
            raise refusal(24, 2207008, about=child_id)
    return children


def publish(world: World, call: Call) -> dict[str, Any]:
    """`POST /{ig-user}/media_publish`: make a FINISHED container public.

    What a second publish of the same container does is unknown at Meta and a switch here.
    """
    with world.lock:
        account = own_account(world, call, call.path[0])
        require(world, call, "publish")
        container = find(world, call.need("creation_id"))
        if container.account_id != account.id:
            raise refusal(24, 2207008, about=container.id)
        call.container_id = container.id
        if account.restricted:
            raise refusal(25, 2207050)
        if container.published_at is not None:
            return _publish_again(world, call, container)
        _check_publishable(world, container)
        return _go_live(world, call, container)


def _publish_again(world: World, call: Call, container: Container) -> dict[str, Any]:
    answer = world.switches.used_container
    if answer == "same_id" and container.media_id:
        call.media_id = container.media_id
        return {"id": container.media_id}
    if answer == "duplicate":
        return _go_live(world, call, container)
    raise refusal(24, 2207008, about=container.id)


def _check_publishable(world: World, container: Container) -> None:
    """Children (an invented 100), wrong states, and nothing else."""
    if container.is_carousel_item:
        raise invalid("param creation_id must not be an item of a carousel.")
    state = status_code(world, container)
    if state == "EXPIRED" or (state == "ERROR" and world.switches.broken_container == "24"):
        raise refusal(24, 2207008, about=container.id)
    if state != "FINISHED":
        raise refusal(9007, 2207027)


def _go_live(world: World, call: Call, container: Container) -> dict[str, Any]:
    if used(world, container.account_id) >= world.switches.quota_total:
        raise refusal(9, 2207042)
    now = world.now()
    media = _media_of(container, now)
    for child_id in container.children:
        slide = world.containers[child_id]
        slide.published_at = now
        child = _media_of(slide, now)
        child.parent = media.id
        slide.media_id = world.add_media(child).id
        media.children.append(child.id)
    container.published_at, container.media_id = now, media.id
    world.accounts[media.account_id].published.append(now)
    world.add_media(media)
    call.media_id = media.id
    return {"id": media.id}


def _media_of(container: Container, now: float) -> Media:
    return Media(
        id=ids.object_id(),
        account_id=container.account_id,
        container_id=container.id,
        shortcode=ids.shortcode(),
        media_type="CAROUSEL_ALBUM" if container.media_type == "CAROUSEL" else "IMAGE",
        product_type="STORY" if container.media_type == "STORIES" else "FEED",
        timestamp=now,
        caption=container.caption,
        alt_text=container.alt_text,
        picture=container.picture,
        width=container.width,
        height=container.height,
        collaborators=container.collaborators,
        is_ai_generated=container.is_ai_generated,
    )


def used(world: World, account_id: str, since: float | None = None) -> int:
    """How many posts went out in the rolling window; a carousel counts once."""
    start = since if since is not None else world.now() - world.switches.quota_duration
    published = world.accounts[account_id].published
    return len(published) - bisect_right(published, start)


LIMIT = Node(
    name="IGUserContentPublishingLimit",
    fields={
        "quota_usage": attribute("quota_usage"),
        "config": lambda context, _thing, _selection: {
            "quota_total": context.world.switches.quota_total,
            "quota_duration": context.world.switches.quota_duration,
        },
    },
    default=("quota_usage",),
)


class _Usage:
    def __init__(self, quota_usage: int) -> None:
        self.quota_usage = quota_usage


def limit(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-user}/content_publishing_limit`; `since` is at most 24 h old."""
    account = own_account(world, call, call.path[0])
    require(world, call, "publish")
    since = call.get("since")
    if since is not None and (not since.isdigit() or float(since) < world.now() - DAY):
        raise invalid("param since must be a Unix timestamp within the last 24 hours.")
    usage = _Usage(used(world, account.id, float(since) if since else None))
    context = Context(world=world, call=call)
    return {"data": [select(context, LIMIT, usage, wanted(call))]}
