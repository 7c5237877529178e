"""Every error as a page in plain words, and as a problem for callers that asked for JSON."""

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, make_response, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from helpers import plural
from models import db
from ospost.errors import Invalid, OspostError
from ospost.runtime import runtime
from ospost.web.forgery import FormTooOld
from ospost.web.limits import limiter
from ospost.web.negotiate import problem, wants_json
from ospost.web.way_back import page_of_form

logger = logging.getLogger(__name__)

TEXT_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
BUSY_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an error page says: what happened, and what to do."""

    title: str
    sentence: str


WORDS: dict[int, Words] = {
    400: Words(
        title="That could not be read",
        sentence="Something in the request was incomplete or damaged. Go back and send it again.",
    ),
    401: Words(title="Please sign in", sentence="This page is for people who are signed in."),
    403: Words(
        title="That is not allowed",
        sentence="You may not do this here. Nothing was changed.",
    ),
    404: Words(
        title="There is no page here",
        sentence="The address may be mistyped, or what was here has been removed.",
    ),
    405: Words(
        title="This address works differently",
        sentence="It cannot be called in this way. Go to the plan and use the buttons there.",
    ),
    409: Words(
        title="It has changed meanwhile",
        sentence="Somebody or something was faster. Look again, then decide.",
    ),
    413: Words(
        title="That is too large", sentence="What was sent is larger than this server takes."
    ),
    419: Words(
        title="This page was open too long",
        sentence="Your text is kept below. Nothing has been saved yet.",
    ),
    422: Words(title="Please check what you typed", sentence="Something breaks a rule."),
    429: Words(title="Too many tries", sentence="Wait a little, then try again."),
    500: Words(
        title="Something broke on our side",
        sentence="It was written down. Nothing was posted twice.",
    ),
    502: Words(
        title="Instagram could not be reached",
        sentence="Try again in a minute. Scheduled posts are tried again by themselves.",
    ),
    503: Words(
        title="Not available at the moment",
        sentence="This server is busy or being updated. Posts still go out on time.",
    ),
}


def init_app(app: Flask) -> None:
    """Answer every error of *app* in our words."""
    app.register_error_handler(OspostError, _ours)
    app.register_error_handler(FormTooOld, _too_old)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DataError, _not_storable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def error_answer(
    status: int,
    sentence: str = "",
    *,
    title: str = "",
    complaints: tuple[tuple[str, str], ...] = (),
    headers: Mapping[str, str] | None = None,
    template: str = "errors/error.html",
    **more: Any,
) -> Response:
    """Return the error as the caller asked: page or problem. Empty words come from WORDS."""
    words = WORDS.get(status) or WORDS[500 if status >= 500 else 400]
    title, sentence = title or words.title, sentence or words.sentence
    if wants_json():
        return problem(status, sentence, title=title, errors=complaints, headers=headers, **more)
    page = render_template(
        template, status=status, heading=title, sentence=sentence, complaints=complaints, **more
    )
    return make_response(page, status, dict(headers or {}))


def _ours(error: OspostError) -> Response:
    if error.status >= 500:
        logger.warning("%s: %s", type(error).__name__, error.sentence)
    complaints = error.complaints if isinstance(error, Invalid) else ()
    return error_answer(error.status, error.sentence, title=error.title, complaints=complaints)


def _http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())  # a redirect, or an answer made on purpose
    status = error.code or 500
    page = page_of_form() if status == 405 else None
    if page is not None and not wants_json():
        return make_response(redirect(page, 303))
    headers = {k: v for k, v in error.get_headers() if k.lower() != "content-type"}
    return error_answer(status, headers=headers)


def _too_old(_error: FormTooOld) -> Response:
    """Keep what was typed; files cannot be kept, the page says so."""
    is_form = request.mimetype in TEXT_TYPES
    if wants_json() or not is_form:
        return error_answer(
            419, "The CSRF token is missing or too old. Fetch a new one and repeat."
        )
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and value
    ]
    return error_answer(
        419,
        template="errors/too_old.html",
        typed=typed,
        files=[file.filename for file in request.files.values() if file.filename],
        action=request.full_path.rstrip("?"),
    )


def _too_large(_error: RequestEntityTooLarge) -> Response:
    megabytes = runtime().max_upload_bytes // 1_000_000
    return error_answer(413, f"A file may have at most {megabytes} MB. Nothing was saved.")


def _too_many(error: RateLimitExceeded) -> Response:
    limit = limiter.current_limit
    wait = max(1, round(limit.reset_at - time.time())) if limit else error.limit.limit.get_expiry()
    return error_answer(
        429, f"Try again in {plural(wait, 'second')}.", headers={"Retry-After": str(wait)}
    )


def _database(error: OperationalError) -> Response:
    if "locked" not in str(error.orig) and "busy" not in str(error.orig):
        return _unexpected(error)
    db.session.rollback()
    logger.warning("the database was busy for too long")
    g.is_bare = True
    return error_answer(
        503, template="errors/bare.html", headers={"Retry-After": str(BUSY_SECONDS)}
    )


def _not_storable(_error: DataError) -> Response:
    """PostgreSQL stores no NUL in a text and no number beyond its size; nobody types either."""
    db.session.rollback()
    return error_answer(400, "It holds a character or a number that cannot be stored.")


def _unexpected(error: Exception) -> Response:
    """Log with a number that the person sees too; ask nothing else of this broken state."""
    number = secrets.token_hex(3).upper()
    logger.error("number %s: %s %s", number, request.method, request.endpoint, exc_info=error)
    db.session.rollback()
    g.is_bare = True
    return error_answer(
        500,
        f"It was written down as number {number}. Nothing was posted twice.",
        template="errors/bare.html",
        number=number,
    )
