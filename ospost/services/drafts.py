"""Between a draft and a scheduled post: a draft is a post without a publication.

Its due time is empty; the time that was typed for it is kept as a wall clock only.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Post
from ospost.errors import Conflict
from ospost.services import publications


def schedule(
    session: Session, post: Post, *, due_at: datetime | None, now: datetime, by: int | None = None
) -> None:
    """Turn a draft into a post that goes out; call inside `writing`."""
    post.due_at = due_at
    publications.open_for(session, post, now=now, by=by)


MAY_BE_LIVE = (
    "It may be live on Instagram already, so it cannot become a draft. Schedule it again: it is"
    " looked for before anything is sent. Or say that you posted it yourself."
)


def put_back(session: Session, post: Post, *, now: datetime, by: int | None = None) -> None:
    """Turn a post that has not gone out into a draft; call inside `writing`.

    Raises `Conflict` when it may be on its way, or live already. Its timeline goes with its
    publication, and what is known of an attempt would go with that.
    """
    if any(row.first_intent_at is not None and not row.ig_media_id for row in post.publications):
        raise Conflict(MAY_BE_LIVE)
    if post.publications:
        publications.cancel(session, post, cause="put_aside", now=now, by=by)
        post.publications.clear()
        session.flush()
    post.due_at = None
