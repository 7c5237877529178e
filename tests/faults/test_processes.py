"""Real processes are killed, stopped, forked and multiplied while they publish."""

import hashlib
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests
from PIL import Image

from models import Media, db
from ospost.services.database import writing
from ospost.storage.local import ARRIVING, LocalStorage
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, calls
from tests.ports import free_port
from tests.processes.plant import ROOT, Plant
from tests.support import Studio, in_seconds

pytestmark = [ON_BOTH, pytest.mark.processes]

LIMIT = 30  # seconds: what a process that waits for nothing takes, however loaded the machine


def add_large_picture(desk: Studio) -> int:
    """Keep a picture that takes a while to read."""
    key = desk.run.storage.new_key(".png")
    path = desk.run.storage.local_path(key)
    Image.new("RGB", (5000, 5600), "#1f6f8b").save(path, "PNG", compress_level=1)
    with desk.app.app_context(), writing(db.session()) as session:
        media = Media(
            user_id=desk.user_id,
            storage_key=key,
            format="PNG",
            byte_size=path.stat().st_size,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            width=5000,
            height=5600,
            created_at=datetime.now(UTC),
        )
        session.add(media)
        session.flush()
        return media.id


def readers_of(path: Path, process: psutil.Process) -> list[psutil.Process]:
    """Return the descendants of *process* that have the file open."""
    return [
        child
        for child in process.children(recursive=True)
        if any(file.path == str(path) for file in child.open_files())
    ]


@pytest.mark.fault(3, "crash_during_render")
def test_a_server_that_is_killed_while_it_makes_a_picture_leaves_nothing(
    plant: Plant, desk: Studio
) -> None:
    media_id = add_large_picture(desk)
    with desk.app.app_context():
        media = db.session.get_one(Media, media_id)
        original = desk.run.storage.local_path(media.storage_key)
    desk.post("Large", due_at=in_seconds(1), media_id=media_id)
    process = psutil.Process(plant.start().pid)
    plant.wait_for(lambda: bool(readers_of(original, process)))
    (reader,) = readers_of(original, process)

    process.kill()
    reader.wait(LIMIT)  # it ends by itself, and what it made lies where nobody moved it
    before = [path for path in original.parents[2].rglob("*") if path.is_file()]
    plant.start()
    plant.wait_for(plant.all_live)

    plant.assert_each_live_once(1)
    assert [path.parent.name for path in before if path != original] == [ARRIVING]
    storage = desk.run.storage
    assert isinstance(storage, LocalStorage)
    assert storage.sweep(datetime.now(UTC) + timedelta(days=2)) == 1


@IN_BOTH_WORLDS
@pytest.mark.parametrize(
    "signals",
    [
        pytest.param(
            [signal.SIGKILL],
            marks=pytest.mark.fault(8, "crash_after_send_before_answer"),
            id="kill",
        ),
        pytest.param(
            [signal.SIGTERM, signal.SIGKILL],
            marks=pytest.mark.fault(18, "sigterm_then_sigkill_after_grace"),
            id="term, kill",
        ),
    ],
)
def test_a_server_that_is_killed_while_instagram_publishes_finds_the_post(
    plant: Plant, desk: Studio, signals: list[signal.Signals]
) -> None:
    plant.world.faults.add(endpoint="publish", kind="slow_after", seconds=30, count=1)
    desk.post("In flight", due_at=in_seconds(1))
    process = plant.start()
    plant.wait_for(lambda: bool(plant.world.media))

    for number in signals:
        process.send_signal(number)
    assert process.wait(LIMIT) == -signal.SIGKILL
    plant.start()
    plant.wait_for(plant.all_live)

    plant.assert_each_live_once(1)
    assert len(calls(plant.world, "publish")) <= 1  # noted when it is answered


@pytest.mark.fault(16, "sigterm_idle")
def test_a_server_with_nothing_under_way_waits_for_nothing(plant: Plant, desk: Studio) -> None:
    """At full length: the drain is 35 seconds, and a browser keeps its connection open."""
    plant.divisor = 1
    desk.post("Tomorrow", due_at=in_seconds(86_400))
    process = plant.start()
    with requests.Session() as browser:
        assert browser.get(f"http://127.0.0.1:{plant.port}/healthz", timeout=10).ok
        assert plant.term(process, seconds=LIMIT) == 0
    assert [row.owner for row in plant.rows()] == [""]


@pytest.mark.fault(17, "sigterm_while_publishing")
def test_a_server_that_is_stopped_waits_for_the_answer(plant: Plant, desk: Studio) -> None:
    plant.divisor = 20
    plant.world.faults.add(endpoint="publish", kind="slow", seconds=1, count=1)
    desk.post("In flight", due_at=in_seconds(1))
    process = plant.start()
    plant.wait_for(lambda: plant.states() == ["publishing"])

    assert plant.term(process, seconds=LIMIT) == 0

    plant.assert_each_live_once(1)
    assert plant.all_live()


FORKS = """
import os, sys, time
from app import create_app, start_publishing, stop_publishing
from ospost.domain.timings import Timings
app = create_app()
app.extensions["ospost"].timings = Timings().scaled(20)
start_publishing(app)
time.sleep(0.2)
child = os.fork()
if child:
    os.waitpid(child, 0)
    stop_publishing(app)
    sys.exit(0)
def ready():
    answer = app.test_client().get("/readyz")
    return f"{answer.status_code} {answer.json['checks'].get('scheduler')}, "
said = ready()
start_publishing(app)
said += ready()
stop_publishing(app)
os.write(1, said.encode())
os._exit(0)
"""


@pytest.mark.fault(20, "reloader_or_preload_fork (threads lost in child)")
def test_a_child_that_lost_the_scheduler_by_a_fork_says_so_and_starts_its_own(
    plant: Plant, desk: Studio
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKS],
        cwd=ROOT,
        env=plant.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "503 False, 200 True, ", done.stderr


@IN_BOTH_WORLDS
@pytest.mark.fault(19, "two_processes_same_file / four on PostgreSQL, 10,000 due")
def test_several_processes_on_one_database_publish_nothing_twice(
    plant: Plant, desk: Studio
) -> None:
    plant.world.switches.quota_total = 100
    other = Studio(desk.app, plant.world, username="harbour.cafe").open(desk.user_id)
    due_at = in_seconds(5)
    for number in range(24):
        owner = desk if number % 2 else other
        owner.post(f"Burst {number}", due_at=due_at)

    others = 1 if plant.database.kind == "sqlite" else 3
    for port in (plant.port, *(free_port() for _ in range(others))):
        plant.start(port=port)
    plant.wait_for(plant.all_live, seconds=90)

    plant.assert_each_live_once(24)


@IN_BOTH_WORLDS
@pytest.mark.fault(11, "kill9_at_random_point x 2,000")
def test_servers_that_are_killed_at_random_moments_leave_each_post_once(
    plant: Plant, desk: Studio
) -> None:
    """A few of them at every run of the tests; thousands in `bench.random_run`."""
    chance = random.Random(11)
    for number in range(9):
        desk.post(f"Number {number}", due_at=in_seconds(2 + number / 3))

    for _ in range(5):
        process = plant.start()
        time.sleep(chance.uniform(0.1, 1.2))
        process.kill()
        process.wait(LIMIT)
    plant.start()
    plant.wait_for(plant.all_live, seconds=90)

    plant.assert_each_live_once(9)
