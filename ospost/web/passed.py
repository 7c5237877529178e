"""Pages: what becomes of posts whose time passed while their account was not connected."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from helpers import plural, utcnow
from models import db
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import passed
from ospost.services.passed import CHOICES, LEAVE, MOVE, NOW, Answer
from ospost.web.forms import posted
from ospost.web.negotiate import wants_json
from ospost.web.telling import cards_of

bp = Blueprint("passed", __name__)

MOST_SHOWN = 60
DID = {NOW: "go out now, one after the other", MOVE: "have a new time", LEAVE: "stay unsent"}
DID_ONE = {NOW: "goes out now", MOVE: "has a new time", LEAVE: "stays unsent"}


@bp.get("/accounts/passed")
def index() -> ResponseReturnValue:
    """List the posts that wait for the person's word."""
    return _page(MultiDict())


@bp.post("/accounts/passed")
def answer() -> ResponseReturnValue:
    """Take the person's word, for each post (`choice_<id>`) or for all (`all`)."""
    form, now = posted(), utcnow()
    for_all = form.get("all", "")
    if for_all not in ("", NOW, LEAVE):
        raise Invalid(("all", "Send now or leave."))
    waiting = passed.waiting(db.session(), current_user.id)
    answers = {
        post.id: Answer(
            choice=for_all or form.get(f"choice_{post.id}", ""),
            date=form.get(f"date_{post.id}", ""),
            fold=form.get(f"fold_{post.id}", ""),
        )
        for post, _, _ in waiting
    }
    if _is_sent_twice(form, answers):
        return _waits_no_more()
    try:
        _check(answers)
        done = passed.answer(db.session(), user_id=current_user.id, answers=answers, now=now)
    except Invalid as error:
        if wants_json():
            raise
        return _page(form, error)
    runtime().nudge()
    if not any(done.values()):
        return _waits_no_more()
    if wants_json():
        return jsonify(done=done)
    _tell(done)
    return _go_on()


def _tell(done: dict[str, int]) -> None:
    for choice, count in done.items():
        if count:
            words = DID_ONE if count == 1 else DID
            flash(f"{plural(count, 'post')} {words[choice]}.", "ok")


def _is_sent_twice(form: MultiDict[str, str], answers: dict[int, Answer]) -> bool:
    """Say whether nothing that the form decides about waits any more, as after a second click."""
    if any(said.choice for said in answers.values()):
        return False
    here = {f"choice_{post_id}" for post_id in answers}
    return not answers or any(
        value for name, value in form.items() if name.startswith("choice_") and name not in here
    )


def _waits_no_more() -> ResponseReturnValue:
    if wants_json():
        return jsonify(done=dict.fromkeys(CHOICES, 0))
    flash("What you decided about does not wait any more; nothing was done twice.", "ok")
    return _go_on()


def _go_on() -> ResponseReturnValue:
    """Go to what still waits for a word, else to the plan."""
    rest = passed.waiting(db.session(), current_user.id)
    return redirect(url_for("accounts.passed.index" if rest else "plan.index"), code=303)


def _check(answers: dict[int, Answer]) -> None:
    strange = [post_id for post_id, said in answers.items() if said.choice not in ("", *CHOICES)]
    if strange:
        raise Invalid(*((f"choice_{post_id}", "Send now, move or leave.") for post_id in strange))
    if not any(said.choice for said in answers.values()):
        raise Invalid(("", "Choose for at least one post what becomes of it."))


def _page(typed: MultiDict[str, str], error: Invalid | None = None) -> ResponseReturnValue:
    session, here = db.session(), runtime()
    waiting = passed.waiting(session, current_user.id)
    ends = {
        post.id: passed.deadline(row, account, default_seconds=here.missed_after_seconds)
        for post, account, row in waiting
    }
    if wants_json():
        listed: list[dict[str, Any]] = [
            {
                "id": post.id,
                "account_id": account.id,
                "caption": post.caption,
                "due_at": row.due_at.isoformat(),
                "missed_at": ends[post.id].isoformat(),
            }
            for post, account, row in waiting
        ]
        return jsonify(posts=listed, choices=list(CHOICES))
    errors: dict[str, list[str]] = {}
    for field, message in error.complaints if error else ():
        errors.setdefault(field, []).append(message)
    now = utcnow()
    cards = cards_of([post.id for post, _, _ in waiting[:MOST_SHOWN]], now)
    page = render_template(
        "accounts/passed.html",
        posts=[(card, ends[card.id]) for card in cards],
        count=len(waiting),
        typed=typed,
        errors=errors,
        words=passed.ends_in_words,
        now=now,
    )
    return page, 422 if error else 200
