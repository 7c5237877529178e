"""After a long sleep tokens are looked at before anything is sent, and nothing waits for that for ever."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from helpers import utcnow
from models import Account, Instance, Membership, Publication
from ospost.domain.timings import Timings
from ospost.jobs.on_apscheduler import Driver
from ospost.services.database import writing
from ospost.services.tokens import LOOKED_AT
from sandbox import deeds
from sandbox.world import World
from tests.machine.driving import fault
from tests.people.helping import by_facebook
from tests.support import Studio, choose_all, fast, in_seconds

PATIENCE_S = 45.0


@dataclass
class Computer:
    """A server with a signed-in person, whose last look at tokens may be long ago."""

    app: Flask
    world: World
    drivers: list[Driver] = field(default_factory=list)

    def sign_in(self) -> Studio:
        client = self.app.test_client()
        by_facebook(client, self.world)
        choose_all(client)
        run = self.app.extensions["ospost"]
        with run.sessions() as session:
            account = session.scalars(
                select(Account).where(Account.username == "clay.studio")
            ).one()
            member = session.scalars(
                select(Membership).where(Membership.account_id == account.id)
            ).one()
        return Studio(self.app, self.world, user_id=member.user_id, account_id=account.id)

    def last_looked(self, ago: timedelta) -> None:
        run = self.app.extensions["ospost"]
        with run.sessions() as session, writing(session):
            session.merge(Instance(name=LOOKED_AT, value=(utcnow() - ago).isoformat()))

    def start(self, timings: Timings) -> Driver:
        run = self.app.extensions["ospost"]
        run.publish_threads, run.timings = 8, timings
        driver = Driver(run)
        self.drivers.append(driver)
        driver.start()
        return driver

    def rows(self) -> list[Publication]:
        with self.app.extensions["ospost"].sessions() as session:
            return list(session.scalars(select(Publication).order_by(Publication.id)))

    def wait_for(self, good: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not good():
            assert time.monotonic() < end, [(row.state, row.hold_reason) for row in self.rows()]
            time.sleep(0.02)

    def asked(self) -> list[str]:
        """Which endpoints were called since the person signed in, in order."""
        return [call["endpoint"] for call in self.world.calls]


@pytest.fixture
def computer(live_app: Flask, world: World) -> Iterator[Computer]:
    made = Computer(live_app, world)
    yield made
    for driver in made.drivers:
        driver.stop()


def test_a_token_that_died_meanwhile_is_not_tried_by_any_post(
    computer: Computer, world: World
) -> None:
    studio = computer.sign_in()
    studio.post("Overdue", due_at=in_seconds(-20))
    studio.post("Soon", due_at=in_seconds(1))
    computer.last_looked(timedelta(hours=2))
    deeds.end_tokens(world, {"person": "Ada Marin"}, subcode=460)
    fault(world, "debug_token", "slow", seconds=0.5)
    world.calls.clear()

    computer.start(replace(fast(20), wake_look=timedelta(seconds=30)))
    computer.wait_for(lambda: [row.state for row in computer.rows()] == ["held", "held"])

    assert {row.hold_reason for row in computer.rows()} == {"token"}
    assert set(computer.asked()) == {"debug_token"}


def test_posts_do_not_wait_for_an_outage_to_end(computer: Computer, world: World) -> None:
    studio = computer.sign_in()
    computer.last_looked(timedelta(hours=2))
    fault(world, "debug_token", "hang", seconds=30, count=1)
    studio.post("Goes out", due_at=in_seconds(1))
    began = time.monotonic()

    computer.start(replace(fast(20), wake_look=timedelta(seconds=2)))
    computer.wait_for(lambda: [row.state for row in computer.rows()] == ["published"])

    assert time.monotonic() - began > 2
    assert "debug_token" in computer.asked()


def test_a_server_that_was_down_for_a_moment_sends_at_once(
    computer: Computer, world: World
) -> None:
    studio = computer.sign_in()
    computer.last_looked(timedelta(minutes=50))
    studio.post("Goes out", due_at=in_seconds(1))
    world.calls.clear()

    computer.start(fast(20))
    computer.wait_for(lambda: [row.state for row in computer.rows()] == ["published"])

    assert "debug_token" not in computer.asked()


def test_a_computer_that_was_suspended_looks_when_it_wakes(
    computer: Computer, world: World
) -> None:
    studio = computer.sign_in()
    computer.last_looked(timedelta(minutes=2))
    driver = computer.start(replace(fast(20), wake_look=timedelta(seconds=30)))
    computer.wait_for(lambda: driver.is_alive)
    deeds.end_tokens(world, {"person": "Ada Marin"}, subcode=460)
    world.calls.clear()
    computer.last_looked(timedelta(hours=2))

    with driver._claiming:  # as if no tick had come for two hours
        driver._waking._seen_at -= 7200
        studio.post("Due on waking", due_at=in_seconds(0))
    computer.wait_for(lambda: [row.state for row in computer.rows()] == ["held"])

    assert set(computer.asked()) == {"debug_token"}
