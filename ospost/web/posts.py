"""Pages: composing a post, looking at it, changing it."""

from flask import Blueprint, flash, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpers import utcnow
from models import Post, db
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import compose_page, library, planning, post_page, posts
from ospost.services.cards import ComposePage
from ospost.services.outcome_view import leading
from ospost.services.people import accounts_of
from ospost.services.typed import NOW, SAVE_DRAFT, Typed, Weighed
from ospost.services.weighing import Desk, weigh
from ospost.web import checks, forms, post_actions, telling
from ospost.web.negotiate import created, problem, wants_json

bp = Blueprint("posts", __name__)


@bp.route("/post/add", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    """Show an empty form, or save what was typed into it."""
    if request.method == "GET":
        return _empty_form()
    weighed = _weigh(forms.typed())
    if weighed.complaints:
        return _refused(weighed)
    post_id = posts.save_new(db.session(), weighed, user_id=current_user.id, now=utcnow())
    checks.look_over(post_id)
    runtime().nudge()
    if wants_json():
        return created(post_id, f"/post/{post_id}")
    return _saved(post_id, weighed)


@bp.get("/post/<int:post_id>")
def show(post_id: int) -> ResponseReturnValue:
    """Show a post and its timeline: a page, its changing part, or JSON."""
    if wants_json():
        return telling.as_json(post_id)
    page = post_page.page(
        db.session(),
        user_id=current_user.id,
        post_id=post_id,
        around=checks.around(),
        now=utcnow(),
    )
    if "HX-Request" not in request.headers:
        return render_template("posts/show.html", page=page)
    answer = make_response(render_template("posts/_live.html", page=page))
    answer.add_etag(weak=True)
    return answer.make_conditional(request)


@bp.route("/post/edit/<int:post_id>", methods=["GET", "POST"])
def edit(post_id: int) -> ResponseReturnValue:
    """Show the form of a post that has not gone out, or save what was changed in it."""
    post = _mine(post_id)
    posts.refuse_if_gone(leading(post.publications))
    if request.method == "GET":
        if wants_json():
            return telling.as_json(post_id)
        return _form(compose_page.edit(db.session(), post, user_id=current_user.id))
    weighed = _weigh(forms.typed(), post)
    if weighed.complaints:
        return _refused(weighed, post_id)
    left = checks.place_of(post)
    posts.save_edit(db.session(), weighed, user_id=current_user.id, post_id=post_id, now=utcnow())
    checks.look_over(post_id, left=left)
    runtime().nudge()
    return telling.as_json(post_id) if wants_json() else _saved(post_id, weighed)


@bp.post("/post/remove/<int:post_id>")
def remove(post_id: int) -> ResponseReturnValue:
    """Take a post out of the plan; what is live stays on Instagram."""
    left = checks.place_of(_mine(post_id))
    posts.remove(db.session(), user_id=current_user.id, post_id=post_id, now=utcnow())
    checks.look_over(left=left)
    if wants_json():
        return jsonify(id=post_id, url="/")
    flash("Removed from Ospost.", "ok")
    return telling.see("/")


@bp.post("/post/publish/<int:post_id>")
def publish(post_id: int) -> ResponseReturnValue:
    """Post now; pressing twice is one post."""
    post = _mine(post_id)
    if not post.publications:  # a draft is checked like any post before it goes out
        weighed = _weigh(Typed(action=NOW), post)
        if weighed.complaints:
            return _refused(weighed, post_id)
        planning.publish_draft(
            db.session(), weighed, user_id=current_user.id, post_id=post_id, now=utcnow()
        )
    else:
        planning.publish_now(db.session(), user_id=current_user.id, post_id=post_id, now=utcnow())
    runtime().nudge()
    if wants_json():
        return telling.as_json(post_id)
    flash("It goes out now.", "ok")
    return telling.see(f"/post/{post_id}")


@bp.post("/post/move/<int:post_id>")
def move(post_id: int) -> ResponseReturnValue:
    """Give a post another time, as the clock of its zone shows it."""
    post = _mine(post_id)
    left = checks.place_of(post)
    fields = forms.sent()
    date = forms.one(fields, "date")
    try:
        planning.move(
            db.session(),
            user_id=current_user.id,
            post_id=post_id,
            date=date,
            fold=forms.one(fields, "fold"),
            now=utcnow(),
        )
    except Invalid as error:
        if wants_json():
            raise
        page = compose_page.move_refused(
            db.session(), post, user_id=current_user.id, date=date, error=error
        )
        return _form(page, error.status)
    checks.look_over(post_id, left=left)
    runtime().nudge()
    return telling.changed(post_id, "Moved")


@bp.post("/post/swap")
def swap() -> ResponseReturnValue:
    """Exchange the due times of two posts."""
    fields = forms.sent()
    a, b = forms.number(fields, "a"), forms.number(fields, "b")
    planning.swap(db.session(), user_id=current_user.id, a=a, b=b, now=utcnow())
    checks.look_over(a, b)
    runtime().nudge()
    if wants_json():
        user_id = current_user.id
        both = [post_page.details(db.session(), user_id=user_id, post_id=each) for each in (a, b)]
        return jsonify(posts=both)
    telling.flash_saved(b, "Swapped: now planned")
    return telling.see(telling.flash_saved(a, "Swapped: now planned"))


bp.add_url_rule("/post/retry/<int:post_id>", view_func=post_actions.retry, methods=["POST"])
bp.add_url_rule("/post/by-hand/<int:post_id>", view_func=post_actions.by_hand, methods=["POST"])
bp.add_url_rule("/post/duplicate/<int:post_id>", view_func=post_actions.duplicate, methods=["POST"])
bp.add_url_rule("/post/review/<int:post_id>", view_func=post_actions.review, methods=["POST"])


def _mine(post_id: int) -> Post:
    return posts.post_for(db.session(), current_user.id, post_id)


def _desk() -> Desk:
    run = runtime()
    return Desk(storage=run.storage, workshop=run.workshop, max_upload_bytes=run.max_upload_bytes)


def _weigh(typed: Typed, post: Post | None = None) -> Weighed:
    """Check what was sent; the upload has ended by now, so this moment decides what is past."""
    return weigh(
        db.session(), _desk(), user_id=current_user.id, typed=typed, post=post, now=utcnow()
    )


def _empty_form() -> ResponseReturnValue:
    """Show a new form; the address may name account, day, pictures, or the sample."""
    session, asks = db.session(), request.args
    if wants_json():
        accounts = accounts_of(session, current_user.id)
        listed = [{"id": a.id, "username": a.username, "timezone": a.timezone} for a in accounts]
        return jsonify(accounts=listed)
    chosen = asks.getlist("media_id", type=int)
    media = [library.media_for(session, current_user.id, media_id) for media_id in chosen]
    page = compose_page.new(
        session,
        user_id=current_user.id,
        account_id=asks.get("account") or asks.get("account_id") or "",
        date=asks.get("date", ""),
        media=[*media, *([checks.sample()] if asks.get("sample") else [])],
        now=utcnow(),
    )
    return _form(page)


def _form(page: ComposePage, status: int = 200) -> ResponseReturnValue:
    return render_template("posts/compose.html", page=page), status


def _refused(weighed: Weighed, post_id: int | None = None) -> ResponseReturnValue:
    """Give the form back with all that is wrong; pictures that came in are kept by their ids."""
    if not wants_json():
        page = compose_page.returned(
            db.session(), weighed, user_id=current_user.id, post_id=post_id
        )
        return _form(page, weighed.status)
    proposals = [
        ("crop", f"The nearest cut that Instagram takes is {slide.proposed_crop}")
        for slide in weighed.slides
        if slide.proposed_crop
    ]
    errors = [*weighed.complaints, *proposals]
    media = [slide.media.id for slide in weighed.slides]
    return problem(weighed.status, errors[0][1], errors=errors, media_ids=media)


def _saved(post_id: int, weighed: Weighed) -> ResponseReturnValue:
    telling.flash_warnings(weighed.warnings)
    if weighed.action == NOW:
        flash("It goes out now.", "ok")
        return telling.see(f"/post/{post_id}")
    did = "Saved as a draft" if weighed.action == SAVE_DRAFT else "Scheduled"
    return telling.see(telling.flash_saved(post_id, did))
