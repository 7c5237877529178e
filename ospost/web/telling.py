"""What a person is told after a change, and where they are taken."""

from datetime import datetime

from flask import Response, flash, jsonify, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from helpers import utcnow
from models import db
from ospost.services import plan_rows, post_page
from ospost.services.card_making import card
from ospost.services.cards import PostCard
from ospost.web.negotiate import wants_json

OPEN_IT = Markup('{} <a href="{}">{}</a>')


def card_of(post_id: int, now: datetime) -> PostCard:
    """Return the card of a post that was just written."""
    return card(plan_rows.read(db.session(), post_id), now)


def cards_of(post_ids: list[int], now: datetime) -> list[PostCard]:
    """Return the cards of posts that the person may see, in this order."""
    return [card(row, now) for row in plan_rows.read_all(db.session(), post_ids)]


def flash_saved(post_id: int, did: str) -> str:
    """Say what was done, with date, zone and distance, and return the plan's address that day."""
    shown = card_of(post_id, utcnow())
    if not shown.date_key:
        flash(OPEN_IT.format(f"{did}.", shown.url, "Open the post"), "ok")
        return "/"
    when = f"{did} for {shown.wall_label} {shown.zone}"
    told = f"{when}." if shown.state == "draft" else f"{when}, {shown.distance}."
    flash(OPEN_IT.format(told, shown.url, "Open the post"), "ok")
    return f"/?date={shown.date_key}#day-{shown.date_key}"


def flash_warnings(warnings: list[tuple[str, str]]) -> None:
    """Say what Instagram may refuse in a post that was saved all the same."""
    for field, message in dict.fromkeys(warnings):
        if field == "crop":
            continue  # said beside the picture, where it can be changed
        flash(message, "warn")


def changed(post_id: int, did: str) -> ResponseReturnValue:
    """Answer a change: the post as JSON, or the plan at its day with a message."""
    if wants_json():
        return as_json(post_id)
    return see(flash_saved(post_id, did))


def as_json(post_id: int) -> Response:
    """Return the post as programs read it."""
    return jsonify(post_page.details(db.session(), user_id=current_user.id, post_id=post_id))


def see(url: str) -> ResponseReturnValue:
    """Send a browser on to *url* after a form, to be fetched with GET."""
    return redirect(url, 303)
