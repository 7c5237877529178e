"""How we use the database: one kind of write transaction, on SQLite and on PostgreSQL.

SQLite lets a transaction that began by reading fail at its first write whatever the busy timeout
is. So every write happens inside `writing`, which begins with BEGIN IMMEDIATE, and a statement
that would write outside it raises at once. Inside one process a lock keeps writers in line, since
SQLite's own waiting sleeps in steps of up to 100 ms. https://sqlite.org/lang_transaction.html

PostgreSQL lets many write at once, and what one has read may be untrue when it writes. There an
advisory lock gives `writing` the same meaning: alone by default, or beside others like it where a
step changes only rows that it locks or fences itself.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.orm import Session

logger = logging.getLogger(__name__)

BUSY_MS = 15_000
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
LOCK_ID = 6_024_112_026
"""Our key among PostgreSQL's advisory locks of one database."""

_in_line = threading.RLock()


class WriteOutsideTransaction(RuntimeError):
    """A statement would write outside `writing`; that can fail or deadlock under load."""


@contextmanager
def writing(session: Session, *, beside: bool = False) -> Iterator[Session]:
    """Run one write transaction: begun at once, committed at the end, rolled back on an error.

    Ends a read transaction that the session may have open, so read again inside what you decide
    upon. Nothing else writes meanwhile, so what was read stays true; *beside* lets other such
    transactions run at the same time where the database can, and is for steps whose every write is
    decided by the row that it locks. Nested use joins the outer transaction. Never make a network
    call inside.
    """
    if session.info.get("is_writing"):
        yield session
        return
    session.rollback()
    session.expire_all()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    with _in_line if is_sqlite else nullcontext():
        session.info["is_writing"] = True
        try:
            options = {"is_writing": True, "is_beside": beside}
            session.connection(execution_options=options)
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("is_writing", None)


def is_sqlite_url(url: str) -> bool:
    """Say whether *url* names a file of SQLite's."""
    return make_url(url).get_backend_name() == "sqlite"


def sqlite_path(url: str) -> Path:
    """Return the file that *url* names."""
    return Path(make_url(url).database or "")


def prepare_engine(engine: Engine) -> None:
    """Give every connection of *engine* our settings and our way of beginning transactions."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        event.listen(engine, "begin", _on_postgresql_begin)
    event.listen(engine, "before_cursor_execute", _on_execute)
    os.register_at_fork(after_in_child=partial(_leave_to_parent, ref(engine)))


def _leave_to_parent(of: "ref[Engine]") -> None:
    """Open connections anew in a forked process: two cannot talk over one."""
    engine = of()
    if engine is not None:
        engine.dispose(close=False)


def engine_options(url: str, *, threads: int) -> dict[str, Any]:
    """Return how the pool for *url* is made, for a process with that many publishing threads."""
    options: dict[str, Any] = {
        "pool_size": 8,
        "max_overflow": threads + 24,
        "pool_timeout": 60,
    }
    if not url.startswith("sqlite"):
        # a statement or a lock that hangs must not hold a lease for ever
        limits = {
            "statement_timeout": "60s",
            "lock_timeout": "30s",
            "idle_in_transaction_session_timeout": "60s",
        }
        words = " ".join(f"-c {name}={value}" for name, value in limits.items())
        options |= {
            "pool_size": threads + 8,
            "max_overflow": 16,
            "pool_pre_ping": True,
            "connect_args": {"options": words, "application_name": "ospost", "connect_timeout": 10},
        }
    return options


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-512",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_postgresql_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("is_writing", False):
        how = "_shared" if options.get("is_beside", False) else ""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock{how}({LOCK_ID})")


def _on_execute(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    context: Any,
    _many: Any,
) -> None:
    is_write = statement.lstrip().upper().startswith(WRITES) or (
        context is not None and (context.isinsert or context.isupdate or context.isdelete)
    )
    if is_write and not connection.get_execution_options().get("is_writing", False):
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
