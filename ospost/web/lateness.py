"""Page: what an Instagram account does with posts that are late."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from models import Account, db
from ospost.domain.timings import Timings
from ospost.domain.wording import gap_words
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services import lateness, people
from ospost.web.choices import GRACES, grace_words
from ospost.web.forms import posted
from ospost.web.negotiate import wants_json

bp = Blueprint("lateness", __name__)

GAPS: tuple[tuple[str, str], ...] = (
    ("0", "one after another, without a pause"),
    ("300", "5 minutes apart"),
    ("900", "15 minutes apart"),
    ("1800", "30 minutes apart"),
    ("3600", "an hour apart"),
)
FIELDS = ("grace", "late_policy", "gap")


@bp.get("/accounts/<int:account_id>/settings")
def show(account_id: int) -> ResponseReturnValue:
    """Show what becomes of the account's late posts."""
    account = people.account_for(db.session(), current_user.id, account_id)
    return jsonify(_as_json(account)) if wants_json() else _page(account)


@bp.post("/accounts/<int:account_id>/settings")
def change(account_id: int) -> ResponseReturnValue:
    """Change it: `grace` in seconds, `late_policy` publish or ask, `gap` in seconds."""
    session = db.session()
    account = people.account_for(session, current_user.id, account_id)
    form = _chosen(account) | {
        name: text.strip() for name, text in posted().items() if name in FIELDS
    }
    try:
        wish = lateness.read(**form)
    except Invalid as error:
        if wants_json():
            raise
        return _page(account, form, error), error.status
    lateness.change(session, user_id=current_user.id, account_id=account_id, wish=wish)
    runtime().nudge()
    if wants_json():
        return jsonify(_as_json(account))
    flash(f"Saved for @{account.username}.", "ok")
    return redirect(url_for("accounts.show", account_id=account_id), 303)


def _chosen(account: Account) -> dict[str, str]:
    has = lateness.of(account)
    return {
        "grace": _text(has.grace_seconds),
        "late_policy": has.late_policy,
        "gap": _text(has.gap_seconds),
    }


def _text(seconds: int | None) -> str:
    return "" if seconds is None else str(seconds)


def _page(
    account: Account, form: dict[str, str] | None = None, error: Invalid | None = None
) -> str:
    chosen = form or _chosen(account)
    usual_grace = grace_words(runtime().missed_after_seconds)
    usual_gap = gap_words(int(Timings().late_spacing.total_seconds()))
    return render_template(
        "accounts/settings.html",
        account=account,
        chosen=chosen,
        graces=_with((("", f"as this server has it ({usual_grace})"), *GRACES), chosen["grace"]),
        gaps=_with((("", f"as usual: {usual_gap}"), *GAPS), chosen["gap"]),
        errors={field: [message] for field, message in (error.complaints if error else ())},
    )


def _with(choices: tuple[tuple[str, str], ...], value: str) -> tuple[tuple[str, str], ...]:
    """Return the choices, with what is set among them even if it is an unusual one."""
    known = any(value == option for option, _ in choices)
    return choices if known else (*choices, (value, f"{value} seconds"))


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "grace_seconds": account.grace_seconds,
        "late_policy": account.late_policy,
        "backlog_gap_seconds": account.backlog_gap_seconds,
    }
