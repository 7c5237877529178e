"""After the server was off, the plan says what became of the posts that were due meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from models import Account, Instance, Node, Post, db
from ospost.domain.outages import Outage, told
from ospost.domain.states import State
from ospost.jobs.presence import Presence
from ospost.services import nodes, outages
from ospost.services.database import writing
from tests.posts.conftest import Member, errors_of, force

BEGAN = datetime(2026, 11, 20, 8, 10, tzinfo=UTC)
OUTAGE = Outage(BEGAN, BEGAN + timedelta(hours=3, minutes=35))
MINUTE = frozenset({60})


@pytest.mark.parametrize(
    ("became", "gaps", "sentence"),
    [
        (
            {State.PUBLISHED: 3, State.READY: 1, State.SCHEDULED: 1, State.MISSED: 1},
            MINUTE,
            "3 posts went out late, 2 are being sent a minute apart, 1 was missed.",
        ),
        ({State.PUBLISHED: 1}, MINUTE, "1 post went out late."),
        ({State.MISSED: 2, State.FAILED: 1}, MINUTE, "2 posts were missed, 1 failed."),
        ({State.PREPARING: 1}, MINUTE, "1 post is being sent."),
        (
            {State.READY: 2, State.HELD: 1},
            frozenset({60, 300}),
            "2 posts are being sent one after another, 1 waits.",
        ),
        (
            {State.UNKNOWN: 1, State.REVIEW: 2},
            MINUTE,
            "1 post is being looked for, 2 need your look.",
        ),
    ],
)
def test_an_outage_is_told_in_one_sentence(
    became: dict[State, int], gaps: frozenset[int], sentence: str
) -> None:
    said = told(OUTAGE, became, zone="UTC", gaps_seconds=gaps)

    assert said == f"This server was off from 08:10 to 11:45. {sentence}"


def test_an_outage_over_midnight_names_the_days_of_the_person() -> None:
    long = Outage(BEGAN, BEGAN + timedelta(days=1))

    said = told(long, {State.MISSED: 1}, zone="Europe/Berlin", gaps_seconds=MINUTE)

    assert "from Fri 20 Nov 2026, 09:10 to Sat 21 Nov 2026, 09:10. 1 post was missed" in said


def test_without_posts_an_outage_is_not_worth_a_word() -> None:
    assert told(OUTAGE, {}, zone="UTC", gaps_seconds=MINUTE) == ""


def presence(member: Member, now: Callable[[], datetime]) -> Presence:
    """Return a process that publishes, by a clock of ours."""
    run = member.app.extensions["ospost"]
    return Presence(run, timings=run.timings, now=now, clock=run.clock)


def known(member: Member, now: datetime) -> list[Outage]:
    with member.app.app_context():
        return outages.recent(db.session(), now=now)


def test_a_killed_process_and_an_orderly_stop_leave_the_same_trace(ada: Member) -> None:
    clock = [datetime.now(UTC)]
    for hours, way in enumerate(("killed", "stopped")):
        one = presence(ada, lambda: clock[0])
        one.take_over()
        one.beat()
        began = clock[0]
        if way == "stopped":
            one.leave()
        clock[0] += timedelta(hours=2)
        presence(ada, lambda: clock[0]).take_over()
        assert known(ada, clock[0])[hours] == Outage(began, clock[0]), way


def test_a_restart_is_no_outage_and_neither_is_one_process_of_two(ada: Member) -> None:
    clock = [datetime.now(UTC)]
    first, second = (presence(ada, lambda: clock[0]) for _ in range(2))
    first.beat()
    clock[0] += timedelta(seconds=50)
    first.take_over()
    first.beat()
    clock[0] += timedelta(hours=1)
    second.beat()
    clock[0] += timedelta(seconds=20)
    first.take_over()

    assert known(ada, clock[0]) == []


def test_a_computer_that_slept_was_off_too(ada: Member) -> None:
    clock = [datetime.now(UTC)]
    one = presence(ada, lambda: clock[0])
    one.beat()
    began = clock[0]
    clock[0] += timedelta(hours=8)
    one._beaten_at = 0.0  # the boot clock, which cannot be turned, ran on as well

    one.beat_if_due()

    assert known(ada, clock[0]) == [Outage(began, clock[0])]


def test_two_processes_that_start_at_once_note_it_once(ada: Member) -> None:
    now = datetime.now(UTC)

    def work(session: object) -> None:
        row = {"name": "old", "host": "h", "pid": 1, "version": "1", "beat_at": now}
        db.session.execute(insert(Node).values(**row))

    ada.run(work)
    later = now + timedelta(hours=1)
    with ada.app.app_context():
        for seconds in range(2):
            outages.note_start(db.session(), now=later + timedelta(seconds=seconds))

    assert known(ada, later) == [Outage(now, later)]


@pytest.fixture
def after_an_outage(ada: Member) -> dict[str, int]:
    """Four posts that were due while the server was off, and one that was not."""
    now = datetime.now(UTC)
    media_id = ada.upload()
    states = ("published", "ready", "ready", "missed", "missed")
    made = {}
    for number, state in enumerate(states):
        post_id = ada.schedule("2031-01-01T10:00", media_id=media_id)
        due_at = now - timedelta(hours=2 if number < 4 else 9, minutes=number)
        force(ada, post_id, state=state, due_at=due_at)
        moved = update(Post).where(Post.id == post_id).values(due_at=due_at)
        with ada.app.app_context(), writing(db.session()) as session:
            session.execute(moved)
        made[f"{state} {number}"] = post_id
    with ada.app.app_context():
        session = db.session()
        nodes.beat(session, name="n", host="h", pid=1, version="1", now=now - timedelta(hours=3))
        outages.note_start(session, now=now - timedelta(hours=1))
        nodes.beat(session, name="n", host="h", pid=1, version="1", now=now)
    return made


def test_the_plan_tells_each_person_of_their_own_posts_until_they_have_seen_it(
    ada: Member, berta: Member, after_an_outage: dict[str, int]
) -> None:
    page = ada.get("/").get_data(as_text=True)
    assert "1 post went out late, 2 are being sent a minute apart, 1 was missed." in page
    assert "This server was off" not in berta.get("/").get_data(as_text=True)
    key = page.partition('name="key" value="')[2].partition('"')[0]

    answer = ada.post("/outages/seen", {"key": key}, page=True)

    assert (answer.status_code, answer.location) == (303, "/")
    assert "This server was off" not in ada.get("/").get_data(as_text=True)
    assert "key" in errors_of(ada.post("/outages/seen", json={"key": "x"}))


def test_what_happened_follows_the_posts_and_is_forgotten_after_a_day(
    ada: Member, after_an_outage: dict[str, int]
) -> None:
    tag = ada.get("/", **{"HX-Request": "true"}).headers["ETag"]
    force(ada, after_an_outage["ready 1"], state="published")
    ada.run(lambda s: s.execute(update(Account).values(backlog_gap_seconds=300)))
    fresh = ada.get("/", **{"HX-Request": "true", "If-None-Match": tag})

    assert "2 posts went out late, 1 is being sent, 1 was missed." in fresh.get_data(as_text=True)
    assert known(ada, datetime.now(UTC) + timedelta(hours=22)) != []
    assert known(ada, datetime.now(UTC) + timedelta(hours=24)) == []
    with ada.app.app_context():
        names = set(db.session.scalars(select(Instance.name)))
    assert {"outages"} <= names
