"""When this instance was off, and what the plan tells of it afterwards.

A process that is killed leaves its last beat in its row, one that stops in order leaves it among
the facts of the instance; whoever begins next finds the gap between that and now.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models import Account, Instance, Membership, Node, Post, Publication
from ospost.domain.outages import SHORTEST, TOLD_FOR, Outage, told
from ospost.domain.states import State
from ospost.domain.timings import Timings
from ospost.services.database import writing

LAST_BEAT, OUTAGES = "last_beat", "outages"
MOST = 10
GAP_SECONDS = int(Timings().late_spacing.total_seconds())


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a person reads about one outage, until they have seen it."""

    key: str
    sentence: str


def note_stop(session: Session, *, now: datetime) -> None:
    """Keep the moment at which a process stopped in order, whose row goes."""
    with writing(session):
        _set(session, LAST_BEAT, now.isoformat())


def note_start(session: Session, *, now: datetime) -> None:
    """Note an outage, if no process has beaten for a while; call before the first beat."""
    beats = [session.scalar(select(func.max(Node.beat_at)))]
    stopped = session.scalar(select(Instance.value).where(Instance.name == LAST_BEAT))
    beats.append(datetime.fromisoformat(stopped) if stopped else None)
    latest = max((beat for beat in beats if beat is not None), default=None)
    session.rollback()
    if latest is None or now - latest < SHORTEST:
        return
    with writing(session):
        known = recent(session, now=now)
        if any(outage.began_at == latest for outage in known):
            return  # another process that starts at this moment was faster
        kept = sorted([*known, Outage(latest, now)])[-MOST:]
        rows = [[o.began_at.isoformat(), o.ended_at.isoformat()] for o in kept]
        _set(session, OUTAGES, json.dumps(rows))


def recent(session: Session, *, now: datetime) -> list[Outage]:
    """Return the outages that are still worth telling, the oldest first."""
    text = session.scalar(select(Instance.value).where(Instance.name == OUTAGES))
    rows = json.loads(text) if text else []
    found = [Outage(*(datetime.fromisoformat(moment) for moment in row)) for row in rows]
    return [outage for outage in found if now - outage.ended_at < TOLD_FOR]


def news(
    session: Session, *, user_id: int, zone: str, seen: str, now: datetime
) -> tuple[Told, ...]:
    """Return what to tell a person: outages in which posts of theirs were due, not *seen* yet."""
    outages = [outage for outage in recent(session, now=now) if outage.key > seen]
    lines = [(outage, _told(session, outage, user_id, zone)) for outage in outages]
    return tuple(Told(key=outage.key, sentence=line) for outage, line in lines if line)


def _told(session: Session, outage: Outage, user_id: int, zone: str) -> str:
    rows = session.execute(
        select(Publication.state, Account.backlog_gap_seconds, func.count())
        .join(Post, Post.id == Publication.post_id)
        .join(Account, Account.id == Publication.account_id)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.user_id == user_id,
            Publication.due_at >= outage.began_at,
            Publication.due_at < outage.ended_at,
            Publication.frame_no == 1,
            Post.removed_at.is_(None),
        )
        .group_by(Publication.state, Account.backlog_gap_seconds)
    ).all()
    became: dict[State, int] = {}
    for state, _gap, count in rows:
        became[State(state)] = became.get(State(state), 0) + count
    gaps = frozenset(GAP_SECONDS if gap is None else gap for _state, gap, _count in rows)
    return told(outage, became, zone=zone, gaps_seconds=gaps)


def _set(session: Session, name: str, value: str) -> None:
    """Write one fact of the instance; call inside `writing`."""
    known = session.execute(
        update(Instance).where(Instance.name == name).values(value=value).returning(Instance.name)
    )
    if known.first() is None:
        session.execute(insert(Instance).values(name=name, value=value))
