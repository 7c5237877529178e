"""Signing in with Instagram: dialog, tokens and the account; no Facebook Page is needed.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ospost.graph import wire
from ospost.graph.http import Http
from ospost.graph.oauth import SIGN_IN_SECONDS, Token, clean_code, signing_in, token_in
from ospost.graph.remote import Remote
from ospost.graph.scopes import REQUIRED

PERSON_FIELDS = "id,user_id,username,name,account_type,profile_picture_url"


@dataclass(frozen=True, kw_only=True)
class ShortToken:
    """A token for an hour; *subject* is not the id of the account (ask `person` for that)."""

    value: str = field(repr=False)
    subject: str
    permissions: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class InstagramPerson:
    """The account that signed in: *ig_id* is used in calls, *app_scoped_id* in Meta's callbacks."""

    app_scoped_id: str
    ig_id: str
    username: str
    name: str
    account_type: str
    picture_url: str


class InstagramLogin:
    """The server-side flow. Steps of signing in raise OAuthFailure, or NotSent and NoAnswer."""

    def __init__(
        self,
        http: Http,
        *,
        app_id: str,
        app_secret: str,
        scopes: Sequence[str] = (),
        version: str,
        auth_url: str,
        token_url: str,
        graph_url: str,
    ) -> None:
        """Take the Instagram app's keys, which are not those of the Meta app."""
        self._app_id = app_id
        self._app_secret = app_secret
        self._scopes = tuple(scopes) or REQUIRED["instagram"]
        self._dialog = f"{auth_url}/oauth/authorize"
        self._codes = Remote(http=http, base=token_url)
        self._tokens = Remote(http=http, base=graph_url)
        self._graph = Remote(http=http, base=f"{graph_url}/{version}")

    def dialog_url(self, *, state: str, redirect_uri: str, force_reauth: bool = False) -> str:
        """Return where to send the browser; *force_reauth* asks for the password in any case.

        The way through Facebook is switched off: tokens born there cannot be lengthened.
        """
        query = {
            "client_id": self._app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(self._scopes),
            "state": state,
            "enable_fb_login": "0",
        }
        if force_reauth:
            query["force_reauth"] = "true"
        return f"{self._dialog}?{urlencode(query)}"

    def exchange(self, code: str, redirect_uri: str) -> ShortToken:
        """Turn the code of a callback into a token for an hour; a code works once.

        Meta documents the answer inside `data[0]` and sends it flat; both are read.
        """
        form = {
            "client_id": self._app_id,
            "client_secret": self._app_secret,
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": clean_code(code),
        }
        with signing_in():
            reply = self._codes.post("oauth/access_token", form=form, total_seconds=SIGN_IN_SECONDS)
        found = reply.body
        if "data" in found:
            listed = wire.rows(found)
            found = listed[0] if listed else {}
        return ShortToken(
            value=wire.required_id(found, "access_token"),
            subject=wire.required_id(found, "user_id"),
            permissions=wire.names(found.get("permissions")),
        )

    def lengthen(self, token: str) -> Token:
        """Turn a token for an hour into one for about 60 days."""
        return self._token(
            "access_token",
            grant_type="ig_exchange_token",
            client_id=self._app_id,
            client_secret=self._app_secret,
            access_token=token,
        )

    def refresh(self, token: str) -> Token:
        """Prolong a long token by 60 days: it must be a day old, and must not have expired."""
        return self._token(
            "refresh_access_token", grant_type="ig_refresh_token", access_token=token
        )

    def person(self, token: str) -> InstagramPerson:
        """Return the account that the token belongs to."""
        with signing_in():
            found = self._graph.get(
                "me", token=token, total_seconds=SIGN_IN_SECONDS, params={"fields": PERSON_FIELDS}
            ).body
        return InstagramPerson(
            app_scoped_id=wire.required_id(found),
            ig_id=wire.required_id(found, "user_id"),
            username=str(found.get("username") or ""),
            name=str(found.get("name") or ""),
            account_type=str(found.get("account_type") or ""),
            picture_url=str(found.get("profile_picture_url") or ""),
        )

    def revoke(self, _token: str) -> bool:
        """Return False: Meta documents no call for it.

        The person removes the app in Instagram's settings under Apps and websites; until then the
        token ends by itself within 60 days.
        """
        return False

    def _token(self, path: str, **params: str) -> Token:
        """Call one of the two endpoints whose parameters Meta documents in the query only."""
        with signing_in():
            reply = self._tokens.get(path, total_seconds=SIGN_IN_SECONDS, params=params)
        return token_in(reply)
