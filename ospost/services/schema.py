"""Bringing a database to the version of this program, and knowing whose it is."""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, select

from models import Instance
from ospost.services.database import copy_aside

logger = logging.getLogger(__name__)

BATCHES = "publish_batches"
"""The row of `instance` that counts claims of shots; see `publishing.epoch`."""

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class WrongDatabase(Exception):
    """This database must not be used by this program with these settings."""


def upgrade(engine: Engine, *, world: str, now: datetime) -> None:
    """Create the tables or bring them up to date, once, however many processes start together.

    A SQLite file that needs an upgrade is copied aside first; on PostgreSQL an upgrade is one
    transaction. Raises `WrongDatabase` when the
    schema is of a newer Ospost, or when the rows belong to another *world* (sandbox or meta).
    """
    if engine.dialect.name != "sqlite":
        _bring_up(engine, world)  # the first to write keeps the others waiting
        return
    path = Path(engine.url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(path.parent):
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found != _head():
            _refuse_unknown(found)
            copy_aside(path, now)
        _bring_up(engine, world)
        path.chmod(0o600)


def _bring_up(engine: Engine, world: str) -> None:
    with (
        engine.connect().execution_options(is_writing=True) as connection,
        _without_cascades(connection),
        connection.begin(),
    ):
        found = MigrationContext.configure(connection).get_current_revision()
        if found != _head():
            if found is not None:
                _refuse_unknown(found)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            logger.info("database upgraded", extra={"from": found, "to": _head()})
        _check_world(connection, world)
        _begin_counting(connection)


@contextmanager
def _without_cascades(connection: Connection) -> Iterator[None]:
    """Let a table be built anew on SQLite: dropping the old one would empty those that refer to it.

    Heeded only outside a transaction. https://sqlite.org/lang_altertable.html#otheralter
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = cast(sqlite3.Connection, connection.connection.driver_connection)
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on *folder* that ends with this process, leaving no file behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def check_copy(version: str, copy_world: str, world: str) -> None:
    """Raise `WrongDatabase` if a copy is of a newer Ospost, or of the other world."""
    _refuse_unknown(version)
    if copy_world not in ("", world):
        raise WrongDatabase(
            f"This copy belongs to {_WORLDS[copy_world]}, but the settings are for"
            f" {_WORLDS[world]}. Nothing was changed."
        )


def unknown_version(connection: Connection) -> str | None:
    """Return the version of the tables if it is not this program's, else None."""
    found = MigrationContext.configure(connection).get_current_revision()
    return None if found == head() else found or "none"


@cache
def head() -> str | None:
    """Return the version of the tables that this program works with."""
    return _head()


def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _refuse_unknown(found: str) -> None:
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    known = {script.revision for script in scripts}
    if found not in known:
        raise WrongDatabase(
            f"The database has version {found}, which this Ospost does not know: it was used by a"
            " newer one. Start that newer version, or restore the copy from before its upgrade."
        )


def _check_world(connection: Connection, world: str) -> None:
    row = connection.execute(select(Instance.value).where(Instance.name == "world")).scalar()
    if row is None:
        connection.execute(insert(Instance).values(name="world", value=world))
    elif row != world:
        raise WrongDatabase(
            f"This database belongs to {_WORLDS[row]}, but the settings are for {_WORLDS[world]}."
            " Give each its own DATABASE_URL; nothing has been sent."
        )


def _begin_counting(connection: Connection) -> None:
    """Make the row that counts publish batches, so that a claim only ever counts it up."""
    row = connection.execute(select(Instance.value).where(Instance.name == BATCHES)).scalar()
    if row is None:
        connection.execute(insert(Instance).values(name=BATCHES, value="0"))


_WORLDS = {"sandbox": "Practice Instagram (the sandbox)", "meta": "the real Instagram"}
