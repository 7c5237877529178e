"""Who a Facebook token stands for: the person, the Pages, the permissions, and `debug_token`.

Permissions: https://developers.facebook.com/docs/graph-api/reference/user/permissions
"""

from typing import Any

from sandbox import tokens
from sandbox.calls import Call
from sandbox.errors import GraphError, invalid, refusal, unreachable
from sandbox.fields import Context, Node, Selection, attribute, select, wanted
from sandbox.paging import Arguments, page
from sandbox.reading import ACCOUNT
from sandbox.rights import grant_of, granted, visible_pages
from sandbox.things import Grant, Page, Person, Token
from sandbox.world import World


def _token_of_page(context: Context, found: Page, _selection: Selection) -> str | None:
    token = context.call.token
    if token is None:
        return None
    if token.page_id == found.id:
        return token.value
    return tokens.page_token(context.world, token, found.id).value


def _linked_account(context: Context, found: Page, selection: Selection) -> dict[str, Any] | None:
    """No key at all when the Page has no professional account, or `instagram_basic` is missing."""
    if found.account_id is None or not granted(context.world, context.call, "instagram_basic"):
        return None
    account = context.world.accounts[found.account_id]
    return select(context, ACCOUNT, account, selection.inner)


def _tasks(context: Context, found: Page, _selection: Selection) -> list[str]:
    token = context.call.token
    return found.tasks.get(token.subject, []) if token else []


PAGE = Node(
    name="Page",
    fields={
        "id": attribute("id"),
        "name": attribute("name"),
        "category": attribute("category"),
        "access_token": _token_of_page,
        "tasks": _tasks,
        "instagram_business_account": _linked_account,
    },
    default=("name", "id"),
)
LISTED_PAGE = Node(
    name="Page",
    fields=PAGE.fields,
    default=("access_token", "category", "name", "id", "tasks"),
)


def _accounts_field(context: Context, _person: Person, selection: Selection) -> dict[str, Any]:
    return _accounts(context, selection.arguments, selection.inner)


def _first_name(_context: Context, person: Person, _selection: Selection) -> str:
    return person.name.split()[0]


def _last_name(_context: Context, person: Person, _selection: Selection) -> str:
    return person.name.split()[-1]


PERSON = Node(
    name="User",
    fields={
        "id": attribute("id"),
        "name": attribute("name"),
        "first_name": _first_name,
        "last_name": _last_name,
        "accounts": _accounts_field,
    },
    default=("name", "id"),
)


def me(world: World, call: Call) -> dict[str, Any]:
    """`GET /me` or `GET /{user-id}`: the person, or the Page when the token is a Page's."""
    token = _token(call)
    grant_of(world, call)
    context = Context(world=world, call=call)
    if token.page_id:
        return select(context, PAGE, world.pages[token.page_id], wanted(call))
    return select(context, PERSON, world.people[token.subject], wanted(call))


def page_node(world: World, call: Call) -> dict[str, Any]:
    """`GET /{page-id}` of a Page that the person gave to the app."""
    visible = {found.id: found for found in visible_pages(world, call)}
    if call.path[0] not in visible or not granted(world, call, "pages_show_list"):
        raise unreachable(call.path[0], call.method)
    return select(Context(world=world, call=call), PAGE, visible[call.path[0]], wanted(call))


def accounts(world: World, call: Call) -> dict[str, Any]:
    """`GET /me/accounts`: the chosen Pages with a role, by pages of `limit`."""
    _own_person(world, call)
    return _accounts(Context(world=world, call=call), call.params, wanted(call))


def _accounts(context: Context, arguments: Arguments, fields: list[Selection]) -> dict[str, Any]:
    """Empty without `pages_show_list`: long-standing behaviour, no error."""
    shown: list[Page] = []
    if granted(context.world, context.call, "pages_show_list"):
        shown = visible_pages(context.world, context.call)
    return page(
        [(found.id, found) for found in shown],
        call=context.call,
        arguments=arguments,
        show=lambda found: select(context, LISTED_PAGE, found, fields),
    )


def permissions(world: World, call: Call) -> dict[str, Any]:
    """`GET /me/permissions`: granted and declined."""
    grant = _own_person(world, call)
    return {
        "data": [
            {"permission": scope, "status": "granted" if given else "declined"}
            for scope, given in grant.scopes.items()
        ]
    }


def drop_permissions(world: World, call: Call) -> dict[str, Any]:
    """`DELETE /{me|user}/permissions[/{name}]`: all, then every token dies with 458; or one.

    The text for a permission that was never asked for is invented.
    """
    grant = _own_person(world, call)
    if len(call.path) == 3:
        if call.path[2] not in grant.scopes:
            raise invalid(f"Invalid permission: {call.path[2]}")
        grant.scopes[call.path[2]] = False
    else:
        world.grants.remove(grant)
        tokens.end(world, login="facebook", subject=grant.subject, subcode=458)
    world.changed()
    return {"success": True}


def _own_person(world: World, call: Call) -> Grant:
    """The grant of the person in the path: `me`, or the token's own id; an app token may any."""
    token = call.token
    if token is None:
        grant = world.grant("facebook", call.path[0])
        if grant is None:
            raise unreachable(call.path[0], call.method)
        return grant
    if token.page_id or call.path[0] not in ("me", token.subject):
        raise unreachable(call.path[0], call.method)
    return grant_of(world, call)


def _token(call: Call) -> Token:
    if call.token is None:
        raise GraphError(code=2500, message=tokens.NO_TOKEN)
    return call.token


def is_app_token(world: World, value: str | None) -> bool:
    """Whether this is `{app-id}|{app-secret}`."""
    return value == f"{world.switches.fb_app_id}|{world.switches.fb_app_secret}"


def debug_token(world: World, call: Call) -> dict[str, Any]:
    """`GET /debug_token`: with an app token, or with a user's own."""
    if not is_app_token(world, call.token_value):
        tokens.authenticate(world, call)
    value = call.need("input_token")
    token = world.tokens.get(value)
    if token is None or token.login != "facebook":
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    data: dict[str, Any] = {
        "app_id": world.switches.fb_app_id,
        "type": token.kind.upper(),
        "application": "Practice app",
        "data_access_expires_at": int(token.data_access_expires_at),
        "expires_at": int(token.expires_at or 0),
        "is_valid": True,
        **_granted_scopes(world, token),
        "user_id": token.subject,
    }
    if token.long_lived:
        data["issued_at"] = int(token.issued_at)
    if token.page_id:
        data["profile_id"] = token.page_id
    try:
        tokens.check(world, value, facebook_host=True)
    except GraphError as error:
        data["is_valid"] = False
        data["error"] = {"code": 190, "message": error.message, "subcode": error.subcode}
    return {"data": data}


def _granted_scopes(world: World, token: Token) -> dict[str, Any]:
    """`scopes`, and `granular_scopes` with the Pages and accounts that they reach."""
    grant = world.grant("facebook", token.subject)
    if grant is None:
        return {"scopes": []}
    scopes = [scope for scope, given in grant.scopes.items() if given]
    accounts_of = [
        account_id
        for page_id in grant.pages
        if (account_id := world.pages[page_id].account_id) is not None
    ]
    granular = [
        {"scope": scope, "target_ids": grant.pages if scope.startswith("pages") else accounts_of}
        for scope in scopes
        if scope.startswith(("pages", "instagram"))
    ]
    return {"scopes": scopes, "granular_scopes": granular}


def app_credentials(world: World, call: Call) -> None:
    """Check `client_id` and `client_secret`: codes 101 and 1."""
    if call.get("client_id") != world.switches.fb_app_id:
        raise GraphError(code=101, message="Error validating application. Invalid application ID.")
    if call.get("client_secret") != world.switches.fb_app_secret:
        raise refusal(1, message="Error validating client secret.", status=400)
