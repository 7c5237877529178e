"""The keys of an instance, made once beside its SQLite database when the settings name none."""

import base64
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

NAME = "ospost.keys"


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What signs sessions and what encrypts stored tokens (base64, 256 bits)."""

    secret_key: str
    token_keys: str

    def __repr__(self) -> str:
        """Hide what it holds."""
        return "Keys(…)"


def load_or_make(folder: Path) -> Keys:
    """Read the key file in *folder*; the first process to come makes it, atomically, mode 0600."""
    path = folder / NAME
    if not path.exists():
        _make(path)
    lines = path.read_text(encoding="ascii").split()
    values = dict(line.split("=", 1) for line in lines)
    return Keys(secret_key=values["SECRET_KEY"], token_keys=values["TOKEN_KEYS"])


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{NAME}")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"SECRET_KEY={secrets.token_urlsafe(48)}\nTOKEN_KEYS={key}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # fails if another process was faster; theirs holds then
        except FileExistsError:
            return
    finally:
        os.unlink(temporary)
