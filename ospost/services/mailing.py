"""E-mail addresses of people: changed, confirmed by a link that was mailed to them."""

import re
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from models import User
from ospost.errors import Invalid, NotFound, Unavailable
from ospost.mail.smtp import Mail
from ospost.services import people
from ospost.services.database import writing

LINK_LIVES = timedelta(days=3)
LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
SHAPE = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s.<>()\[\],;:\\\"]{2,}")


def check(address: str) -> str:
    """Return *address* without edge whitespace; Invalid when no mail could reach it."""
    address = address.strip()
    if address and (len(address) > LONGEST or not SHAPE.fullmatch(address)):
        raise Invalid(("email", "That does not look like an e-mail address."))
    return address


def change(session: Session, *, user_id: int, address: str) -> bool:
    """Store a new address, not yet confirmed; return whether it is new and must be confirmed."""
    address = check(address)
    with writing(session):
        user = people.person(session, user_id)
        if user.email == address:
            return False
        user.email = address
        user.email_confirmed_at = None
    return bool(address)


def ask(user: User, *, mail: Mail | None, secret_key: str, confirm_url: str) -> None:
    """Mail the person a link that confirms their address; *confirm_url* ends where the token goes.

    Raises Unavailable when this server has no mail, MailError when the mail is not taken.
    """
    if mail is None:
        raise Unavailable("This server cannot send e-mails: MAIL_URL is not set.")
    token = _signer(secret_key).dumps([user.id, user.email])
    days = LINK_LIVES.days
    mail.send(
        user.email,
        subject="Confirm your e-mail address",
        text=(
            "Somebody, probably you, wants notices from Ospost at this address.\n\n"
            f"To confirm, open this link within {days} days:\n{confirm_url}{token}\n\n"
            "If it was not you, ignore this mail; nothing more will come.\n"
        ),
    )


def confirm(session: Session, token: str, *, secret_key: str, now: datetime) -> User:
    """Take a link from a mail; NotFound when it is too old, forged, or the address has changed."""
    try:
        user_id, address = _signer(secret_key).loads(token, max_age=int(LINK_LIVES.total_seconds()))
    except (BadData, ValueError, TypeError):
        raise NotFound("This link is too old or incomplete. Have a new one sent.") from None
    with writing(session):
        user = session.get(User, user_id)
        if user is None or user.email != address:
            raise NotFound("This link is for an address that is not in use any more.")
        user.email_confirmed_at = user.email_confirmed_at or now
    return user


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="confirm-email")
