"""A studio with one account, served over HTTP, and a hand crank for its machine."""

import pytest
from flask import Flask

from sandbox.world import World
from tests.machine.driving import Drive
from tests.support import Studio


@pytest.fixture
def studio(live_app: Flask, world: World) -> Studio:
    """One connected account."""
    return Studio(live_app, world).open()


@pytest.fixture
def drive(studio: Studio) -> Drive:
    """The machine at full length, in virtual time."""
    return Drive(studio.app, studio.world)
