"""One entry for every API call: which endpoint it is, faults, rights, answer, log.

Paths begin with Meta's host: `/graph.facebook.com/v26.0/me`. A missing version is the app's
default, an ended one falls forward to the oldest usable one, a future one is unknown (2500).
"""

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from sandbox import comments, containers, identity, oauth, publishing, reading, tokens
from sandbox.calls import FACEBOOK, INSTAGRAM, INSTAGRAM_TOKENS, Answer, Call, refuse
from sandbox.errors import GraphError, unreachable, wrong_method
from sandbox.faults import Facts
from sandbox.faulty import act, catch_up
from sandbox.ids import trace_id
from sandbox.world import World

Handler = Callable[[World, Call], dict[str, Any]]
Route = tuple[str, Handler]


def _comments_of(handler: Callable[..., dict[str, Any]]) -> Handler:
    """A handler that wants the media found first."""

    def run(world: World, call: Call) -> dict[str, Any]:
        return handler(world, call, reading.find_media(world, call))

    return run


FIXED: dict[tuple[str, str, str], Route] = {
    (FACEBOOK, "GET", "oauth/access_token"): ("token", oauth.facebook_token),
    (FACEBOOK, "POST", "oauth/access_token"): ("token", oauth.facebook_token),
    (FACEBOOK, "GET", "debug_token"): ("debug_token", identity.debug_token),
    (INSTAGRAM, "GET", "access_token"): ("token", oauth.instagram_exchange),
    (INSTAGRAM, "GET", "refresh_access_token"): ("token", oauth.instagram_refresh),
    (INSTAGRAM_TOKENS, "POST", "oauth/access_token"): ("token", oauth.instagram_code),
    (INSTAGRAM_TOKENS, "GET", "oauth/access_token"): ("token", oauth.instagram_code),
}
PERSON: dict[tuple[str, str], Route] = {
    ("GET", ""): ("me", identity.me),
    ("GET", "accounts"): ("accounts", identity.accounts),
    ("GET", "permissions"): ("permissions", identity.permissions),
    ("DELETE", "permissions"): ("permissions", identity.drop_permissions),
}
PAGE: dict[tuple[str, str], Route] = {("GET", ""): ("page", identity.page_node)}
ACCOUNT: dict[tuple[str, str], Route] = {
    ("GET", ""): ("account", reading.account),
    ("GET", "media"): ("media", reading.media_list),
    ("POST", "media"): ("create", publishing.create),
    ("POST", "media_publish"): ("publish", publishing.publish),
    ("GET", "content_publishing_limit"): ("limit", publishing.limit),
    ("GET", "stories"): ("stories", reading.stories),
}
CONTAINER: dict[tuple[str, str], Route] = {("GET", ""): ("status", containers.read)}
MEDIA: dict[tuple[str, str], Route] = {
    ("GET", ""): ("node", reading.media),
    ("POST", ""): ("node", reading.update_media),
    ("DELETE", ""): ("delete", reading.delete_media),
    ("GET", "children"): ("children", reading.children),
    ("GET", "comments"): ("comments", _comments_of(comments.listing)),
    ("POST", "comments"): ("comments", _comments_of(comments.create)),
}
COMMENT: dict[tuple[str, str], Route] = {
    ("GET", ""): ("comment", comments.read),
    ("POST", ""): ("comment", comments.update),
    ("DELETE", ""): ("comment", comments.delete),
    ("GET", "replies"): ("comments", comments.replies),
    ("POST", "replies"): ("comments", comments.reply),
}


def respond(world: World, call: Call) -> Answer:
    """Answer a call, whatever becomes of it, and write it down."""
    catch_up(world)
    arrived = world.now()
    started = time.perf_counter()
    facts = Facts(endpoint="unknown", method=call.method)
    try:
        endpoint, handler = route(world, call)
        call.endpoint = endpoint
        facts = _facts(world, call)
        _wait(world, endpoint)
        answer = _carry_out(world, call, handler, facts)
    except GraphError as error:
        answer = refuse(error)
    answer.headers.setdefault("Date", _date(world))
    _usage(world, call, answer)
    world.note(
        at_ms=round(arrived * 1000, 3),
        took_ms=round((time.perf_counter() - started) * 1000, 3),
        host=call.host,
        method=call.method,
        path="/" + "/".join(call.path),
        endpoint=call.endpoint,
        account=facts.username,
        container=call.container_id or facts.container_id,
        media=call.media_id,
        status=answer.status,
        outcome=answer.outcome,
    )
    return answer


def _date(world: World) -> str:
    told = world.now() if world.switches.date_follows_clock else time.time()
    return formatdate(told + world.switches.date_skew, usegmt=True)


def route(world: World, call: Call) -> Route:
    """The endpoint's name and handler; raises 2500, 100/33 and Instagram's IGApiException."""
    path = "/".join(call.path)
    if call.version.startswith("unknown"):
        raise GraphError(code=2500, message=f"Unknown path components: /{path}")
    fixed = FIXED.get((call.host, call.method, path))
    if fixed is not None:
        return fixed
    if not call.path:
        if call.method == "GET" and call.get("ids"):
            return ("node", _several)
        raise GraphError(
            code=100,
            type="GraphMethodException",
            message="Unsupported get request. Please read the Graph API documentation at"
            " https://developers.facebook.com/docs/graph-api",
        )
    return _by_object(world, call)


def _by_object(world: World, call: Call) -> Route:
    table = _table(world, call, call.path[0])
    edge = call.path[1] if len(call.path) > 1 else ""
    if call.host == INSTAGRAM and edge == "mediapublish":
        edge = "media_publish"  # the spelling of Meta's own SDK for this host
    found = table.get((call.method, edge)) if table else None
    deep = len(call.path) > (3 if edge == "permissions" else 2)
    if found is not None and not deep:
        return found
    return "unknown", _refuse_path


def _refuse_path(_world: World, call: Call) -> dict[str, Any]:
    """No such object or edge: told only to a valid token."""
    if call.host == FACEBOOK:
        raise unreachable(call.path[0], call.method)
    raise wrong_method(call.method)


def _table(world: World, call: Call, object_id: str) -> dict[tuple[str, str], Route] | None:
    """The endpoints of the kind of object that the path begins with."""
    if object_id == "me":
        return PERSON if call.host == FACEBOOK else ACCOUNT
    kinds: list[tuple[Any, dict[tuple[str, str], Route]]] = [
        (world.containers, CONTAINER),
        (world.media, MEDIA),
        (world.accounts, ACCOUNT),
        (world.comments, COMMENT),
        (world.app_scoped, ACCOUNT),
        (world.people, PERSON),
        (world.pages, PAGE),
    ]
    on_facebook_only = (PERSON, PAGE)
    for things, table in kinds:
        if object_id in things and (call.host == FACEBOOK or table not in on_facebook_only):
            return table
    return None


def _several(world: World, call: Call) -> dict[str, Any]:
    """`GET /?ids=a,b`: several nodes by id in one answer."""
    answer = {}
    whole = call.path
    for object_id in call.items("ids"):
        call.path = (object_id,)
        _, handler = _by_object(world, call)
        answer[object_id] = handler(world, call)
    call.path = whole
    return answer


def _facts(world: World, call: Call) -> Facts:
    """What faults and the log look at, known before the call is carried out."""
    facts = Facts(endpoint=call.endpoint, method=call.method, caption=call.get("caption"))
    first = call.path[0] if call.path else ""
    account_id: str | None = first if first in world.accounts else None
    container = world.containers.get(call.get("creation_id") or first)
    media = world.media.get(first)
    thing = container or media
    if thing is not None:
        facts.caption, account_id = thing.caption, thing.account_id
        facts.container_id = container.id if container else thing.id
    if media is not None:
        facts.container_id = media.container_id
    token = world.tokens.get(call.token_value or "")
    if account_id is None and token is not None:
        account_id = _account_of(world, token.subject, token.page_id)
    if account_id in world.accounts:
        facts.account_id = account_id
        facts.username = world.accounts[account_id].username
    return facts


def _account_of(world: World, subject: str, page_id: str | None) -> str | None:
    page = world.pages.get(page_id or "")
    return page.account_id if page else subject


def _wait(world: World, endpoint: str) -> None:
    """The latency switches, before anything happens."""
    latency = world.switches.latency
    seconds = latency.get(endpoint, latency.get("any", 0))
    if seconds > 0:
        world.closing.wait(seconds)


def _carry_out(world: World, call: Call, handler: Handler, facts: Facts) -> Answer:
    def perform() -> Answer:
        try:
            return Answer(body=_run(world, call, handler), outcome="ok")
        except GraphError as error:
            return refuse(error)

    fault = world.faults.take(facts)
    if fault is None:
        return perform()
    return act(world, fault, perform, facts.account_id)


UNLOCKED = (publishing.create,)
"""Fetches a picture, and takes the lock by itself where it needs it."""
OWN_TOKEN_CHECK = (
    oauth.facebook_token,
    oauth.instagram_code,
    oauth.instagram_exchange,
    oauth.instagram_refresh,
    identity.debug_token,
)


def _run(world: World, call: Call, handler: Handler) -> dict[str, Any]:
    with world.lock:
        by_app = handler is identity.drop_permissions and identity.is_app_token(
            world, call.token_value
        )
        if handler not in OWN_TOKEN_CHECK and not by_app:
            tokens.authenticate(world, call)
        if handler not in UNLOCKED:
            return handler(world, call)
    return handler(world, call)


def _usage(world: World, call: Call, answer: Answer) -> None:
    """The headers of every answer: version, trace id, usage in per cent."""
    answer.headers.setdefault("x-fb-trace-id", trace_id())
    if not call.version.startswith("unknown"):
        answer.headers.setdefault("facebook-api-version", call.version)
    if not world.switches.usage_headers or call.token is None:
        return
    percent = world.switches.usage_percent
    answer.headers.setdefault(
        "X-App-Usage",
        f'{{"call_count":{percent},"total_time":{percent},"total_cputime":{percent}}}',
    )
    if call.account is not None:
        answer.headers.setdefault(
            "X-Business-Use-Case-Usage",
            f'{{"{call.account.id}":[{{"type":"instagram","call_count":{percent},'
            f'"total_cputime":{percent},"total_time":{percent},'
            '"estimated_time_to_regain_access":0}]}',
        )
