"""The processes that publish: their beat, and who has fallen silent."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from models import Node
from ospost.services.database import writing


def beat(session: Session, *, name: str, host: str, pid: int, version: str, now: datetime) -> None:
    """Say that this process lives."""
    values = {"host": host, "pid": pid, "version": version, "beat_at": now}
    with writing(session, beside=True):
        known = session.execute(
            update(Node).where(Node.name == name).values(**values).returning(Node.name)
        )
        if known.first() is None:
            session.execute(insert(Node).values(name=name, **values))


def database_time(session: Session) -> datetime | None:
    """Return the database's own time where it may run on another machine, else None."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    session.rollback()
    return moment


def leave(session: Session, *, name: str) -> None:
    """Take this process off the list when it stops in order."""
    with writing(session):
        session.execute(delete(Node).where(Node.name == name))


def seconds_since_beat(session: Session, now: datetime) -> float | None:
    """Return how long ago the liveliest process was heard of, or None if none ever was."""
    latest = session.scalar(select(func.max(Node.beat_at)))
    return None if latest is None else (now - latest).total_seconds()


def names_on(session: Session, *, host: str) -> list[tuple[str, int]]:
    """Return (name, process id) of every node row of *host*."""
    rows = session.execute(select(Node.name, Node.pid).where(Node.host == host))
    return [(name, pid) for name, pid in rows]


def forget(session: Session, *, names: list[str]) -> None:
    """Drop the rows of dead processes."""
    with writing(session):
        session.execute(delete(Node).where(Node.name.in_(names)))
