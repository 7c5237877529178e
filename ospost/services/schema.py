"""Bringing a database to the version of this program, and knowing whose it is."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, select

from models import Instance
from ospost.services.database import copy_aside

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class WrongDatabase(Exception):
    """This database must not be used by this program with these settings."""


def upgrade(engine: Engine, *, world: str, now: datetime) -> None:
    """Create the tables or bring them up to date, once, however many processes start together.

    A SQLite file that needs an upgrade is copied aside first. Raises `WrongDatabase` when the
    schema is of a newer Ospost, or when the rows belong to another *world* (sandbox or meta).
    """
    path = Path(engine.url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(path.parent):
        config = _config()
        head = ScriptDirectory.from_config(config).get_current_head()
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found != head:
            _refuse_unknown(config, found)
            copy_aside(path, now)
        with engine.connect().execution_options(is_writing=True) as connection, connection.begin():
            if found != head:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                logger.info("database upgraded", extra={"from": found, "to": head})
            _check_world(connection, world)
        path.chmod(0o600)


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


def _refuse_unknown(config: Config, found: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
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


_WORLDS = {"sandbox": "Practice Instagram (the sandbox)", "meta": "the real Instagram"}
