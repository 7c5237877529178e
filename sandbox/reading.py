"""Reads and deletes: accounts, media, stories, children.

https://developers.facebook.com/docs/instagram-platform/reference/instagram-media and the reference
of IG User. Fields that only one of the two hosts has are unknown on the other.
"""

from typing import Any

from sandbox import comments
from sandbox.calls import FACEBOOK, Call
from sandbox.errors import invalid, unreachable, wrong_method
from sandbox.fields import Context, Node, Selection, attribute, constant, select, wanted
from sandbox.moments import graph_time
from sandbox.paging import Arguments, moment, page
from sandbox.rights import own_account, require, see
from sandbox.switches import DAY
from sandbox.things import Account, Media
from sandbox.world import World

MOST_MEDIA = 10_000


def _media_url(context: Context, media: Media, _selection: Selection) -> str:
    return f"{context.call.base}/_sandbox/media/{media.id}.jpg"


def _permalink(context: Context, media: Media, _selection: Selection) -> str | None:
    """Not there for children, nor when the switch hides it."""
    if media.parent or not context.world.switches.permalink:
        return None
    return f"{context.call.base}/p/{media.shortcode}/"


def _username(context: Context, media: Media, _selection: Selection) -> str:
    return context.world.accounts[media.account_id].username


def _children(context: Context, media: Media, selection: Selection) -> dict[str, Any] | None:
    """Only a carousel has children."""
    if not media.children:
        return None
    world, node = context.world, media_node(context.call)
    slides = [world.media[child] for child in media.children]
    return {"data": [select(context, node, slide, selection.inner) for slide in slides]}


def _comments_count(context: Context, media: Media, _selection: Selection) -> int | None:
    if media.parent:
        return None
    return len(context.world.comments_of[media.id])


def _collaborators(_context: Context, media: Media, _selection: Selection) -> dict[str, Any] | None:
    if not media.collaborators:
        return None
    return {"data": [{"username": n, "invite_status": "Pending"} for n in media.collaborators]}


MEDIA_FIELDS = {
    "id": attribute("id"),
    "alt_text": attribute("alt_text"),
    "caption": attribute("caption"),
    "children": _children,
    "collaborators": _collaborators,
    "comments": comments.of_media,
    "comments_count": _comments_count,
    "is_ai_generated": attribute("is_ai_generated"),
    "is_comment_enabled": attribute("comment_enabled"),
    "is_shared_to_feed": constant(None),
    "like_count": constant(0),
    "media_audio_type": constant(None),
    "media_product_type": attribute("product_type"),
    "media_type": attribute("media_type"),
    "media_url": _media_url,
    "owner": lambda _context, media, _selection: {"id": media.account_id},
    "permalink": _permalink,
    "shortcode": attribute("shortcode"),
    "thumbnail_url": constant(None),
    "timestamp": lambda _context, media, _selection: graph_time(media.timestamp),
    "username": _username,
}
FACEBOOK_MEDIA_FIELDS = {
    "ig_id": attribute("id"),
    "legacy_instagram_media_id": attribute("id"),
    "reposts_count": constant(0),
    "saved_count": constant(0),
    "shares_count": constant(0),
    "total_like_count": constant(0),
    "total_comments_count": _comments_count,
    "total_views_count": constant(0),
    "copyright_check_information": constant(None),
}
MEDIA = Node(name="ShadowIGMedia", fields=MEDIA_FIELDS | FACEBOOK_MEDIA_FIELDS)
INSTAGRAM_MEDIA = Node(name="IGMediaForIGOnlyAPI", fields=MEDIA_FIELDS)


def media_node(call: Call) -> Node:
    """The kind of media that the call's host knows."""
    return MEDIA if call.host == FACEBOOK else INSTAGRAM_MEDIA


def _picture(context: Context, account: Account, _selection: Selection) -> str:
    return f"{context.call.base}/_sandbox/avatar/{account.id}.jpg"


def _media_count(context: Context, account: Account, _selection: Selection) -> int:
    posts = context.world.live_media(account.id)
    return sum(1 for media in posts if media.product_type == "FEED")


def _media_field(context: Context, account: Account, selection: Selection) -> dict[str, Any]:
    return _media_page(context, account, selection.arguments, selection.inner, stories=False)


def _stories_field(context: Context, account: Account, selection: Selection) -> dict[str, Any]:
    return _media_page(context, account, selection.arguments, selection.inner, stories=True)


ACCOUNT_FIELDS = {
    "id": attribute("id"),
    "username": attribute("username"),
    "name": attribute("name"),
    "biography": attribute("biography"),
    "website": attribute("website"),
    "profile_picture_url": _picture,
    "followers_count": attribute("followers_count"),
    "follows_count": attribute("follows_count"),
    "media_count": _media_count,
    "media": _media_field,
    "stories": _stories_field,
}
ACCOUNT = Node(
    name="ShadowIGUser",
    fields=ACCOUNT_FIELDS
    | {
        "ig_id": attribute("id"),
        "has_profile_pic": constant(True),
        "is_published": constant(True),
        "legacy_instagram_user_id": attribute("id"),
        "shopping_product_tag_eligibility": constant(False),
    },
)
INSTAGRAM_ACCOUNT = Node(
    name="IGUserForIGOnlyAPI",
    fields=ACCOUNT_FIELDS
    | {
        "id": attribute("app_scoped_id"),
        "user_id": attribute("id"),
        "account_type": attribute("account_type"),
    },
)


def account_node(call: Call) -> Node:
    """The kind of account that the call's host knows."""
    return ACCOUNT if call.host == FACEBOOK else INSTAGRAM_ACCOUNT


def account(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-user}`, and `GET /me` of Instagram Login."""
    found = own_account(world, call, call.path[0])
    require(world, call, "read")
    return select(Context(world=world, call=call), account_node(call), found, wanted(call))


def media_list(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-user}/media`: the feed, newest first, 10,000 at most, without stories."""
    return _list(world, call, stories=False)


def stories(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-user}/stories`: those of the last 24 hours."""
    return _list(world, call, stories=True)


def _list(world: World, call: Call, *, stories: bool) -> dict[str, Any]:
    found = own_account(world, call, call.path[0])
    require(world, call, "read")
    context = Context(world=world, call=call)
    return _media_page(context, found, call.params, wanted(call), stories=stories)


def _media_page(
    context: Context,
    found: Account,
    arguments: Arguments,
    fields: list[Selection],
    *,
    stories: bool,
) -> dict[str, Any]:
    world = context.world
    newest = world.now() - world.switches.list_lag
    since = moment(arguments.get("since"), "since") or 0.0
    until = moment(arguments.get("until"), "until") or newest
    oldest = max(since, world.now() - DAY) if stories else since
    things = [
        (media.id, media)
        for media in world.live_media(found.id)
        if (media.product_type == "STORY") == stories
        and oldest <= media.timestamp <= min(until, newest)
    ]
    return page(
        things[:MOST_MEDIA],
        call=context.call,
        arguments=arguments,
        show=lambda media: select(context, media_node(context.call), media, fields),
    )


def find_media(world: World, call: Call) -> Media:
    """The media that the path names, if the token may see it; 100/33 else, and while it is new."""
    media = world.media[call.path[0]]
    see(world, call, world.accounts[media.account_id], media.id)
    call.media_id = media.id
    if world.now() < media.timestamp + world.switches.node_lag:
        raise unreachable(media.id, call.method)
    return media


def media(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-media}`."""
    found = find_media(world, call)
    require(world, call, "read")
    return select(Context(world=world, call=call), media_node(call), found, wanted(call))


def children(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-media}/children`; empty for what is no carousel."""
    found = find_media(world, call)
    require(world, call, "read")
    selection = Selection(name="children", inner=wanted(call))
    return _children(Context(world=world, call=call), found, selection) or {"data": []}


def update_media(world: World, call: Call) -> dict[str, Any]:
    """`POST /{ig-media}?comment_enabled=…`: the only change that there is."""
    found = find_media(world, call)
    require(world, call, "comment")
    if call.need("comment_enabled").lower() not in ("true", "false", "1", "0"):
        raise invalid("param comment_enabled must be a boolean.")
    found.comment_enabled = call.flag("comment_enabled")
    world.changed()
    return {"success": True}


def delete_media(world: World, call: Call) -> dict[str, Any]:
    """`DELETE /{ig-media}` on graph.facebook.com only; a slide of a carousel cannot go alone."""
    if call.host != FACEBOOK:
        raise wrong_method(call.method)
    found = find_media(world, call)
    require(world, call, "delete")
    if found.parent:
        raise unreachable(found.id, call.method)
    for gone in [*found.children, found.id]:
        world.remove_media(gone)
    return {"success": True, "deleted_id": found.id}
