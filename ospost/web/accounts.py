"""Pages: the Instagram accounts of a person, choosing among those that were found."""

from typing import Any

from flask import (
    Blueprint,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from helpers import utcnow
from models import Account, Invitation, db
from ospost.domain import media_address
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import accounts, connections, invitations, mailing, people
from ospost.web import checks, lateness, passed
from ospost.web.choices import GRACES, grace_words, zones_with
from ospost.web.dates import dates_of
from ospost.web.forms import posted
from ospost.web.mails import send_confirmation
from ospost.web.negotiate import created, wants_json

bp = Blueprint("accounts", __name__)
bp.register_blueprint(passed.bp)
bp.register_blueprint(lateness.bp)


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "ig_id": account.ig_id,
        "username": account.username,
        "name": account.name,
        "login": account.login,
        "timezone": account.timezone,
        "needs_reconnect": account.needs_reconnect,
        "paused": account.paused_at is not None,
        "rehearse": account.rehearse,
        "url": url_for("accounts.show", account_id=account.id),
    }


@bp.get("/accounts")
def index() -> ResponseReturnValue:
    """List the person's accounts and, for the owner, the invitations."""
    mine = people.accounts_of(db.session(), current_user.id)
    if wants_json():
        return jsonify(accounts=[_as_json(account) for account in mine])
    return _index(mine)


def _index(mine: list[Account], *, link: str = "") -> str:
    checks.read_limits(mine)
    session, now, here = db.session(), utcnow(), runtime()
    open_ones: list[Invitation] = []
    if current_user.is_owner:
        open_ones = invitations.listed(session, user_id=current_user.id, now=now)
    return render_template(
        "accounts/index.html",
        accounts=accounts.health_of(session, mine, now=now),
        dates=dates_of(mine, now),
        offers=connections.offers(session, current_user.id),
        invitations=[(row, row.account) for row in open_ones],
        link=link,
        facebook=here.facebook is not None,
        instagram=here.instagram is not None,
        now=now,
    )


@bp.route("/accounts/choose", methods=["GET", "POST"])
def choose() -> ResponseReturnValue:
    """Offer what the last sign-in found, and add what the person picks."""
    session, here = db.session(), runtime()
    if request.method == "GET":
        return _choice()
    picked = posted().getlist("account")
    try:
        added = connections.choose(
            session,
            user_id=current_user.id,
            found_ids=[int(value) for value in picked if value.isdecimal()],
            vault=here.vault,
            signups=here.signups,
            now=utcnow(),
        )
    except Invalid as error:
        if wants_json():
            raise
        return _choice(error)
    here.nudge()
    if wants_json():
        return jsonify(accounts=[_as_json(account) for account in added]), 201
    if added:
        names = ", ".join(f"@{account.username}" for account in added)
        flash(f"Connected: {names}.", "ok")
    elif picked:
        flash("What you chose is connected already.", "ok")
    welcomed = current_user.visitor.is_welcomed or not (added or picked)
    return redirect(url_for("plan.index" if welcomed else "accounts.welcome"), code=303)


def _choice(error: Invalid | None = None) -> ResponseReturnValue:
    session = db.session()
    offers = connections.offers(session, current_user.id)
    hopeless = connections.hopeless(session, current_user.id)
    if wants_json():
        return jsonify(
            accounts=[
                {"id": row.id, "username": row.username, "page": row.page_name} for row in offers
            ],
            unusable=[{"page": row.page_name, "problem": row.problem} for row in hopeless],
        )
    page = render_template(
        "accounts/choose.html",
        offers=offers,
        hopeless=hopeless,
        has_accounts=bool(people.accounts_of(session, current_user.id)),
        errors=_by_field(error),
    )
    return page, 422 if error else 200


@bp.route("/welcome", methods=["GET", "POST"])
def welcome() -> ResponseReturnValue:
    """Show what the first sign-in brought; confirm zone and address. Nothing here is a must."""
    session, now, here = db.session(), utcnow(), runtime()
    if request.method == "GET":
        return _welcome()
    try:
        accounts.confirm_zone(
            session,
            user_id=current_user.id,
            timezone=posted().get("timezone", "") or current_user.timezone,
            now=now,
        )
        address = posted().get("email", "")
        if mailing.change(session, user_id=current_user.id, address=address):
            send_confirmation()
        people.welcome(session, user_id=current_user.id, now=now)
    except Invalid as error:
        if wants_json():
            raise
        return _welcome(error)
    here.nudge()
    if wants_json():
        return jsonify(url=url_for("plan.index"))
    return redirect(url_for("plan.index"), code=303)


def _welcome(error: Invalid | None = None) -> ResponseReturnValue:
    session, here = db.session(), runtime()
    mine = people.accounts_of(session, current_user.id)
    if wants_json():
        return jsonify(accounts=[_as_json(account) for account in mine])
    person = people.person(session, current_user.id)
    zone = posted().get("timezone") or person.timezone
    page = render_template(
        "accounts/welcome.html",
        accounts=accounts.health_of(session, mine, now=utcnow()),
        person=person,
        email=posted().get("email", person.email),
        zone=zone,
        zones=zones_with(zone),
        can_mail=here.mail is not None,
        media_url=here.media_url,
        media_doubt="" if here.is_sandbox else media_address.doubt(here.media_url),
        errors=_by_field(error),
    )
    return page, 422 if error else 200


@bp.get("/accounts/<int:account_id>")
def show(account_id: int) -> ResponseReturnValue:
    """Show one account: its health and its settings."""
    account = people.account_for(db.session(), current_user.id, account_id)
    if wants_json():
        return jsonify(_as_json(account))
    checks.read_limits([account])
    return _show(account)


def _show(account: Account, error: Invalid | None = None) -> ResponseReturnValue:
    session, now = db.session(), utcnow()
    zone = posted().get("timezone") or account.timezone
    grace = "" if account.grace_seconds is None else str(account.grace_seconds)
    known = dict(GRACES)
    page = render_template(
        "accounts/show.html",
        account=account,
        health=accounts.health(session, account, now=now),
        dates=dates_of([account], now)[account.id],
        live=accounts.sent_posts(session, account.id),
        zone=zone,
        zones=zones_with(zone),
        grace=posted().get("grace", grace),
        graces=GRACES if not grace or grace in known else (*GRACES, (grace, f"{grace} seconds")),
        default_grace=grace_words(runtime().missed_after_seconds),
        errors=_by_field(error),
    )
    return page, 422 if error else 200


@bp.post("/accounts/<int:account_id>")
def settings(account_id: int) -> ResponseReturnValue:
    """Change zone, rehearsal and grace."""
    session, form = db.session(), posted()
    known = people.account_for(session, current_user.id, account_id)
    grace = form.get("grace", "" if known.grace_seconds is None else str(known.grace_seconds))
    try:
        if grace and not grace.isdecimal():
            raise Invalid(("grace", "Choose how late a post may still go out."))
        account = accounts.change(
            session,
            user_id=current_user.id,
            account_id=account_id,
            timezone=form.get("timezone", known.timezone),
            rehearse=_is_on(form, "rehearse", known.rehearse),
            grace_seconds=int(grace) if grace else None,
            now=utcnow(),
        )
    except Invalid as error:
        if wants_json():
            raise
        return _show(people.account_for(session, current_user.id, account_id), error)
    runtime().nudge()
    if wants_json():
        return jsonify(_as_json(account))
    flash(f"Saved. Planned posts of @{account.username} keep their time and zone.", "ok")
    return redirect(url_for("accounts.show", account_id=account_id), code=303)


def _is_on(form: MultiDict[str, str], name: str, known: bool) -> bool:
    """Read a switch: a form leaves out a box that is not ticked, a program what it does not mean."""
    if name not in form and request.is_json:
        return known
    return form.get(name) in ("1", "on", "yes", "true")


@bp.post("/accounts/<int:account_id>/disconnect")
def disconnect(account_id: int) -> ResponseReturnValue:
    """Take the account out of Ospost for this person."""
    session, here = db.session(), runtime()
    account = people.account_for(session, current_user.id, account_id)
    name = account.username
    is_gone = accounts.disconnect(
        session, user_id=current_user.id, account_id=account_id, vault=here.vault, now=utcnow()
    )
    if wants_json():
        return jsonify(disconnected=True, kept_by_others=not is_gone)
    rest = "Its live posts stay on Instagram." if is_gone else "Its other people keep it."
    flash(f"@{name} is disconnected. {rest}", "ok")
    return redirect(url_for("accounts.index"), code=303)


@bp.post("/invitations")
def invite() -> ResponseReturnValue:
    """Make an invitation and show its link, once."""
    session, account_id = db.session(), posted().get("account_id", "")
    secret = invitations.make(
        session,
        user_id=current_user.id,
        account_id=int(account_id) if account_id.isdecimal() else None,
        now=utcnow(),
    )
    link = runtime().app_url + url_for("auth.invited", secret=secret)
    if wants_json():
        newest = invitations.listed(session, user_id=current_user.id, now=utcnow())[0]
        return created(newest.id, link)
    return make_response(_index(people.accounts_of(session, current_user.id), link=link), 201)


@bp.post("/invitations/<int:invitation_id>/revoke")
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back."""
    invitations.revoke(
        db.session(), user_id=current_user.id, invitation_id=invitation_id, now=utcnow()
    )
    if wants_json():
        return jsonify(revoked=True)
    flash("The invitation does not work any more.", "ok")
    return redirect(url_for("accounts.index"), code=303)


def _by_field(error: Invalid | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field, message in error.complaints if error else ():
        found.setdefault(field, []).append(message)
    return found
