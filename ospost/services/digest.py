"""The daily digest: what went out yesterday, what is planned today, what needs a person."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from helpers import milliseconds_between, plural, shorten
from models import Account, Membership, Notice, Outbox, Post, Publication, User
from ospost.domain.schedule import clock, day_label, on_wall, resolve
from ospost.domain.states import OPEN, State
from ospost.services.database import writing
from ospost.services.notice_list import is_for
from ospost.services.notices import Severity, channels_of

MOST_LINES = 30
TITLE_LENGTH = 60


def digest_moment(now: datetime, *, zone: str, hour: int) -> datetime:
    """Return when today's digest is due, by the wall clock of *zone*.

    Where that hour does not exist today, its moment is an hour later on the wall; where it comes
    twice, the first counts.
    """
    today = on_wall(now, zone)
    wall = today.replace(hour=hour, minute=0, second=0, microsecond=0)
    return resolve(wall, zone, 0).due_at


def write_due(sessions: sessionmaker[Session], now: datetime) -> int:
    """Write the digests that are due into the outbox, each once; return how many."""
    with sessions() as session:
        wanted = session.scalars(select(User).where(User.digest.is_(True))).all()
        due = [
            (user.id, moment)
            for user in wanted
            if (moment := digest_moment(now, zone=user.timezone, hour=user.digest_hour)) <= now
            and (user.digest_sent_at is None or user.digest_sent_at < moment)
        ]
        session.rollback()
        return sum(_write(session, user_id, moment, now) for user_id, moment in due)


def _write(session: Session, user_id: int, moment: datetime, now: datetime) -> int:
    """Take today's digest of one person and write it, in one transaction."""
    with writing(session):
        taken = session.scalar(
            update(User)
            .where(
                User.id == user_id,
                User.digest.is_(True),
                or_(User.digest_sent_at.is_(None), User.digest_sent_at < moment),
            )
            .values(digest_sent_at=now)
            .returning(User.id)
            .execution_options(synchronize_session=False)
        )
        if taken is None:
            return 0
        user = session.get_one(User, user_id, populate_existing=True)
        title, text = words(session, user, now)
        rows = [
            {
                "at": now,
                "kind": "digest",
                "user_id": user_id,
                "channel": channel,
                "payload": {"title": title, "text": text},
                "next_at": now,
            }
            for channel in channels_of(session, user)
        ]
        if rows:
            session.execute(insert(Outbox), rows)
    return len(rows)


def words(session: Session, user: User, now: datetime) -> tuple[str, str]:
    """Return subject and text for one person, by the days of their own wall clock."""
    zone = user.timezone
    today = on_wall(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [resolve(today + timedelta(days=n), zone, 0).due_at for n in (-1, 0, 1)]
    mine = select(Membership.account_id).where(Membership.user_id == user.id)
    gone = _posts(
        session,
        Publication.account_id.in_(mine),
        Publication.state == State.PUBLISHED.value,
        Publication.published_at >= starts[0],
        Publication.published_at < starts[1],
    )
    planned = _posts(
        session,
        Publication.account_id.in_(mine),
        Publication.state.in_([state.value for state in OPEN]),
        Publication.due_at >= starts[1],
        Publication.due_at < starts[2],
    )
    needs = session.execute(
        select(Notice.title, Account.username)
        .outerjoin(Account, Account.id == Notice.account_id)
        .where(
            is_for(user.id, user.is_owner),
            Notice.ended_at.is_(None),
            Notice.severity != Severity.NEWS.value,
        )
        .order_by(Notice.at.desc())
        .limit(MOST_LINES)
    ).all()
    parts = (
        _part("Needs you", [_need(row) for row in needs], "Nothing needs you."),
        _part("Went out yesterday", [_went(row, zone) for row in gone], "Nothing was planned."),
        _part("Planned today", [_plan(row, zone) for row in planned], "Nothing is planned."),
    )
    count = plural(len(gone), "post")
    state = plural(len(needs), "thing needs", "things need") + " you" if needs else "All is well"
    return f"{state}: {count} went out yesterday", "\n\n".join((day_label(today), *parts))


def _posts(session: Session, *where: Any) -> list[Any]:
    return list(
        session.execute(
            select(
                Post.caption,
                Account.username,
                Publication.due_at,
                Publication.sent_at,
                Publication.published_at,
            )
            .join(Post, Post.id == Publication.post_id)
            .join(Account, Account.id == Publication.account_id)
            .where(Post.removed_at.is_(None), *where)
            .order_by(Publication.due_at, Publication.id)
        )
    )


def _part(title: str, lines: list[str], nothing: str) -> str:
    shown = lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        shown.append(f"and {len(lines) - MOST_LINES} more")
    return f"{title}\n" + ("\n".join(f"- {line}" for line in shown) if shown else nothing)


def _need(row: Any) -> str:
    return f"{row.title} (@{row.username})" if row.username else str(row.title)


def _plan(row: Any, zone: str) -> str:
    return f"{_clock(row.due_at, zone)} @{row.username}: {_title(row)}"


def _went(row: Any, zone: str) -> str:
    sent_at = row.sent_at or row.published_at
    late = milliseconds_between(row.due_at, sent_at)
    return f"{_plan(row, zone)} ({lateness(late)})"


def lateness(milliseconds: int) -> str:
    """Return 'on time', '34 s late', '12 min late' or '3 h late'."""
    if milliseconds < 1000:
        return f"on time, {max(0, milliseconds)} ms after"
    seconds = milliseconds // 1000
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} late"
    return f"{seconds} s late"


def _clock(moment: datetime, zone: str) -> str:
    return clock(on_wall(moment, zone).replace(second=0, microsecond=0))


def _title(row: Any) -> str:
    return shorten(row.caption, TITLE_LENGTH) or "Photo without words"
