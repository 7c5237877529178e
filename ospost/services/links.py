"""Addresses of files: for our own pages, and for Meta's servers to fetch.

A link for Meta names one rendition and a moment after which it is dead, signed with our key, so
that it can neither be guessed nor changed. It carries no secret beyond itself.
"""

import hashlib
from datetime import UTC, datetime

from itsdangerous import BadSignature, Signer

from ospost.errors import NotFound

SALT = "ospost.links.media"
ENDING = ".jpg"


def upload_path(storage_key: str) -> str:
    """Return the path of a stored file for members: renditions inline, originals to save."""
    return f"/uploads/{storage_key}"


def media_path(secret_key: str, rendition_id: int, *, expires_at: datetime) -> str:
    """Return the path `/m/<token>` under which anybody may fetch one rendition until then."""
    value = f"{rendition_id:x}-{round(expires_at.timestamp()):x}"
    return f"/m/{_signer(secret_key).sign(value).decode()}{ENDING}"


def read(secret_key: str, token: str, now: datetime) -> int:
    """Return the id of the rendition that *token* names; NotFound if forged or expired."""
    try:
        value = _signer(secret_key).unsign(token.removesuffix(ENDING)).decode()
        rendition_id, expires = (int(part, 16) for part in value.split("-"))
    except (BadSignature, ValueError) as error:
        raise NotFound("There is no such photo.") from error
    if datetime.fromtimestamp(expires, UTC) < now:
        raise NotFound("This link has expired.")
    return rendition_id


def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt=SALT, key_derivation="hmac", digest_method=hashlib.sha256)
