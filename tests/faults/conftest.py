"""What the faults are let loose on: an account, the machine by hand, or real processes.

A module says `pytestmark = [ON_BOTH, IN_BOTH_WORLDS]` to run on both databases and in both worlds.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from sandbox.server import Running
from sandbox.world import World
from tests.databases import Database
from tests.faults.person import Person
from tests.machine.driving import Drive
from tests.processes.plant import Plant
from tests.support import MakeApp, Studio


@pytest.fixture
def used(request: pytest.FixtureRequest, world: World) -> str:
    """What Instagram does with a container that was published before."""
    world.switches.used_container = getattr(request, "param", "refuse")
    return world.switches.used_container


@pytest.fixture
def studio(used: str, live_app: Flask, world: World) -> Studio:
    """One connected account, in this process."""
    return Studio(live_app, world).open()


@pytest.fixture
def drive(studio: Studio) -> Drive:
    """The machine at full length, in virtual time."""
    return Drive(studio.app, studio.world)


@pytest.fixture
def person(used: str, live_app: Flask, world: World) -> Person:
    """Somebody who signed in and owns the account, with a browser."""
    made = Person(live_app.test_client(), Studio(live_app, world), Drive(live_app, world))
    made.sign_in()
    made.find()
    return made


@pytest.fixture
def plant(tmp_path: Path, sandbox: Running, database: Database, used: str) -> Iterator[Plant]:
    """Real processes on the test's database, fifty times faster than usual."""
    made = Plant(tmp_path, sandbox, divisor=50, database=database)
    yield made
    made.stop()


@pytest.fixture
def desk(plant: Plant, make_app: MakeApp) -> Studio:
    """One account whose posts the plant's processes publish."""
    app = make_app(APP_URL=f"http://127.0.0.1:{plant.port}")
    return Studio(app, plant.world).open()
