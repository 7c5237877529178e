"""The way to Meta's dialogs and back: addresses, codes, tokens, and every refusal by its case.

Calls Meta, so nothing here runs inside a transaction, and nothing here is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ospost.domain.meta_codes import Kind
from ospost.errors import Unavailable
from ospost.graph import scopes
from ospost.graph.errors import GraphError, NoAnswer, NotSent
from ospost.graph.facebook_login import FacebookLogin, FoundPage
from ospost.graph.instagram_login import InstagramLogin
from ospost.graph.oauth import OAuthFailure, Reason
from ospost.services.arrivals import NO_ACCOUNT, NO_RIGHT, Arrival, Found
from ospost.services.signin_cases import Case, SignInFailed

CALLBACKS = {
    "facebook": "/login/facebook/callback",
    "instagram": "/login/instagram/callback",
}
"""Paths; with APP_URL before them, what must stand in the settings of the Meta app."""

FULL_CONTROL = frozenset({"MANAGE", "PROFILE_PLUS_FULL_CONTROL"})
PROFESSIONAL = frozenset({"BUSINESS", "MEDIA_CREATOR", "CREATOR", ""})
"""`account_type` of accounts that programs may publish to; '' where Meta does not say."""

CASES: dict[Reason, Case] = {
    Reason.CODE_USED: Case.CODE_USED,
    Reason.CODE_EXPIRED: Case.CODE_EXPIRED,
    Reason.REDIRECT_MISMATCH: Case.REDIRECT_MISMATCH,
    Reason.WRONG_SECRET: Case.WRONG_SECRET,
    Reason.UNKNOWN_APP: Case.UNKNOWN_APP,
    Reason.NOT_A_TESTER: Case.NOT_LIVE,
    Reason.TOKEN_EXPIRED: Case.CODE_EXPIRED,
}

BROUGHT_BACK: tuple[tuple[str, Case], ...] = (
    ("user_denied", Case.DENIED),
    ("access_denied", Case.DENIED),
    ("scope", Case.INVALID_SCOPES),
    ("redirect", Case.REDIRECT_MISMATCH),
    ("url blocked", Case.REDIRECT_MISMATCH),
    ("app id", Case.UNKNOWN_APP),
    ("platform app", Case.UNKNOWN_APP),
    ("developer role", Case.NOT_LIVE),
    ("tester", Case.NOT_LIVE),
    ("development mode", Case.NOT_LIVE),
    ("not active", Case.NOT_LIVE),
    ("not set up", Case.NOT_LIVE),
    ("not accessible", Case.NOT_LIVE),
)
"""Parts of what a dialog sends back in place of a code, in lower case; the first that fits."""

SHOWN_BY_META = (
    Case.REDIRECT_MISMATCH,
    Case.INVALID_SCOPES,
    Case.NOT_LIVE,
    Case.UNKNOWN_APP,
)
"""Cases in which the dialog mostly shows a page of its own and sends nobody back."""


@dataclass(frozen=True, kw_only=True)
class Logins:
    """The two logins, as far as this server has keys for them."""

    facebook: FacebookLogin | None
    instagram: InstagramLogin | None
    app_url: str

    def need(self, login: str) -> None:
        """Raise Unavailable when this server has no keys for *login*."""
        if (self.facebook if login == "facebook" else self.instagram) is None:
            raise Unavailable("This server has no keys for that way of signing in.")

    def dialog_url(self, login: str, *, state: str, again: bool, renew: bool = False) -> str:
        """Return where to send the browser.

        *again* asks for what was refused before, *renew* for a new consent to read data.
        """
        uri = self.app_url + CALLBACKS[login]
        if login == "facebook" and self.facebook is not None:
            return self.facebook.dialog_url(
                state=state, redirect_uri=uri, rerequest=again, reauthorize=renew
            )
        if login == "instagram" and self.instagram is not None:
            return self.instagram.dialog_url(state=state, redirect_uri=uri)
        raise Unavailable("This server has no keys for that way of signing in.")

    def arrive(self, login: str, query: Mapping[str, str], *, now: datetime) -> Arrival:
        """Turn the query of a callback into an arrival; SignInFailed says what went wrong."""
        if "code" not in query:
            raise _refused_in_dialog(login, query)
        uri, code = self.app_url + CALLBACKS[login], query["code"]
        try:
            if login == "facebook" and self.facebook is not None:
                return _by_facebook(self.facebook, code, uri)
            if login == "instagram" and self.instagram is not None:
                return _by_instagram(self.instagram, code, uri)
        except GraphError as error:
            raise _failure(login, error) from error
        raise Unavailable("This server has no keys for that way of signing in.")


def purposes(login: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return each permission with what Ospost needs it for."""
    known = {scope.name: scope.purpose for scope in scopes.of(login)}
    return [(name, known.get(name, "")) for name in names]


def _by_facebook(facebook: FacebookLogin, code: str, uri: str) -> Arrival:
    short = facebook.exchange(code, uri)
    token = facebook.lengthen(short.value)
    person = facebook.person(token.value)
    permissions = facebook.permissions(token.value)
    facts = facebook.inspect(token.value)
    missing = tuple(scope.name for scope in scopes.missing("facebook", permissions.granted))
    pages = () if missing else facebook.pages(token.value)
    found = sorted((_found(page) for page in pages), key=lambda one: not one.problem)
    return Arrival(
        login="facebook",
        subject=person.subject,
        name=person.name,
        token=token.value,
        token_expires_at=token.expires_at or facts.expires_at,
        data_access_expires_at=facts.data_access_expires_at,
        granted=tuple(sorted(permissions.granted)),
        declined=tuple(sorted(permissions.declined)),
        missing=missing,
        found=tuple(found),
    )


def _found(page: FoundPage) -> Found:
    account = page.account
    if account is None:
        return Found(page_id=page.page_id, page_name=page.name, problem=NO_ACCOUNT)
    return Found(
        ig_id=account.ig_id,
        username=account.username,
        name=account.name,
        page_id=page.page_id,
        page_name=page.name,
        problem="" if page.may_publish and page.token else NO_RIGHT,
        has_full_control=bool(page.tasks & FULL_CONTROL),
        token=page.token,  # has no end of its own, being taken with a long-lived token
    )


def _by_instagram(instagram: InstagramLogin, code: str, uri: str) -> Arrival:
    short = instagram.exchange(code, uri)
    token = instagram.lengthen(short.value)
    person = instagram.person(token.value)
    if person.account_type.upper() not in PROFESSIONAL:
        raise SignInFailed(Case.NOT_PROFESSIONAL, "instagram")
    # An answer without the list says nothing about refusals.
    granted = short.permissions or frozenset(scopes.REQUIRED["instagram"])
    return Arrival(
        login="instagram",
        subject=person.app_scoped_id,
        name=person.name or person.username,
        token=token.value,
        token_expires_at=token.expires_at,
        data_access_expires_at=None,
        granted=tuple(sorted(granted)),
        declined=(),
        missing=tuple(scope.name for scope in scopes.missing("instagram", granted)),
        found=(
            Found(
                ig_id=person.ig_id,
                app_scoped_id=person.app_scoped_id,
                username=person.username,
                name=person.name,
                has_full_control=True,
                token=token.value,
                token_expires_at=token.expires_at,
            ),
        ),
    )


def _refused_in_dialog(login: str, query: Mapping[str, str]) -> SignInFailed:
    """https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow"""
    told = " ".join(
        query.get(name, "")
        for name in ("error", "error_reason", "error_description", "error_message")
    ).lower()
    for part, case in BROUGHT_BACK:
        if part in told:
            asked = scopes.REQUIRED[login] if case is Case.INVALID_SCOPES else ()
            return SignInFailed(case, login, missing=asked)
    # The query is anybody's text, so none of it is shown.
    return SignInFailed(Case.REFUSED, login, detail="The dialog ended without a code.")


def _failure(login: str, error: GraphError) -> SignInFailed:
    if isinstance(error, OAuthFailure):
        case = CASES.get(error.reason)
        if case is not None:
            return SignInFailed(case, login)
        if error.kind not in (Kind.TRANSIENT, Kind.THROTTLED):
            return SignInFailed(Case.REFUSED, login, detail=error.known.sentence)
    if isinstance(error, NoAnswer | NotSent | OAuthFailure):
        return SignInFailed(Case.UNREACHABLE, login)
    return SignInFailed(Case.REFUSED, login, detail=error.sentence)
