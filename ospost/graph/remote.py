"""A host of Meta's: where the token goes, the proof of the app, and answers as values or errors.

A person's token is in a header (GET, DELETE) or in the form (POST). Only where Meta documents
nothing but a query, as in the exchanges of a sign-in, do secrets stand in a URL.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from ospost.graph.counting import counted
from ospost.graph.errors import GraphError, NoAnswer, Trouble
from ospost.graph.http import Answer, Http
from ospost.graph.wire import Json, after_cursor, decode, required_id, rows

logger = logging.getLogger(__name__)

BUSY_PERCENT = 75  # of a limit, from where on the log says so
SECRET_PARAMETERS = ("access_token", "client_secret", "code", "fb_exchange_token", "input_token")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What Meta answered, and when the request had left."""

    body: Json = field(repr=False)
    sent_at: datetime

    def id(self, key: str = "id") -> str:
        """Return an id of the answer; raise NoAnswer, which knows `sent_at`, if it is missing."""
        try:
            return required_id(self.body, key)
        except GraphError as error:
            error.sent_at = self.sent_at
            raise


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One host at one version. With an *app_secret*, every call with a token carries its proof."""

    http: Http = field(repr=False)
    base: str
    app_secret: str | None = field(default=None, repr=False)

    def get(
        self, path: str, *, token: str = "", total_seconds: float, params: Mapping[str, str]
    ) -> Reply:
        """Read; may be repeated."""
        return self._call(
            "GET",
            path,
            token=token,
            params={**params, **self.proof(token)},
            headers=_bearer(token),
            total_seconds=total_seconds,
        )

    def get_all(
        self,
        path: str,
        *,
        token: str,
        total_seconds: float,
        params: Mapping[str, str],
        most_pages: int,
    ) -> list[Json]:
        """Read the rows of a list over all of its pages; raise NoAnswer when there are more."""
        found: list[Json] = []
        after: str | None = None
        for _ in range(most_pages):
            page = {**params, **({"after": after} if after else {})}
            reply = self.get(path, token=token, total_seconds=total_seconds, params=page)
            found += rows(reply.body)
            after = after_cursor(reply.body)
            if after is None:
                return found
        raise NoAnswer(Trouble.TOO_LARGE)

    def delete(self, path: str, *, token: str, total_seconds: float) -> Reply:
        """Delete or revoke."""
        return self._call(
            "DELETE",
            path,
            token=token,
            params=self.proof(token),
            headers=_bearer(token),
            total_seconds=total_seconds,
        )

    def post(
        self,
        path: str,
        *,
        token: str = "",
        form: Mapping[str, str],
        total_seconds: float,
        fresh_within_seconds: float | None = None,
        send_allowed: Callable[[], bool] | None = None,
    ) -> Reply:
        """Write, with a form. Never send `fields` here: Meta would write and answer an error."""
        signed = {"access_token": token, **self.proof(token)} if token else {}
        return self._call(
            "POST",
            path,
            token=token,
            data={**form, **signed},
            total_seconds=total_seconds,
            fresh_within_seconds=fresh_within_seconds,
            send_allowed=send_allowed,
        )

    def warm(self, *, fresh_within_seconds: float, total_seconds: float) -> bool:
        """Open a connection ahead of a call."""
        return self.http.warm(
            self.base, fresh_within_seconds=fresh_within_seconds, total_seconds=total_seconds
        )

    def _call(
        self,
        method: str,
        path: str,
        *,
        token: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        total_seconds: float,
        fresh_within_seconds: float | None = None,
        send_allowed: Callable[[], bool] | None = None,
    ) -> Reply:
        with counted(self.http.meters, method, path):
            answer = self.http.call(
                method,
                f"{self.base}/{quote(path)}",
                params=params,
                data=data,
                headers=headers,
                total_seconds=total_seconds,
                fresh_within_seconds=fresh_within_seconds,
                send_not_after=send_allowed,
            )
            return self._judged(answer, _secrets(token, params, data, self.app_secret))

    def _judged(self, answer: Answer, secrets: list[str]) -> Reply:
        if answer.usage.percent >= BUSY_PERCENT:
            logger.warning("Near a limit of Meta's", extra={"percent": answer.usage.percent})
        try:
            body = decode(answer.status, answer.headers, answer.body, secrets=secrets)
        except GraphError as error:
            error.sent_at = answer.sent_at
            raise
        return Reply(body=body, sent_at=answer.sent_at)

    def proof(self, token: str) -> dict[str, str]:
        """Return what shows that a call with *token* comes from this app's server.

        https://developers.facebook.com/docs/facebook-login/security#proof
        """
        if not token or not self.app_secret:
            return {}
        proof = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return {"appsecret_proof": proof}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _secrets(
    token: str,
    params: Mapping[str, str] | None,
    data: Mapping[str, str] | None,
    app_secret: str | None,
) -> list[str]:
    sent = {**(params or {}), **(data or {})}
    return [token, app_secret or "", *(sent.get(name, "") for name in SECRET_PARAMETERS)]
