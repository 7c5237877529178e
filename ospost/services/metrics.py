"""Figures about this instance for those who watch it: states, lateness, queues, processes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpers import milliseconds_between
from models import Account, Outbox, Publication
from ospost.domain.states import State
from ospost.services.nodes import seconds_since_beat

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is counted at one moment; lateness is of posts published in the last 24 hours."""

    by_state: dict[str, int]
    overdue: int
    lateness_ms: tuple[int, ...]
    accounts_to_reconnect: int
    notices_waiting: int
    seconds_since_beat: float | None


def figures(session: Session, *, now: datetime) -> Figures:
    """Read all figures; a constant number of queries, each on an index or a small table."""
    states = session.execute(
        select(Publication.state, func.count()).group_by(Publication.state)
    ).all()
    published = session.execute(
        select(Publication.due_at, Publication.sent_at).where(
            Publication.state == State.PUBLISHED.value,
            Publication.due_at > now - WINDOW,
            Publication.sent_at.is_not(None),
        )
    ).all()
    return Figures(
        by_state={state.value: dict(states).get(state.value, 0) for state in State},
        overdue=_count(session, select(func.count()).where(Publication.next_at < now)),
        lateness_ms=tuple(
            milliseconds_between(due_at, sent_at) for due_at, sent_at in published if sent_at
        ),
        accounts_to_reconnect=_count(
            session, select(func.count()).where(Account.needs_reconnect.is_(True))
        ),
        notices_waiting=_count(session, select(func.count()).where(Outbox.next_at.is_not(None))),
        seconds_since_beat=seconds_since_beat(session, now),
    )


def _count(session: Session, statement: object) -> int:
    return int(session.scalar(statement) or 0)  # type: ignore[call-overload]  # a count
