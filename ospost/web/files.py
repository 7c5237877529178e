"""Files: uploads of people, their pictures, and the links that Meta fetches."""

from dataclasses import asdict
from typing import cast

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wsgi import wrap_file

from helpers import utcnow
from models import Rendition, db
from ospost.domain.space import size_label
from ospost.errors import Invalid, NotFound
from ospost.runtime import runtime
from ospost.services import disk, library, links, retention
from ospost.services.cards import MediaCard
from ospost.services.post_page import picture
from ospost.storage.base import TooLarge
from ospost.web import forms
from ospost.web.negotiate import problem, wants_json

bp = Blueprint("files", __name__)

FOREVER = "private, max-age=31536000, immutable"
TYPES = {".jpg": "image/jpeg", ".webp": "image/webp"}


@bp.record_once
def _take_big_uploads(state: BlueprintSetupState) -> None:
    cast(Flask, state.app).request_class = forms.UploadRequest
    state.app.add_template_filter(size_label, "size")


@bp.get("/m/<token>")
def media(token: str) -> Response:
    """Give Meta the picture that a link names, until the link dies."""
    run = runtime()
    try:
        rendition_id = links.read(run.secret_key, token, utcnow())
    except NotFound:
        return _no_picture()
    found = db.session().get(Rendition, rendition_id)
    if found is None or not run.storage.exists(found.storage_key):
        return _no_picture()
    suffix = found.storage_key[found.storage_key.rindex(".") :]
    answer = _send(found.storage_key, TYPES[suffix])
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _no_picture() -> Response:
    """Answer Meta's fetcher in one plain line: no page, no cookie."""
    answer = Response("There is no photo at this address.\n", 404, mimetype="text/plain")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@bp.get("/uploads/<path:key>")
def upload(key: str) -> Response:
    """Give members a picture to look at, or an original to keep."""
    if not key.isprintable():
        abort(404)  # no database asks for such a name
    run = runtime()
    kept = library.kept_file(
        db.session(),
        storage=run.storage,
        workshop=run.workshop,
        user_id=current_user.id,
        key=key,
        now=utcnow(),
    )
    answer = _send(kept.storage_key, kept.mimetype)
    answer.headers["Cache-Control"] = FOREVER
    if kept.download_name:
        answer.headers.set("Content-Disposition", "attachment", filename=kept.download_name)
    return answer


@bp.post("/media/add")
def add() -> ResponseReturnValue:
    """Take pictures in before the post that they are for is written."""
    cards, complaints, status = _take_in_all()
    if wants_json():
        shown = [_card_json(card) for card in cards]
        if complaints:
            return problem(status, complaints[0][1], errors=complaints, media=shown)
        return jsonify(media=shown), 201
    if complaints:
        raise Invalid(*complaints)
    return redirect(url_for("posts.add", media_id=[card.id for card in cards]), 303)


def _take_in_all() -> tuple[list[MediaCard], list[tuple[str, str]], int]:
    """Take every file in that can be, and collect what is wrong with the others."""
    run = runtime()
    cards: list[MediaCard] = []
    complaints: list[tuple[str, str]] = []
    status = Invalid.status
    for sent in forms.uploads():
        try:
            if sent.is_too_large:
                raise TooLarge(run.max_upload_bytes)
            taken = library.take_in(
                db.session(),
                storage=run.storage,
                workshop=run.workshop,
                user_id=current_user.id,
                stream=sent.stream,
                file_name=sent.file_name,
                max_bytes=run.max_upload_bytes,
                now=utcnow(),
            )
            cards.append(picture(taken))
        except Invalid as error:
            complaints += error.complaints
            status = error.status
    if not cards and not complaints:
        complaints.append(("media", "Choose a photo."))
    return cards, complaints, status


def _card_json(card: MediaCard) -> dict[str, object]:
    return asdict(card)


@bp.get("/account/storage")
def storage() -> ResponseReturnValue:
    """Show what files take: the person's, and to an owner everybody's and the disk."""
    session, owns = db.session(), current_user.is_owner
    mine = disk.used(session, user_id=current_user.id)
    everything = disk.used(session) if owns else None
    database_bytes = disk.database_bytes(session) if owns else None
    space = runtime().disk.tightest() if owns else None
    if wants_json():
        return jsonify(
            mine=asdict(mine),
            everything=asdict(everything) if everything else None,
            database_bytes=database_bytes,
            space=asdict(space) if space else None,
        )
    return render_template(
        "files/storage.html",
        mine=mine,
        everything=everything,
        database_bytes=database_bytes,
        space=space,
    )


@bp.post("/accounts/<int:account_id>/originals")
def originals(account_id: int) -> ResponseReturnValue:
    """Say for how long an account's originals are kept (`keep_originals_days`, "" is for ever)."""
    days = forms.posted().get("keep_originals_days", "")
    account = retention.keep_for(
        db.session(), user_id=current_user.id, account_id=account_id, days=days
    )
    if wants_json():
        return jsonify(keep_originals_days=account.keep_originals_days)
    flash("Saved.", "ok")
    return redirect(url_for("accounts.show", account_id=account_id), 303)


def _send(key: str, mimetype: str) -> Response:
    """Stream a stored file with its length; parts of it when asked."""
    storage = runtime().storage
    size = storage.size(key)
    if request.method == "HEAD":
        answer = Response(mimetype=mimetype)
    else:
        stream = wrap_file(request.environ, storage.open(key), 1 << 16)
        answer = Response(stream, mimetype=mimetype, direct_passthrough=True)
    answer.content_length = size
    answer.set_etag(key.replace("/", "-"))
    answer.make_conditional(request, accept_ranges=True, complete_length=size)
    return answer
