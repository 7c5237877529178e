"""Whether a request that changes something comes from one of our own pages.

Three questions, each enough to refuse: what the browser says about where it came from
(`Sec-Fetch-Site`), which origin it names, and the token that only our pages know.
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect, validate_csrf
from werkzeug.exceptions import HTTPException

from ospost.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OUR_SITES = frozenset({"same-origin", "none"})
DEFAULT_PORTS = {"http": 80, "https": 443}

csrf = CSRFProtect()


class FormTooOld(HTTPException):
    """The form's token is missing, expired or another browser's."""

    code = 419
    name = "Page expired"
    description = "This page was open too long, or you signed in again meanwhile."


def init_app(app: Flask) -> None:
    """Hand out tokens to the pages of *app*; `refuse_foreign` checks them."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # our own check, in our order
        WTF_CSRF_TIME_LIMIT=None,  # as long as the browser's session
        WTF_CSRF_SSL_STRICT=False,  # the origin is checked here
    )
    csrf.init_app(app)


def origin_of(url: str) -> str:
    """Return scheme, host and port of *url* as a browser writes them in `Origin`.

    Returns '' for what is no address.
    """
    try:
        parts = urlsplit(url.lower())
        _ = parts.port
    except ValueError:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def refuse_foreign_sites() -> None:
    """Raise Forbidden when the browser says that another site sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = origin_of(current_app.config["APP_URL"])
    if (site is not None and site not in OUR_SITES) or (
        origin is not None and origin.lower() != ours
    ):
        raise Forbidden("That was sent from another website, so nothing was done.")


def refuse_missing_token() -> None:
    """Raise FormTooOld unless header or form carries this browser's token.

    The header is asked first: then the body need not be read at all.
    """
    token = request.headers.get("X-CSRFToken") or request.form.get("csrf_token")
    refusal: ValueError | None = None
    for key in (current_app.secret_key, *current_app.config["SECRET_KEY_FALLBACKS"]):
        try:
            validate_csrf(token, secret_key=key)
        except ValueError as error:  # WTForms' ValidationError is one
            refusal = error
        else:
            return
    raise FormTooOld from refusal
