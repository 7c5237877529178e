"""An old copy of the database that was put back: what may be live is looked for, never sent again."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from models import db
from ospost.services import planning
from ospost.services.database import writing
from ospost.services.publishing.claims import batches
from ospost.services.publishing.epoch import Epoch, hold_what_may_be_live
from tests.databases import ON_SQLITE
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds

pytestmark = ON_SQLITE

TABLES = ("event", "followup", "outbox", "publication", "instance")


@pytest.fixture
def epoch(studio: Studio) -> Epoch:
    """The count beside the database."""
    return Epoch(studio.run.state_dir / "publish-batches")


def backup(drive: Drive) -> list[str]:
    """Copy the database as it is."""
    with drive.session() as session:
        raw = session.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        return list(raw.iterdump())


def restore(studio: Studio, lines: list[str]) -> None:
    """Put the old rows of the machine back, as a restored file would."""
    with studio.app.app_context(), writing(db.session()) as session:
        connection = session.connection()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in TABLES:
            connection.exec_driver_sql(f"DELETE FROM {table}")
        for line in lines:
            if any(line.startswith(f'INSERT INTO "{table}"') for table in TABLES):
                connection.exec_driver_sql(line)


def bring_level(drive: Drive, epoch: Epoch) -> None:
    with drive.session() as session:
        epoch.bring_level(batches(session))


def begin(drive: Drive, epoch: Epoch) -> int:
    """What every start does."""
    with drive.session() as session:
        return hold_what_may_be_live(session, epoch, now=drive.now())


def test_a_restored_old_database_publishes_nothing_again(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    """A copy from before the shot is put back: the post is looked for, found, and linked."""
    studio.post("Once is enough", due_at=in_seconds(600))
    drive.run(seconds=300)
    old = backup(drive)
    drive.run(seconds=900)
    bring_level(drive, epoch)
    restore(studio, old)

    count = begin(drive, epoch)

    assert (count, drive.states()) == (1, ["unknown"])
    drive.run(seconds=7200)
    (media,) = drive.live()
    assert (drive.row().state, drive.row().ig_media_id) == ("published", media.id)


def test_a_far_post_that_was_sent_by_hand_after_the_copy_is_not_sent_again(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    """The restored row has neither a container nor a moment in the past."""
    post_id = studio.post("Only once", due_at=in_seconds(86_400))
    old = backup(drive)
    with drive.session() as session:
        planning.publish_now(session, user_id=studio.user_id, post_id=post_id, now=drive.now())
    drive.run(seconds=900)
    assert drive.states() == ["published"]
    bring_level(drive, epoch)
    restore(studio, old)

    begin(drive, epoch)
    drive.run(seconds=2 * 86_400)

    (media,) = drive.live()
    assert (drive.row().state, drive.row().ig_media_id) == ("published", media.id)


def test_a_far_post_that_was_never_sent_goes_out_in_time_after_a_restore(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    first, due_at = in_seconds(600), in_seconds(86_400)
    studio.post("Sent", due_at=first)
    studio.post("Not sent", due_at=due_at)
    old = backup(drive)
    drive.run(seconds=900)
    bring_level(drive, epoch)
    restore(studio, old)

    begin(drive, epoch)
    drive.run(seconds=2 * 86_400)

    assert sorted(media.caption for media in drive.live()) == ["Not sent", "Sent"]
    assert drive.states() == ["published"] * 2
    sent = datetime.fromtimestamp(max(media.timestamp for media in drive.live()), due_at.tzinfo)
    assert due_at <= sent < due_at + timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "not a number", "\x00\x00"])
def test_a_count_that_cannot_be_read_is_looked_into_once_and_mended(
    studio: Studio, drive: Drive, tmp_path: Path, text: str
) -> None:
    (tmp_path / "count").write_text(text)
    broken = Epoch(tmp_path / "count")
    studio.post("May be live", due_at=in_seconds(600))
    drive.run(seconds=300)

    count = begin(drive, broken)
    drive.run(seconds=1200)
    bring_level(drive, broken)

    assert count == 1
    assert begin(drive, Epoch(tmp_path / "count")) == 0
    assert drive.states() == ["published"]
    assert len(drive.live()) == 1


def test_a_normal_start_holds_nothing(studio: Studio, drive: Drive, epoch: Epoch) -> None:
    studio.post("As always", due_at=in_seconds(600))
    drive.run(seconds=300)
    bring_level(drive, epoch)

    count = begin(drive, epoch)

    assert (count, drive.states()) == (0, ["ready"])
