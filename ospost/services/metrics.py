"""Figures about this instance for those who watch it: states, queues, processes, room."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models import Account, Node, Outbox, Publication
from ospost.domain.states import HoldReason, State
from ospost.services.nodes import seconds_since_beat

OVERDUE_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is counted at one moment."""

    by_state: dict[str, int]
    held: dict[str, int]
    due: int
    overdue: int
    accounts_to_reconnect: int
    notices_waiting: int
    processes: int
    seconds_since_beat: float | None
    database_bytes: int


def figures(session: Session, *, now: datetime) -> Figures:
    """Read all figures; a constant number of queries, each on an index or a small table."""
    states = _grouped(session, Publication.state)
    reasons = _grouped(session, Publication.hold_reason, Publication.state == State.HELD.value)
    return Figures(
        by_state={state.value: states.get(state.value, 0) for state in State},
        held={reason.value: reasons.get(reason.value, 0) for reason in HoldReason},
        due=_count(session, Publication.next_at <= now),
        overdue=_count(session, Publication.next_at <= now - OVERDUE_AFTER),
        accounts_to_reconnect=_count(session, Account.needs_reconnect.is_(True)),
        notices_waiting=_count(session, Outbox.next_at.is_not(None)),
        processes=_count(session, Node.name != ""),
        seconds_since_beat=seconds_since_beat(session, now),
        database_bytes=database_bytes(session),
    )


def database_bytes(session: Session) -> int:
    """Return how much room the database takes, the write-ahead log included."""
    engine = session.get_bind()
    if engine.dialect.name != "sqlite":
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = sqlite_file(session)
    return sum(part.stat().st_size for part in (path, wal_of(path)) if part.exists())


def sqlite_file(session: Session) -> Path:
    """Return where the SQLite database of *session* lies."""
    return Path(str(session.connection().engine.url.database))


def wal_of(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of the database at *path*."""
    return path.with_name(f"{path.name}-wal")


def _grouped(session: Session, column: object, *where: object) -> dict[str, int]:
    statement = select(column, func.count()).where(*where).group_by(column)  # type: ignore[call-overload]  # a column and its conditions
    return {name: count for name, count in session.execute(statement)}


def _count(session: Session, where: object) -> int:
    return int(session.scalar(select(func.count()).where(where)) or 0)  # type: ignore[arg-type]  # a condition
