"""Files go when nobody needs them: pictures for Instagram soon, originals as the account says.

Rows first, files after the commit: a file without a row is only waste, the reverse is a hole.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, sessionmaker

from models import Account, Media, Post, Publication, Rendition, Slide
from ospost.domain.retention import RENDITIONS_KEPT, Use, original_may_go
from ospost.domain.states import State
from ospost.errors import Invalid, OspostError
from ospost.imaging.values import Purpose
from ospost.imaging.workshop import Workshop
from ospost.services.database import writing
from ospost.services.people import account_for
from ospost.services.renditions import make_for_pages
from ospost.storage.base import Storage

logger = logging.getLogger(__name__)

BATCH = 100
FEWEST_DAYS = 7  # longer than renditions are kept, so that nothing is left half dropped
LONGEST_DAYS = 3650
OVER = (State.PUBLISHED.value, State.CANCELLED.value)


def drop_renditions(sessions: sessionmaker[Session], *, storage: Storage, now: datetime) -> int:
    """Drop pictures made for Instagram of which every post is live for 48 hours; return how many.

    Their links of `/m/…` end with them. What is wanted again is made again from the original.
    """
    cutoff = now - RENDITIONS_KEPT
    live_at = func.coalesce(Publication.published_at, Publication.updated_at)
    needed = (
        exists()
        .where(Slide.media_id == Rendition.media_id)
        .where(Publication.post_id == Slide.post_id)
        .where(
            or_(
                Publication.state.not_in(OVER),
                and_(Publication.state == State.PUBLISHED.value, live_at > cutoff),
            )
        )
    )
    stale = (
        select(Rendition.id, Rendition.storage_key)
        .where(Rendition.purpose == Purpose.INSTAGRAM.value, Rendition.created_at < cutoff, ~needed)
        .limit(BATCH)
    )
    with sessions() as session, writing(session):
        gone = session.execute(stale).all()
        session.execute(delete(Rendition).where(Rendition.id.in_([row.id for row in gone])))
    for row in gone:
        storage.delete(row.storage_key)
    return len(gone)


def drop_originals(
    sessions: sessionmaker[Session], *, storage: Storage, workshop: Workshop, now: datetime
) -> int:
    """Drop originals whose time by their accounts' wish has passed; return how many.

    What our pages show of them is made first, since it cannot be made later.
    """
    with sessions() as session:
        ready = [
            media_id
            for media_id in _candidates(session, now)
            if original_may_go(_uses(session, media_id), now)
            and _has_pictures(session, storage, workshop, media_id, now)
        ]
        session.rollback()
        with writing(session):
            gone = [
                session.get_one(Media, media_id)
                for media_id in ready
                if original_may_go(_uses(session, media_id), now)
            ]
            for media in gone:
                media.original_dropped_at = now
            keys = [media.storage_key for media in gone]
    for key in keys:
        storage.delete(key)
    return len(keys)


def _candidates(session: Session, now: datetime) -> list[int]:
    """Return media whose first use is old enough and that nothing plainly keeps."""
    found: list[int] = []
    choices = select(Account.id, Account.keep_originals_days)
    for account_id, days in session.execute(choices).all():
        if days is None:
            continue
        found += session.scalars(
            select(Media.id)
            .join(Slide, Slide.media_id == Media.id)
            .join(Post, Post.id == Slide.post_id)
            .join(Publication, Publication.post_id == Post.id)
            .where(
                Post.account_id == account_id,
                Publication.state == State.PUBLISHED.value,
                Publication.published_at <= now - timedelta(days=days),
                Media.original_dropped_at.is_(None),
                ~_is_kept(),
            )
            .distinct()
            .limit(BATCH)
        )
    return list(dict.fromkeys(found))


def _is_kept() -> ColumnElement[bool]:
    """Whether a draft, an open post or an account that keeps all has the picture too."""
    slide, post = aliased(Slide), aliased(Post)
    finished = exists().where(Publication.post_id == post.id, Publication.state.in_(OVER))
    keeps_all = exists().where(Account.id == post.account_id, Account.keep_originals_days.is_(None))
    return (
        exists()
        .where(slide.media_id == Media.id)
        .where(post.id == slide.post_id, post.removed_at.is_(None))
        .where(or_(~finished, keeps_all))
    )


def _uses(session: Session, media_id: int) -> list[Use]:
    rows = session.execute(
        select(
            Post.id,
            Post.removed_at,
            Account.keep_originals_days,
            Publication.state,
            Publication.published_at,
        )
        .join(Slide, Slide.post_id == Post.id)
        .join(Account, Account.id == Post.account_id)
        .outerjoin(Publication, Publication.post_id == Post.id)
        .where(Slide.media_id == media_id)
    ).all()
    return [
        Use(
            is_removed=row.removed_at is not None,
            unfinished=0 if row.state in OVER else 1,
            published_at=row.published_at if row.state == State.PUBLISHED.value else None,
            keep_days=row.keep_originals_days,
        )
        for row in rows
    ]


def _has_pictures(
    session: Session, storage: Storage, workshop: Workshop, media_id: int, now: datetime
) -> bool:
    crops = session.scalars(select(Slide.crop).where(Slide.media_id == media_id)).all()
    try:
        for crop in {*crops, ""}:
            media = session.get_one(Media, media_id)
            make_for_pages(
                session, storage=storage, workshop=workshop, media=media, crop=crop, now=now
            )
    except OspostError:
        logger.warning("an original stays, its thumbnail cannot be made", extra={"media": media_id})
        return False
    return True


def keep_for(session: Session, *, user_id: int, account_id: int, days: str) -> Account:
    """Say for how long an account's originals are kept after publishing; "" is for ever."""
    if days and not (
        days.isascii() and days.isdecimal() and FEWEST_DAYS <= int(days[:6]) <= LONGEST_DAYS
    ):
        raise Invalid(("keep_originals_days", "Choose for how long originals are kept."))
    with writing(session):
        account = account_for(session, user_id, account_id)
        account.keep_originals_days = int(days) if days else None
    return account
