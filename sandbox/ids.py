"""Identifiers that look as Meta's do: digits, tokens, shortcodes, trace ids."""

import secrets
import string
from itertools import count

URL_SAFE = string.ascii_letters + string.digits + "-_"
LETTERS = string.ascii_letters + string.digits

_running = count(secrets.randbelow(10**6))


def _digits(prefix: str, length: int) -> str:
    """A number of *length* digits that begins with *prefix* and does not come twice."""
    serial = f"{next(_running) % 10**7:07d}"
    free = length - len(prefix) - len(serial)
    return prefix + "".join(secrets.choice(string.digits) for _ in range(free)) + serial


def professional_account_id() -> str:
    """The id of an Instagram professional account: 17 digits, 1784…"""
    return _digits("1784", 17)


def app_scoped_id() -> str:
    """The id that an app sees in Instagram Login: 17 digits, above 2^53."""
    return _digits("25", 17)


def page_id() -> str:
    """The id of a Page: 15 digits."""
    return _digits("1", 15)


def person_id() -> str:
    """The app-scoped id of a person in Facebook Login: 16 digits."""
    return _digits("102", 16)


def object_id() -> str:
    """The id of a container, a media or a comment: 17 digits, 17… or 18…"""
    return _digits(secrets.choice(("179", "180")), 17)


def facebook_token() -> str:
    """A Facebook user or Page token: EAA and letters."""
    return "EAA" + "".join(secrets.choice(LETTERS) for _ in range(120))


def instagram_token() -> str:
    """A token of Instagram Login: IG and letters."""
    return "IGAA" + "".join(secrets.choice(LETTERS) for _ in range(120))


def code() -> str:
    """An authorization code."""
    return "AQ" + secrets.token_urlsafe(60)


def shortcode() -> str:
    """The 11 characters in a permalink."""
    return "D" + "".join(secrets.choice(URL_SAFE[:-2]) for _ in range(10))


def trace_id() -> str:
    """An fbtrace_id: 23 URL-safe characters."""
    return "A" + secrets.token_urlsafe(17)[:22]
