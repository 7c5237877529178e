"""Taking rows that are due: two claims, each one statement, each a lease with a fence.

Whoever holds a row has raised its fence; a lease that ran out is simply a row that is due again.
"""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from models import Instance, Node, Publication
from ospost.domain.states import State
from ospost.domain.timings import Timings
from ospost.services.database import writing
from ospost.services.publishing.rows import Note, Work, append, load

BATCHES = "publish_batches"


def claim_shots(
    session: Session,
    *,
    owner: str,
    horizon: datetime,
    most: int,
    now: datetime,
    timings: Timings,
    grace_seconds: int,
    account_id: int | None = None,
) -> list[Work]:
    """Take posts that are ready and due by *horizon*: at most one per account.

    None of an account that has a shot under way; earlier posts of an account go first. Counts a
    publish batch, so that a restored old database can be told (`epoch`).
    """
    if most <= 0:
        return []
    wanted = _shots(horizon, now).limit(most)
    if account_id is not None:
        wanted = wanted.where(Publication.account_id == account_id)
    with writing(session):
        ids = _take(session, wanted, owner=owner, now=now, timings=timings)
        if ids:
            _count_batch(session)
        return load(session, ids, grace_seconds=grace_seconds)


def claim_rest(
    session: Session,
    *,
    owner: str,
    horizon: datetime,
    most: int,
    now: datetime,
    timings: Timings,
    grace_seconds: int,
) -> list[Work]:
    """Take everything else that is due by *horizon*, oldest first."""
    if most <= 0:
        return []
    is_shot = and_(Publication.state == State.READY.value, Publication.due_at <= horizon)
    wanted = (
        select(Publication.id)
        .where(Publication.next_at <= horizon, ~is_shot)
        .order_by(Publication.next_at)
        .limit(most)
    )
    with writing(session):
        ids = _take(session, wanted, owner=owner, now=now, timings=timings)
        return load(session, ids, grace_seconds=grace_seconds)


def _shots(horizon: datetime, now: datetime) -> Select[int]:
    other = aliased(Publication)
    ready: ColumnElement[str] = literal_column("'ready'")
    publishing: ColumnElement[str] = literal_column("'publishing'")
    is_ahead = or_(
        other.state == publishing,
        and_(other.owner != "", other.next_at > now),
        other.due_at < Publication.due_at,
        and_(other.due_at == Publication.due_at, other.id < Publication.id),
    )
    blocked: ColumnElement[bool] = exists().where(
        other.account_id == Publication.account_id,
        other.id != Publication.id,
        # written out, so that SQLite sees that the partial index serves
        other.state.in_([ready, publishing]),
        is_ahead,
    )
    return (
        select(Publication.id)
        .where(
            Publication.next_at <= horizon,
            Publication.state == State.READY.value,
            Publication.due_at <= horizon,
            ~blocked,
        )
        .order_by(Publication.next_at)
    )


def _take(
    session: Session, wanted: Select[int], *, owner: str, now: datetime, timings: Timings
) -> list[int]:
    taken = session.execute(
        update(Publication)
        .where(Publication.id.in_(wanted.scalar_subquery()))
        .values(
            fence=Publication.fence + 1,
            owner=owner,
            next_at=now + timings.claim_ahead + timings.lease,
        )
        .returning(Publication.id)
    )
    return list(taken.scalars())


def _count_batch(session: Session) -> None:
    count = session.get(Instance, BATCHES)
    if count is None:
        session.execute(insert(Instance).values(name=BATCHES, value="1"))
    else:
        count.value = str(int(count.value) + 1)


def batches(session: Session) -> int:
    """Return how many publish batches this database has counted."""
    value = session.scalar(select(Instance.value).where(Instance.name == BATCHES))
    return int(value or 0)


def free_rows_of(session: Session, owners: list[str], *, now: datetime) -> int:
    """Free at once what dead processes held; return how many rows.

    What was not sent yet is due again now. A shot that may have left becomes unknown: from here
    on it is only looked for.
    """
    with writing(session):
        held = session.execute(
            select(Publication.id, Publication.state).where(
                Publication.owner.in_(owners), Publication.next_at.is_not(None)
            )
        ).all()
        for publication_id, state in held:
            to = State.UNKNOWN if state == State.PUBLISHING.value else State(state)
            fence = session.execute(
                update(Publication)
                .where(Publication.id == publication_id)
                .values(
                    state=to.value,
                    fence=Publication.fence + 1,
                    owner="",
                    next_at=now,
                    updated_at=now,
                )
                .returning(Publication.fence)
            ).scalar_one()
            if to is State.UNKNOWN:
                note = Note(
                    cause="worker_lost",
                    sentence="This server stopped while it was going out. Checking with Instagram.",
                )
                came_from = State(state)
                append(
                    session, publication_id, note, fence=fence, came_from=came_from, to=to, now=now
                )
        return len(held)


def silent_nodes(session: Session, *, now: datetime, timings: Timings) -> list[str]:
    """Return the names of processes that have not beaten for too long."""
    return list(session.scalars(select(Node.name).where(Node.beat_at < now - timings.silent_after)))
