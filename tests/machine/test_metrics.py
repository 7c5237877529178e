"""What `/metrics`, `/healthz` and `/readyz` tell those who watch."""

from flask.testing import FlaskClient

from tests.machine.driving import Drive
from tests.support import Studio, in_seconds


def test_metrics_count_posts_by_state_and_say_how_late_they_were(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Live", due_at=in_seconds(5))
    studio.post("Later", due_at=in_seconds(9000))
    drive.run(seconds=60)

    answer = studio.app.test_client().get("/metrics")

    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/plain"
    assert 'ospost_posts{state="published"} 1.0' in text
    assert 'ospost_posts{state="scheduled"} 1.0' in text
    assert "ospost_lateness_seconds_count 1.0" in text
    assert "Live" not in text


def test_ready_says_which_part_is_missing(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["checks"] == {"database": True, "disk": True, "publisher": False}
    assert client.get("/healthz").status_code == 200
