"""What people are told of a post: its trouble on the page, and notices."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models import Membership, Outbox
from ospost.services.publishing.rows import Work


def notify(
    session: Session, work: Work, *, title: str, sentence: str, remedy: str, now: datetime
) -> None:
    """Write one notice for every member of the account; call inside `writing`."""
    payload = {"post_id": work.post_id, "title": title, "sentence": sentence, "remedy": remedy}
    members = select(Membership.user_id).where(Membership.account_id == work.account_id)
    for user_id in session.scalars(members):
        session.execute(
            insert(Outbox).values(
                at=now,
                kind="notice",
                user_id=user_id,
                account_id=work.account_id,
                payload=payload,
                next_at=now,
            )
        )


def error_of(
    *, code: int | None, subcode: int | None, message: str, remedy: str, fbtrace_id: str = ""
) -> dict[str, Any]:
    """Build what the post's page and its JSON say of a trouble."""
    return {
        "code": code,
        "subcode": subcode,
        "message": message,
        "remedy": remedy,
        "fbtrace_id": fbtrace_id,
    }
