"""Exact moments: a shot waits for nothing else, and nothing runs before its time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from models import Event, Post, Publication
from ospost.services import publications
from ospost.services.database import writing
from ospost.services.publishing.rows import Work, load
from ospost.services.publishing.tools import Breaker
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

SECOND = timedelta(seconds=1)


def ready_posts(studio: Studio, drive: Drive, *offsets: float) -> list[datetime]:
    """Make posts ready that are due so many seconds after the minute; return their moments."""
    due = [in_seconds(60 + offset) for offset in offsets]
    for number, due_at in enumerate(due):
        studio.post(f"Number {number}", due_at=due_at)
    drive.run(seconds=50)
    assert drive.states() == ["ready"] * len(due)
    return due


def test_the_check_of_a_later_post_does_not_hold_up_an_earlier_one(
    studio: Studio, drive: Drive
) -> None:
    ready_posts(studio, drive, 0, 4)
    first, second = drive.rows()
    assert second.next_at is not None
    drive.meet(second.next_at)
    checks = drive.take_others()
    assert f"p{second.id}" in {check.key.split(".")[0] for check in checks}
    drive.meet(first.due_at)

    shots = drive.take_shots()

    assert [shot.key.split(".")[0] for shot in shots] == [f"p{first.id}"]


def test_a_hanging_check_of_the_next_post_does_not_hold_up_the_one_before(
    studio: Studio, drive: Drive
) -> None:
    ready_posts(studio, drive, 0, 1)
    first, second = drive.rows()
    assert second.next_at is not None
    drive.meet(second.next_at)
    checks = {check.key.split(".")[0]: check for check in drive.take_others()}
    assert len(checks) == 2
    checks[f"p{first.id}"].run()
    drive.meet(first.due_at - SECOND / 2)

    shots = drive.take_shots(ahead=1)

    assert [shot.key.split(".")[0] for shot in shots] == [f"p{first.id}"]
    assert shots[0].run_at == first.due_at


def test_a_post_whose_own_check_hangs_is_shot_at_its_moment(studio: Studio, drive: Drive) -> None:
    (due_at,) = ready_posts(studio, drive, 0)
    row = drive.row()
    assert row.next_at is not None and row.next_at < due_at
    drive.meet(row.next_at)
    (check,) = drive.take_others()
    drive.meet(due_at)

    (shot,) = drive.take_shots()
    shot.run()
    check.run()  # its answer comes too late to change anything

    assert drive.states() == ["published"]
    assert len(drive.live()) == 1


def test_an_outage_at_the_last_check_does_not_move_the_shot(studio: Studio, drive: Drive) -> None:
    (due_at,) = ready_posts(studio, drive, 0)
    row = drive.row()
    assert row.next_at is not None and row.next_at < due_at
    drive.meet(row.next_at)
    for _ in range(5):
        drive.tools.breaker.failed("facebook", now=drive.now(), timings=drive.tools.timings)

    drive.run(seconds=300)

    intent_at = drive.row().intent_at
    assert intent_at is not None and due_at <= intent_at < due_at + 2 * SECOND


def test_nothing_is_sent_before_its_moment_although_it_is_claimed_ahead(
    studio: Studio, drive: Drive
) -> None:
    ready_posts(studio, drive, 0, 20, 40)

    drive.run(seconds=600)

    assert drive.states() == ["published"] * 3
    assert all(row.intent_at and row.intent_at >= row.due_at for row in drive.rows())


def test_a_refusal_that_an_outage_came_before_has_all_its_tries(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "create", "html_502", count=1)
    fault(studio.world, "create", "error", code=9004, subcode=2207052, count=3)
    studio.post("Fetched at last", due_at=in_seconds(1800))

    drive.run(seconds=3600)

    assert drive.states() == ["published"]


def test_a_shot_that_did_nothing_is_proved_absent_within_210_seconds(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "lost_before", count=1)
    studio.post("Sent again soon", due_at=in_seconds(60))

    drive.run(seconds=2000)

    with drive.session() as session:
        lines = list(session.execute(select(Event.cause, Event.at).order_by(Event.id)))
    intent_at = next(at for cause, at in lines if cause == "intent")
    (absent_at,) = [at for cause, at in lines if cause == "proved_absent"]
    assert timedelta(seconds=150) <= absent_at - intent_at <= timedelta(seconds=211)
    assert drive.states() == ["published"]


def test_an_edit_of_a_row_that_is_claimed_lets_it_be_prepared_at_once(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Edited", due_at=in_seconds(10))
    (task,) = drive.take_others()
    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.content_changed(session, post, now=drive.now())

    task.run()

    row = drive.row()
    assert row.owner == "" and row.next_at is not None and row.next_at <= drive.now()


def test_calls_that_we_held_back_ourselves_are_no_outage(studio: Studio, drive: Drive) -> None:
    ready_posts(studio, drive, 0)
    stalls = [5.0] * 5
    drive.tools.reached = lambda moment: (
        drive.jump(stalls.pop()) if moment == "fence_read" and stalls else None
    )

    drive.run(seconds=600)

    assert stalls == []
    assert drive.causes().count("not_sent") == 5
    assert (
        drive.tools.breaker.open_until("facebook", now=drive.now(), timings=drive.tools.timings)
        is None
    )
    assert drive.states() == ["published"]


MOMENT = datetime.fromisoformat("2030-01-01T00:00:00+00:00")


@pytest.mark.parametrize("failures", [0, 4])
def test_fewer_than_five_failures_in_a_row_change_nothing(drive: Drive, failures: int) -> None:
    breaker, timings = Breaker(), drive.tools.timings

    for _ in range(failures):
        breaker.failed("facebook", now=MOMENT, timings=timings)

    assert breaker.open_until("facebook", now=MOMENT, timings=timings) is None


def test_an_outage_lets_one_probe_a_minute_through(drive: Drive) -> None:
    breaker, timings = Breaker(), drive.tools.timings
    for _ in range(5):
        breaker.failed("facebook", now=MOMENT, timings=timings)
    later = MOMENT + timings.breaker_wait

    before = breaker.open_until("facebook", now=later - SECOND, timings=timings)
    probe = breaker.open_until("facebook", now=later, timings=timings)
    others = breaker.open_until("facebook", now=later, timings=timings)

    assert (before, probe) == (later, None)
    assert others == later + timings.breaker_wait


def test_an_answer_ends_an_outage_and_the_count_begins_anew(drive: Drive) -> None:
    breaker, timings = Breaker(), drive.tools.timings
    for _ in range(5):
        breaker.failed("facebook", now=MOMENT, timings=timings)

    breaker.answered("facebook")
    for _ in range(4):
        breaker.failed("facebook", now=MOMENT, timings=timings)

    assert breaker.open_until("facebook", now=MOMENT, timings=timings) is None


def works_of_three_accounts(studio: Studio, drive: Drive) -> tuple[Work, Work, Work]:
    """Two accounts of one host, and one of the other."""
    studio.post("Any", due_at=in_seconds(60))
    with drive.session() as session:
        (work,) = load(session, [drive.row().id], grace_seconds=60)
    return (
        work,
        replace(work, account_id=work.account_id + 1),
        replace(work, account_id=work.account_id + 2, login="instagram"),
    )


def test_an_outage_is_remembered_for_its_host_and_for_its_account(
    studio: Studio, drive: Drive
) -> None:
    failing, neighbour, elsewhere = works_of_three_accounts(studio, drive)

    for _ in range(5):
        drive.tools.failed(failing)

    assert drive.tools.open_until(failing) is not None
    assert drive.tools.open_until(neighbour) is not None
    assert drive.tools.open_until(elsewhere) is None


def test_the_answer_to_one_account_opens_the_host_and_leaves_the_failing_one_alone(
    studio: Studio, drive: Drive
) -> None:
    failing, neighbour, _elsewhere = works_of_three_accounts(studio, drive)
    for _ in range(5):
        drive.tools.failed(failing)

    drive.tools.answered(neighbour)

    assert drive.tools.open_until(neighbour) is None
    assert drive.tools.open_until(failing) is not None


def test_an_outage_is_probed_once_a_minute_and_everything_goes_out_after_it(
    studio: Studio, drive: Drive
) -> None:
    other = Studio(studio.app, studio.world, username="harbour.cafe").open(studio.user_id)
    outage = fault(studio.world, "create", "lost_before")
    for number in range(5):
        studio.post(f"Number {number}", due_at=in_seconds(1800))
        other.post(f"Number {number}", due_at=in_seconds(1800))
    drive.run(seconds=1500)
    probes = outage.hits
    studio.world.faults.remove()

    drive.run(seconds=1200)

    assert 5 < probes <= 5 + 600 / 60 + 2  # in the ten minutes that were spent preparing
    assert drive.states() == ["published"] * 10


def test_the_post_right_behind_a_shot_is_claimed_by_the_thread_that_ends_it(
    studio: Studio, drive: Drive
) -> None:
    """No tick may come between them: the tick had to leave the second one behind the first."""
    first = in_seconds(60)
    studio.post("First", due_at=first)
    studio.post("Half a second later", due_at=first + timedelta(milliseconds=500))
    drive.run(seconds=50)
    drive.jump((first - drive.now()).total_seconds())
    with drive.session() as session:
        (shot,) = drive.machine.claim_shots(session, most=5, horizon=drive.now())
    shot.run()

    (following,) = drive.machine.claim_next(most=5, rest=0)

    assert following.run_at == first + timedelta(milliseconds=500)


def test_a_shot_in_hand_goes_out_in_time_though_the_rest_of_the_claim_fails(
    studio: Studio, drive: Drive
) -> None:
    """The database is lost between two claims of one tick."""
    studio.post("In hand", due_at=in_seconds(600))
    drive.run(seconds=900, until="ready")
    drive.meet(drive.row().due_at)
    failed: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "SELECT publication.id, publication.next_at" in statement and not failed:
            failed.append(statement)
            raise ConnectionError("the database is gone")

    with drive.session() as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", fail)
    try:
        drive.run(seconds=10, until="published")
    finally:
        event.remove(engine, "before_cursor_execute", fail)

    row = drive.row()
    assert failed
    assert row.intent_at is not None
    assert row.intent_at - row.due_at < timedelta(seconds=5)


def test_a_row_that_only_a_newer_version_understands_keeps_nothing_else_waiting(
    studio: Studio, drive: Drive
) -> None:
    odd = studio.post("Of another version", due_at=in_seconds(60))
    studio.post("Of this one", due_at=in_seconds(60))
    with drive.session() as session, writing(session):
        session.execute(
            update(Publication).where(Publication.post_id == odd).values(state="pondering")
        )

    drive.run(seconds=90)

    assert sorted(drive.states()) == ["pondering", "published"]
