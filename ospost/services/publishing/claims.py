"""Taking rows that are due: two claims, each one statement, each a lease with a fence.

Whoever holds a row has raised its fence; a lease that ran out is simply a row that is due again.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from models import Instance, Node, Publication
from ospost.domain.states import State
from ospost.domain.steps import after_loss
from ospost.domain.timings import Timings
from ospost.services.database import writing
from ospost.services.publishing.rows import Note, Work, append, load
from ospost.services.publishing.statements import FOLLOWUP, INSTANCE, PUBLICATION
from ospost.services.schema import BATCHES

ROW = PUBLICATION.c
HORIZON, NOW = (
    bindparam("horizon", type_=ROW.due_at.type),
    bindparam("moment", type_=ROW.due_at.type),
)
READY: ColumnElement[str] = literal_column("'ready'")
OVERDUE = bindparam("overdue", type_=ROW.due_at.type)
LEASE_END = bindparam("lease_end", type_=ROW.due_at.type)
PUBLISHING: ColumnElement[str] = literal_column("'publishing'")
WAS_SHOT = and_(ROW.owner != "", ROW.next_at > ROW.due_at)
"""Somebody claimed this for its shot and was not heard of again. A database that took over without
the last commit (a replica) knows of no intent then: its container is read before it is shot anew."""


def _shots() -> Select[Any]:
    """Select what is ready and due, of each account only the post that is first in line."""
    other = PUBLICATION.alias().c
    # a backlog, which is spread out, does not make punctual posts late
    may_pass = and_(other.due_at < OVERDUE, ROW.due_at >= OVERDUE)
    is_ahead = or_(
        other.state == PUBLISHING,
        and_(other.owner != "", other.next_at > NOW, other.due_at <= HORIZON),
        and_(other.due_at < ROW.due_at, ~may_pass),
        and_(other.due_at == ROW.due_at, other.id < ROW.id),
    )
    is_blocked = exists().where(
        other.account_id == ROW.account_id,
        other.id != ROW.id,
        # written out, so that SQLite sees that the partial index serves
        other.state.in_([READY, PUBLISHING]),
        is_ahead,
    )
    return (
        select(ROW.id)
        .where(
            ROW.next_at <= HORIZON,
            # only a due time is met ahead: what was put off goes when its wait is over
            or_(ROW.next_at <= NOW, ROW.next_at <= ROW.due_at),
            ROW.state == READY,
            ROW.due_at <= HORIZON,
            ~WAS_SHOT,
            ~is_blocked,
        )
        .order_by(ROW.next_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )


def _rest() -> Select[Any]:
    """Select everything else that is due, oldest first, with the moment that it wanted."""
    is_shot = and_(ROW.state == READY, ROW.due_at <= HORIZON, ~WAS_SHOT)
    return (
        select(ROW.id, ROW.next_at)
        .where(ROW.next_at <= HORIZON, ~is_shot)
        .order_by(ROW.next_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )


def _taking(wanted: Select[Any]) -> Any:
    """Take what *wanted* selects; on PostgreSQL what another process is taking is skipped."""
    rows = wanted.cte("wanted").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        update(PUBLICATION)
        .where(ROW.id.in_(select(rows.c.id)))
        .values(
            fence=ROW.fence + 1,
            owner=bindparam("new_owner"),
            next_at=LEASE_END,
        )
        .returning(ROW.id)
    )


# Built once: a claim is made several times a second, and building costs more than running.
_TAKE_SHOTS = _taking(_shots())
_REST = _rest()
_TAKE_REST = (
    update(PUBLICATION)
    .where(ROW.id.in_(bindparam("ids", expanding=True)))
    .values(
        fence=ROW.fence + 1,
        owner=bindparam("new_owner"),
        # the last look at a ready post must not keep it past its moment: the shot may take over
        next_at=case(
            (and_(ROW.state == READY, ROW.due_at < LEASE_END, ~WAS_SHOT), ROW.due_at),
            else_=LEASE_END,
        ),
    )
)
_COUNT_UP = (
    update(INSTANCE)
    .where(INSTANCE.c.name == BATCHES)
    .values(value=cast(cast(INSTANCE.c.value, BigInteger) + 1, Text))
)
_ANYTHING = select(
    or_(
        exists().where(ROW.next_at <= HORIZON),
        exists().where(FOLLOWUP.c.next_at <= HORIZON),
    )
)


def anything_due(session: Session, *, horizon: datetime) -> bool:
    """Say, by reading only, whether a claim would find anything; spares idle disks their writes."""
    found = session.scalar(_ANYTHING, {"horizon": horizon})
    session.rollback()
    return bool(found)


def claim_shots(
    session: Session,
    *,
    owner: str,
    horizon: datetime,
    most: int,
    now: datetime,
    timings: Timings,
    grace_seconds: int,
) -> list[Work]:
    """Take posts that are ready and due by *horizon*: at most one per account.

    None of an account that has a shot under way; earlier posts of an account go first. Counts a
    publish batch, so that a restored old database can be told (`epoch`).
    """
    if most <= 0:
        return []
    values = {
        **_values(owner, now, timings),
        "horizon": horizon,
        "most": most,
        "moment": now,
        "overdue": now - timings.late_is_spaced_after,
    }
    with writing(session, beside=True):
        ids = list(session.scalars(_TAKE_SHOTS, values))
        if ids:
            session.execute(_COUNT_UP)  # in one statement: others may claim at this time
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
    values = _values(owner, now, timings)
    with writing(session, beside=True):
        wanted = {
            publication_id: at
            for publication_id, at in session.execute(_REST, {"horizon": horizon, "most": most})
        }
        if not wanted:
            return []
        session.execute(_TAKE_REST, {**values, "ids": list(wanted)})
        works = load(session, list(wanted), grace_seconds=grace_seconds)
    return [replace(work, wanted_at=wanted[work.id] or now) for work in works]


def _values(owner: str, now: datetime, timings: Timings) -> dict[str, Any]:
    lease: timedelta = timings.claim_ahead + timings.lease
    return {"new_owner": owner, "lease_end": now + lease}


def batches(session: Session) -> int:
    """Return how many publish batches this database has counted."""
    value = session.scalar(select(Instance.value).where(Instance.name == BATCHES))
    return int(value or 0)


def free_rows_of(
    session: Session, owners: list[str], *, now: datetime, were_lost: bool = True
) -> int:
    """Free at once what processes held that were lost, or that end in order; return how many rows.

    What was not sent yet is due again now; after a loss what was to be shot is looked at first. A
    shot that may have left becomes unknown: from here on it is only looked for.
    """
    with writing(session):
        held = session.execute(
            select(Publication.id, Publication.state).where(
                Publication.owner.in_(owners), Publication.next_at.is_not(None)
            )
        ).all()
        for publication_id, state in held:
            came_from = State(state)
            to = after_loss(came_from)
            fence = session.execute(
                update(Publication)
                .where(Publication.id == publication_id)
                .values(
                    state=to.value,
                    fence=Publication.fence + 1,
                    owner=case((WAS_SHOT, ROW.owner), else_="") if were_lost else "",
                    next_at=now,
                    updated_at=now,
                )
                .returning(Publication.fence)
            ).scalar_one()
            if to is not came_from:
                note = Note(
                    cause="worker_lost",
                    sentence="This server stopped while it was going out. Checking with Instagram.",
                )
                append(
                    session, publication_id, note, fence=fence, came_from=came_from, to=to, now=now
                )
        return len(held)


def silent_nodes(session: Session, *, now: datetime, timings: Timings) -> list[str]:
    """Return the names of processes that have not beaten for too long."""
    return list(session.scalars(select(Node.name).where(Node.beat_at < now - timings.silent_after)))
