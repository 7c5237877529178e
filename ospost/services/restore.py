"""Putting a copy back in the place of the database: checked first, undoable, nothing sent twice.

A copy knows nothing of what was published after it was made. So a restore always leaves the count
of publish batches ahead of the database (`publishing.epoch`): at the next start everything that may
be live is looked for on Instagram before anything is sent.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, create_engine, delete, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import Followup, LoginSession, Node, OAuthAttempt
from ospost.errors import Conflict
from ospost.services import backup_folder, backup_postgresql
from ospost.services.backup import BackupFailed, make, prove
from ospost.services.database import (
    engine_options,
    is_sqlite_url,
    prepare_engine,
    sqlite_path,
    writing,
)
from ospost.services.file_locks import is_open_elsewhere
from ospost.services.nodes import seconds_since_beat
from ospost.services.publishing.claims import batches
from ospost.services.publishing.epoch import UNREADABLE, Epoch
from ospost.services.schema import BATCHES, WrongDatabase, check_copy, locked

logger = logging.getLogger(__name__)

EPOCH_FILE = "publish-batches"
VERSION = "SELECT version_num FROM alembic_version"
FACTS = "SELECT name, value FROM instance"


class CannotRestore(Conflict):
    """Nothing was changed; the sentence says what to do."""

    title = "The copy was not put back"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was done."""

    aside: Path | None
    made_at: datetime | None


def restore(
    url: str,
    copy: Path,
    *,
    world: str,
    state_dir: Path,
    silent_after: timedelta,
    now: datetime,
) -> Restored:
    """Put *copy* in the place of the database at *url*; CannotRestore, and nothing is changed."""
    if not copy.is_file():
        raise CannotRestore(f"There is no file {copy}.")
    _check_digest(copy)
    try:
        if is_sqlite_url(url):
            return _restore_sqlite(url, copy, world, state_dir, silent_after, now)
        return _restore_postgresql(url, copy, world, state_dir, silent_after, now)
    except (BackupFailed, WrongDatabase, backup_postgresql.ToolFailed) as error:
        raise CannotRestore(str(error)) from error
    except OSError as error:
        raise CannotRestore(f"A file could not be written: {error.strerror}.") from error


def _check_digest(copy: Path) -> None:
    beside = backup_folder.digest_file(copy)
    if not beside.exists():
        return
    told = beside.read_text(encoding="utf-8").split()
    if not told or told[0] != backup_folder.digest(copy):
        raise CannotRestore(
            f"{copy.name} is not what it was when it was made: {beside.name} says so. Take another"
            " copy."
        )


def _restore_sqlite(
    url: str, copy: Path, world: str, state_dir: Path, silent_after: timedelta, now: datetime
) -> Restored:
    path = sqlite_path(url)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    prove(copy)
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        facts = _facts(opened, world)
    with locked(path.parent):
        if is_open_elsewhere(path):
            raise CannotRestore(_RUNNING)
        _refuse_if_beating(url, path, silent_after, now)
        with _ready_copy(copy, path) as part:
            _look_before_sending(f"sqlite:///{part}", state_dir, int(facts.get(BATCHES, 0)), now)
            aside = _put_aside(path, now)
            os.replace(part, path)
    return Restored(aside=aside, made_at=_made_at(copy))


_RUNNING = (
    "Ospost is running on this database. Stop it first (every process: `make serve` ends at"
    " Ctrl-C), then restore, then start it again."
)


def _facts(opened: sqlite3.Connection, world: str) -> dict[str, str]:
    try:
        row = opened.execute(VERSION).fetchone()
        facts: dict[str, str] = dict(opened.execute(FACTS).fetchall())
    except sqlite3.DatabaseError as error:
        raise CannotRestore("This file is no database of Ospost.") from error
    check_copy(row[0] if row else "", facts.get("world", ""), world)
    return facts


def _refuse_if_beating(url: str, path: Path, silent_after: timedelta, now: datetime) -> None:
    """Refuse while a process publishes; a database too broken to tell keeps nobody away."""
    if not path.exists():
        return
    engine = _engine(url)
    try:
        with Session(engine) as session:
            beat = seconds_since_beat(session, now)
    except SQLAlchemyError:
        logger.warning("the present database cannot be read, so it cannot say who uses it")
        return
    finally:
        engine.dispose()  # the last to close brings the write-ahead log into the file
    if beat is not None and beat <= silent_after.total_seconds():
        raise CannotRestore(_RUNNING)


@contextmanager
def _ready_copy(copy: Path, path: Path) -> Iterator[Path]:
    """Copy onto the disk of the database, so that one rename puts it there; gone if it fails."""
    part = path.with_name(f".{path.name}.restoring")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
        yield part
    finally:
        for name in (part, *_logs_of(part)):
            with suppress(FileNotFoundError):
                name.unlink()


def _look_before_sending(url: str, state_dir: Path, counted: int, now: datetime) -> None:
    """See to it that the next start looks on Instagram first, even where the count was lost.

    Sign-ins of the time of the copy end, since some were ended on purpose later; comments that the
    copy has not seen go out are looked for before they are written.
    """
    epoch = Epoch(state_dir / EPOCH_FILE)
    known = epoch.read()
    engine = _engine(url)
    try:
        with Session(engine) as session, writing(session):
            counted = max(counted, batches(session))
            session.execute(delete(LoginSession))
            session.execute(delete(OAuthAttempt))
            session.execute(delete(Node))  # nothing publishes here: not a copy that two may use
            session.execute(
                update(Followup)
                .where(Followup.next_at.is_not(None), Followup.intent_at.is_(None))
                .values(intent_at=now, looks=0)
            )
    finally:
        engine.dispose()
    if known != UNREADABLE:
        epoch.bring_level(max(known, counted) + 1)


def _put_aside(path: Path, now: datetime) -> Path | None:
    """Keep the present database under another name; the place is never empty meanwhile."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.before-restore-{now:{backup_folder.STAMP}}")
    for old, new in zip(_logs_of(path), _logs_of(aside), strict=True):
        with suppress(FileNotFoundError):
            os.replace(old, new)
    try:
        os.link(path, aside)
    except OSError:  # this file system knows no links
        shutil.copy2(path, aside)
    return aside


def _logs_of(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _made_at(copy: Path) -> datetime:
    return datetime.fromtimestamp(copy.stat().st_mtime, UTC)


def _engine(url: str) -> Engine:
    engine = create_engine(url, **engine_options(url, threads=1))
    prepare_engine(engine)
    return engine


def _restore_postgresql(
    url: str, copy: Path, world: str, state_dir: Path, silent_after: timedelta, now: datetime
) -> Restored:
    versions = backup_postgresql.values_in(copy, "alembic_version")
    facts = {row[0]: row[1] for row in backup_postgresql.values_in(copy, "instance")}
    check_copy(versions[0][0] if versions else "", facts.get("world", ""), world)
    engine = _engine(url)
    try:
        with Session(engine) as session:
            beat = seconds_since_beat(session, now)
            others = session.scalar(text(_OTHERS)) or 0
    finally:
        engine.dispose()
    if others or (beat is not None and beat <= silent_after.total_seconds()):
        raise CannotRestore(_RUNNING)
    aside = make(url, backup_folder.folder_of(state_dir), now=now).path
    epoch = Epoch(state_dir / EPOCH_FILE)
    if epoch.read() != UNREADABLE:  # before it is put back, should this process be killed between
        epoch.bring_level(max(epoch.read(), int(facts.get(BATCHES, 0))) + 1)
    backup_postgresql.put_back(url, copy)
    _look_before_sending(url, state_dir, int(facts.get(BATCHES, 0)), now)
    return Restored(aside=aside, made_at=_made_at(copy))


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'ospost' AND pid <> pg_backend_pid()"
)
