"""The real driver: APScheduler, its threads and the real time, a few times faster than usual."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy import Connection, event, select

from models import Event, Node
from ospost.jobs.on_apscheduler import Driver
from ospost.services.publishing import claims
from ospost.services.publishing.epoch import Epoch
from sandbox.world import World
from tests.machine.driving import fault
from tests.machine.serving import PATIENCE, Server, serving
from tests.support import Studio, fast, in_seconds


@pytest.fixture
def server(live_app: Flask, world: World) -> Iterator[Server]:
    with serving(Studio(live_app, world).open()) as made:
        yield made


def test_a_post_goes_out_and_the_count_beside_the_database_comes_level(server: Server) -> None:
    """Also the shots that a thread takes from another are counted in the file."""
    due_at = in_seconds(3)
    for number in range(4):
        server.studio.post(f"Number {number}", due_at=due_at)
    run = server.studio.run
    epoch = Epoch(run.state_dir / "publish-batches")
    server.start()

    server.wait_for(server.is_all_live)

    with run.sessions() as session:
        count = claims.batches(session)
    assert count > 0
    server.wait_for(lambda: epoch.read() == count)
    assert all(row.intent_at and row.intent_at >= row.due_at for row in server.rows())


def test_a_nudge_starts_a_post_at_once(server: Server) -> None:
    driver = server.start(timings=replace(fast(20), tick=timedelta(hours=1)))
    time.sleep(0.3)  # the first tick of the start is over; the next one is an hour away
    server.studio.post("Now", due_at=in_seconds(0))

    driver.nudge()

    server.wait_for(lambda: server.states() == ["preparing"])


def test_stopping_gives_back_what_was_not_sent_and_waits_for_a_shot_in_flight(
    server: Server, world: World
) -> None:
    world.faults.add(endpoint="publish", kind="slow", seconds=1.5, count=1)
    other = Studio(server.studio.app, world, username="harbour.cafe").open(server.studio.user_id)
    due_at, long = in_seconds(6), timedelta(seconds=30)
    server.studio.post("In flight", due_at=due_at)
    other.post("Not yet", due_at=due_at + timedelta(seconds=4))
    far_sighted = replace(fast(20), claim_ahead=timedelta(seconds=5), lease=long, create_lease=long)
    driver = server.start(timings=far_sighted)
    server.wait_for(lambda: server.states() == ["publishing", "ready"] and server.held_rows() == 2)

    driver.stop()

    sent, kept = server.rows()
    assert (sent.state, sent.owner) == ("published", "")
    assert (kept.state, kept.owner) == ("ready", "")
    assert kept.next_at is not None and kept.next_at <= kept.due_at
    with server.studio.run.sessions() as session:
        assert session.scalars(select(Node)).all() == []
    server.start()
    server.wait_for(server.is_all_live)
    assert len(world.media) == 2


class StopsInBetween:
    """Stops a driver in the moment in which its tick has seen work and not yet claimed it."""

    def __init__(self, driver: Driver, engine: Any) -> None:
        self._driver, self._engine = driver, engine
        self._asked = self._begun = False
        self.stopped = threading.Event()
        event.listen(engine, "before_cursor_execute", self._execute)
        event.listen(engine, "rollback", self._rollback)

    def remove(self) -> None:
        event.remove(self._engine, "before_cursor_execute", self._execute)
        event.remove(self._engine, "rollback", self._rollback)

    def _execute(self, _connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        self._asked = self._asked or ("EXISTS" in statement and "followup" in statement)

    def _rollback(self, _connection: Connection) -> None:
        if self._asked and not self._begun:
            self._begun = True
            threading.Thread(target=self._stop).start()
            self.stopped.wait(1.5)

    def _stop(self) -> None:
        self._driver.stop()
        self.stopped.set()


def test_a_driver_that_is_being_stopped_claims_nothing_any_more(server: Server) -> None:
    server.studio.post("Left for the next", due_at=in_seconds(3600))
    with server.studio.run.sessions() as session:
        engine = session.get_bind()
    server.studio.run.timings = fast(20)
    driver = Driver(server.studio.run)
    server.drivers.append(driver)
    meddler = StopsInBetween(driver, engine)

    driver.start()
    assert meddler.stopped.wait(PATIENCE)
    meddler.remove()
    time.sleep(0.5)

    (row,) = server.rows()
    assert row.owner == ""


def test_a_driver_never_holds_more_rows_than_it_has_threads(server: Server, world: World) -> None:
    world.switches.latency = {"any": 0.05}
    other = Studio(server.studio.app, world, username="harbour.cafe").open(server.studio.user_id)
    due_at = in_seconds(4)
    for number in range(12):
        owner = server.studio if number % 2 else other
        owner.post(f"Number {number}", due_at=due_at)
    server.start(threads=3)
    seen: list[int] = []

    def note_and_ask() -> bool:
        seen.append(server.held_rows())
        return server.is_all_live()

    server.wait_for(note_and_ask)

    assert 1 <= max(seen) <= 3
    assert len(world.media) == 12


def test_twenty_containers_that_are_stuck_do_not_hold_up_a_picture_beside_them(
    server: Server, world: World
) -> None:
    fault(world, "create", "stuck", seconds=9, caption_contains="Stuck")
    due_at = in_seconds(4)
    for number in range(20):
        server.studio.post(f"Stuck {number}", due_at=due_at - timedelta(milliseconds=20 - number))
    server.studio.post("Beside them", due_at=due_at)
    server.start(threads=4)

    server.wait_for(server.is_all_live)

    with server.studio.run.sessions() as session:
        order = list(
            session.scalars(
                select(Event.publication_id)
                .where(Event.cause == "published")
                .order_by(Event.at, Event.id)
            )
        )
    assert order[0] == server.rows()[-1].id
    assert len(world.media) == 21


def test_a_claim_that_fails_costs_no_thread_its_place(server: Server) -> None:
    """Whatever is raised: not only what a database raises."""
    with server.studio.run.sessions() as session:
        engine = session.get_bind()
    due_at = in_seconds(2)
    for number in range(4):
        server.studio.post(f"Number {number}", due_at=due_at + timedelta(seconds=number / 4))
    failed: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        by_a_thread_that_is_through = driver._feeder._claiming.locked()
        if "SELECT (EXISTS" in statement and by_a_thread_that_is_through and len(failed) < 6:
            failed.append(statement)
            raise ValueError("a row that nobody can read")

    driver = server.start(threads=2)
    event.listen(engine, "before_cursor_execute", fail)
    try:
        server.wait_for(server.is_all_live)
    finally:
        event.remove(engine, "before_cursor_execute", fail)

    assert failed
    server.wait_for(lambda: driver._busy == 0)


# the old scheduler lives here, and its thread may trip over its own end
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_swap_that_the_system_refuses_leaves_what_there_was(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = server.start(timings=replace(fast(20), tick=timedelta(hours=1)))
    server.wait_for_first_tick()
    old = driver._scheduler

    def refuse(_scheduler: BackgroundScheduler) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(BackgroundScheduler, "start", refuse)
    with pytest.raises(RuntimeError):
        driver._restart()
    assert driver._scheduler is old
    driver.nudge()
    monkeypatch.undo()

    driver._restart()

    assert driver._scheduler is not old
    server.studio.post("Now", due_at=in_seconds(0))
    driver.nudge()
    server.wait_for(lambda: server.states() == ["preparing"])
