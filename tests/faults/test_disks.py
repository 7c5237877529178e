"""Disks that are full, power that goes away: what was written before a call is there after it."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import InvalidRequestError

from tests.databases import ON_BOTH, Database
from tests.faults.helping import (
    IN_BOTH_WORLDS,
    Sturdy,
    assert_each_live_once,
    assert_live_once,
    calls,
    engine_of,
    heir_of,
    once_at,
)
from tests.machine.driving import Died, Drive
from tests.support import Studio, in_seconds

pytestmark = IN_BOTH_WORLDS

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sturdy(studio: Studio) -> Sturdy:
    """A worker that goes on when the database fails it."""
    return Sturdy(studio.app, studio.world)


class Disk:
    """Lets the database of *engine* refuse every write while it is full."""

    def __init__(self, engine: Engine) -> None:
        self.is_full = False
        event.listen(engine, "begin", self._begin)

    def fill(self) -> None:
        self.is_full = True

    def _begin(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            how = "ON" if self.is_full else "OFF"
            connection.exec_driver_sql(f"PRAGMA query_only={how}")
        elif self.is_full:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")


@ON_BOTH
@pytest.mark.fault(25, "db_readonly_or_disk_full_before_intent")
def test_without_room_for_the_intent_no_call_is_made(studio: Studio, sturdy: Sturdy) -> None:
    disk = Disk(engine_of(sturdy))
    studio.post("Written first", due_at=in_seconds(60))
    sturdy.run(seconds=300, until="ready")
    sturdy.meet(sturdy.row().due_at)
    sturdy.tools.reached = once_at("claimed", disk.fill)

    sturdy.run(seconds=600)

    assert sturdy.failures >= 2
    assert (sturdy.states(), calls(studio.world, "publish")) == (["ready"], [])
    disk.is_full = False
    sturdy.run(seconds=600)
    assert_live_once(sturdy)


@ON_BOTH
@pytest.mark.fault(26, "disk_full_after_answer")
def test_an_answer_without_room_for_it_is_found_again_when_there_is(
    studio: Studio, sturdy: Sturdy
) -> None:
    disk = Disk(engine_of(sturdy))
    studio.post("Found again", due_at=in_seconds(60))
    sturdy.tools.reached = once_at("answered", disk.fill)

    sturdy.run(seconds=600)

    assert sturdy.failures >= 2
    assert (sturdy.states(), len(sturdy.live())) == (["publishing"], 1)
    disk.is_full = False
    sturdy.run(seconds=3600)
    assert_live_once(sturdy)
    assert len(calls(studio.world, "publish")) == 1


class Power:
    """Cuts the power after a commit: what lies on the disk then is all that is left."""

    def __init__(self, drive: Drive, folder: Path) -> None:
        self._engine = engine_of(drive)
        self._file = Path(str(self._engine.url.database))
        self._saved = folder / "after-the-cut"
        self._saved.mkdir()
        self._left = 0
        self._is_off = False
        event.listen(self._engine, "begin", self._stay_dead)
        event.listen(drive.tools.sessions, "after_commit", self._committed)

    def cut_after(self, commits: int) -> None:
        """Cut it at the end of that many commits from now on."""
        self._left = commits

    def _committed(self, _session: object) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                self.cut()

    def _stay_dead(self, _connection: object) -> None:
        """Without power nothing goes on, whatever somebody made of the exception."""
        if self._is_off:
            raise Died

    def cut(self) -> None:
        """Keep database and log as they lie there, and die."""
        for path in self._files():
            shutil.copy(path, self._saved)
        self._is_off = True
        raise Died

    def come_back(self) -> None:
        """Put what was kept in place: the shared memory beside it is gone."""
        self._is_off = False
        self._engine.dispose()
        for path in self._file.parent.glob(f"{self._file.name}*"):
            path.unlink()
        for path in self._saved.iterdir():
            shutil.move(path, self._file.parent / path.name)

    def _files(self) -> list[Path]:
        return [self._file, self._file.with_name(f"{self._file.name}-wal")]

    def tear_checkpoint(self) -> None:
        """Cut it while the log is being merged: some pages are new, the others old."""
        file, log = self._files()
        old, kept = file.read_bytes(), log.read_bytes()
        other = sqlite3.connect(file)
        (page_size,) = other.execute("PRAGMA page_size").fetchone()
        busy, _, _ = other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert not busy
        new = file.read_bytes()
        other.close()
        old = old.ljust(len(new), b"\0")
        pages = range(0, len(new), page_size)
        torn = b"".join(
            (new if number % 2 else old)[at : at + page_size] for number, at in enumerate(pages)
        )
        assert torn not in (old, new)
        (self._saved / file.name).write_bytes(torn)
        (self._saved / log.name).write_bytes(kept)
        self._is_off = True
        raise Died


@pytest.mark.fault(29, "power_loss_after_intent")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_power_that_goes_after_any_commit_loses_nothing(
    studio: Studio, drive: Drive, tmp_path: Path
) -> None:
    """One post for every commit of a post's life: the power goes after the n-th."""
    power = Power(drive, tmp_path)
    with drive.session() as session:
        assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL: a commit is on the disk
    worker, count, states = drive, 0, set()
    while True:
        count += 1
        studio.post(f"Number {count}", due_at=worker.now() + MINUTE)
        power.cut_after(count)
        try:
            worker.run(seconds=300)
        except (Died, InvalidRequestError):  # the session notices that it was interrupted
            power.come_back()
            states.add(worker.states()[-1])
            worker = heir_of(worker)
            worker.run(seconds=3600)
        else:
            break
        assert_each_live_once(worker)
    power.cut_after(0)

    assert count > 8
    assert states >= {"preparing", "ready", "publishing", "published"}
    worker.run(seconds=3600)
    assert_each_live_once(worker)


@pytest.mark.fault(29, "power_loss_after_intent")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("point", ["intent", "answered"])
def test_a_database_server_that_crashes_has_kept_the_intent(
    studio: Studio, sturdy: Sturdy, database: Database, point: str
) -> None:
    """PostgreSQL stops as in a crash and comes back; the worker lives on."""
    cluster = database.cluster
    assert cluster is not None

    def crash() -> None:
        cluster.stop("immediate")
        cluster.start()

    studio.post("After the crash", due_at=in_seconds(60))
    sturdy.tools.reached = once_at(point, crash)

    sturdy.run(seconds=3600)

    assert_live_once(sturdy)
    assert "intent" in sturdy.causes()
    assert len(calls(studio.world, "publish")) == 1


@pytest.mark.fault(30, "power_loss_in_checkpoint")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", ["ready", "intent", "answered"])
def test_power_that_goes_in_a_checkpoint_leaves_a_whole_database(
    studio: Studio, drive: Drive, tmp_path: Path, point: str
) -> None:
    power = Power(drive, tmp_path)
    studio.post("Whole", due_at=in_seconds(60))
    drive.tools.reached = once_at(point, power.tear_checkpoint)
    with pytest.raises(Died):
        drive.run(seconds=600)
    power.come_back()
    heir = heir_of(drive)

    with heir.session() as session:
        assert session.scalar(text("PRAGMA quick_check")) == "ok"
    assert heir.states() == ["ready" if point == "ready" else "publishing"]
    heir.run(seconds=3600)
    assert_live_once(heir)
