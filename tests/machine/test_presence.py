"""Who is taken for dead: a process that is gone, not one that is slow."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from models import Publication
from ospost.jobs.presence import Presence
from ospost.services import nodes
from ospost.services.database import writing
from tests.databases import ON_BOTH
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds


@pytest.fixture
def neighbour() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this host."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@ON_BOTH
def test_a_slow_process_keeps_its_work_and_a_dead_one_does_not(
    studio: Studio, drive: Drive, neighbour: subprocess.Popen[bytes]
) -> None:
    studio.post("Held", due_at=in_seconds(3600))
    name, host = f"{socket.gethostname()}:{neighbour.pid}:other", socket.gethostname()
    with drive.session() as session:
        nodes.beat(session, name=name, host=host, pid=neighbour.pid, version="0", now=drive.now())
        with writing(session):
            lease_end = in_seconds(300)
            session.execute(update(Publication).values(owner=name, next_at=lease_end))
    run = studio.run
    presence = Presence(run, timings=run.timings, now=drive.now, clock=run.clock)
    drive.jump(60)  # nothing was heard of it for a minute

    presence.beat_if_due()
    assert drive.row().owner == name

    neighbour.kill()
    neighbour.wait()
    Presence(run, timings=run.timings, now=drive.now, clock=run.clock).beat_if_due()
    assert drive.row().owner == ""
