"""Deliveries: what `raise_notice` wrote goes to mailboxes and chats, gathered, once.

A row of the outbox is one notice for one person on one channel. What one person is to be told on
one channel at about the same time becomes one message. What is not taken is tried again, ever more
slowly, for 24 hours.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, sessionmaker

from models import ChatChannel, Notice, Outbox, User
from ospost.domain.messages import Message, as_text
from ospost.errors import Invalid
from ospost.mail.smtp import Mail, MailError
from ospost.outbound import chats
from ospost.outbound.door import Door, NotDelivered
from ospost.services import notice_words
from ospost.services.database import writing
from ospost.services.notices import GATHER, MAIL
from ospost.vault import Vault, VaultError

logger = logging.getLogger(__name__)

KINDS = ("notice", "digest")
GIVE_UP = timedelta(hours=24)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_DOUBLING = 8
LEASE = timedelta(minutes=5)
SPACING = timedelta(minutes=5)
"""A person gets at most one message in this time on one channel; the rest waits to be gathered."""
AT_ONCE = 20
ENOUGH_FAILURES = 2
"""After so many in one round the rest waits for the next: a dead server is slow to say so."""
MOST_IN_ONE = 500


class _End(StrEnum):
    """What became of a parcel."""

    SENT = "sent"
    FAILED = "failed"
    LEFT = "left"  # put off, or not wanted any more


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """Everything that carries messages out of this server."""

    mail: Mail | None
    door: Door
    vault: Vault
    app_url: str
    is_practice: bool = False


@dataclass(frozen=True, kw_only=True)
class _Parcel:
    """What goes to one person on one channel, leased by this process."""

    ids: list[int]
    user_id: int
    channel: str
    kind: str
    tries: int
    oldest_at: datetime


def deliver_due(sessions: sessionmaker[Session], carrier: Carrier, now: datetime) -> int:
    """Send what is due; return how many messages went out."""
    ends: list[_End] = []
    with sessions() as session:
        _close(session, now)
        while len(ends) < AT_ONCE and ends.count(_End.FAILED) < ENOUGH_FAILURES:
            parcel = _claim(session, now)
            if parcel is None:
                break
            ends.append(_deliver(session, parcel, carrier, now) if parcel.ids else _End.LEFT)
    return ends.count(_End.SENT)


def _close(session: Session, now: datetime) -> None:
    """Give up what is too old, and leave unsaid what is over already."""
    is_due = (Outbox.kind.in_(KINDS), Outbox.next_at <= now)
    due = session.scalar(select(Outbox.id).where(*is_due).limit(1))
    if due is None:
        return
    is_over = exists().where(Notice.id == Outbox.notice_id, Notice.ended_at.is_not(None))
    with writing(session):
        for reason in (Outbox.at <= now - GIVE_UP, is_over):
            session.execute(
                update(Outbox)
                .where(*is_due, reason)
                .values(next_at=None)
                .execution_options(synchronize_session=False)
            )


def _claim(session: Session, now: datetime) -> _Parcel | None:
    """Lease one parcel, so that two processes do not send the same; None when nothing is due.

    A parcel without rows was put off or taken by another process.
    """
    with writing(session):
        first = session.scalars(
            select(Outbox)
            .where(Outbox.kind.in_(KINDS), Outbox.next_at <= now)
            .order_by(Outbox.next_at, Outbox.id)
            .limit(1)
        ).first()
        if first is None:
            return None
        theirs = (
            Outbox.user_id == first.user_id,
            Outbox.channel == first.channel,
            Outbox.kind == first.kind,
        )
        until = _spaced(session, theirs, now) if first.kind == "notice" else None
        rows = session.execute(
            select(Outbox.id, Outbox.tries, Outbox.at)
            .where(*theirs, Outbox.next_at <= now + GATHER)
            .order_by(Outbox.at, Outbox.id)
            .limit(1 if first.kind == "digest" else MOST_IN_ONE)
        ).all()
        taken = session.scalars(
            update(Outbox)
            .where(Outbox.id.in_([row.id for row in rows]), Outbox.next_at <= now + GATHER)
            .values(next_at=until or now + LEASE, tries=Outbox.tries + (0 if until else 1))
            .returning(Outbox.id)
            .execution_options(synchronize_session=False)
        ).all()
        return _Parcel(
            ids=[] if until or first.user_id is None else sorted(taken),
            user_id=first.user_id or 0,
            channel=first.channel,
            kind=first.kind,
            tries=max((row.tries for row in rows), default=0) + 1,
            oldest_at=min((row.at for row in rows), default=now),
        )


def _spaced(session: Session, theirs: tuple[Any, ...], now: datetime) -> datetime | None:
    """Return until when the next message to the same person waits; None when it may go."""
    last = session.scalar(
        select(Outbox.sent_at)
        .where(*theirs, Outbox.sent_at > now - SPACING)
        .order_by(Outbox.sent_at.desc())
        .limit(1)
    )
    # beyond the gathering, so that a parcel that was put off is not taken again at once
    return max(last + SPACING, now + GATHER + timedelta(seconds=1)) if last else None


def _deliver(session: Session, parcel: _Parcel, carrier: Carrier, now: datetime) -> _End:
    message = notice_words.message_of(
        session,
        ids=parcel.ids,
        user_id=parcel.user_id,
        app_url=carrier.app_url,
        is_practice=carrier.is_practice,
    )
    try:
        if message is None or not _send(session, parcel, message, carrier):
            _settle(session, parcel, next_at=None, sent_at=None)
            return _End.LEFT
    except (NotDelivered, MailError, Invalid, VaultError) as error:
        _put_off(session, parcel, error, now)
        return _End.FAILED
    _settle(session, parcel, next_at=None, sent_at=now)
    _note_channel(session, parcel, failure="", now=now)
    return _End.SENT


def _send(session: Session, parcel: _Parcel, message: Message, carrier: Carrier) -> bool:
    """Hand one message over; False where its person does not want it there any more."""
    if parcel.channel == MAIL:
        user = session.get(User, parcel.user_id)
        session.rollback()  # no transaction stays open while a server is asked
        if user is None or not user.mail_notices or user.email_confirmed_at is None:
            return False
        if carrier.mail is None:
            raise MailError("This server cannot send e-mails: MAIL_URL is not set.")
        send_mail(carrier, user.email, message, reference=f"notice.{parcel.ids[0]}")
        return True
    channel = session.get(ChatChannel, int(parcel.channel.removeprefix("chat:")))
    session.rollback()
    if channel is None:
        return False
    send_chat(carrier, channel, message)
    return True


def send_mail(carrier: Carrier, address: str, message: Message, *, reference: str = "") -> None:
    """Mail *message*; MailError when the server does not take it, or there is none."""
    if carrier.mail is None:
        raise MailError("This server cannot send e-mails: MAIL_URL is not set.")
    footer = f"You get this because of your address on {carrier.app_url}/account/notices."
    subject = f"[Practice] {message.subject}" if message.is_practice else message.subject
    text = f"{as_text(message)}\n\n-- \n{footer}\n"
    carrier.mail.send(address, subject=subject, text=text, reference=reference)


def send_chat(carrier: Carrier, channel: ChatChannel, message: Message) -> None:
    """Post *message* to a chat; NotDelivered, BadAddress or VaultError when that fails."""
    url = carrier.vault.open(
        channel.url_sealed, table="chat_channel", column="url_sealed", row_id=channel.id
    )
    chats.send(carrier.door, form=channel.form, url=url, message=message)


def _put_off(
    session: Session,
    parcel: _Parcel,
    error: NotDelivered | MailError | Invalid | VaultError,
    now: datetime,
) -> None:
    """Try later, ever more slowly; give up when it is of no use or a day old."""
    wait = FIRST_WAIT * 2 ** min(parcel.tries - 1, LONGEST_DOUBLING)
    if isinstance(error, chats.Later):
        wait = max(wait, timedelta(seconds=error.wait_seconds))
    is_hopeless = isinstance(error, chats.Refused | Invalid | VaultError)
    next_at = min(now + wait, parcel.oldest_at + GIVE_UP - LEASE)  # the last try is near the end
    is_over = is_hopeless or next_at <= now
    logger.warning("a message was not delivered", extra={"channel": parcel.channel})
    _settle(
        session,
        parcel,
        next_at=None if is_over else next_at,
        sent_at=None,
        failure=error.sentence,
    )
    _note_channel(session, parcel, failure=error.sentence, now=now)


def _settle(
    session: Session,
    parcel: _Parcel,
    *,
    next_at: datetime | None,
    sent_at: datetime | None,
    failure: str = "",
) -> None:
    with writing(session):
        for row in session.scalars(select(Outbox).where(Outbox.id.in_(parcel.ids))):
            row.next_at = next_at
            row.sent_at = sent_at
            row.payload = {**row.payload, "failure": failure}


def _note_channel(session: Session, parcel: _Parcel, *, failure: str, now: datetime) -> None:
    if parcel.channel == MAIL:
        return
    note_chat(session, int(parcel.channel.removeprefix("chat:")), failure=failure, now=now)


def note_chat(session: Session, chat_id: int, *, failure: str, now: datetime) -> None:
    """Keep how the last message to a chat ended, for the page that shows it."""
    with writing(session):
        channel = session.get(ChatChannel, chat_id)
        if channel is not None and (failure or channel.failed_at is not None):
            channel.failed_at = now if failure else None
            channel.failure = failure
