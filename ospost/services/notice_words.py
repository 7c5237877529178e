"""What a message says: the notices of one person, with their posts and times as they know them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models import Account, Notice, Outbox, Post, User
from ospost.domain.messages import Item, Message, subject_of
from ospost.domain.schedule import on_wall, wall_label


def message_of(
    session: Session, *, ids: list[int], user_id: int, app_url: str, is_practice: bool
) -> Message | None:
    """Return one message for these rows of the outbox; None when nothing is left to say."""
    zone = session.scalar(select(User.timezone).where(User.id == user_id))
    rows = session.execute(
        select(
            Outbox.kind,
            Outbox.at,
            Outbox.payload,
            Post.id.label("post_id"),
            Post.due_at,
            Account.username,
            Outbox.account_id,
            Notice.key,
        )
        .outerjoin(Notice, Notice.id == Outbox.notice_id)
        .outerjoin(Post, Post.id == Notice.post_id)
        .outerjoin(Account, Account.id == Outbox.account_id)
        .where(Outbox.id.in_(ids))
        .order_by(Outbox.at.desc(), Outbox.id.desc())
    ).all()
    session.rollback()  # what follows talks to other servers
    if not rows or zone is None:
        return None
    if rows[0].kind == "digest":
        told: dict[str, Any] = rows[0].payload
        return Message(
            subject=str(told["title"]),
            intro=str(told["text"]),
            url=f"{app_url}/",
            is_practice=is_practice,
        )
    items = tuple(_item(row, zone, app_url) for row in rows)
    return Message(
        subject=subject_of(items), items=items, url=f"{app_url}/notices", is_practice=is_practice
    )


def trial(app_url: str, *, is_practice: bool) -> Message:
    """Return what the button “Send a test message” sends."""
    item = Item(
        title="A test message from Ospost",
        sentence="If you can read this, notices reach you here.",
        remedy="Nothing needs to be done.",
        url=f"{app_url}/account/notices",
    )
    return Message(
        subject=item.title, items=(item,), url=f"{app_url}/notices", is_practice=is_practice
    )


def _item(row: Row[Any], zone: str, app_url: str) -> Item:
    told: dict[str, Any] = row.payload
    due_at: datetime | None = row.due_at
    when = f"post planned for {local(due_at, zone)}" if due_at else local(row.at, zone)
    return Item(
        title=str(told.get("title") or "News about your posts"),
        sentence=str(told.get("sentence", "")),
        remedy=str(told.get("remedy", "")),
        where=f"@{row.username}" if row.username else "",
        when=when,
        url=app_url + _path(row),
    )


def _path(row: Row[Any]) -> str:
    if row.post_id:
        return f"/post/{row.post_id}"
    return mended_at(row.key or "", row.account_id) or "/notices"


def mended_at(key: str, account_id: int | None) -> str:
    """Return the path of the page on which a problem of a whole account is mended; "" for others."""
    if key.startswith("ask:"):
        return "/accounts/passed"
    return f"/accounts/{account_id}" if key.startswith("token:") and account_id else ""


def local(moment: datetime, zone: str) -> str:
    """Return 'Fri 27 Nov 2026, 18:00 (Europe/Berlin)'."""
    return f"{wall_label(on_wall(moment, zone).replace(microsecond=0, second=0))} ({zone})"
