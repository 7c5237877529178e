"""Who may do what: permissions per call, the Pages of a grant, the tasks on a Page.

Meta's reference pages list permissions per endpoint; codes 10 and 200 for what is missing, and
100/33 for what a token cannot see at all.
"""

from sandbox.calls import FACEBOOK, Call
from sandbox.errors import refusal, unreachable, wrong_method
from sandbox.things import Account, Grant, Page
from sandbox.world import World

FACEBOOK_SCOPES = (
    "public_profile",
    "email",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "instagram_manage_contents",
    "instagram_manage_engagement",
    "instagram_manage_messages",
    "instagram_branded_content_creator",
    "instagram_shopping_tag_products",
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_metadata",
    "business_management",
    "ads_management",
    "ads_read",
    "catalog_management",
)
INSTAGRAM_SCOPES = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
    "instagram_business_manage_insights",
)
PUBLISHING_SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
)
PUBLISHING_TASKS = {
    "MANAGE",
    "CREATE_CONTENT",
    "PROFILE_PLUS_FULL_CONTROL",
    "PROFILE_PLUS_CREATE_CONTENT",
}

NEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # what is done: permissions on Facebook Login, permissions on Instagram Login
    "read": (("instagram_basic", "pages_read_engagement"), ("instagram_business_basic",)),
    "publish": (
        ("instagram_basic", "instagram_content_publish", "pages_read_engagement"),
        ("instagram_business_basic", "instagram_business_content_publish"),
    ),
    "comment": (
        ("instagram_basic", "instagram_manage_comments", "pages_read_engagement"),
        ("instagram_business_basic", "instagram_business_manage_comments"),
    ),
    "delete": (("instagram_basic", "instagram_manage_contents"), ()),
}


def grant_of(world: World, call: Call) -> Grant:
    """What stands behind the call's token; 190/458 when it is gone."""
    token = call.token
    grant = world.grant(token.login, token.subject) if token else None
    if grant is None:
        app = world.switches.fb_app_id if call.host == FACEBOOK else world.switches.ig_app_id
        raise refusal(190, 458, about=app, status=world.switches.token_status)
    return grant


def granted(world: World, call: Call, *scopes: str) -> bool:
    """Whether every permission was given."""
    grant = grant_of(world, call)
    return all(grant.scopes.get(scope) for scope in scopes)


def require(world: World, call: Call, deed: str) -> None:
    """Refuse with code 10 (permission) or 200 (task on the Page) what the token may not do."""
    facebook, instagram = NEEDS[deed]
    if not granted(world, call, *(facebook if call.host == FACEBOOK else instagram)):
        raise refusal(10)
    if deed == "read" or call.host != FACEBOOK or call.account is None or call.token is None:
        return
    page = world.linked.get(call.account.id)
    if page and not PUBLISHING_TASKS & set(page.tasks.get(call.token.subject, ())):
        raise refusal(200)


def visible_pages(world: World, call: Call) -> list[Page]:
    """The Pages that the person gave to the app and still has a role on."""
    token = call.token
    if token is None:
        return []
    return [page for page in world.pages_of(token.subject) if _sees(world, call, page)]


def own_account(world: World, call: Call, object_id: str) -> Account:
    """The account that a path names by its id, or by `me`, if the token may see it.

    graph.instagram.com refuses the app-scoped id with its misleading IGApiException.
    """
    account = _mine(world, call) if object_id == "me" else world.accounts.get(object_id)
    if call.host != FACEBOOK and object_id in world.app_scoped:
        raise wrong_method(call.method)
    if account is None:
        raise unreachable(object_id, call.method)
    see(world, call, account, object_id)
    return account


def see(world: World, call: Call, account: Account, object_id: str) -> None:
    """Remember the account on the call; 100/33 when the token has nothing to do with it."""
    if call.host == FACEBOOK:
        page = world.linked.get(account.id)
        if page is None or not _sees(world, call, page):
            raise unreachable(object_id, call.method)
    elif call.token is None or call.token.subject != account.id:
        raise unreachable(object_id, call.method)
    call.account = account


def _sees(world: World, call: Call, page: Page) -> bool:
    """Whether the token's person has a role on the Page and gave it to the app."""
    token = call.token
    if token is None or token.page_id not in (None, page.id):
        return False
    return bool(page.tasks.get(token.subject)) and page.id in grant_of(world, call).pages


def _mine(world: World, call: Call) -> Account | None:
    """The account behind `me`: Instagram tokens have one, Facebook's `me` is a person."""
    if call.token is None or call.host == FACEBOOK:
        return None
    return world.accounts.get(call.token.subject)
