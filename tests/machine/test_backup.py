"""Copies of the database: made while it is in use, proved, rotated, put back, nothing sent twice."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from helpers import utcnow
from models import Followup, LoginSession, Notice, Publication, db
from ospost.domain.rotation import to_drop
from ospost.services import backup, backup_folder, nodes
from ospost.services.backup import BackupFailed
from ospost.services.database import writing
from ospost.services.publishing.epoch import Epoch, hold_what_may_be_live
from ospost.services.restore import CannotRestore, Restored, restore
from tests.databases import ON_BOTH
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM user").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


def copy_now(studio: Studio, folder: Path) -> Path:
    """Make a copy as `flask ospost backup` does."""
    return backup.make(studio.run.database_url, folder, now=utcnow()).path


def close(app: Flask) -> None:
    """Let go of the database, as the end of the server does."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def put_back(studio: Studio, copy: Path, *, world: str = "sandbox") -> Restored:
    """Restore as `flask ospost restore` does."""
    close(studio.app)
    return restore(
        studio.run.database_url,
        copy,
        world=world,
        state_dir=studio.run.state_dir,
        silent_after=studio.run.timings.silent_after,
        now=utcnow(),
    )


def start(studio: Studio, drive: Drive) -> int:
    """What every start of a publishing process does."""
    with drive.session() as session:
        return hold_what_may_be_live(session, epoch_of(studio), now=drive.now())


def epoch_of(studio: Studio) -> Epoch:
    return Epoch(studio.run.state_dir / "publish-batches")


def database_of(studio: Studio) -> Path:
    return studio.run.state_dir / "ospost.db"


def twenty_posts(studio: Studio) -> None:
    for number in range(20):
        comment = "And this" if number < 2 else ""
        studio.post(f"Post {number}", due_at=in_seconds(300 + number), first_comment=comment)


def assert_each_is_live_once(studio: Studio, drive: Drive) -> None:
    assert drive.states() == ["published"] * 20
    assert len(drive.live()) == 20
    assert {row.ig_media_id for row in drive.rows()} == set(studio.world.media)
    assert [comment.text for comment in studio.world.comments.values()] == ["And this"] * 2


@ON_BOTH
def test_after_a_restore_nothing_is_published_again(
    studio: Studio, drive: Drive, tmp_path: Path
) -> None:
    """Also on a new machine, where the count beside the database did not come along."""
    twenty_posts(studio)
    drive.run(seconds=120)
    copy = copy_now(studio, tmp_path / "copies")
    drive.run(seconds=1800)
    assert_each_is_live_once(studio, drive)
    assert epoch_of(studio).read() == 0

    put_back(studio, copy)

    assert "published" not in drive.states()
    assert start(studio, drive) == 20
    drive.run(seconds=7200)
    assert_each_is_live_once(studio, drive)


def test_a_count_that_is_far_ahead_stays_so(studio: Studio, drive: Drive, tmp_path: Path) -> None:
    copy = copy_now(studio, tmp_path)
    epoch_of(studio).bring_level(70)

    put_back(studio, copy)

    assert epoch_of(studio).read() == 71


@contextmanager
def writers(studio: Studio) -> Iterator[list[int]]:
    """Change every publication in one transaction, again and again; counts how often."""
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        with studio.run.sessions() as session:
            while not stop.is_set():
                with writing(session):
                    for row in session.scalars(select(Publication)):
                        row.tries += 1
                written.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    while not written:
        stop.wait(0.01)
    try:
        yield written
    finally:
        stop.set()
        thread.join()


def test_a_copy_is_made_while_others_write_and_shows_one_moment(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 2)
    for number in range(30):
        studio.post(f"{number} " + "x" * 2000, due_at=in_seconds(9000 + number))

    with writers(studio) as written:
        before = len(written)
        copy = copy_now(studio, tmp_path)
        assert len(written) > before + 1

    with closing(sqlite3.connect(copy)) as opened:
        assert len(set(opened.execute("SELECT tries FROM publication").fetchall())) == 1


def test_a_copy_is_one_private_file_with_its_digest_and_without_keys(
    studio: Studio, tmp_path: Path
) -> None:
    made = backup.make(studio.run.database_url, tmp_path / "copies", now=utcnow())

    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert backup_folder.digest(made.path) == made.sha256
    assert backup_folder.digest_file(made.path).read_text() == f"{made.sha256}  {made.path.name}\n"
    names = sorted(path.name for path in made.path.parent.iterdir())
    assert names == [made.path.name, f"{made.path.name}.sha256"]
    assert studio.run.secret_key.encode() not in made.path.read_bytes()


@pytest.fixture
def holder(studio: Studio) -> Iterator[None]:
    """Another process that has the database open and does nothing."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database_of(studio))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    yield
    process.communicate("")


@pytest.mark.usefixtures("holder")
def test_a_database_that_another_process_has_open_is_left_alone(
    studio: Studio, tmp_path: Path
) -> None:
    copy = copy_now(studio, tmp_path)

    with pytest.raises(CannotRestore, match="Ospost is running"):
        put_back(studio, copy)


def test_while_a_process_publishes_nothing_is_put_back(
    studio: Studio, drive: Drive, tmp_path: Path
) -> None:
    copy = copy_now(studio, tmp_path)
    with drive.session() as session:
        nodes.beat(session, name="far:1", host="far", pid=1, version="0", now=utcnow())

    with pytest.raises(CannotRestore, match="Ospost is running"):
        put_back(studio, copy)


def test_what_was_there_is_kept_and_ended_sign_ins_stay_ended(
    studio: Studio, drive: Drive, tmp_path: Path
) -> None:
    with studio.app.app_context(), writing(db.session()) as session:
        session.add(
            LoginSession(
                secret_digest="d", user_id=studio.user_id, created_at=utcnow(), seen_at=utcnow()
            )
        )
    copy = copy_now(studio, tmp_path)
    studio.post("Later than the copy", due_at=in_seconds(9000))

    done = put_back(studio, copy)

    assert done.aside is not None
    assert stat.S_IMODE(database_of(studio).stat().st_mode) == 0o600
    with closing(sqlite3.connect(done.aside)) as kept:
        assert kept.execute("SELECT count(*) FROM post").fetchone() == (1,)
    with drive.session() as session:
        assert list(session.scalars(select(Publication))) == []
        assert list(session.scalars(select(LoginSession))) == []
    names = {path.name for path in studio.run.state_dir.iterdir()}
    assert not [name for name in names if name.endswith("restoring") or ".part" in name]


def spoil(copy: Path, how: str) -> None:
    """Make a copy unusable in one way."""
    if how == "torn":
        data = bytearray(copy.read_bytes())
        data[5000:9000] = bytes(4000)
        copy.write_bytes(data)
        backup_folder.write_digest(copy)
    elif how == "changed":
        copy.write_bytes(copy.read_bytes() + b"\0" * 4096)
    elif how == "foreign":
        copy.write_text("name,caption\n")
        backup_folder.digest_file(copy).unlink()
    else:
        with closing(sqlite3.connect(copy)) as opened, opened:
            opened.execute({"newer": "UPDATE alembic_version SET version_num = '9999'"}[how])
        backup_folder.write_digest(copy)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("torn", "damaged|whole"),
        ("changed", "not what it was"),
        ("foreign", "not a whole database"),
        ("newer", "version 9999"),
    ],
)
def test_a_copy_that_cannot_work_is_refused_and_nothing_is_changed(
    studio: Studio, tmp_path: Path, how: str, words: str
) -> None:
    studio.post("Here", due_at=in_seconds(9000))
    copy = copy_now(studio, tmp_path)
    spoil(copy, how)
    close(studio.app)
    before = database_of(studio).read_bytes()

    with pytest.raises(CannotRestore, match=words):
        put_back(studio, copy)

    assert database_of(studio).read_bytes() == before
    assert not list(studio.run.state_dir.glob("*before-restore*"))


def test_a_copy_of_the_other_world_is_refused(studio: Studio, tmp_path: Path) -> None:
    copy = copy_now(studio, tmp_path)

    with pytest.raises(CannotRestore, match="belongs to Practice Instagram"):
        put_back(studio, copy, world="meta")


def daily(studio: Studio, now: datetime) -> backup.Backup | None:
    return backup.daily(
        studio.run.sessions,
        url=studio.run.database_url,
        state_dir=studio.run.state_dir,
        keep=7,
        now=now,
    )


def test_one_copy_a_day_and_a_year_of_them_takes_bounded_room(studio: Studio) -> None:
    folder = backup_folder.folder_of(studio.run.state_dir)
    by_hand = backup.make(
        studio.run.database_url, folder, now=datetime(2020, 1, 1, tzinfo=UTC)
    ).path
    now = datetime(2026, 1, 1, 3, tzinfo=UTC)
    first = daily(studio, now)
    assert first is not None
    assert daily(studio, now + timedelta(hours=1)) is None
    for day in range(1, 365):
        moment = now + timedelta(days=day)
        path = backup_folder.path_for(folder, moment, is_daily=True, ending="db")
        shutil.copyfile(by_hand, path)
        backup_folder.rotate(folder, daily=7)

    kept = backup_folder.copies(folder, only_daily=True)

    assert by_hand.exists()
    assert 7 + 3 + 10 <= len(kept) <= 7 + 4 + 12
    assert max(kept) == now + timedelta(days=364)
    assert min(kept).month == 1
    left = {path.name for path in folder.glob("*.sha256")}
    assert left <= {f"{path.name}.sha256" for path in [*kept.values(), by_hand]}


def test_the_newest_copy_is_never_dropped() -> None:
    old = datetime(2020, 5, 5, tzinfo=UTC)
    assert to_drop([old], daily=0, weekly=0, monthly=0) == set()


def test_a_daily_copy_that_fails_is_told_once_until_it_works(studio: Studio) -> None:
    folder = backup_folder.folder_of(studio.run.state_dir)
    folder.mkdir()
    now = utcnow()
    part = backup_folder.path_for(folder, now, is_daily=True, ending="db")
    part.with_name(f".{part.name}.part").mkdir()  # so that nothing can be written there

    for _ in range(2):
        assert daily(studio, now) is None
    with studio.app.app_context():
        (notice,) = db.session.scalars(select(Notice))
        assert (notice.kind, notice.ended_at) == ("backup", None)
        assert "could not be written" in notice.sentence
    assert daily(studio, now + timedelta(hours=1)) is not None

    with studio.app.app_context():
        (notice,) = db.session.scalars(select(Notice))
        assert notice.ended_at is not None


def test_postgresql_without_its_tools_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackupFailed, match="pg_dump is not on this machine"):
        backup.make("postgresql+psycopg://u:secret@127.0.0.1:1/d", tmp_path, now=utcnow())

    assert os.listdir(tmp_path) == []


def test_a_password_of_postgresql_is_in_no_message_and_on_no_command_line(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed) as failed:
        backup.make("postgresql+psycopg://u:s3cret-word@127.0.0.1:1/d", tmp_path, now=utcnow())

    assert "pg_dump failed" in str(failed.value)
    assert "s3cret-word" not in str(failed.value)


def test_pending_first_comments_of_a_copy_are_looked_for(studio: Studio, tmp_path: Path) -> None:
    """The copy was made between the post and its first comment."""
    studio.post("Post", due_at=in_seconds(9000))
    with studio.app.app_context(), writing(db.session()) as session:
        row = session.scalars(select(Publication)).one()
        session.add(Followup(publication_id=row.id, kind="first_comment", next_at=utcnow()))
    copy = copy_now(studio, tmp_path)

    put_back(studio, copy)

    with studio.app.app_context():
        assert db.session.scalars(select(Followup)).one().intent_at is not None
