"""How we use the database: one kind of write transaction, and what SQLite needs for it.

SQLite lets a transaction that began by reading fail at its first write whatever the busy timeout
is. So every write happens inside `writing`, which begins with BEGIN IMMEDIATE, and a statement
that would write outside it raises at once. Inside one process a lock keeps writers in line, since
SQLite's own waiting sleeps in steps of up to 100 ms. https://sqlite.org/lang_transaction.html
"""

import logging
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

logger = logging.getLogger(__name__)

BUSY_MS = 15_000
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")

_in_line = threading.RLock()


class WriteOutsideTransaction(RuntimeError):
    """A statement would write outside `writing`; that can fail or deadlock under load."""


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Run one write transaction: begun at once, committed at the end, rolled back on an error.

    Ends a read transaction that the session may have open, so read again inside what you decide
    upon. Nested use joins the outer transaction. Never make a network call inside.
    """
    if session.info.get("is_writing"):
        yield session
        return
    session.rollback()
    session.expire_all()
    with _in_line:
        session.info["is_writing"] = True
        try:
            session.connection(execution_options={"is_writing": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("is_writing", None)


def prepare_sqlite(engine: Engine) -> None:
    """Give every connection of *engine* our pragmas and our way of beginning transactions."""
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "before_cursor_execute", _on_execute)


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-512",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_execute(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    _context: Any,
    _many: Any,
) -> None:
    if statement.lstrip().upper().startswith(WRITES) and not connection.get_execution_options().get(
        "is_writing", False
    ):
        raise WriteOutsideTransaction(statement.split("(")[0].strip()[:80])


def copy_aside(path: Path, now: datetime) -> Path:
    """Copy the SQLite file at *path* beside itself before it is upgraded; return the copy.

    Uses SQLite's backup, so that what still lies in the write-ahead log comes along.
    """
    copy = path.with_name(f"{path.name}.before-{now:%Y%m%d-%H%M%S}")
    needed = path.stat().st_size * 2
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(f"Not enough free disk to copy {path.name} aside before upgrading it.")
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    copy.chmod(0o600)
    logger.info("copied the database aside before upgrading it", extra={"copy": copy.name})
    return copy
