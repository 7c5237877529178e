"""Notices: one for each problem, from when it begins until it is over, however often it is met.

`raise_notice` and `end_notice` are the door for everything that has something to tell. What goes
to mailboxes and chats is written in the same transaction, and delivered by `deliveries`.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from helpers import new_id, shorten
from models import ChatChannel, Membership, Notice, Outbox, Publication, User

GATHER = timedelta(seconds=30)
"""How long a message waits for others to the same person, so that an outage is one message."""

MAIL = "mail"
LONGEST_TITLE = 200


class Severity(StrEnum):
    """How much a notice matters."""

    PROBLEM = "problem"  # something does not go out, or may not
    WARNING = "warning"  # it will be a problem if nobody acts
    NEWS = "news"  # to be known, nothing is broken


KINDS = {
    "post": "Posts that failed, were missed, wait or need a look",
    "token": "Connections to Instagram that end soon",
    "quota": "Instagram's daily limit",
    "account": "News about how you sign in and your Instagram accounts",
    "disk": "Little free space on this server",
    "backup": "Backups",
    "server": "This server itself",
}
"""What a person may mute, in words. What is muted still stands in the list, and sends nothing."""


def raise_notice(
    session: Session,
    *,
    key: str,
    kind: str,
    severity: Severity | str,
    title: str,
    sentence: str,
    remedy: str,
    now: datetime,
    account_id: int | None = None,
    user_id: int | None = None,
    post_id: int | None = None,
) -> bool:
    """Tell of a problem, unless it is told already and not over; call inside `writing`.

    For one person, else for all who may publish to the account, else for the owners of the
    instance. Returns False, and writes nothing, where a notice with this *key* is open.
    """
    notice = {
        "id": new_id(),
        "key": key,
        "kind": kind,
        "severity": Severity(severity).value,
        "account_id": account_id,
        "user_id": user_id,
        "post_id": post_id,
        "title": shorten(title, LONGEST_TITLE),
        "sentence": sentence,
        "remedy": remedy,
        "at": now,
    }
    if is_open(session, key) or not _is_stored(session, notice):
        return False
    told = {name: notice[name] for name in ("post_id", "title", "sentence", "remedy")}
    rows = [
        {
            "at": now,
            "kind": "notice",
            "user_id": person_id,
            "account_id": account_id,
            "notice_id": notice["id"],
            "channel": channel,
            "payload": told,
            "next_at": now + GATHER,
        }
        for person_id, channel in _addresses(session, kind, account_id, user_id)
    ]
    if rows:
        session.execute(insert(Outbox), rows)
    return True


def end_notice(session: Session, *, key: str, now: datetime) -> None:
    """Note that a problem is over; call inside `writing`. The same key then is a new problem."""
    session.execute(
        update(Notice)
        .where(Notice.key == key, Notice.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def end_notices_of_post(session: Session, post_id: int, *, now: datetime) -> None:
    """Note that whatever was told of a post is over; call inside `writing`."""
    session.execute(
        update(Notice)
        .where(Notice.post_id == post_id, Notice.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def end_notices_of_held(session: Session, account_id: int, reason: str, *, now: datetime) -> None:
    """Note that a person took away what the account's posts waited for; call inside `writing`."""
    waiting = select(Publication.post_id).where(
        Publication.account_id == account_id,
        Publication.state == "held",
        Publication.hold_reason == reason,
    )
    session.execute(
        update(Notice)
        .where(Notice.post_id.in_(waiting), Notice.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def is_open(session: Session, key: str) -> bool:
    """Return whether a notice with this key stands and is not over."""
    found = select(Notice.id).where(Notice.key == key, Notice.ended_at.is_(None))
    return session.scalar(found) is not None


def _is_stored(session: Session, notice: dict[str, object]) -> bool:
    """Insert the notice; False where another process did so at this moment."""
    try:
        with session.begin_nested():
            session.execute(insert(Notice).values(**notice))
    except IntegrityError:
        if is_open(session, str(notice["key"])):
            return False
        raise
    return True


def _addresses(
    session: Session, kind: str, account_id: int | None, user_id: int | None
) -> list[tuple[int, str]]:
    """Return person and channel of everybody whom this concerns and who wants to be told."""
    concerned = select(User)
    if user_id is not None:
        concerned = concerned.where(User.id == user_id)
    elif account_id is not None:
        concerned = concerned.join(Membership, Membership.user_id == User.id).where(
            Membership.account_id == account_id
        )
    else:
        concerned = concerned.where(User.is_owner.is_(True))
    found: list[tuple[int, str]] = []
    for user in session.scalars(concerned).all():
        if kind not in (user.muted_kinds or ()):
            found += [(user.id, channel) for channel in channels_of(session, user)]
    return found


def channels_of(session: Session, user: User) -> list[str]:
    """Return on which channels a person is reached, besides the app."""
    by_mail = user.mail_notices and user.email and user.email_confirmed_at is not None
    chats = session.scalars(select(ChatChannel.id).where(ChatChannel.user_id == user.id))
    return ([MAIL] if by_mail else []) + [f"chat:{chat_id}" for chat_id in chats.all()]
