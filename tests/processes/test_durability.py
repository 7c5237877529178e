"""What SQLite was given stays, whatever ends the process; and where that cannot be, it says so."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from ospost.services import durability
from ospost.services.schema import WrongDatabase
from sandbox.server import Running
from tests.processes.plant import Plant
from tests.support import Studio, in_seconds

pytestmark = [pytest.mark.processes]

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import sys
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from ospost.services.database import prepare_engine, writing

engine = create_engine(f"sqlite:///{sys.argv[1]}")
prepare_engine(engine)
with Session(engine) as session:
    with writing(session):
        session.execute(text("CREATE TABLE IF NOT EXISTS intent (no INTEGER PRIMARY KEY)"))
    first = session.scalar(text("SELECT coalesce(max(no), 0) FROM intent"))
    for number in range(first + 1, 10**9):
        with writing(session):
            session.execute(text("INSERT INTO intent VALUES (:no)"), {"no": number})
        print(number, flush=True)
"""


def write_until_killed(path: Path, seconds: float) -> int:
    """Let a process commit intents until it is killed; return the last it reported."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    lines = process.stdout.read().split("\n")
    process.wait()
    process.stdout.close()
    return int(lines[-2])


def test_all_that_was_reported_as_committed_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "intents.db"
    for seconds in (0.1, 0.25, 0.4):
        reported = write_until_killed(path, seconds)

        durability.check_before_use(path)
        with closing(sqlite3.connect(path)) as opened:
            count, largest = opened.execute("SELECT count(*), max(no) FROM intent").fetchone()
            assert opened.execute("PRAGMA synchronous").fetchone() == (2,)
        assert count == largest
        assert reported <= largest <= reported + 1


@pytest.fixture
def plant(tmp_path: Path, sandbox: Running) -> Iterator[Plant]:
    made = Plant(tmp_path, sandbox)
    yield made
    made.stop()


def test_a_full_log_disk_keeps_no_post_back(plant: Plant, app: Flask) -> None:
    Studio(app, plant.world).open().post("All the same", due_at=in_seconds(3))
    with open("/dev/full", "w") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.processes.publisher", str(plant.port), "20"],
            cwd=ROOT,
            env={**plant.environ, "LOG_FORMAT": "json"},
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )
    plant.running.append(process)

    plant.wait_for(plant.all_live)

    plant.assert_each_live_once(1)


def test_a_damaged_file_is_found_after_an_end_that_was_not_in_order(tmp_path: Path) -> None:
    path = tmp_path / "intents.db"
    write_until_killed(path, 0.3)
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    write_until_killed(path, 0.1)
    data = bytearray(path.read_bytes())
    data[4096:4200] = b"\xff" * 104
    path.write_bytes(data)
    log = path.with_name("intents.db-wal")
    log.write_bytes(log.read_bytes()[:32])  # a log without pages, which would mend it

    with pytest.raises(WrongDatabase, match="flask ospost restore FILE"):
        durability.check_before_use(path)


MOUNTS = r"""
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /srv rw - nfs4 nas:/srv rw,vers=4.2
31 30 8:2 / /srv/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /mnt/my\040disk rw - cifs //nas/disk rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ospost/ospost.db", "ext4"),
        ("/srv/ospost.db", "nfs4"),
        ("/srv/local/ospost.db", "xfs"),
        ("/srvice/ospost.db", "ext4"),
        ("/mnt/my disk/ospost.db", "cifs"),
    ],
)
def test_file_systems_of_other_machines_are_told_from_local_ones(path: str, kind: str) -> None:
    assert durability.file_system_of(Path(path), MOUNTS) == kind
    assert (kind in durability.NETWORKED) == (kind in ("nfs4", "cifs"))
    assert durability.file_system_of(Path("/proc/self"), Path("/proc/self/mountinfo").read_text())
