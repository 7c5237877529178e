"""Who is there, and who may come in: sessions, sign-in before every page, forgery, headers."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as BaseResponse

from helpers import utcnow
from models import db
from ospost.errors import NotFound
from ospost.services import people, sessions
from ospost.services.sessions import Visitor
from ospost.web import forgery, headers, limits
from ospost.web.negotiate import problem, wants_json

PUBLIC = {
    "static",
    "auth.login",
    "auth.trouble",
    "auth.facebook",
    "auth.facebook_callback",
    "auth.instagram",
    "auth.instagram_callback",
    "auth.invited",
    "auth.goodbye",
    "files.media",
    "legal.privacy",
    "person.confirm_email",
}
"""Endpoints that anybody may call; those of the blueprint `health` are open too."""

ANY_NAME = {"static", "files.media"}
"""Endpoints that answer under every name of this host, since `MEDIA_URL` may be another one."""


class Person(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """The signed-in person of this request; `get_id` is the random id of the session's row."""

    def __init__(self, visitor: Visitor) -> None:
        """Take what the session's row told."""
        self.visitor = visitor
        self.id = visitor.user_id
        self.session_id = visitor.session_id
        self.name = visitor.name
        self.is_owner = visitor.is_owner
        self.language = visitor.language
        self.timezone = visitor.timezone

    def get_id(self) -> str:
        """Return the id of the session, which can be revoked, never that of the person."""
        return str(self.session_id)


def init_app(app: Flask) -> None:
    """Protect everything in *app* that is not in PUBLIC."""
    is_https = app.config["APP_URL"].startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-form" if is_https else "form",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SIGN_IN_COOKIE="__Host-sid" if is_https else "sid",
    )
    headers.init_app(app)
    forgery.init_app(app)
    logins = LoginManager(app)
    logins.session_protection = None  # bound to no address and no agent
    logins.request_loader(_load)
    app.before_request(_to_our_name)
    limits.init_app(app)
    app.before_request(_protect)


def sign_in(response: Response | BaseResponse, user_id: int) -> None:
    """Begin a new session for *user_id* and put its secret into the cookie of *response*.

    What the browser held before the sign-in is dropped, its form tokens with it.
    """
    old_id = current_user.session_id if current_user.is_authenticated else None
    secret = sessions.begin(
        db.session(),
        user_id=user_id,
        agent=request.user_agent.string,
        now=utcnow(),
        old_id=old_id,
    )
    flashes = session.get("_flashes")
    session.clear()
    if flashes:
        session["_flashes"] = flashes
    response.set_cookie(
        current_app.config["SIGN_IN_COOKIE"],
        secret,
        max_age=sessions.LONGEST,
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def sign_out(response: Response | BaseResponse) -> None:
    """Take the cookies away; the caller ends the session's row."""
    session.clear()
    response.delete_cookie(
        current_app.config["SIGN_IN_COOKIE"],
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def is_public(endpoint: str | None) -> bool:
    """Say whether anybody may call *endpoint*."""
    return endpoint in PUBLIC or bool(endpoint and endpoint.startswith(("health.", "metrics.")))


def _load(request: Request) -> Person | None:
    secret = request.cookies.get(current_app.config["SIGN_IN_COOKIE"])
    if not secret:
        return None
    visitor = sessions.find(db.session(), secret, now=utcnow())
    return Person(visitor) if visitor else None


def _to_our_name() -> ResponseReturnValue | None:
    """Redirect 127.0.0.1 to localhost, or the other way, as APP_URL has it.

    Cookies and the sign-in belong to one name; two would be two half signed-in sites.
    """
    ours = urlsplit(current_app.config["APP_URL"])
    if not forgery.origin_of(request.host_url):
        raise BadRequest
    theirs = urlsplit(request.host_url)
    if theirs.hostname == ours.hostname or theirs.port != ours.port:
        return None  # another port is another server, which may not be there
    if not (_is_loopback(ours.hostname or "") and _is_loopback(theirs.hostname or "")):
        return None
    if request.endpoint in ANY_NAME or (request.endpoint or "").startswith(("health.", "metrics.")):
        return None
    return redirect(current_app.config["APP_URL"] + request.full_path.rstrip("?"), 307)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _protect() -> ResponseReturnValue | None:
    if request.routing_exception is not None or request.method == "OPTIONS":
        return None  # 404 and 405 stay what they are
    if not is_public(request.endpoint):
        if not current_user.is_authenticated:
            return _please_sign_in()
        sessions.touch(db.session(), current_user.visitor, now=utcnow())
    if request.method not in forgery.SAFE:
        forgery.refuse_foreign_sites()
        _refuse_what_is_not_theirs(request.view_args or {})
        forgery.refuse_missing_token()
    return None


def _please_sign_in() -> ResponseReturnValue:
    if wants_json():
        return problem(401, "Please sign in first.", title="Not signed in")
    if "HX-Request" in request.headers:
        # A part of a page that is fetched anew must not be filled with the sign-in page.
        return Response(status=401, headers={"HX-Redirect": url_for("auth.login")})
    return redirect(url_for("auth.login"))


def _refuse_what_is_not_theirs(view_args: dict[str, Any]) -> None:
    """Raise NotFound for ids of others before the body is read; services ask again."""
    if not current_user.is_authenticated:
        return
    if "account_id" in view_args:
        people.account_for(db.session(), current_user.id, view_args["account_id"])
    if "post_id" in view_args and not people.may_touch_post(
        db.session(), current_user.id, view_args["post_id"]
    ):
        raise NotFound("There is no such post.")
