"""When a zone's rules change, a planned post keeps the time on the wall, and says so."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, event, update

from models import Post, Publication
from ospost.domain.states import State
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


def test_while_the_rules_stay_only_what_was_changed_since_is_looked_at(
    studio: Studio, drive: Drive
) -> None:
    """The wall clocks of both are an hour off; one of them was saved since, by an older process."""
    far = datetime(2031, 7, 1, 16, tzinfo=UTC)
    old, young = studio.post("Old", due_at=far), studio.post("Young", due_at=far)
    drive.jump(3 * 86_400)
    assert zones.follow_rules(drive.tools.sessions, now=drive.now()) == 0
    with drive.session() as session, writing(session):
        for post_id in (old, young):
            post = session.get_one(Post, post_id)
            post.zone, post.wall_time = "Europe/Berlin", "2031-07-01T17:00:00"
        session.get_one(Post, young).updated_at = drive.now()

    assert zones.follow_rules(drive.tools.sessions, now=drive.now()) == 1

    by_id = {row.post_id: row.due_at for row in drive.rows()}
    assert (by_id[old], by_id[young]) == (far, far - timedelta(hours=1))


def test_a_post_that_was_busy_when_the_others_moved_is_moved_the_next_time(
    studio: Studio, drive: Drive
) -> None:
    """Between the look and the move it is about to be sent; then it is put back."""
    far = datetime(2031, 7, 1, 16, tzinfo=UTC)
    busy, other = studio.post("Busy", due_at=far), studio.post("Other", due_at=far)
    drive.jump(3 * 86_400)
    with drive.session() as session, writing(session):
        for post_id in (busy, other):
            post = session.get_one(Post, post_id)
            post.zone, post.wall_time = "Europe/Berlin", "2031-07-01T17:00:00"

    def set_state(state: State) -> None:
        with drive.session() as session, writing(session):
            row = update(Publication).where(Publication.post_id == busy)
            session.execute(row.values(state=state.value))

    engine = drive.tools.sessions.kw["bind"]
    looked = []

    def become_busy(_connection: Connection) -> None:
        if not looked:
            looked.append(True)
            set_state(State.PUBLISHING)

    event.listen(engine, "rollback", become_busy)
    try:
        assert zones.follow_rules(drive.tools.sessions, now=drive.now()) == 1
    finally:
        event.remove(engine, "rollback", become_busy)
    set_state(State.SCHEDULED)

    assert zones.follow_rules(drive.tools.sessions, now=drive.now()) == 1
    assert {row.due_at for row in drive.rows()} == {far - timedelta(hours=1)}
