"""Forms on a post's page: try again, "I posted it myself", duplicate, the answer to a review."""

from urllib.parse import urlsplit

from flask import flash, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpers import utcnow
from models import db
from ospost.domain import permalinks
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import compose_page, post_actions, post_page, posts
from ospost.web import checks, forms, telling
from ospost.web.negotiate import wants_json

GONE = (
    "The original photo was removed to save space, so this copy cannot go out with it."
    " Choose the photo again."
)


def retry(post_id: int) -> ResponseReturnValue:
    """Try a post again, now or at the time in `date`; pressing twice is one try."""
    fields = forms.sent()
    date = forms.one(fields, "date")
    try:
        post_actions.retry(
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
        session = db.session()
        post = posts.post_for(session, current_user.id, post_id)
        page = compose_page.move_refused(
            session, post, user_id=current_user.id, date=date, error=error
        )
        return render_template("posts/compose.html", page=page), error.status
    runtime().nudge()
    if wants_json():
        return telling.as_json(post_id)
    if date:
        return telling.see(telling.flash_saved(post_id, "Tried again: planned"))
    flash("It is tried again now.", "ok")
    return telling.see(f"/post/{post_id}")


def by_hand(post_id: int) -> ResponseReturnValue:
    """Close a post that a person has posted by themselves, with its link if they paste it."""
    typed = forms.one(forms.sent(), "permalink")
    try:
        post_actions.close_by_hand(
            db.session(),
            user_id=current_user.id,
            post_id=post_id,
            permalink=_link(typed),
            now=utcnow(),
        )
    except Invalid as error:
        return _again(post_id, error, by_hand_link=typed)
    return _done(post_id, "Closed as posted by hand. Ospost sends nothing more of it.")


def review(post_id: int) -> ResponseReturnValue:
    """Take a person's word for whether a post is live."""
    fields = forms.sent()
    typed, is_live = forms.one(fields, "permalink"), forms.one(fields, "is_live")
    try:
        if is_live not in ("yes", "no"):
            raise Invalid(("is_live", "Say yes if the post is on Instagram, no if it is not."))
        post_actions.review(
            db.session(),
            user_id=current_user.id,
            post_id=post_id,
            is_live=is_live == "yes",
            permalink=_link(typed),
            now=utcnow(),
        )
    except Invalid as error:
        return _again(post_id, error, review_link=typed)
    runtime().nudge()
    return _done(post_id, "")


def duplicate(post_id: int) -> ResponseReturnValue:
    """Make a draft with the same pictures and words."""
    copy_id, is_whole = post_actions.duplicate(
        db.session(),
        user_id=current_user.id,
        post_id=post_id,
        form_id=forms.one(forms.sent(), "form_id")[:64],
        now=utcnow(),
    )
    url = f"/post/edit/{copy_id}"
    if wants_json():
        answer = jsonify(id=copy_id, url=f"/post/{copy_id}", originals_gone=not is_whole)
        answer.headers["Location"] = f"/post/{copy_id}"
        return answer, 201
    flash("Copied as a draft. Choose a time for it.", "ok")
    if not is_whole:
        flash(GONE, "warn")
    return telling.see(url)


def _link(typed: str) -> str:
    """Read a pasted link; on the practice Instagram its own links count too."""
    here = runtime()
    practice = urlsplit(here.sandbox_url).netloc if here.is_sandbox else ""
    return permalinks.understand(typed, practice=practice)


def _again(post_id: int, error: Invalid, **typed: str) -> ResponseReturnValue:
    """Show the page once more with what is wrong at its field, and what was typed."""
    if wants_json():
        raise error
    page = post_page.page(
        db.session(),
        user_id=current_user.id,
        post_id=post_id,
        around=checks.around(),
        now=utcnow(),
    )
    words = error.complaints[0][1]
    return render_template("posts/show.html", page=page, link_error=words, **typed), error.status


def _done(post_id: int, told: str) -> ResponseReturnValue:
    if wants_json():
        return telling.as_json(post_id)
    if told:
        flash(told, "ok")
    return telling.see(f"/post/{post_id}")
