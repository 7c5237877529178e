"""What `/metrics`, `/healthz` and `/readyz` tell those who watch."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from helpers import utcnow
from models import Instance, db
from ospost.jobs.on_apscheduler import Driver
from ospost.meters import MOST_SERIES, Meters
from ospost.services import figures, readiness
from ospost.services.database import writing
from ospost.services.schema import head
from tests.machine.driving import Drive, fault
from tests.support import MakeApp, Studio, fast, in_seconds


def told(client: FlaskClient) -> str:
    """What /metrics says."""
    answer = client.get("/metrics")
    assert answer.mimetype == "text/plain", answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def problems(client: FlaskClient) -> dict[str, str]:
    """What /readyz finds wrong."""
    found: dict[str, str] = client.get("/readyz").get_json()["problems"]
    return found


def test_metrics_count_posts_steps_and_calls_and_say_how_late_they_were(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "error", code=9007, subcode=2207027, count=1)
    studio.post("Live", due_at=in_seconds(5))
    studio.post("Later", due_at=in_seconds(9000))
    drive.run(seconds=60)

    text = told(studio.app.test_client())

    for line in (
        'ospost_posts{state="published"} 1.0',
        'ospost_posts{state="scheduled"} 1.0',
        'ospost_posts_held{reason="token"} 0.0',
        "ospost_lateness_seconds_count 1.0",
        'ospost_graph_calls_total{endpoint="POST media_publish",outcome="refused_not_ready"} 1.0',
        'ospost_graph_calls_total{endpoint="POST media_publish",outcome="ok"} 1.0',
        'ospost_graph_seconds_bucket{endpoint="POST media",le="+Inf"} 1.0',
        'ospost_steps_total{outcome="done",step="shot"} 2.0',
        "ospost_rows_overdue 0.0",
        "ospost_disk_free_bytes",
        "ospost_database_bytes",
        "ospost_clock_skew_seconds",
    ):
        assert line in text
    assert "Live" not in text


def test_what_is_counted_outlives_a_process_and_is_told_by_any_other(
    make_app: MakeApp, studio: Studio, drive: Drive
) -> None:
    studio.post("Live", due_at=in_seconds(5))
    drive.run(seconds=60)
    with drive.session() as session:
        figures.keep(session, studio.run.meters)
        figures.keep(session, studio.run.meters)  # nothing is counted twice
    other = make_app()
    other.extensions["ospost"].meters.count("steps", "shot", "done")

    text = told(other.test_client())

    assert 'ospost_steps_total{outcome="done",step="shot"} 2.0' in text
    assert "ospost_lateness_seconds_count 1.0" in text


def test_there_is_an_end_to_what_is_counted() -> None:
    meters = Meters()
    for number in range(MOST_SERIES + 50):
        meters.count("steps", f"label {number}")

    assert len(meters.take()) == MOST_SERIES


def test_ready_says_what_is_missing_and_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["checks"] == {
        "database": True,
        "disk": True,
        "publisher": False,
        "clock": True,
    }
    assert "make serve" in problems(client)["publisher"]
    assert client.get("/healthz").status_code == 200


def test_ready_sees_that_the_queue_is_not_looked_at_any_more(studio: Studio) -> None:
    studio.run.timings = fast(5)
    driver = Driver(studio.run)
    driver.start()
    studio.app.extensions["ospost.driver"] = driver
    client = studio.app.test_client()
    try:
        assert client.get("/readyz").status_code == 200
        driver._claiming.acquire()  # a tick that hangs
        driver.guard._done_at -= readiness.LATE_TICK_SECONDS
        time.sleep(0.01)
        found = problems(client)
    finally:
        driver._claiming.release()
        studio.app.extensions.pop("ospost.driver")
        driver.stop()

    assert "last looked for 5 s ago" in found["scheduler"]


def test_ready_sees_a_newer_schema_and_a_database_that_takes_no_writes(
    client: FlaskClient, tmp_path: Path
) -> None:
    run = client.application.extensions["ospost"]
    probe = readiness.Probe(sessions=run.sessions, folders={}, every_seconds=0)
    with client.application.app_context():
        assert probe.look(utcnow())[0].good
        with writing(db.session()) as session:
            session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        newer = probe.look(utcnow())[0]
        with writing(db.session()) as session:
            session.connection().exec_driver_sql(
                f"UPDATE alembic_version SET version_num = '{head()}'"
            )
            session.connection().exec_driver_sql("DROP TABLE instance")
        broken = probe.look(utcnow())[0]

    assert not newer.good
    assert "version 9999" in newer.sentence
    assert not broken.good
    assert "cannot be written" in broken.sentence


def test_asking_often_does_not_write_often(client: FlaskClient) -> None:
    def probed() -> str:
        with client.application.app_context():
            return str(db.session.get_one(Instance, readiness.ROW).value)

    client.get("/readyz")
    first = probed()
    client.get("/readyz")

    assert probed() == first


def test_ready_sees_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    assert readiness.trouble_of("The folder", tmp_path) == ""
    assert "cannot be written" in readiness.trouble_of("The folder", Path("/proc"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (4, True), (-20, False), (20, False)])
def test_ready_compares_the_clock_with_what_meta_says(
    studio: Studio, drive: Drive, seconds: float, good: bool
) -> None:
    studio.run.http._now = lambda: utcnow() + timedelta(seconds=seconds)
    assert readiness.clock(studio.run.graph).good  # nobody has told the time yet
    studio.post("Asks Meta", due_at=in_seconds(5))
    drive.run(seconds=1, until="preparing")

    check = readiness.clock(studio.run.graph)

    assert check.good is good
    assert good or ("ahead of" if seconds > 0 else "behind") in check.sentence
