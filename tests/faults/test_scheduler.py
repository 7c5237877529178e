"""What runs the machine breaks: its thread, its tick, its pool, its database's lock."""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text

from ospost.jobs.on_apscheduler import Driver
from ospost.services.publishing.machine import Task
from sandbox.world import World
from tests.databases import ON_BOTH
from tests.faults.helping import calls
from tests.machine.serving import Server, serving
from tests.support import Studio, fast, in_seconds

pytestmark = [ON_BOTH, pytest.mark.processes]


@pytest.fixture
def server(used: str, live_app: Flask, world: World) -> Iterator[Server]:
    """Drivers in this process, twenty times faster than usual."""
    with serving(Studio(live_app, world).open()) as made:
        yield made


def end_thread(name: str) -> None:
    """Let a thread die as by an error that nobody catches."""
    (thread,) = (thread for thread in threading.enumerate() if thread.name == name)
    ident = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(SystemExit))
    thread.join(30)
    assert not thread.is_alive()


def assert_all_live_once(server: Server, count: int) -> None:
    linked = {row.ig_media_id for row in server.rows()}
    assert linked == set(server.studio.world.media)
    assert len(linked) == count


@pytest.mark.fault(21, "scheduler_thread_dies")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_scheduler_that_died_is_started_anew_with_what_it_had(server: Server) -> None:
    """A post lies claimed in the dead scheduler, another one comes due later."""
    soon = in_seconds(3)
    server.studio.post("Claimed by then", due_at=soon)
    server.studio.post("Later", due_at=soon + timedelta(seconds=1))
    driver = server.start(timings=replace(fast(20), claim_ahead=timedelta(seconds=3)))
    server.wait_for(lambda: server.states() == ["ready"] * 2)

    end_thread("APScheduler")

    server.wait_for(lambda: driver.guard.restarts == 1)
    server.wait_for(server.is_all_live)
    assert_all_live_once(server, 2)
    assert driver.is_alive
    assert "ospost_scheduler_restarts_total 1.0" in page(server, driver, "/metrics").text


@pytest.mark.fault(21, "scheduler_thread_dies")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("what", ["nudge", "row"])
def test_what_comes_in_the_moment_of_the_swap_is_not_lost(
    server: Server, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """It reaches the dead scheduler when that one's jobs were read already; no tick is near."""
    driver = server.start(timings=replace(fast(20), tick=timedelta(hours=1)))
    server.wait_for_first_tick()
    end_thread("APScheduler")
    dead = driver._scheduler
    add, read = dead.add_job, dead.get_jobs
    came, jobs_read, worked = threading.Event(), threading.Event(), threading.Event()

    def add_late(*given: Any, **named: Any) -> Any:
        came.set()
        jobs_read.wait(0.5)  # either the jobs are read by now, or the swap waits for this
        return add(*given, **named)

    def read_and_say() -> Any:
        jobs = read()
        jobs_read.set()
        return jobs

    monkeypatch.setattr(dead, "add_job", add_late)
    monkeypatch.setattr(dead, "get_jobs", read_and_say)
    task = Task(key="p1.1", run_at=in_seconds(0), is_shot=False, account_id=1, run=worked.set)
    if what == "nudge":
        server.studio.post("Now", due_at=in_seconds(0))
    else:
        driver._account(task, 1)
    call = driver.nudge if what == "nudge" else partial(driver._put_off, task)
    threading.Thread(target=call).start()
    assert came.wait(10)

    driver._restart()

    if what == "nudge":
        server.wait_for(lambda: server.states() == ["preparing"])
    else:
        assert worked.wait(10)
        server.wait_for(lambda: driver._busy == 0)


@pytest.mark.fault(22, "tick_raises_each_time")
def test_a_tick_that_always_fails_somewhere_still_claims(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The beat fails at every tick: posts go out, and `/readyz` says that something is wrong."""

    def fail() -> None:
        raise RuntimeError("no beat")

    driver = server.start()
    monkeypatch.setattr(driver.presence, "beat_if_due", fail)
    server.studio.post("All the same", due_at=in_seconds(1))

    server.wait_for(server.is_all_live)

    assert_all_live_once(server, 1)
    server.wait_for(lambda: not driver.is_alive)
    assert "ospost_tick_failures_total 0.0" not in page(server, driver, "/metrics").text
    answer = page(server, driver, "/readyz")
    assert (answer.status_code, answer.json["checks"]["scheduler"]) == (503, False)


def page(server: Server, driver: Driver, path: str) -> Any:
    """Ask the app as it is served beside *driver*."""
    server.studio.app.extensions["ospost.driver"] = driver
    return server.studio.app.test_client().get(path)


@pytest.mark.fault(23, "pool_saturated (slow Meta)")
def test_a_pool_that_is_full_drops_nothing_and_goes_by_due_time(
    server: Server, world: World
) -> None:
    """Eight posts of two accounts are due at once; two threads, and every call takes its time."""
    world.switches.latency = {"any": 0.05}
    first, due_at = server.studio, in_seconds(2)
    studios = [first, Studio(first.app, world, username="harbour.cafe").open(first.user_id)]
    for number in range(8):
        at = due_at + timedelta(milliseconds=10 * number)
        studios[number % 2].post(f"Number {number:02}", due_at=at)
    server.start(threads=2)

    server.wait_for(server.is_all_live)

    assert_all_live_once(server, 8)
    for studio in studios:
        rows = [row for row in server.rows() if row.account_id == studio.account_id]
        intents = [row.intent_at or row.due_at for row in sorted(rows, key=lambda row: row.due_at)]
        assert intents == sorted(intents)
        assert all(row.sent_at and row.sent_at >= row.due_at for row in rows)


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Hold the database's write lock from a connection of somebody else."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection = connection.execution_options(is_writing=True)
            connection.begin()
        else:
            connection.execute(text("LOCK TABLE publication IN EXCLUSIVE MODE"))
        yield
        connection.rollback()


def limit_patience(engine: Engine, milliseconds: int) -> None:
    """Let every connection, from now on, wait no longer than that for a lock."""

    def set_limit(connection: Any, *_: Any) -> None:
        word = "PRAGMA busy_timeout =" if engine.dialect.name == "sqlite" else "SET lock_timeout ="
        cursor = connection.cursor()
        cursor.execute(f"{word} {milliseconds}")
        cursor.close()

    event.listen(engine, "checkout", set_limit)


@pytest.mark.fault(24, "db_locked_5_s / 60 s")
@pytest.mark.parametrize("used", ["duplicate", "refuse"], indirect=True)
@pytest.mark.parametrize("is_long", [False, True], ids=["5 s", "60 s"])
def test_a_locked_database_is_waited_for_and_a_long_lock_is_told(
    server: Server, world: World, is_long: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The lock is taken while a shot is under way; all times are a twentieth."""
    world.faults.add(endpoint="publish", kind="slow_after", seconds=0.5, count=1)
    with server.studio.run.sessions() as session:
        engine = session.get_bind()
    assert isinstance(engine, Engine)
    limit_patience(engine, 750 if is_long else 5000)
    server.studio.post("Locked out", due_at=in_seconds(1))
    before = {thread.name for thread in threading.enumerate()}
    driver = server.start()
    server.wait_for(lambda: server.states() == ["publishing"])

    with locked(engine):
        if is_long:
            server.wait_for(lambda: driver.guard.failures > 0)
            if engine.dialect.name == "sqlite":  # there the lock is on everything, the beat too
                server.wait_for(lambda: not driver.is_alive)
            server.wait_for(lambda: page(server, driver, "/readyz").status_code == 503)
        else:
            time.sleep(0.25)

    server.wait_for(server.is_all_live)
    assert_all_live_once(server, 1)
    assert len(calls(world, "publish")) == 1
    assert (driver.guard.failures > 0) == is_long
    assert driver.guard.restarts == 0
    server.wait_for(lambda: driver.is_alive)
    assert before <= {thread.name for thread in threading.enumerate()}
    assert ("part of the tick failed" in caplog.text) == is_long
