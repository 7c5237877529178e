"""Pages: the privacy policy."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from ospost.runtime import runtime
from ospost.services import sessions
from ospost.web.negotiate import wants_json

bp = Blueprint("legal", __name__)

CHANGED = "21 November 2026"


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Say what is stored, why, how long, and how to have it deleted."""
    here = runtime()
    if wants_json():
        return jsonify(operator=here.operator_name, contact=here.operator_contact, changed=CHANGED)
    return render_template(
        "legal/privacy.html",
        operator_name=here.operator_name,
        operator_contact=here.operator_contact,
        changed=CHANGED,
        app_url=here.app_url,
        idle_hours=sessions.IDLE.total_seconds() // 3600,
        longest_days=sessions.LONGEST.days,
    )
