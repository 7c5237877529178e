"""Signed-in browsers: a row per browser, a secret in its cookie, the secret's digest in the row."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from helpers import digest
from models import LoginSession, User
from ospost.errors import NotFound
from ospost.services.database import writing

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=1)
SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """What a request needs to know about who sent it."""

    session_id: int
    user_id: int
    name: str
    is_owner: bool
    language: str
    timezone: str
    is_welcomed: bool
    seen_at: datetime


def begin(session: Session, *, user_id: int, agent: str, now: datetime, old_id: int | None) -> str:
    """Sign a browser in and return the new secret for its cookie.

    The session *old_id* that the browser had before ends; rows that are over are cleared away.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with writing(session):
        session.execute(
            delete(LoginSession).where(
                LoginSession.user_id == user_id,
                or_(
                    LoginSession.id == old_id,
                    LoginSession.ended_at.is_not(None),
                    LoginSession.seen_at < now - IDLE,
                    LoginSession.created_at < now - LONGEST,
                ),
            )
        )
        session.add(
            LoginSession(
                secret_digest=digest(secret),
                user_id=user_id,
                agent=agent[:200],
                created_at=now,
                seen_at=now,
            )
        )
    return secret


def find(session: Session, secret: str, *, now: datetime) -> Visitor | None:
    """Return who holds *secret*, None when it is unknown, ended, idle for 12 h or 14 days old."""
    row = session.execute(
        select(
            LoginSession.id,
            LoginSession.seen_at,
            User.id,
            User.name,
            User.is_owner,
            User.language,
            User.timezone,
            User.welcomed_at,
        )
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.secret_digest == digest(secret),
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at > now - IDLE,
            LoginSession.created_at > now - LONGEST,
        )
    ).one_or_none()
    if row is None:
        return None
    session_id, seen_at, user_id, name, is_owner, language, timezone, welcomed_at = row
    return Visitor(
        session_id=session_id,
        user_id=user_id,
        name=name,
        is_owner=is_owner,
        language=language,
        timezone=timezone,
        is_welcomed=welcomed_at is not None,
        seen_at=seen_at,
    )


def touch(session: Session, visitor: Visitor, *, now: datetime) -> None:
    """Note that the visitor was here; writes at most once a minute."""
    if now - visitor.seen_at < SEEN_EVERY:
        return
    with writing(session):
        session.execute(
            update(LoginSession).where(LoginSession.id == visitor.session_id).values(seen_at=now)
        )


def listed(session: Session, *, user_id: int, now: datetime) -> list[LoginSession]:
    """Return the person's living sessions, the latest used first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(
                LoginSession.user_id == user_id,
                LoginSession.ended_at.is_(None),
                LoginSession.seen_at > now - IDLE,
                LoginSession.created_at > now - LONGEST,
            )
            .order_by(LoginSession.seen_at.desc())
        )
    )


def end(session: Session, *, user_id: int, session_id: int, now: datetime) -> None:
    """End one session of that person; NotFound if it is not theirs or over already."""
    with writing(session):
        ended = session.scalar(
            update(LoginSession)
            .where(
                LoginSession.id == session_id,
                LoginSession.user_id == user_id,
                LoginSession.ended_at.is_(None),
            )
            .values(ended_at=now)
            .returning(LoginSession.id)
        )
    if ended is None:
        raise NotFound("That browser is not signed in any more.")


def end_others(session: Session, *, user_id: int, keep_id: int, now: datetime) -> int:
    """End every session of that person but one; return how many."""
    with writing(session):
        ended = session.scalars(
            update(LoginSession)
            .where(
                LoginSession.user_id == user_id,
                LoginSession.id != keep_id,
                LoginSession.ended_at.is_(None),
            )
            .values(ended_at=now)
            .returning(LoginSession.id)
        ).all()
    return len(ended)
