"""Pages: signing in and out, invitations at the door."""

import secrets
from dataclasses import replace

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from helpers import plural, utcnow
from models import Invitation, db
from ospost.domain.schedule import zone_names
from ospost.errors import NotFound
from ospost.runtime import runtime
from ospost.services import attempts, departures, invitations, sessions, signin
from ospost.services.departures import CALLBACKS, Logins
from ospost.services.signin import Outcome
from ospost.services.signin_cases import PLACES, Case, Next, SignInFailed
from ospost.web import security
from ospost.web.limits import limit_knocks
from ospost.web.negotiate import problem, wants_json

bp = Blueprint("auth", __name__)

ASK = Markup('The time of {} has passed meanwhile, so nothing of it was sent. <a href="{}">{}</a>')


def _logins() -> Logins:
    here = runtime()
    return Logins(facebook=here.facebook, instagram=here.instagram, app_url=here.app_url)


@bp.get("/login")
@limit_knocks
def login() -> ResponseReturnValue:
    """Say what each way in needs; without keys, say how to set them."""
    if current_user.is_authenticated and not wants_json():
        return redirect(url_for("plan.index"))
    return _door(None)


def _door(invitation: Invitation | None) -> ResponseReturnValue:
    here = runtime()
    if wants_json():
        return jsonify(
            facebook=url_for("auth.facebook") if here.facebook else None,
            instagram=url_for("auth.instagram") if here.instagram else None,
        )
    has_logins = here.facebook or here.instagram
    return render_template(
        "auth/login.html" if has_logins else "auth/no_keys.html",
        facebook=here.facebook is not None,
        instagram=here.instagram is not None,
        invitation=invitation,
        host=invitation and invitation.host,
        account=invitation and invitation.account,
        redirect_uris={login: here.app_url + path for login, path in CALLBACKS.items()},
    )


@bp.get("/login/trouble")
@limit_knocks
def trouble() -> ResponseReturnValue:
    """List what can go wrong at Meta's own pages, where we cannot help in place."""
    cases = [
        {"case": case.value, "login": login, "failed": SignInFailed(case, login)}
        for login in PLACES
        for case in departures.SHOWN_BY_META
    ]
    if wants_json():
        return jsonify(
            cases=[
                {"case": c["case"], "login": c["login"], "title": c["failed"].title} for c in cases
            ]
        )
    uris = {login: runtime().app_url + path for login, path in CALLBACKS.items()}
    return render_template("auth/trouble.html", cases=cases, redirect_uris=uris)


@bp.get("/login/facebook")
@limit_knocks
def facebook() -> ResponseReturnValue:
    """Leave for Facebook's dialog; `again=1` asks once more for what was refused."""
    return _leave("facebook")


@bp.get("/login/facebook/callback")
@limit_knocks
def facebook_callback() -> ResponseReturnValue:
    """Come back from Facebook."""
    return _come_back("facebook")


@bp.get("/login/instagram")
@limit_knocks
def instagram() -> ResponseReturnValue:
    """Leave for Instagram's dialog."""
    return _leave("instagram")


@bp.get("/login/instagram/callback")
@limit_knocks
def instagram_callback() -> ResponseReturnValue:
    """Come back from Instagram."""
    return _come_back("instagram")


@bp.get("/join/<secret>")
@limit_knocks
def invited(secret: str) -> ResponseReturnValue:
    """Show an invitation; signing in from here on uses it up."""
    invitation = invitations.find(db.session(), secret, now=utcnow())
    if invitation is None:
        raise NotFound(
            "This invitation does not work any more: it works once, within 7 days, and may be taken"
            " back. Ask for a new one."
        )
    session["invitation"] = invitation.id
    return _door(invitation)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign this browser out."""
    sessions.end(
        db.session(), user_id=current_user.id, session_id=current_user.session_id, now=utcnow()
    )
    answer = (
        jsonify(url=url_for("auth.login"))
        if wants_json()
        else redirect(url_for("auth.login"), code=303)
    )
    security.sign_out(answer)
    return answer


@bp.get("/goodbye")
def goodbye() -> ResponseReturnValue:
    """Say that everything is gone."""
    if wants_json():
        return jsonify(deleted=True)
    return render_template("auth/goodbye.html")


def _leave(login: str) -> ResponseReturnValue:
    logins = _logins()
    logins.need(login)
    browser = session.setdefault("browser", secrets.token_urlsafe(32))
    state = attempts.begin(
        db.session(),
        login=login,
        browser=browser,
        user_id=_user_id(),
        invitation_id=session.get("invitation"),
        now=utcnow(),
    )
    again, renew = (bool(request.args.get(name)) for name in ("again", "renew"))
    return redirect(logins.dialog_url(login, state=state, again=again, renew=renew))


def _come_back(login: str) -> ResponseReturnValue:
    here, db_session, logins = runtime(), db.session(), _logins()
    logins.need(login)
    attempt = attempts.consume(
        db_session,
        login=login,
        state=request.args.get("state", ""),
        browser=session.get("browser", ""),
        user_id=_user_id(),
        now=utcnow(),
    )
    arrival = logins.arrive(login, request.args, now=utcnow())
    arrival = replace(arrival, timezone=_browser_zone())
    outcome = signin.settle(
        db_session,
        attempt=attempt,
        arrival=arrival,
        vault=here.vault,
        signups=here.signups,
        now=utcnow(),
    )
    here.nudge()
    return _let_in(outcome)


def _let_in(outcome: Outcome) -> ResponseReturnValue:
    answer: Response | BaseResponse
    if outcome.trouble is not None:
        answer = failed(outcome.trouble)
    else:
        if outcome.renewed:
            names = ", ".join(f"@{name}" for name in outcome.renewed)
            flash(f"Connected again: {names}. All posts are kept.", "ok")
        if outcome.passed:
            url = url_for("accounts.passed.index")
            flash(ASK.format(plural(outcome.passed, "post"), url, "Say what becomes of it"), "warn")
        answer = redirect(url_for("accounts.choose" if outcome.must_choose else "plan.index"))
    security.sign_in(answer, outcome.user_id)
    return answer


def _user_id() -> int | None:
    return current_user.id if current_user.is_authenticated else None


@bp.app_errorhandler(SignInFailed)
def failed(error: SignInFailed) -> Response:
    """Answer with the page of that failure."""
    if error.case is Case.INVITATION_OVER:
        session.pop("invitation", None)
    uri = runtime().app_url + CALLBACKS[error.login]
    shown_uri = uri if error.words.shows_redirect_uri else ""
    if wants_json():
        return problem(
            error.status,
            error.sentence,
            title=error.title,
            case=error.case.value,
            missing=list(error.missing),
            remedy=list(error.remedy),
            redirect_uri=shown_uri or None,
        )
    page = render_template(
        "auth/failed.html",
        error=error,
        meta=PLACES[error.login]["meta"],
        lacks=departures.purposes(error.login, error.missing),
        redirect_uri=shown_uri,
        next_url={
            Next.AGAIN: url_for(f"auth.{error.login}"),
            Next.ASK_AGAIN: url_for(f"auth.{error.login}", again=1),
            Next.LOGIN: url_for("auth.login"),
        }[error.words.next],
        next_words={
            Next.AGAIN: "Try again",
            Next.ASK_AGAIN: "Ask again",
            Next.LOGIN: "Go to the sign-in page",
        }[error.words.next],
    )
    return Response(page, error.status)


def _browser_zone() -> str:
    """Return the zone that the browser's script noted in a cookie, UTC without one we know."""
    zone = request.cookies.get("zone", "")
    return zone if zone in zone_names() else "UTC"
