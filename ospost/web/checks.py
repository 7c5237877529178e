"""Checks before a post's time, and the test of an Instagram account."""

import hashlib
from datetime import datetime
from pathlib import Path

from flask import Blueprint, current_app, flash, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpers import plural, utcnow
from models import Account, Media, Post, db
from ospost.domain.findings import Finding, Severity, as_stored
from ospost.runtime import runtime
from ospost.services import checking, compose_page, library, people, posts, questions
from ospost.services.checking import Bench
from ospost.services.outcome_view import leading, moment_text
from ospost.services.preflight import Around
from ospost.services.questions import Answers
from ospost.services.weighing import Desk, weigh
from ospost.web import forms, telling
from ospost.web.negotiate import wants_json

bp = Blueprint("checks", __name__)

SAMPLE = "img/sample.jpg"
LONGEST_ID = 17


def around() -> Around:
    """Return what is the same for all posts of this server."""
    run = runtime()
    return Around(
        media_url=run.media_url,
        is_sandbox=run.is_sandbox,
        grace_seconds=run.missed_after_seconds,
    )


Place = tuple[int, datetime] | None


def place_of(post: Post) -> Place:
    """Return account and time of a post that is about to leave them."""
    return (post.account_id, post.due_at) if post.due_at is not None else None


def look_over(*post_ids: int, left: Place = None) -> None:
    """Check posts that were just saved or moved, and say to a person what concerns them.

    What was planned behind them is looked at again too, also at the place that one has *left*.
    """
    session, now = db.session(), utcnow()
    if left is not None:
        account_id, since = left
        checking.look_over_day(session, around(), account_id=account_id, since=since, now=now)
    for post_id in post_ids:
        found = checking.look_over(
            session, around(), user_id=current_user.id, post_id=post_id, now=now
        )
        for finding in () if wants_json() else found:
            flash(f"{finding.message} {finding.remedy}".strip(), "warn")


@bp.app_template_global()
def answers_of(account: Account) -> Answers:
    """Return what the card of an account says of its limit and its test."""
    return questions.answers(account, now=utcnow(), is_sandbox=runtime().is_sandbox)


@bp.post("/post/check/<int:post_id>")
def post(post_id: int) -> ResponseReturnValue:
    """Check a post anew: words, photo, account, the limits of its day, the address."""
    run = runtime()
    bench = Bench(
        around=around(),
        own_link=run.own_link,
        storage=run.storage,
        workshop=run.workshop,
        secret_key=run.secret_key,
    )
    now = utcnow()
    found = checking.check(db.session(), bench, user_id=current_user.id, post_id=post_id, now=now)
    run.nudge()
    if wants_json():
        listed = [as_stored(finding) for finding in found]
        return jsonify(id=post_id, checked_at=moment_text(now), findings=listed)
    flash(_summary(found), "ok" if not found else "warn")
    return telling.see(f"/post/{post_id}#check")


def _summary(found: list[Finding]) -> str:
    if not found:
        return "Checked: as far as can be seen nothing would stop it."
    stops = sum(finding.severity is Severity.BLOCK for finding in found)
    said = plural(len(found), "finding")
    return f"Checked: {said}, {stops} of them in its way." if stops else f"Checked: {said}."


@bp.post("/post/check")
def form() -> ResponseReturnValue:
    """Check what is typed in the form without saving it; `post` in the address names an edit."""
    session, run, now = db.session(), runtime(), utcnow()
    post_id = _named(request.args.get("post", ""))
    edited = posts.post_for(session, current_user.id, post_id) if post_id is not None else None
    if edited is not None:
        posts.refuse_if_gone(leading(edited.publications))
    desk = Desk(storage=run.storage, workshop=run.workshop, max_upload_bytes=run.max_upload_bytes)
    weighed = weigh(
        session, desk, user_id=current_user.id, typed=forms.typed(), post=edited, now=now
    )
    lines = checking.of_typed(session, weighed, around(), post_id=post_id, now=now)
    if wants_json():
        kept = ("field", "level", "what", "sentence", "remedy")
        return jsonify(
            findings=[{name: getattr(line, name) for name in kept} for line in lines],
            media_ids=[slide.media.id for slide in weighed.slides],
        )
    page = compose_page.returned(
        session, weighed, user_id=current_user.id, post_id=post_id, checked=lines
    )
    return render_template("posts/compose.html", page=page), 200


def _named(text: str) -> int | None:
    """Read the id in an address; one that no database can hold is nobody's."""
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < LONGEST_ID else 0


@bp.get("/accounts/<int:account_id>/checks")
def account(account_id: int) -> ResponseReturnValue:
    """Show the limit and the test of an account: the changing part of its card."""
    found = people.account_for(db.session(), current_user.id, account_id)
    if wants_json():
        return jsonify(_as_json(found))
    if "HX-Request" not in request.headers:
        return telling.see(f"/accounts/{account_id}#checks")
    answer = make_response(render_template("accounts/_checks_live.html", account=found))
    answer.add_etag(weak=True)
    return answer.make_conditional(request)


@bp.post("/accounts/<int:account_id>/test")
def test(account_id: int) -> ResponseReturnValue:
    """Have Instagram fetch a test photo for this account; nothing is published."""
    session = db.session()
    people.account_for(session, current_user.id, account_id)
    questions.start_test(
        session,
        user_id=current_user.id,
        account_id=account_id,
        media_id=sample().id,
        now=utcnow(),
    )
    runtime().nudge()
    if wants_json():
        found = people.account_for(session, current_user.id, account_id)
        return jsonify(_as_json(found)), 202
    return telling.see(f"/accounts/{account_id}#checks")


def read_limits(accounts: list[Account]) -> None:
    """Have limits that are too old to be shown read behind the page."""
    if questions.want_limits(db.session(), accounts, now=utcnow()):
        people.accounts_of(db.session(), current_user.id)  # all anew in one question
        runtime().nudge()


def _as_json(found: Account) -> dict[str, object]:
    told = answers_of(found)
    return {
        "id": found.id,
        "limit": {
            "used": found.quota_used,
            "total": found.quota_total,
            "window_seconds": found.quota_seconds,
            "read_at": moment_text(found.quota_read_at),
        },
        "test": {
            "state": told.test or None,
            "sentence": told.sentence,
            "remedy": told.remedy,
            "started_at": moment_text(found.tested_at),
        },
    }


def sample() -> Media:
    """Put the sample photo into the person's library; what nobody uses leaves it by itself."""
    run = runtime()
    path = Path(current_app.static_folder or "static") / SAMPLE
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return library.take_in_sample(
            db.session(),
            storage=run.storage,
            workshop=run.workshop,
            user_id=current_user.id,
            stream=file,
            sha256=sha256,
            now=utcnow(),
        )
