"""The consent dialogs of Facebook Login and of Instagram Login, as plain HTML forms.

https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow and
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login

A program may POST the same form: `action` (`continue` or `cancel`), `person` or `account`,
`page` and `grant` (repeated), `trouble`. Without `chosen=1` everything counts as ticked.
The texts of error pages are Meta's where they are known, else in our words.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Request, Response, redirect, render_template
from flask.typing import ResponseReturnValue

from sandbox import ids
from sandbox.rights import FACEBOOK_SCOPES, INSTAGRAM_SCOPES, PUBLISHING_SCOPES, PUBLISHING_TASKS
from sandbox.things import Account, Code, Grant, Login, Page, Person
from sandbox.world import World

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TROUBLES = {
    "": "None, let me in",
    "used": "The code is already used",
    "expired": "The code is expired",
    "redirect": "The redirect address differs at the exchange",
    "secret": "The app secret is wrong",
    "app": "The app id is unknown at the exchange",
    "state": "The state comes back changed",
}
NOT_LIVE = (
    "This app is not accessible right now and the app developer is aware of the issue. You will be"
    " able to log in when the app is reactivated."
)
BLOCKED = (
    "This redirect failed because the redirect URI is not whitelisted in the app's Client OAuth"
    " Settings. Make sure Client and Web OAuth Login are on and add all your app domains as Valid"
    " OAuth Redirect URIs."
)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What the app asks for."""

    login: Login
    redirect_uri: str
    state: str
    scopes: list[str]
    again: bool
    """Whether declined permissions may be asked for again (`auth_type=rerequest`)."""


@dataclass(frozen=True, kw_only=True)
class Refused(Exception):
    """The dialog shows an error page and sends nobody back."""

    title: str
    text: str


def facebook(world: World, request: Request) -> ResponseReturnValue:
    """`/{version}/dialog/oauth`."""
    try:
        ask = _facebook_ask(world, request)
        person = _person(world, request)
    except Refused as error:
        return _error_page(error)
    if request.method == "GET":
        return _facebook_page(world, request, ask, person)
    if request.form.get("action") == "cancel":
        return _denied(ask)
    if ask.again or world.grant("facebook", person.id) is None:
        declined: set[str] = set()
    else:
        declined = _declined(world, person)
    pages = _ticked(request, "page", [page.id for page in world.pages_of(person.id)])
    _allow(world, request, ask, person.id, declined, pages)
    return _back(world, request, ask, person.id, world.switches.fb_code_seconds, "#_=_")


def _facebook_ask(world: World, request: Request) -> Ask:
    values = request.values
    if values.get("client_id") != world.switches.fb_app_id:
        raise Refused(
            title="Invalid App ID",
            text="The provided app ID does not look like a valid app ID.",
        )
    redirect_uri = values.get("redirect_uri", "")
    if not valid_redirect(world, redirect_uri):
        raise Refused(title="URL blocked", text=BLOCKED)
    scopes = _split(values.get("scope", ""))
    if not scopes and values.get("config_id"):
        scopes = world.switches.config_scopes or list(PUBLISHING_SCOPES)
    unknown = [scope for scope in scopes if scope not in FACEBOOK_SCOPES]
    if unknown:
        raise Refused(
            title="Invalid Scopes",
            text=f"Invalid Scopes: {', '.join(unknown)}. This message is only shown to developers."
            " Users of your app will ignore these permissions if present.",
        )
    return Ask(
        login="facebook",
        redirect_uri=redirect_uri,
        state=values.get("state", ""),
        scopes=["public_profile", *(s for s in scopes if s != "public_profile")],
        again=values.get("auth_type") in ("rerequest", "reauthorize"),
    )


def _person(world: World, request: Request) -> Person:
    """Who sits before the dialog: the named person, else the first."""
    found = world.people.get(request.values.get("person", "")) or next(iter(world.people.values()))
    if not world.switches.app_live and not found.app_role:
        raise Refused(title="App not active", text=NOT_LIVE)
    return found


def _facebook_page(world: World, request: Request, ask: Ask, person: Person) -> str:
    pages: list[tuple[Page, Account | None, bool]] = [
        (
            page,
            world.accounts.get(page.account_id or ""),
            bool(PUBLISHING_TASKS & set(page.tasks[person.id])),
        )
        for page in world.pages_of(person.id)
    ]
    declined = set() if ask.again else _declined(world, person)
    return render_template(
        "facebook.html",
        ask=ask,
        person=person,
        people=[(other, _link(request, person=other.id)) for other in world.people.values()],
        pages=pages,
        scopes=[(scope, scope in declined) for scope in ask.scopes],
        troubles=TROUBLES,
    )


def _declined(world: World, person: Person) -> set[str]:
    """What was declined before; only `rerequest` asks for it again."""
    grant = world.grant("facebook", person.id)
    return {scope for scope, given in grant.scopes.items() if not given} if grant else set()


def instagram(world: World, request: Request) -> ResponseReturnValue:
    """`/oauth/authorize`."""
    try:
        ask = _instagram_ask(world, request)
        account = _account(world, request)
    except Refused as error:
        return _error_page(error)
    if request.method == "GET":
        return render_template(
            "instagram.html",
            ask=ask,
            account=account,
            accounts=[(a, _link(request, account=a.id)) for a in world.accounts.values()][:20],
            troubles=TROUBLES,
        )
    if request.form.get("action") == "cancel":
        return _denied(ask)
    _allow(world, request, ask, account.id, set(), [])
    return _back(world, request, ask, account.id, world.switches.ig_code_seconds, "#_")


def _instagram_ask(world: World, request: Request) -> Ask:
    values = request.values
    if values.get("client_id") != world.switches.ig_app_id:
        raise Refused(title="Invalid platform app", text="Invalid request: Invalid platform app")
    redirect_uri = values.get("redirect_uri", "")
    if not valid_redirect(world, redirect_uri):
        raise Refused(title="Invalid redirect_uri", text="Invalid request: Invalid redirect_uri")
    if values.get("response_type", "code") != "code":
        raise Refused(title="Invalid response_type", text="response_type must be code.")
    scopes = _split(values.get("scope", ""))
    unknown = [scope for scope in scopes if scope not in INSTAGRAM_SCOPES]
    if unknown or not scopes:
        wrong = ", ".join(unknown) or "none given"
        raise Refused(title="Invalid scope", text=f"Invalid request: Invalid scope: {wrong}")
    return Ask(
        login="instagram",
        redirect_uri=redirect_uri,
        state=values.get("state", ""),
        scopes=scopes,
        again=True,
    )


def _account(world: World, request: Request) -> Account:
    """Who is signed in to Instagram: the named account, else the first."""
    name = request.values.get("account", "")
    try:
        found = world.account(name) if name else next(iter(world.accounts.values()))
    except KeyError as error:
        raise Refused(title="Sorry", text=f"There is no account {name}.") from error
    if found.tester == "none":
        raise Refused(title="Error", text="Invalid request: Insufficient developer role")
    return found


def valid_redirect(world: World, redirect_uri: str) -> bool:
    """Exactly in the list, or, without a list, any loopback address."""
    if world.switches.redirect_uris:
        return redirect_uri in world.switches.redirect_uris
    parts = urlsplit(redirect_uri)
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def _split(scope: str) -> list[str]:
    """A scope parameter: separated by commas or spaces, doubles dropped."""
    return list(dict.fromkeys(scope.replace(",", " ").split()))


def _ticked(request: Request, name: str, everything: list[str]) -> list[str]:
    if not request.form.get("chosen") and name not in request.form:
        return everything
    return [value for value in request.form.getlist(name) if value in everything]


def _allow(
    world: World,
    request: Request,
    ask: Ask,
    subject: str,
    declined: set[str],
    pages: list[str],
) -> None:
    """Write the grant: what was asked and not ticked is declined, older grants stay."""
    offered = [scope for scope in ask.scopes if scope not in declined]
    given = {*_ticked(request, "grant", offered)}
    if ask.login == "facebook":
        given.add("public_profile")
    with world.lock:
        grant = world.grant(ask.login, subject)
        if grant is None:
            grant = Grant(login=ask.login, subject=subject)
            world.grants.append(grant)
        grant.scopes.update({scope: scope in given for scope in offered})
        grant.pages = pages
        world.changed()


def _back(
    world: World, request: Request, ask: Ask, subject: str, seconds: float, tail: str
) -> Response:
    """Send the browser back with a fresh code."""
    trouble = request.form.get("trouble", "")
    code = Code(
        value=ids.code(),
        login=ask.login,
        subject=subject,
        redirect_uri=ask.redirect_uri,
        expires_at=world.now() + seconds,
        trouble=trouble if trouble in TROUBLES else "",
    )
    with world.lock:
        world.codes[code.value] = code
        world.changed()
    state = ask.state + "x" if trouble == "state" else ask.state
    return _to(ask.redirect_uri, {"code": code.value, "state": state}, tail)


def _denied(ask: Ask) -> Response:
    query = {
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "Permissions error",
        "state": ask.state,
    }
    if ask.login == "facebook":
        return _to(ask.redirect_uri, {"error_code": "200", **query}, "#_=_")
    return _to(
        ask.redirect_uri, query | {"error_description": "The user denied your request."}, "#_"
    )


def _to(redirect_uri: str, query: dict[str, str], tail: str) -> Response:
    query = {name: value for name, value in query.items() if value}
    joint = "&" if urlsplit(redirect_uri).query else "?"
    answer = redirect(f"{redirect_uri}{joint}{urlencode(query)}{tail}", code=302)
    return Response(answer.get_data(), answer.status_code, headers=answer.headers)


def _link(request: Request, **other: str) -> str:
    """This dialog again, for somebody else."""
    return "?" + urlencode({**request.args.to_dict(), **other})


def _error_page(error: Refused) -> tuple[str, int]:
    return render_template("refused.html", error=error), 400
