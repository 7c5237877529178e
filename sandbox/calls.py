"""A call to Meta as the handlers see it, and the answer that they give."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import socket
from typing import Any

from flask import Request

from sandbox.errors import GraphError, invalid, missing
from sandbox.ids import trace_id
from sandbox.things import Account, Token

FACEBOOK = "graph.facebook.com"
INSTAGRAM = "graph.instagram.com"
INSTAGRAM_TOKENS = "api.instagram.com"

Wire = Callable[[socket, bytes], None]
"""Sends the finished answer (status line, headers, body) in an unusual way."""


@dataclass(kw_only=True)
class Answer:
    """What goes back. *wire* replaces the usual way of sending."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=UTF-8"
    wire: Wire | None = None
    outcome: str = ""

    def encoded(self) -> bytes:
        """The body as bytes: text and bytes as they are, the rest as JSON."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=True, separators=(",", ":")).encode()


@dataclass(kw_only=True)
class Call:
    """One request: where it went, what it said, and later whose token it carried."""

    host: str
    method: str
    path: tuple[str, ...]
    version: str
    params: dict[str, str]
    token_value: str | None
    base: str
    """The sandbox's own address, without a slash at the end."""
    endpoint: str = "unknown"
    token: Token | None = None
    account: Account | None = None
    media_id: str | None = None
    container_id: str | None = None

    def get(self, name: str) -> str | None:
        """A parameter, None when it is missing or empty."""
        return self.params.get(name) or None

    def need(self, name: str) -> str:
        """A parameter that must be there; raises code 100."""
        value = self.get(name)
        if value is None:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool:
        """A parameter that is "true" or "1"."""
        return (self.get(name) or "").lower() in ("true", "1")

    def items(self, name: str) -> list[str]:
        """A list: JSON text, or separated by commas."""
        value = self.get(name)
        if value is None:
            return []
        if value.lstrip().startswith("["):
            return [str(item) for item in self.json(name)]
        return [item.strip() for item in value.split(",") if item.strip()]

    def json(self, name: str) -> Any:
        """A parameter that holds JSON text; code 100 when it does not."""
        try:
            return json.loads(self.get(name) or "null")
        except ValueError as error:
            raise invalid(f"param {name} must be an array.") from error


def parameters(request: Request) -> dict[str, str]:
    """Query, form, multipart and JSON parameters in one; the body wins."""
    found = {name: values[-1] for name, values in request.args.lists()}
    found.update({name: values[-1] for name, values in request.form.lists()})
    if request.is_json:
        body = request.get_json(silent=True)
        if isinstance(body, dict):
            found.update({str(name): _as_text(value) for name, value in body.items()})
    return found


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def app_credentials(request: Request) -> dict[str, str]:
    """App id and secret in a Basic Authorization header, as OAuth libraries send them.

    RFC 6749 section 2.3.1; python-facebook signs in to the real Facebook this way.
    """
    sent = request.authorization
    if sent is None or sent.type != "basic":
        return {}
    return {"client_id": sent.username or "", "client_secret": sent.password or ""}


def bearer(request: Request) -> str | None:
    """The token in an Authorization header, Bearer or OAuth."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("bearer", "oauth") and value.strip() else None


def read(request: Request, *, host: str, path: str, known: list[str], default: str) -> Call:
    """Make a call of a request; a path that begins with a version loses it."""
    parts = [part for part in path.split("/") if part]
    version = default
    if parts and parts[0][:1] == "v" and parts[0][1:].replace(".", "", 1).isdigit():
        version = parts.pop(0)
    params = app_credentials(request) | parameters(request)
    return Call(
        host=host,
        method=request.method,
        path=tuple(parts),
        version=version if version in known else _usable(version, known),
        params=params,
        token_value=params.pop("access_token", None) or bearer(request),
        base=request.host_url.rstrip("/"),
    )


def _usable(version: str, known: list[str]) -> str:
    """An ended version falls forward to the oldest usable one; a future one stays unknown."""
    as_number = [float(name[1:]) for name in known]
    if as_number and float(version[1:]) < min(as_number):
        return known[as_number.index(min(as_number))]
    return f"unknown {version}"


def refuse(error: GraphError) -> Answer:
    """The answer that an error becomes."""
    trace = trace_id()
    headers = {**error.headers, "x-fb-trace-id": trace}
    if error.challenge:
        headers["WWW-Authenticate"] = error.challenge
    outcome = f"error {error.code}" + (f"/{error.subcode}" if error.subcode else "")
    return Answer(body=error.body(trace), status=error.status, headers=headers, outcome=outcome)
