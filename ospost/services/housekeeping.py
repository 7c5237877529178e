"""What would pile up: old sign-in attempts, ended sessions, sent notices, removed posts."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from models import LoginSession, Media, Notice, OAuthAttempt, Outbox, Post, Slide
from ospost.services.database import writing
from ospost.services.notices import Severity
from ospost.storage.base import Storage

ATTEMPTS_KEPT = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=15)
NOTICES_KEPT = timedelta(days=90)
SECOND_COPY_OPEN = timedelta(days=7)  # nothing else tells that a person has looked
REMOVED_KEPT = timedelta(days=30)
UNUSED_UPLOADS_KEPT = timedelta(days=2)
BATCH = 200


def tidy(sessions: sessionmaker[Session], *, storage: Storage, now: datetime) -> int:
    """Drop what is over, a batch at a time; return how much went."""
    with sessions() as session:
        count = _drop_rows(session, now) + _drop_uploads(session, storage, now)
    return count + storage.sweep(now)


def _drop_rows(session: Session, now: datetime) -> int:
    over = (
        delete(OAuthAttempt).where(OAuthAttempt.made_at < now - ATTEMPTS_KEPT),
        delete(LoginSession).where(
            or_(
                LoginSession.created_at < now - SESSIONS_KEPT,
                LoginSession.ended_at < now - ATTEMPTS_KEPT,
            )
        ),
        delete(Outbox).where(and_(Outbox.next_at.is_(None), Outbox.at < now - NOTICES_KEPT)),
        delete(Notice).where(
            Notice.at < now - NOTICES_KEPT,
            or_(Notice.ended_at.is_not(None), Notice.severity == Severity.NEWS.value),
        ),
        delete(Post).where(Post.removed_at < now - REMOVED_KEPT),
    )
    settled = (
        update(Notice)
        .where(
            Notice.key.like("post:%:second_copy"),
            Notice.ended_at.is_(None),
            Notice.at < now - SECOND_COPY_OPEN,
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    count = 0
    with writing(session):
        session.execute(settled)
        for statement in over:
            result = session.execute(statement)
            count += result.rowcount if isinstance(result, CursorResult) else 0
    return count


def _drop_uploads(session: Session, storage: Storage, now: datetime) -> int:
    """Drop originals that no post uses, once nobody can still be composing with them."""
    unused = (
        select(Media)
        .where(
            Media.created_at < now - UNUSED_UPLOADS_KEPT,
            ~select(Slide.id).where(Slide.media_id == Media.id).exists(),
        )
        .limit(BATCH)
    )
    with writing(session):
        found = list(session.scalars(unused))
        keys = [media.storage_key for media in found]
        keys += [rendition.storage_key for media in found for rendition in media.renditions]
        for media in found:
            session.delete(media)
    for key in keys:
        storage.delete(key)
    return len(found)
