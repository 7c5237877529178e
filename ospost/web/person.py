"""Pages: the person themselves: name, address, browsers, leaving."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpers import utcnow
from models import db
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import deletion, mailing, people, sessions
from ospost.services.revocations import Revoker
from ospost.web import security
from ospost.web.choices import LANGUAGES, zones_with
from ospost.web.forms import posted
from ospost.web.mails import send_confirmation
from ospost.web.negotiate import wants_json

bp = Blueprint("person", __name__)


@bp.route("/account", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Show the person's details and browsers, and change the details."""
    if request.method == "GET":
        return _index()
    session, form = db.session(), posted()
    person = people.person(session, current_user.id)
    try:
        address = mailing.check(form.get("email", person.email))
        people.change(
            session,
            user_id=current_user.id,
            name=form.get("name", person.name),
            language=_language(form.get("language", person.language)),
            timezone=form.get("timezone", "") or person.timezone,
        )
        if mailing.change(session, user_id=current_user.id, address=address):
            send_confirmation()
    except Invalid as error:
        if wants_json():
            raise
        return _index(error)
    if wants_json():
        return _as_json()
    flash("Saved.", "ok")
    return redirect(url_for(".index"), code=303)


def _language(value: str) -> str:
    known = dict(LANGUAGES)
    if value and value not in known:
        raise Invalid(("language", f"Choose one of: {', '.join(known.values())}."))
    return value or "en"


def _index(error: Invalid | None = None) -> ResponseReturnValue:
    session, now = db.session(), utcnow()
    if wants_json():
        return _as_json()
    person = people.person(session, current_user.id)
    form = posted()
    zone = form.get("timezone") or person.timezone
    page = render_template(
        "person/index.html",
        person=person,
        name=form.get("name", person.name),
        email=form.get("email", person.email),
        zone=zone,
        zones=zones_with(zone),
        languages=LANGUAGES,
        can_mail=runtime().mail is not None,
        sessions=sessions.listed(session, user_id=current_user.id, now=now),
        this_session=current_user.session_id,
        logins=[identity.login for identity in person.identities],
        now=now,
        errors={field: [message] for field, message in (error.complaints if error else ())},
    )
    return page, 422 if error else 200


def _as_json() -> ResponseReturnValue:
    person = people.person(db.session(), current_user.id)
    return jsonify(
        id=person.id,
        name=person.name,
        email=person.email,
        email_confirmed=person.email_confirmed_at is not None,
        language=person.language,
        timezone=person.timezone,
        is_owner=person.is_owner,
    )


@bp.post("/account/email")
def resend() -> ResponseReturnValue:
    """Send the confirming link once more."""
    person = people.person(db.session(), current_user.id)
    if not person.email:
        raise Invalid(("email", "Write an e-mail address first."))
    if person.email_confirmed_at is None:
        send_confirmation()
    return _as_json() if wants_json() else redirect(url_for(".index"), code=303)


@bp.get("/account/confirm/", defaults={"token": ""})
@bp.get("/account/confirm/<token>")
def confirm_email(token: str) -> ResponseReturnValue:
    """Take the link from a mail; it works in any browser, signed in or not."""
    user = mailing.confirm(db.session(), token, secret_key=runtime().secret_key, now=utcnow())
    if wants_json():
        return jsonify(email_confirmed=True)
    return render_template("person/confirmed.html", email=user.email)


@bp.post("/account/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one browser out."""
    sessions.end(db.session(), user_id=current_user.id, session_id=session_id, now=utcnow())
    if wants_json():
        return jsonify(ended=1)
    flash("That browser is signed out.", "ok")
    return redirect(url_for(".index"), code=303)


@bp.post("/account/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """Sign out every browser but this one."""
    ended = sessions.end_others(
        db.session(), user_id=current_user.id, keep_id=current_user.session_id, now=utcnow()
    )
    if wants_json():
        return jsonify(ended=ended)
    flash("All other browsers are signed out.", "ok")
    return redirect(url_for(".index"), code=303)


@bp.route("/account/delete", methods=["GET", "POST"])
def delete() -> ResponseReturnValue:
    """Show what would go, and delete it all when the person writes DELETE."""
    if request.method == "GET":
        return _leaving()
    here = runtime()
    try:
        deletion.delete_person(
            db.session(),
            user_id=current_user.id,
            confirm=posted().get("confirm", ""),
            vault=here.vault,
            revoker=Revoker(vault=here.vault, facebook=here.facebook, instagram=here.instagram),
            storage=here.storage,
            now=utcnow(),
        )
    except Invalid as error:
        if wants_json():
            raise
        return _leaving(error)
    here.nudge()
    answer = jsonify(deleted=True) if wants_json() else redirect(url_for("auth.goodbye"), code=303)
    security.sign_out(answer)
    return answer


def _leaving(error: Invalid | None = None) -> ResponseReturnValue:
    leaving = deletion.preview(db.session(), current_user.id)
    if wants_json():
        return jsonify(
            posts=leaving.posts,
            planned=leaving.planned,
            live=leaving.live,
            files=leaving.files,
            accounts=list(leaving.gone),
            kept_by_others=list(leaving.kept),
        )
    page = render_template(
        "person/delete.html",
        leaving=leaving,
        word=deletion.WORD,
        errors={field: [message] for field, message in (error.complaints if error else ())},
    )
    return page, 422 if error else 200
