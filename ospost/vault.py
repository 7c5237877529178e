"""Encryption of stored tokens: AES-256-GCM, each ciphertext tied to the row that it stands in.

Text: `v1.<key id>.<nonce>.<ciphertext>`, the last three in base64url without padding. Table, column
and row id are associated data, so a ciphertext that was moved to another row does not open.
"""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ospost.errors import OspostError

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D, 5.2.1.1
FEWEST_DIFFERENT_BYTES = 8  # a random key of 32 bytes has less about never, a typed one often


class VaultError(OspostError):
    """A key that must not be used, or a stored secret that does not open."""

    title = "A stored secret cannot be read"


class Vault:
    """Seals and opens secrets. The first key seals; all keys open, so that keys can be replaced."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take 256-bit keys, newest first; raise VaultError for none, short or obvious ones."""
        if not keys:
            raise VaultError("There is no key for stored tokens.")
        for key in keys:
            _check(key)
        self._ciphers = {_key_id(key): AESGCM(key) for key in reversed(keys)}
        self._newest = _key_id(keys[0])

    @classmethod
    def from_text(cls, text: str) -> "Vault":
        """Read keys in base64, separated by commas, as in the setting TOKEN_KEYS."""
        return cls([_key(part.strip()) for part in text.split(",") if part.strip()])

    def seal(self, plain: str, *, table: str, column: str, row_id: int | str) -> str:
        """Encrypt *plain* for one place; twice the same gives different texts."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        place = _place(table, column, row_id)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain.encode(), place)
        return ".".join((VERSION, self._newest, _text(nonce), _text(sealed)))

    def open(self, sealed: str, *, table: str, column: str, row_id: int | str) -> str:
        """Decrypt what `seal` made for the same place; raise VaultError otherwise."""
        key_id, nonce, ciphertext = _parts(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise VaultError("A stored secret was sealed with a key that is not in TOKEN_KEYS.")
        try:
            return cipher.decrypt(nonce, ciphertext, _place(table, column, row_id)).decode()
        except (InvalidTag, ValueError):
            raise VaultError("A stored secret was altered or moved and does not open.") from None

    def needs_rotation(self, sealed: str) -> bool:
        """Whether *sealed* was made with an older key, and should be sealed anew."""
        return _parts(sealed)[0] != self._newest


def new_key() -> str:
    """Return a fresh key in base64, for TOKEN_KEYS."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _check(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise VaultError(f"A key for stored tokens must have {KEY_BYTES} bytes, not {len(key)}.")
    if len(set(key)) < FEWEST_DIFFERENT_BYTES:
        raise VaultError("A key for stored tokens must be random.")


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise VaultError("A key in TOKEN_KEYS is not base64.") from None


def _key_id(key: bytes) -> str:
    return _text(hashlib.sha256(key).digest()[:6])


def _place(table: str, column: str, row_id: int | str) -> bytes:
    return json.dumps([VERSION, table, column, str(row_id)]).encode()


def _parts(sealed: str) -> tuple[str, bytes, bytes]:
    version, *rest = sealed.split(".")
    if version != VERSION or len(rest) != 3:
        raise VaultError("A stored secret has an unknown form.")
    try:
        return rest[0], _bytes(rest[1]), _bytes(rest[2])
    except (binascii.Error, ValueError):
        raise VaultError("A stored secret has an unknown form.") from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    return base64.b64decode(padded, validate=True)
