"""Comments and replies.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment
A POST that carries `fields` is refused with 20/1772107 after the comment was made: seen at Meta.
"""

from typing import Any

from sandbox import ids
from sandbox.calls import Call
from sandbox.captions import check_comment
from sandbox.errors import invalid, refusal, unreachable
from sandbox.fields import Context, Node, Selection, attribute, constant, select, wanted
from sandbox.moments import graph_time
from sandbox.paging import Arguments, page
from sandbox.rights import require, see
from sandbox.things import Comment, Media
from sandbox.world import World

MOST = 50


def of_media(context: Context, media: Media, selection: Selection) -> dict[str, Any] | None:
    """The `comments` field of a media; nothing for children."""
    if media.parent:
        return None
    return _page(context, media.id, selection.arguments, selection.inner)


def _replies(context: Context, comment: Comment, selection: Selection) -> dict[str, Any] | None:
    if not context.world.comments_of[comment.id]:
        return None
    return _page(context, comment.id, selection.arguments, selection.inner)


def _page(
    context: Context, parent_id: str, arguments: Arguments, fields: list[Selection]
) -> dict[str, Any]:
    """Newest first, 50 a page at most."""
    world = context.world
    found = [world.comments[key] for key in reversed(world.comments_of[parent_id])]
    return page(
        [(comment.id, comment) for comment in found],
        call=context.call,
        arguments=arguments,
        show=lambda comment: select(context, COMMENT, comment, fields),
        most=MOST,
    )


def _username(context: Context, comment: Comment, _selection: Selection) -> str:
    return context.world.accounts[comment.account_id].username


def _from(context: Context, comment: Comment, selection: Selection) -> dict[str, Any]:
    return {"id": comment.account_id, "username": _username(context, comment, selection)}


COMMENT = Node(
    name="ShadowIGComment",
    fields={
        "id": attribute("id"),
        "text": attribute("text"),
        "timestamp": lambda _context, comment, _selection: graph_time(comment.timestamp),
        "username": _username,
        "from": _from,
        "hidden": attribute("hidden"),
        "like_count": constant(0),
        "media": lambda _context, comment, _selection: {"id": comment.media_id},
        "parent_id": attribute("parent_id"),
        "replies": _replies,
        "user": lambda _context, comment, _selection: {"id": comment.account_id},
    },
    default=("id", "text", "timestamp"),
)


def listing(world: World, call: Call, media: Media) -> dict[str, Any]:
    """`GET /{ig-media}/comments`: top level, newest first."""
    require(world, call, "comment")
    return _page(Context(world=world, call=call), media.id, call.params, wanted(call))


def create(world: World, call: Call, media: Media) -> dict[str, Any]:
    """`POST /{ig-media}/comments`; not on stories, nor where comments are off (codes invented)."""
    require(world, call, "comment")
    if media.product_type == "STORY" or media.parent or not media.comment_enabled:
        raise invalid("Comments are not possible on this media.")
    return _add(world, call, media_id=media.id, parent_id=None)


def find(world: World, call: Call) -> Comment:
    """The comment that the path names, if the token may see it."""
    comment = world.comments[call.path[0]]
    media = world.media.get(comment.media_id)
    if media is None:
        raise unreachable(comment.id, call.method)
    see(world, call, world.accounts[media.account_id], comment.id)
    call.media_id = comment.media_id
    return comment


def read(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-comment}`."""
    comment = find(world, call)
    require(world, call, "comment")
    return select(Context(world=world, call=call), COMMENT, comment, wanted(call))


def replies(world: World, call: Call) -> dict[str, Any]:
    """`GET /{ig-comment}/replies`."""
    comment = find(world, call)
    require(world, call, "comment")
    return _page(Context(world=world, call=call), comment.id, call.params, wanted(call))


def reply(world: World, call: Call) -> dict[str, Any]:
    """`POST /{ig-comment}/replies`: threads are flat."""
    comment = find(world, call)
    require(world, call, "comment")
    parent = comment.parent_id or comment.id
    return _add(world, call, media_id=comment.media_id, parent_id=parent)


def update(world: World, call: Call) -> dict[str, Any]:
    """`POST /{ig-comment}?hide=…`; the owner's own comments stay visible."""
    comment = find(world, call)
    require(world, call, "comment")
    if call.need("hide").lower() not in ("true", "false", "1", "0"):
        raise invalid("param hide must be a boolean.")
    media = world.media[comment.media_id]
    comment.hidden = call.flag("hide") and comment.account_id != media.account_id
    world.changed()
    return {"success": True}


def delete(world: World, call: Call) -> dict[str, Any]:
    """`DELETE /{ig-comment}` with its replies; only the owner of the media may."""
    comment = find(world, call)
    require(world, call, "comment")
    world.remove_comment(comment.id)
    return {"success": True}


def _add(world: World, call: Call, *, media_id: str, parent_id: str | None) -> dict[str, Any]:
    text = call.need("message")
    if world.switches.comment_rules:
        check_comment(text)
    if call.account is None:
        raise unreachable(media_id, call.method)
    comment = world.add_comment(
        Comment(
            id=ids.object_id(),
            media_id=media_id,
            account_id=call.account.id,
            text=text,
            timestamp=world.now(),
            parent_id=parent_id,
        )
    )
    if call.get("fields"):
        raise refusal(20, 1772107)
    return {"id": comment.id}
