"""Pages: what a person is told, in a list; and how they wish to be told elsewhere."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpers import utcnow
from models import ChatChannel, User, db
from ospost.errors import Invalid
from ospost.outbound.chats import NAMES
from ospost.runtime import runtime
from ospost.services import notice_list, notice_settings, people
from ospost.services.notice_settings import Wishes
from ospost.services.notices import KINDS
from ospost.web.forms import posted
from ospost.web.negotiate import created, wants_json

bp = Blueprint("notices", __name__)

HOURS = tuple((str(hour), f"{hour:02}:00") for hour in range(24))


@bp.get("/notices")
def index() -> ResponseReturnValue:
    """List what the person was told, of one account (`account_id`) or of all."""
    session = db.session()
    person = people.person(session, current_user.id)
    chosen = request.args.get("account_id", "")
    account = None
    if chosen:
        number = int(chosen) if chosen.isdecimal() and len(chosen) < 17 else 0
        account = people.account_for(session, current_user.id, number)
    page = notice_list.page(
        session,
        user_id=person.id,
        is_owner=person.is_owner,
        zone=person.timezone,
        now=utcnow(),
        account_id=account.id if account else None,
        before=request.args.get("before", ""),
    )
    if wants_json():
        return jsonify(unread=page.unread, notices=[_notice_as_json(line) for line in page.lines])
    return render_template("notices/index.html", page=page, account=account)


def _notice_as_json(line: notice_list.NoticeLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "kind": line.kind,
        "severity": line.severity,
        "title": line.title,
        "sentence": line.sentence,
        "remedy": line.remedy,
        "account": line.username,
        "post": url_for("posts.show", post_id=line.post_id) if line.post_id else None,
        "url": line.mended_at or None,
        "at": line.at.isoformat(),
        "is_over": bool(line.ended_label),
        "is_read": line.is_read,
    }


@bp.post("/notices/read")
def read() -> ResponseReturnValue:
    """Note that the person has read a notice (`id`, repeated), or all of them without an id."""
    ids = [int(value) for value in posted().getlist("id") if value.isdecimal() and len(value) < 17]
    count = notice_list.mark_read(
        db.session(),
        user_id=current_user.id,
        is_owner=current_user.is_owner,
        now=utcnow(),
        ids=ids if "id" in posted() else None,
    )
    if wants_json():
        return jsonify(read=count)
    return redirect(url_for(".index"), code=303)


@bp.route("/account/notices", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """Show and change how the person is told: mail, kinds, digest."""
    if request.method == "GET":
        return _settings()
    session = db.session()
    try:
        wishes = _wishes(people.person(session, current_user.id))
        notice_settings.change(session, user_id=current_user.id, wishes=wishes, now=utcnow())
    except Invalid as error:
        if wants_json():
            raise
        return _settings(error)
    if wants_json():
        return _settings()
    flash("Saved.", "ok")
    return redirect(url_for(".settings"), code=303)


def _wishes(person: User) -> Wishes:
    """Read the form; a program may leave out what it does not mean, a form cannot."""
    form, keeps = posted(), request.is_json
    kinds = [kind for kind in KINDS if kind not in person.muted_kinds]
    unknown = [kind for kind in form.getlist("kinds") if kind and kind not in KINDS]
    if unknown:
        raise Invalid(("kinds", f"Choose among: {', '.join(KINDS)}."))
    return Wishes(
        mail_notices=_switch("mail_notices", person.mail_notices),
        wanted_kinds=frozenset(kinds if keeps and "kinds" not in form else form.getlist("kinds")),
        digest=_switch("digest", person.digest),
        digest_hour=form.get("digest_hour", "") or str(person.digest_hour),
    )


def _switch(name: str, known: bool) -> bool:
    if name not in posted() and request.is_json:
        return known
    return posted().get(name) in ("1", "on", "yes", "true")


def _settings(error: Invalid | None = None, *, typed_url: str = "") -> ResponseReturnValue:
    session = db.session()
    person = people.person(session, current_user.id)
    mine = notice_settings.chats(session, person.id)
    failure = notice_settings.mail_failure(session, person.id)
    if wants_json():
        return jsonify(
            mail_notices=person.mail_notices,
            mail_failure=failure,
            kinds=[kind for kind in KINDS if kind not in person.muted_kinds],
            digest=person.digest,
            digest_hour=person.digest_hour,
            chats=[_chat_as_json(chat) for chat in mine],
        )
    page = render_template(
        "notices/settings.html",
        person=person,
        chats=mine,
        mail_failure=failure,
        can_mail=runtime().mail is not None,
        kinds=KINDS,
        forms=NAMES,
        hours=HOURS,
        typed_url=typed_url,
        typed_form=posted().get("form", "slack"),
        errors={field: [message] for field, message in (error.complaints if error else ())},
    )
    return page, 422 if error else 200


def _chat_as_json(chat: ChatChannel) -> dict[str, Any]:
    return {"id": chat.id, "form": chat.form, "host": chat.host, "failure": chat.failure}


@bp.post("/account/notices/chats")
def add_chat() -> ResponseReturnValue:
    """Add a chat by its address (`form`, `url`)."""
    here = runtime()
    try:
        chat = notice_settings.add_chat(
            db.session(),
            user_id=current_user.id,
            form=posted().get("form", ""),
            url=posted().get("url", ""),
            door=here.door,
            vault=here.vault,
            now=utcnow(),
        )
    except Invalid as error:
        if wants_json():
            raise
        return _settings(error, typed_url=posted().get("url", ""))
    if wants_json():
        return created(chat.id, url_for(".settings"))
    flash(f"{NAMES[chat.form]} at {chat.host} is added. Send a test message to see it.", "ok")
    return redirect(url_for(".settings"), code=303)


@bp.post("/account/notices/chats/<int:chat_id>/remove")
def remove_chat(chat_id: int) -> ResponseReturnValue:
    """Forget a chat."""
    notice_settings.remove_chat(db.session(), user_id=current_user.id, chat_id=chat_id)
    if wants_json():
        return jsonify(removed=True)
    flash("That chat gets no more messages.", "ok")
    return redirect(url_for(".settings"), code=303)


@bp.post("/account/notices/chats/<int:chat_id>/test")
def try_chat(chat_id: int) -> ResponseReturnValue:
    """Send a test message to a chat."""
    trouble = notice_settings.try_chat(
        db.session(),
        user_id=current_user.id,
        chat_id=chat_id,
        carrier=runtime().carrier,
        now=utcnow(),
    )
    return _tried(trouble)


@bp.post("/account/notices/mail/test")
def try_mail() -> ResponseReturnValue:
    """Send a test message to the person's address."""
    return _tried(
        notice_settings.try_mail(db.session(), user_id=current_user.id, carrier=runtime().carrier)
    )


def _tried(trouble: str) -> ResponseReturnValue:
    """Say how a test ended; *trouble* is "" when it was taken."""
    if wants_json():
        return jsonify(delivered=not trouble, trouble=trouble), 502 if trouble else 200
    if trouble:
        flash(f"The test message was not delivered. {trouble}", "bad")
    else:
        flash("The test message was delivered.", "ok")
    return redirect(url_for(".settings"), code=303)
