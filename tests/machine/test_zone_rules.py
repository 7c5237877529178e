"""When a zone's rules change, a planned post keeps the time on the wall, and says so."""

from datetime import UTC, datetime, timedelta

from models import Post
from ospost.services import zones
from ospost.services.database import writing
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds


def test_a_post_follows_its_wall_clock_when_the_rules_change(studio: Studio, drive: Drive) -> None:
    """The stored instant is an hour off from what the wall clock means now."""
    far = datetime(2031, 7, 1, 16, tzinfo=UTC)
    moved, kept = studio.post("Berlin", due_at=far), studio.post("Elsewhere", due_at=far)
    with drive.session() as session, writing(session):
        berlin = session.get_one(Post, moved)
        berlin.zone, berlin.wall_time = "Europe/Berlin", "2031-07-01T17:00:00"

    count = zones.follow_rules(drive.tools.sessions, now=drive.now())

    by_id = {row.post_id: row for row in drive.rows()}
    assert count == 1
    assert by_id[moved].due_at == far - timedelta(hours=1)
    assert by_id[kept].due_at == far
    assert any("rules of this time zone changed" in line for line in drive.sentences())


def test_nothing_moves_while_the_rules_stay(studio: Studio, drive: Drive) -> None:
    studio.post("As planned", due_at=in_seconds(9000))

    assert zones.follow_rules(drive.tools.sessions, now=drive.now()) == 0
