"""Is it alive, is it ready: for those who watch the server."""

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text

from helpers import utcnow
from models import db
from ospost.runtime import runtime
from ospost.services.nodes import seconds_since_beat

bp = Blueprint("health", __name__)

LEAST_FREE_BYTES = 200_000_000


@bp.get("/healthz")
def healthz() -> Response:
    """Answer 200 while this process answers at all."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Look at the database, the disk and the publisher; 503 names what is wrong."""
    session, run = db.session(), runtime()
    session.execute(text("SELECT 1"))
    beat = seconds_since_beat(session, utcnow())
    limit = run.timings.silent_after.total_seconds()
    checks = {
        "database": True,
        "disk": run.storage.free_bytes() > LEAST_FREE_BYTES,
        "publisher": beat is not None and beat <= limit,  # here or in another process
    }
    driver = current_app.extensions.get("ospost.driver")
    if driver is not None:
        checks["scheduler"] = driver.is_alive
    good = all(checks.values())
    return jsonify(status="ok" if good else "trouble", checks=checks), 200 if good else 503
