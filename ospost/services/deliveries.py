"""Notices by mail: what the machine wrote into the outbox goes to the people it concerns."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Membership, Outbox, User
from ospost.mail.smtp import Mail, MailError
from ospost.services.database import writing

KIND = "notice"
GIVE_UP = timedelta(hours=24)
FIRST_WAIT = timedelta(minutes=1)
LEASE = timedelta(minutes=5)
AT_ONCE = 20


def deliver_due(
    session_factory: sessionmaker[Session], mail: Mail | None, app_url: str, now: datetime
) -> int:
    """Mail the notices that are due; return how many mails went out.

    A notice goes to its person, or to all members of its account, if they confirmed an address.
    A server that does not take it is asked again, ever more slowly, for 24 hours.
    """
    sent = 0
    with session_factory() as session:
        for notice_id in _claim(session, now):
            sent += _deliver(session, notice_id, mail, app_url, now)
    return sent


def _claim(session: Session, now: datetime) -> list[int]:
    """Lease what is due, so that two processes do not send the same; close what is too old."""
    with writing(session):
        due = session.scalars(
            select(Outbox)
            .where(Outbox.kind == KIND, Outbox.channel == "mail", Outbox.next_at <= now)
            .order_by(Outbox.next_at)
            .limit(AT_ONCE)
        ).all()
        for notice in due:
            notice.next_at = now + LEASE if now - notice.at < GIVE_UP else None
        return [notice.id for notice in due if notice.next_at]


def _deliver(
    session: Session, notice_id: int, mail: Mail | None, app_url: str, now: datetime
) -> int:
    notice = session.get(Outbox, notice_id)
    if notice is None:
        return 0
    told: list[int] = list(notice.payload.get("told", []))
    missing = [user for user in _recipients(session, notice) if user.id not in told]
    addresses = [(user.id, user.email) for user in missing]
    subject, text = _words(notice, app_url)
    session.rollback()  # no transaction stays open while a mail server is asked
    before = len(told)
    failed = False
    for user_id, address in addresses:
        if mail is None or not _is_taken(mail, address, subject, text):
            failed = True
        else:
            told.append(user_id)
    _settle(session, notice_id, told, failed=failed, now=now)
    return len(told) - before


def _is_taken(mail: Mail, address: str, subject: str, text: str) -> bool:
    try:
        mail.send(address, subject=subject, text=text)
    except MailError:
        return False  # asked again later
    return True


def _settle(
    session: Session, notice_id: int, told: list[int], *, failed: bool, now: datetime
) -> None:
    with writing(session):
        notice = session.get(Outbox, notice_id)
        if notice is None:
            return
        notice.payload = {**notice.payload, "told": told}
        notice.tries += 1
        wait = FIRST_WAIT * 2 ** min(notice.tries - 1, 8)
        notice.next_at = now + wait if failed and now + wait < notice.at + GIVE_UP else None
        notice.sent_at = now if told and not failed else None


def _recipients(session: Session, notice: Outbox) -> list[User]:
    query = select(User).where(User.email != "", User.email_confirmed_at.is_not(None))
    if notice.user_id is not None:
        query = query.where(User.id == notice.user_id)
    else:
        query = query.join(Membership, Membership.user_id == User.id).where(
            Membership.account_id == notice.account_id
        )
    return list(session.scalars(query.order_by(User.id)))


def _words(notice: Outbox, app_url: str) -> tuple[str, str]:
    """Return subject and text: what happened, to which post, what to do."""
    payload = notice.payload
    post_id = payload.get("post_id")
    link = f"{app_url}/post/{post_id}" if post_id else f"{app_url}/"
    parts = [payload.get("sentence", ""), payload.get("remedy", ""), link]
    text = "\n\n".join(str(part) for part in parts if part)
    footer = f"You get this because of your address on {app_url}/account."
    return str(payload.get("title") or "News about your posts"), f"{text}\n\n-- \n{footer}\n"
