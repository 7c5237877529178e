"""Is it alive, is it ready: for those who watch the server."""

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify

from helpers import utcnow
from models import db
from ospost.runtime import Runtime, runtime
from ospost.services import readiness

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Answer 200 while this process answers at all."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Look at database, disk, publisher and clock; 503 names what is wrong and what to do."""
    run = runtime()
    driver = current_app.extensions.get("ospost.driver")
    checks = [  # the scheduler first: a database that makes us wait must not hide what it does
        *readiness.publisher(
            db.session(),
            now=utcnow(),
            silent_after=run.timings.silent_after,
            seconds_since_tick=None if driver is None else driver.seconds_since_tick,
            is_beating=driver is None or driver.is_alive,
        ),
        *_probe(run).look(utcnow()),
        readiness.clock(run.graph),
    ]
    good = all(check.good for check in checks)
    answer = jsonify(
        status="ok" if good else "trouble",
        checks={check.name: check.good for check in checks},
        problems={c.name: f"{c.sentence} {c.remedy}" for c in checks if not c.good},
    )
    return answer, 200 if good else 503


def places_of(run: Runtime) -> dict[str, Path]:
    """Return the folders that this instance writes to, by what they are called."""
    photos = Path(run.storage_url)
    return {"The folder of the database": run.state_dir, "The folder of photos": photos}


def _probe(run: Runtime) -> readiness.Probe:
    found: readiness.Probe = current_app.extensions.setdefault(
        "ospost.probe",
        readiness.Probe(sessions=run.sessions, folders=places_of(run)),
    )
    return found
