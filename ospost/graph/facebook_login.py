"""Signing in with Facebook: dialog, tokens, the person, their Pages and permissions.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from ospost.graph import wire
from ospost.graph.http import Http
from ospost.graph.oauth import SIGN_IN_SECONDS, Token, clean_code, signing_in, token_in
from ospost.graph.remote import Remote
from ospost.graph.scopes import REQUIRED

PAGE_FIELDS = (
    "id,name,access_token,tasks,instagram_business_account{id,username,name,profile_picture_url}"
)
PUBLISHING_TASKS = frozenset(
    {"MANAGE", "CREATE_CONTENT", "PROFILE_PLUS_FULL_CONTROL", "PROFILE_PLUS_CREATE_CONTENT"}
)
MOST_LIST_PAGES = 50
LIST_PAGE = "100"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who signed in: an id that only this app sees, and a name."""

    subject: str
    name: str


@dataclass(frozen=True, kw_only=True)
class FoundAccount:
    """A professional Instagram account linked to a Page."""

    ig_id: str
    username: str
    name: str
    picture_url: str


@dataclass(frozen=True, kw_only=True)
class FoundPage:
    """A Page that the person showed us; *account* is None when no professional one is linked."""

    page_id: str
    name: str
    token: str = field(repr=False)
    tasks: frozenset[str]
    account: FoundAccount | None
    may_publish: bool


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What the person allowed and refused."""

    granted: frozenset[str]
    declined: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """What Meta says about a token; a moment is None when there is no end."""

    is_valid: bool
    kind: str
    app_id: str
    subject: str
    expires_at: datetime | None
    data_access_expires_at: datetime | None
    scopes: frozenset[str]
    error_message: str
    error_code: int | None = None
    error_subcode: int | None = None


class FacebookLogin:
    """The server-side flow. Steps of signing in raise OAuthFailure, or NotSent and NoAnswer."""

    def __init__(
        self,
        http: Http,
        *,
        app_id: str,
        app_secret: str,
        config_id: str = "",
        scopes: Sequence[str] = (),
        version: str,
        facebook_url: str,
        graph_url: str,
    ) -> None:
        """Take the app's keys; without *scopes*, ask for the least that publishing needs."""
        self._app_id = app_id
        self._app_secret = app_secret
        self._config_id = config_id
        self._scopes = tuple(scopes) or REQUIRED["facebook"]
        self._dialog = f"{facebook_url}/{version}/dialog/oauth"
        self._graph = Remote(http=http, base=f"{graph_url}/{version}", app_secret=app_secret)

    def dialog_url(
        self,
        *,
        state: str,
        redirect_uri: str,
        rerequest: bool = False,
        reauthorize: bool = False,
    ) -> str:
        """Return where to send the browser.

        *rerequest* asks again for what was refused, *reauthorize* renews the 90 days for which a
        consent lets data be read; one at a time. A configuration of Facebook Login for Business
        brings its own permissions.
        """
        query = {
            "client_id": self._app_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
        }
        if self._config_id:
            query["config_id"] = self._config_id
        else:
            query["scope"] = ",".join(self._scopes)
        if rerequest or reauthorize:
            query["auth_type"] = "rerequest" if rerequest else "reauthorize"
        return f"{self._dialog}?{urlencode(query)}"

    def exchange(self, code: str, redirect_uri: str) -> Token:
        """Turn the code of a callback into a token for an hour or two; a code works once."""
        return self._token(code=clean_code(code), redirect_uri=redirect_uri)

    def lengthen(self, token: str) -> Token:
        """Turn a valid token into one for about 60 days; also prolongs a long one."""
        return self._token(grant_type="fb_exchange_token", fb_exchange_token=token)

    def person(self, token: str) -> Person:
        """Return whose token it is."""
        with signing_in():
            found = self._read("me", token, fields="id,name")
        return Person(subject=wire.required_id(found), name=str(found.get("name") or ""))

    def pages(self, token: str) -> tuple[FoundPage, ...]:
        """Return every Page that the person showed us, with its token and linked account."""
        with signing_in():
            found = self._list("me/accounts", token, fields=PAGE_FIELDS)
        return tuple(_page(row) for row in found)

    def permissions(self, token: str) -> Permissions:
        """Return what was allowed and refused; expired permissions are in neither set."""
        with signing_in():
            found = self._list("me/permissions", token)
        by_status: dict[str, set[str]] = {}
        for row in found:
            by_status.setdefault(str(row.get("status")), set()).add(str(row.get("permission")))
        return Permissions(
            granted=frozenset(by_status.get("granted", ())),
            declined=frozenset(by_status.get("declined", ())),
        )

    def inspect(self, token: str) -> TokenFacts:
        """Ask Meta about a token.

        https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging
        """
        app_token = f"{self._app_id}|{self._app_secret}"
        query = {
            "input_token": token,
            "access_token": app_token,
            **self._graph.proof(app_token),
        }
        with signing_in():
            found = self._graph.get("debug_token", params=query, total_seconds=SIGN_IN_SECONDS).body
        facts = found.get("data")
        if not isinstance(facts, dict):
            raise wire.incomplete()
        return _facts(facts, token)

    def revoke(self, token: str) -> bool:
        """Take the whole grant of this app back; afterwards all its tokens of the person are dead.

        https://developers.facebook.com/docs/facebook-login/guides/permissions/request-revoke
        """
        reply = self._graph.delete("me/permissions", token=token, total_seconds=SIGN_IN_SECONDS)
        return reply.body.get("success") is True

    def _token(self, **form: str) -> Token:
        keys = {"client_id": self._app_id, "client_secret": self._app_secret}
        with signing_in():
            reply = self._graph.get(
                "oauth/access_token", params={**keys, **form}, total_seconds=SIGN_IN_SECONDS
            )
        return token_in(reply)

    def _read(self, path: str, token: str, **params: str) -> wire.Json:
        return self._graph.get(path, token=token, total_seconds=SIGN_IN_SECONDS, params=params).body

    def _list(self, path: str, token: str, **params: str) -> list[wire.Json]:
        return self._graph.get_all(
            path,
            token=token,
            total_seconds=SIGN_IN_SECONDS,
            params={"limit": LIST_PAGE, **params},
            most_pages=MOST_LIST_PAGES,
        )


def _page(row: wire.Json) -> FoundPage:
    told = row.get("tasks")
    tasks = wire.names(told)
    linked = row.get("instagram_business_account")
    return FoundPage(
        page_id=wire.required_id(row),
        name=str(row.get("name") or ""),
        token=str(row.get("access_token") or ""),
        tasks=tasks,
        account=_account(linked) if isinstance(linked, dict) else None,
        may_publish=told is None or bool(tasks & PUBLISHING_TASKS),
    )


def _account(linked: wire.Json) -> FoundAccount:
    return FoundAccount(
        ig_id=wire.required_id(linked),
        username=str(linked.get("username") or ""),
        name=str(linked.get("name") or ""),
        picture_url=str(linked.get("profile_picture_url") or ""),
    )


def _facts(facts: wire.Json, token: str) -> TokenFacts:
    told = facts.get("error")
    error = told if isinstance(told, dict) else {}
    return TokenFacts(
        is_valid=facts.get("is_valid") is True,
        kind=str(facts.get("type") or ""),
        app_id=str(facts.get("app_id") or ""),
        subject=str(facts.get("user_id") or ""),
        expires_at=wire.unix_moment(facts.get("expires_at")),
        data_access_expires_at=wire.unix_moment(facts.get("data_access_expires_at")),
        scopes=wire.names(facts.get("scopes")),
        error_message=wire.scrub(error.get("message", ""), (token,)),
        error_code=wire.whole(error.get("code")),
        error_subcode=wire.whole(error.get("subcode")),
    )
