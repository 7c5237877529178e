"""What a deletion leaves in the database's own files, and how it is overwritten.

SQLite marks deleted pages as free and keeps their content, and the write-ahead log keeps older
pages until a checkpoint. https://sqlite.org/pragma.html#pragma_secure_delete
"""

import logging

from sqlalchemy import Engine
from sqlalchemy.orm import Session

logger = logging.getLogger(__name__)

CHECKPOINT_WAIT_MS = 2_000


def overwrite(session: Session) -> None:
    """Have what this transaction deletes overwritten with zeros. Inside `writing` only."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def settle(session: Session) -> None:
    """Bring the write-ahead log into the database and empty it, after the commit.

    Best effort: while others read, it waits for 2 s, then leaves it to the next checkpoint.
    """
    engine = session.get_bind()
    if not isinstance(engine, Engine) or engine.dialect.name != "sqlite":
        return
    session.rollback()
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={CHECKPOINT_WAIT_MS}")
        is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={before}")
        cursor.close()
    finally:
        connection.close()
    if is_busy:
        logger.info("the write-ahead log is still being read; it is emptied later")
