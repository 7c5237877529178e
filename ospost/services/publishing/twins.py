"""Posts of one account with the same words: nobody could tell their media apart.

While one of them is being looked for, no other is sent; and what is found on Instagram is taken for
a post only when no other one of the same words may be what was found.
"""

from datetime import datetime, timedelta

from sqlalchemy import Exists, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import Post, Publication
from ospost.domain.matching import EDGES
from ospost.domain.states import State
from ospost.services.publishing.rows import Work

LOOKED_FOR = (State.PUBLISHING.value, State.UNKNOWN.value, State.PUBLISHED.value)
LONGEST_PAST = timedelta(days=8)
LONGEST_AHEAD = timedelta(days=1)
"""How far from now the due time of a post that is being looked for can be; keeps the search short."""
NEAR = timedelta(hours=1)


def looked_for(work: Work, *, now: datetime) -> Exists:
    """Select whether a post of the same words may be live and has no media yet."""
    other, post = aliased(Publication), aliased(Post)
    return exists().where(
        other.account_id == work.account_id,
        other.due_at.between(now - LONGEST_PAST, now + LONGEST_AHEAD),
        other.id != work.id,
        other.ig_media_id.is_(None),
        other.next_at.is_not(None),
        other.state.in_(LOOKED_FOR),
        post.id == other.post_id,
        func.trim(post.caption, EDGES) == work.caption.strip(EDGES),
    )


def is_looked_for(session: Session, work: Work, *, now: datetime) -> bool:
    """Say whether *work* has to wait for a post of the same words."""
    return bool(session.scalar(select(looked_for(work, now=now))))


def may_be_anothers(session: Session, work: Work, *, since: datetime) -> bool:
    """Say whether what matches *work* since its first intent may as well be another post's."""
    other, post = aliased(Publication), aliased(Post)
    twin = exists().where(
        other.account_id == work.account_id,
        other.id != work.id,
        other.ig_media_id.is_(None),
        other.first_intent_at.is_not(None),
        or_(other.intent_at.is_(None), other.intent_at >= since - NEAR),
        post.id == other.post_id,
        func.trim(post.caption, EDGES) == work.caption.strip(EDGES),
    )
    return bool(session.scalar(select(twin)))
