"""How often one address may knock; pages of a signed-in person have no limit."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user

KNOCKS = "300 per minute"
"""For everything on the way in. There is no password to guess; it keeps Meta and our rows quiet."""

MAILS = "6 per hour"
"""E-mails that one person may have sent."""

limiter = Limiter(get_remote_address, storage_uri="memory://", key_prefix="ospost")


def is_signed_in() -> bool:
    """Say whether this request comes from a signed-in browser."""
    return bool(current_user.is_authenticated)


def by_person() -> str:
    """Return the key under which one person's e-mails are counted."""
    return f"person-{current_user.id}"


limit_knocks = limiter.limit(KNOCKS, exempt_when=is_signed_in)


def init_app(app: Flask) -> None:
    """Count for *app*, in the memory of this process."""
    limiter.init_app(app)
