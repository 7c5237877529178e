"""The Stop switch: nothing goes out, of one account or of all, until the person goes on."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from helpers import utcnow
from models import db
from ospost.runtime import runtime
from ospost.services import accounts
from ospost.web.forgery import origin_of
from ospost.web.forms import posted
from ospost.web.negotiate import wants_json

bp = Blueprint("stop", __name__)

Switch = Callable[[Session, int, int | None, datetime], list[str]]


@bp.post("/stop")
def stop() -> ResponseReturnValue:
    """Stop one account (`account_id`) or all."""
    return _switch(accounts.pause, "Stopped: {}. Posts keep their times; none goes out.")


@bp.post("/go-on")
def go_on() -> ResponseReturnValue:
    """Let one account (`account_id`) or all go on."""
    return _switch(accounts.resume, "Going on: {}.")


def _switch(switch: Switch, words: str) -> ResponseReturnValue:
    wanted = posted().get("account_id", "")
    # Anything that is no id names no account of theirs, and is refused as such.
    account_id = (int(wanted) if wanted.isdecimal() else 0) if wanted else None
    names = switch(db.session(), current_user.id, account_id, utcnow())
    runtime().nudge()
    if wants_json():
        return jsonify(accounts=names)
    flash(words.format(", ".join(f"@{name}" for name in names) or "no account"), "ok")
    return redirect(_page_before(), code=303)


def _page_before() -> str:
    """Return the page of ours on which the switch was pressed, else the plan."""
    before = request.referrer or ""
    if before and origin_of(before) == origin_of(current_app.config["APP_URL"]):
        parts = urlsplit(before)
        if parts.path.startswith("/") and not parts.path.startswith("//"):
            return parts.path + (f"?{parts.query}" if parts.query else "")
    return url_for("plan.index")
