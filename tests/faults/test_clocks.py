"""Faults of clocks: set forward and back, without a battery, asleep, and two that differ."""

from datetime import UTC, datetime, timedelta

import pytest

from models import Account
from ospost.clock import SharedClock
from ospost.jobs.on_apscheduler import Driver
from ospost.services import nodes, planning
from ospost.services.database import writing
from sandbox.faulty import catch_up
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once, heir_of, once_at
from tests.faults.road import Road
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

HOUR = 3600.0
STEP = pytest.mark.fault(71, "clock_step_forward_1_h / backward_1_h")


def true_lateness(drive: Drive) -> float:
    """How late the only post went live, by Instagram's clock."""
    (media,) = drive.live()
    return media.timestamp - drive.row().due_at.timestamp()


@ON_BOTH
@STEP
def test_a_clock_set_an_hour_ahead_publishes_nothing_before_instagrams_time(
    studio: Studio, drive: Drive
) -> None:
    """It is held at once, the owner is told, and it goes out in time when the clock is right."""
    road = Road(drive)
    studio.post("Not before its time", due_at=in_seconds(1800))
    drive.run(seconds=1200, until="ready")

    road.set_clock(HOUR)
    drive.run(seconds=300)
    road.watch()
    assert (drive.states(), drive.row().hold_reason) == (["held"], "clock")
    assert drive.live() == []
    assert road.alarms() == ["clock"]

    road.set_clock(-HOUR)
    road.reread()
    drive.run(seconds=2 * HOUR)
    road.watch()

    assert_live_once(drive)
    assert 0 <= true_lateness(drive) < 2
    assert (road.alarms(), road.alarms(over=True)) == ([], ["clock"])


@ON_BOTH
@STEP
def test_a_clock_set_an_hour_back_holds_nothing_up_longer_than_it_is_wrong(
    studio: Studio, drive: Drive
) -> None:
    road = Road(drive)
    studio.post("As soon as it is right", due_at=in_seconds(1800))
    drive.run(seconds=1200, until="ready")

    road.set_clock(-HOUR)
    road.reread()
    drive.meet(drive.now() + timedelta(seconds=2400))
    drive.run(seconds=1)
    assert drive.live() == []
    road.set_clock(HOUR)
    road.reread()
    late = true_now(drive) - drive.row().due_at.timestamp()
    drive.run(seconds=600)

    assert_live_once(drive)
    assert true_lateness(drive) <= max(late, 0) + 5


def true_now(drive: Drive) -> float:
    """Instagram's clock."""
    return drive.world.now()


@STEP
def test_a_process_that_starts_with_a_wrong_clock_asks_for_the_time_before_its_first_shot(
    studio: Studio, drive: Drive
) -> None:
    """The container was finished before the restart; no call has told the time since."""
    studio.post("Prepared before", due_at=in_seconds(1800))
    drive.run(seconds=1200, until="ready")
    drive = heir_of(drive)
    road = Road(drive)
    road.set_clock(HOUR)

    drive.run(seconds=60)

    assert (drive.states(), drive.row().hold_reason) == (["held"], "clock")
    assert drive.live() == []


@ON_BOTH
@IN_BOTH_WORLDS
@STEP
def test_a_step_while_the_answer_is_awaited_costs_neither_lease_nor_post(
    studio: Studio, drive: Drive
) -> None:
    """The lease looks over; another worker looks, and both arrive at the one post."""
    road = Road(drive)
    studio.post("Overtaken by the clock", due_at=in_seconds(60))
    drive.run(seconds=50, until="ready")
    heir = heir_of(drive)

    def step() -> None:
        road.set_clock(HOUR)
        heir.ahead = drive.ahead
        heir.run(seconds=120)

    drive.tools.reached = once_at("fence_read", step)
    drive.run(seconds=600)
    road.set_clock(-HOUR)
    road.reread()
    drive.run(seconds=2 * HOUR)

    assert_live_once(drive)


@STEP
def test_a_doubt_is_not_settled_by_a_quiet_time_that_only_a_wrong_clock_shows(
    studio: Studio, drive: Drive
) -> None:
    """The effect comes 50 s late; by the wrong clock 150 s have passed after five."""
    drive.world.switches.used_container = "duplicate"
    road = Road(drive)
    fault(studio.world, "publish", "late_effect", seconds=50, count=1)
    studio.post("Late and lonely", due_at=in_seconds(60))
    drive.run(seconds=62, until="unknown")

    road.set_clock(HOUR)
    drive.run(seconds=36)
    road.set_clock(-HOUR)
    road.reread()
    drive.run(seconds=HOUR)
    drive.jump(HOUR)
    catch_up(studio.world)

    assert_live_once(drive)


@STEP
def test_the_driver_reads_the_queue_anew_when_the_clock_was_set_back(studio: Studio) -> None:
    drive = Drive(studio.app, studio.world)
    road = Road(drive)
    studio.post("Held by a wrong clock", due_at=in_seconds(1800))
    drive.run(seconds=1200, until="ready")
    driver = Driver(studio.run, tools=drive.tools)
    road.set_clock(HOUR)
    driver._clock_watch.look()
    drive.run(seconds=10)
    held = drive.row()
    assert held.hold_reason == "clock" and held.next_at is not None

    road.set_clock(-HOUR)
    driver._clock_watch.look()

    row = drive.row()
    assert row.next_at is not None and row.next_at <= drive.now()


@pytest.mark.fault(72, "clock_at_1970_on_boot")
def test_a_clock_that_shows_1970_publishes_nothing_and_raises_the_alarm(
    studio: Studio, drive: Drive
) -> None:
    road = Road(drive)
    planned = studio.post("Planned", due_at=in_seconds(600))
    hurried = studio.post("Sent at once", due_at=in_seconds(900))
    age = drive.now().timestamp()

    road.set_clock(-age)
    with drive.session() as session:
        planning.publish_now(session, user_id=studio.user_id, post_id=hurried, now=drive.now())
    drive.run(seconds=1200)
    road.watch()
    assert drive.live() == []
    assert road.alarms() == ["clock"]
    assert "intent" not in drive.passed
    road.set_clock(age)
    road.reread()
    drive.run(seconds=HOUR)
    road.watch()

    states = {row.post_id: row.state for row in drive.rows()}
    assert states[planned] == "published"
    assert next(media.caption for media in drive.live()) == "Planned"
    assert road.alarms() == []


@pytest.mark.parametrize(("grace_hours", "state"), [(6, "published"), (1, "missed")])
@pytest.mark.parametrize("asleep_at", ["ready", "container_made", "fence_read"])
@pytest.mark.fault(73, "vm_suspended_2_h over due time")
def test_a_machine_that_slept_over_the_moment_publishes_late_or_says_that_it_missed(
    studio: Studio, drive: Drive, grace_hours: int, state: str, asleep_at: str
) -> None:
    """Asleep between two steps, in the middle of preparing, and right before the first byte."""
    Road(drive)
    with drive.session() as session, writing(session):
        session.get_one(Account, studio.account_id).grace_seconds = grace_hours * 3600
    studio.post("Overslept", due_at=in_seconds(60))
    drive.tools.reached = once_at(asleep_at, lambda: drive.jump(2 * HOUR))

    drive.run(seconds=6 * HOUR)

    assert drive.states() == [state]
    assert len(drive.live()) == (state == "published")
    assert drive.notices() == ([] if state == "published" else ["A post was missed"])
    if state == "published":
        assert true_lateness(drive) < 2 * HOUR + 300


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seconds", [90.0, -90.0], ids=["ahead", "behind"])
@pytest.mark.fault(76, "two_nodes_with_clock_skew_90_s")
def test_two_machines_whose_clocks_differ_go_by_that_of_the_database(
    studio: Studio, drive: Drive, seconds: float
) -> None:
    """The wrong one always claims first: nothing early, nothing held, nothing twice."""
    wrong, clock = heir_of(drive), SharedClock(drive.tools.timings.clock_tolerance)

    def tilted() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=seconds)

    with drive.session() as session:
        asked_at, theirs = tilted(), nodes.database_time(session)
        assert theirs is not None
        clock.compare(theirs, asked_at=asked_at, answered_at=tilted())
    wrong.tools.now = lambda: tilted() + clock.ahead + drive.ahead
    roads = [Road(wrong), Road(drive)]
    roads[0].http._now = wrong.tools.now
    for number in range(4):
        studio.post(f"Number {number}", due_at=in_seconds(60 + number))

    for _ in range(150):
        for worker in (wrong, drive):
            for task in worker.machine.claim(threads=5, rest=5):
                wait = (task.run_at - worker.tools.now()).total_seconds()
                drive.jump(max(0.0, wait))
                task.run()
        drive.jump(0.5)

    assert drive.states() == ["published"] * 4
    live = sorted(drive.live(), key=lambda media: media.timestamp)
    for row, media in zip(drive.rows(), live, strict=True):
        assert -0.2 < media.timestamp - row.due_at.timestamp() < 2
    assert "held_clock" not in drive.causes()
    assert {"intent"} <= set(wrong.passed)
