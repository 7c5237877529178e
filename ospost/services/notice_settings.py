"""How a person wants to be told: by mail, in which chats, of what, and a daily digest."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpers import new_id
from models import ChatChannel, Outbox, User
from ospost.errors import Invalid, NotFound, Unavailable
from ospost.outbound.chats import NAMES
from ospost.outbound.door import Door
from ospost.services import notice_words
from ospost.services.database import writing
from ospost.services.deliveries import Carrier, note_chat, send_chat, send_mail
from ospost.services.notices import KINDS, MAIL
from ospost.services.people import person
from ospost.vault import Vault, VaultError

MOST_CHATS = 10


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person chose."""

    mail_notices: bool
    wanted_kinds: frozenset[str]
    digest: bool
    digest_hour: str


def change(session: Session, *, user_id: int, wishes: Wishes, now: datetime) -> User:
    """Store how a person wants to be told; Invalid for an hour that no day has."""
    hour = wishes.digest_hour
    if not (hour.isascii() and hour.isdecimal() and int(hour[:3]) < 24):
        raise Invalid(("digest_hour", "Choose an hour between 0 and 23."))
    with writing(session):
        user = person(session, user_id)
        user.mail_notices = wishes.mail_notices
        user.muted_kinds = [kind for kind in KINDS if kind not in wishes.wanted_kinds]
        if wishes.digest and not user.digest:
            user.digest_sent_at = now  # the first one comes at its hour, not at once
        user.digest = wishes.digest
        user.digest_hour = int(hour)
    return user


def chats(session: Session, user_id: int) -> list[ChatChannel]:
    """Return the chats of a person, the oldest first."""
    return list(
        session.scalars(
            select(ChatChannel)
            .where(ChatChannel.user_id == user_id)
            .order_by(ChatChannel.made_at, ChatChannel.id)
        )
    )


def add_chat(
    session: Session,
    *,
    user_id: int,
    form: str,
    url: str,
    door: Door,
    vault: Vault,
    now: datetime,
) -> ChatChannel:
    """Keep a chat's address, sealed: whoever knows it can write there. Only its host is shown."""
    if form not in NAMES:
        raise Invalid(("form", f"Choose one of: {', '.join(NAMES.values())}."))
    host = door.check(url)
    with writing(session):
        count = select(func.count()).where(ChatChannel.user_id == user_id)
        if (session.scalar(count) or 0) >= MOST_CHATS:
            raise Invalid(("url", f"There are {MOST_CHATS} chats already. Remove one first."))
        chat_id = new_id()
        sealed = vault.seal(url.strip(), table="chat_channel", column="url_sealed", row_id=chat_id)
        chat = ChatChannel(
            id=chat_id, user_id=user_id, form=form, host=host, url_sealed=sealed, made_at=now
        )
        chat.failure = ""
        session.add(chat)
    return chat


def remove_chat(session: Session, *, user_id: int, chat_id: int) -> None:
    """Forget a chat; what waits for it is not sent."""
    with writing(session):
        session.delete(_chat(session, user_id, chat_id))


def try_chat(
    session: Session, *, user_id: int, chat_id: int, carrier: Carrier, now: datetime
) -> str:
    """Send a test message; return in words why it was not taken, "" when it was."""
    chat = _chat(session, user_id, chat_id)
    session.rollback()  # no transaction stays open while the chat is asked
    message = notice_words.trial(carrier.app_url, is_practice=carrier.is_practice)
    failure = ""
    try:
        send_chat(carrier, chat, message)
    except (Unavailable, Invalid, VaultError) as error:
        failure = error.sentence
    note_chat(session, chat_id, failure=failure, now=now)
    return failure


def try_mail(session: Session, *, user_id: int, carrier: Carrier) -> str:
    """Mail a test message to the person's address; return why it was not taken, "" when it was."""
    user = person(session, user_id)
    session.rollback()
    if not user.email or user.email_confirmed_at is None:
        return "Write an e-mail address first, and open the link that is sent to it."
    message = notice_words.trial(carrier.app_url, is_practice=carrier.is_practice)
    try:
        send_mail(carrier, user.email, message)
    except Unavailable as error:
        return error.sentence
    return ""


def mail_failure(session: Session, user_id: int) -> str:
    """Return why the last mail to a person was not taken; "" when it was."""
    last = session.scalars(
        select(Outbox)
        .where(Outbox.user_id == user_id, Outbox.channel == MAIL, Outbox.tries > 0)
        .order_by(Outbox.id.desc())
        .limit(1)
    ).first()
    return str(last.payload.get("failure", "")) if last is not None else ""


def _chat(session: Session, user_id: int, chat_id: int) -> ChatChannel:
    found = session.scalar(
        select(ChatChannel).where(ChatChannel.id == chat_id, ChatChannel.user_id == user_id)
    )
    if found is None:
        raise NotFound("There is no such chat here.")
    return found
