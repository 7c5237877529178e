"""What a person's wish changes about the work behind live posts: their link, their first comment."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Followup, Publication

REMOVED = "The post was removed from Ospost first."


def take_up(session: Session, account_id: int, *, now: datetime) -> None:
    """Let what waits behind an account's live posts go on now; call inside `writing`."""
    its_posts = select(Publication.id).where(Publication.account_id == account_id)
    session.execute(
        update(Followup)
        .where(Followup.publication_id.in_(its_posts), Followup.next_at > now, Followup.owner == "")
        .values(next_at=now)
        .execution_options(synchronize_session=False)
    )


def drop(session: Session, post_id: int, *, now: datetime) -> None:
    """Let nothing more be done behind a live post; call inside `writing`.

    Whoever holds some of it loses the fence, and sends nothing.
    """
    its_rows = select(Publication.id).where(Publication.post_id == post_id)
    session.execute(
        update(Followup)
        .where(Followup.publication_id.in_(its_rows), Followup.next_at.is_not(None))
        .values(next_at=None, done_at=now, owner="", outcome=REMOVED, fence=Followup.fence + 1)
        .execution_options(synchronize_session=False)
    )
