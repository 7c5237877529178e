"""Pages: the plan."""

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpers import utcnow
from models import db
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import plan, planning
from ospost.services.plan import Wish
from ospost.services.planning import Place
from ospost.web import checks, forms
from ospost.web.negotiate import wants_json

bp = Blueprint("plan", __name__)

MOST_LOOKED_OVER = 50
"""How many posts of a reordered row are checked at once; the others are when they are prepared."""

SEEN_OUTAGE = "seen_outage"
KEY_LENGTH = 14


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show what goes out and when: a page, its changing part, or JSON."""
    asks = request.args
    wish = Wish(
        account=asks.get("account") or asks.get("account_id") or "",
        state=asks.get("state", ""),
        start=asks.get("from", ""),
        after=asks.get("after", ""),
        date=asks.get("date", ""),
    )
    found = plan.read(
        db.session(),
        user_id=current_user.id,
        wish=wish,
        is_json=wants_json(),
        now=utcnow(),
        zone=current_user.timezone,
        seen_outage=session.get(SEEN_OUTAGE, ""),
    )
    if wants_json():
        return jsonify(found.listing())
    if "HX-Request" in request.headers:
        return _fragment(found)
    return render_template("plan/index.html", page=found.page())


@bp.post("/outages/seen")
def seen_outage() -> ResponseReturnValue:
    """Put away what the plan tells of an outage (field `key`), in this browser."""
    key = forms.one(forms.sent(), "key")
    if not (key.isascii() and key.isdecimal() and len(key) == KEY_LENGTH):
        raise Invalid(("key", "Send the key of the message."))
    session[SEEN_OUTAGE] = max(key, session.get(SEEN_OUTAGE, ""))
    return jsonify(seen=key) if wants_json() else redirect("/", 303)


@bp.post("/")
def reorder() -> ResponseReturnValue:
    """Take one post of an account to another place in line; dates are handed along."""
    body = request.get_json()
    if not isinstance(body, dict):
        raise Invalid(("", "Send account_id, start and end."))
    start, end = _place(body.get("start"), "start"), _place(body.get("end"), "end")
    order = planning.reorder(
        db.session(),
        user_id=current_user.id,
        account_id=_whole(body.get("account_id"), "account_id"),
        start=start,
        end=end,
        now=utcnow(),
    )
    checks.look_over(*order[min(start.index, end.index) :][:MOST_LOOKED_OVER])
    runtime().nudge()
    return jsonify(order=order)


def _fragment(found: plan.Plan) -> Response:
    """Answer a page that looks for news: nothing but 304 when there is none.

    The tag is weak, so that it stays what it is when the answer is compressed.
    """
    answer = Response()
    if request.if_none_match.contains_weak(found.etag):
        answer.status_code = 304
    else:
        answer = make_response(render_template("plan/_list.html", page=found.page()))
    answer.set_etag(found.etag, weak=True)
    return answer


def _place(value: object, field: str) -> Place:
    if not isinstance(value, dict):
        raise Invalid((field, 'Send an object like {"index": 0, "id": 1}.'))
    return Place(index=_whole(value.get("index"), field), id=_whole(value.get("id"), field))


def _whole(value: object, field: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Invalid((field, "Send a whole number."))
    return value
