"""Keeping planned posts at the wall-clock time that was typed, when a zone's rules change.

A due time is stored as an instant beside the wall clock, the zone and the fold it came from. New
time zone data may give that wall clock another instant; then the post is moved and its timeline
says so.
"""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Post, Publication
from ospost.domain.schedule import parse_wall, resolve, wall_label
from ospost.domain.states import BEFORE_INTENT
from ospost.errors import Conflict, Invalid
from ospost.services import publications
from ospost.services.database import writing
from ospost.services.notices import Severity, raise_notice

logger = logging.getLogger(__name__)


def follow_rules(sessions: sessionmaker[Session], *, now: datetime) -> int:
    """Move every planned post whose wall clock means another instant by today's rules; how many."""
    with sessions() as session:
        rows = session.execute(
            select(Post.id, Post.wall_time, Post.zone, Post.fold, Post.due_at)
            .join(Publication, Publication.post_id == Post.id)
            .where(
                Post.due_at > now,
                Post.wall_time != "",
                Publication.state.in_([state.value for state in BEFORE_INTENT]),
            )
        ).all()
        session.rollback()
        moved = 0
        for post_id, wall, zone, fold, due_at in rows:
            right = _instant(wall, zone, fold)
            if right and due_at and right != due_at.replace(microsecond=0):
                moved += _move(session, post_id, right, now)
        return moved


def _tell(session: Session, account_id: int, now: datetime) -> None:
    """Tell once for all posts of an account that new rules move on one day."""
    raise_notice(
        session,
        key=f"zones:{account_id}:{now:%Y-%m-%d}",
        kind="post",
        severity=Severity.NEWS,
        title="Posts follow the new rules of their time zone",
        sentence=(
            "The rules of a time zone changed. Planned posts keep their time on the wall, and so"
            " go out at another moment than before."
        ),
        remedy="Look through the plan whether this is what you want.",
        now=now,
        account_id=account_id,
    )


def _instant(wall: str, zone: str, fold: int) -> datetime | None:
    try:
        return resolve(parse_wall(wall), zone, fold).due_at
    except Invalid:
        return None  # a zone that this system does not know any more keeps its instant


def _move(session: Session, post_id: int, due_at: datetime, now: datetime) -> bool:
    sentence = "The rules of this time zone changed; the post keeps its time on the wall."
    try:
        with writing(session):
            post = session.get(Post, post_id)
            if post is None or post.removed_at is not None or due_at <= now:
                return False
            publications.retime(session, post, due_at=due_at, now=now, sentence=sentence)
            _tell(session, post.account_id, now)
            label = wall_label(parse_wall(post.wall_time))
    except Conflict:
        return False
    logger.info("moved a post to new zone rules", extra={"post": post_id, "wall": label})
    return True
