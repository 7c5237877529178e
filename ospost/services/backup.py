"""Copies of the database, made while it is in use, and proved before they count.

A SQLite copy is a snapshot of one moment: the source is read inside one read transaction, a few
pages at a time, so that posts go out meanwhile. https://sqlite.org/backup.html
"""

import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from ospost.errors import Unavailable
from ospost.services import backup_folder, backup_postgresql
from ospost.services.database import BUSY_MS, is_sqlite_url, sqlite_path, writing
from ospost.services.notices import Severity, end_notice, raise_notice

logger = logging.getLogger(__name__)

PAGES_AT_ONCE = 500
BREATH_SECONDS = 0.002
A_DAY = timedelta(hours=23, minutes=30)
NOTICE = "backup"


class BackupFailed(Unavailable):
    """No copy was made; nothing half made is left."""

    title = "No backup was made"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A copy that was opened, checked and counted."""

    path: Path
    byte_size: int
    sha256: str
    rows: int


def make(url: str, folder: Path, *, now: datetime, is_daily: bool = False) -> Backup:
    """Copy the database at *url* into *folder*; BackupFailed in words a person can act on."""
    is_sqlite = is_sqlite_url(url)
    ending = "db" if is_sqlite else "dump"
    final = backup_folder.path_for(folder, now, is_daily=is_daily, ending=ending)
    try:
        with backup_folder.arriving(final) as part:
            if is_sqlite:
                rows = _copy_sqlite(sqlite_path(url), part)
            else:
                rows = backup_postgresql.dump(url, part)
        digest = backup_folder.write_digest(final)
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite could not make the copy: {error}.") from error
    except OSError as error:
        raise BackupFailed(f"The copy could not be written: {error.strerror}.") from error
    except backup_postgresql.ToolFailed as error:
        raise BackupFailed(error.sentence) from error
    return Backup(path=final, byte_size=final.stat().st_size, sha256=digest, rows=rows)


def daily(
    sessions: sessionmaker[Session], *, url: str, state_dir: Path, keep: int, now: datetime
) -> Backup | None:
    """Make today's copy if it is not there, and drop old ones; a failure is told to the owner.

    Returns None when nothing was to do, also while another process is at it.
    """
    folder = backup_folder.folder_of(state_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder) as is_mine:
        made = backup_folder.copies(folder, only_daily=True)
        if not is_mine or (made and now - max(made) < A_DAY):
            return None
        try:
            backup = make(url, folder, now=now, is_daily=True)
        except BackupFailed as error:
            logger.warning("the daily backup failed: %s", error.sentence)
            _tell(sessions, error.sentence, now)
            return None
        backup_folder.rotate(folder, daily=keep)
    with sessions() as session, writing(session):
        end_notice(session, key=NOTICE, now=now)
    logger.info("daily backup made", extra={"copy": backup.path.name, "rows": backup.rows})
    return backup


def _tell(sessions: sessionmaker[Session], sentence: str, now: datetime) -> None:
    with sessions() as session, writing(session):
        raise_notice(
            session,
            key=NOTICE,
            kind="backup",
            severity=Severity.WARNING,
            title="The daily backup failed",
            sentence=sentence,
            remedy="Mend the cause; it is tried again every hour. BACKUPS=off turns it off.",
            now=now,
        )


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Say whether no other process makes copies here at present, and keep it so."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _copy_sqlite(source_path: Path, part: Path) -> int:
    """Copy, check and count; returns how many rows there are."""
    needed = source_path.stat().st_size
    if shutil.disk_usage(part.parent).free < needed + needed // 4:
        raise BackupFailed(f"There is no room for a copy of {needed // 1_000_000} MB.")
    with closing(sqlite3.connect(source_path, timeout=BUSY_MS / 1000)) as source:
        source.isolation_level = None
        source.execute("PRAGMA query_only=ON")
        source.execute("BEGIN")  # one snapshot: without it every write would begin the copy anew
        counted = row_counts(source)
        with closing(sqlite3.connect(part)) as target:
            source.backup(target, pages=PAGES_AT_ONCE, sleep=BREATH_SECONDS)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        source.execute("ROLLBACK")
    prove(part, counted)
    return sum(counted.values())


def prove(copy: Path, counted: dict[str, int] | None = None) -> None:
    """Open a copy and check it whole; BackupFailed if it is damaged or lacks rows."""
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        try:
            verdict = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            found = row_counts(opened)
        except sqlite3.DatabaseError as error:
            raise BackupFailed(f"The copy is not a whole database: {error}.") from error
    if verdict != "ok":
        raise BackupFailed(f"The copy is damaged: {verdict}.")
    if counted is not None and found != counted:
        raise BackupFailed("The copy has other rows than the database.")


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of our own tables
        for name in names
    }
