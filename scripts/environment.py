"""The environment as the product will see it: `.env`, and over it the real environment."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000


def merged(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return `.env` beside `app.py` with the environment over it; empty values left out."""
    environ = os.environ if environ is None else environ
    dotenv = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
    both = {**dotenv, **environ}
    return {name: value.strip() for name, value in both.items() if value.strip()}


def port_of(environ: Mapping[str, str]) -> int:
    """Return PORT as a number; ends the program with a sentence when it is none."""
    value = environ.get("PORT", str(DEFAULT_PORT))
    if not value.isdecimal() or not 0 < int(value) < 65_536:
        raise SystemExit(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def has_keys(environ: Mapping[str, str]) -> bool:
    """Say whether an app at Meta is named, so that posts would really go out."""
    return bool(environ.get("FB_APP_ID") or environ.get("IG_APP_ID"))


def keep_private() -> None:
    """Let whatever this process and its children write be readable by its owner only.

    SQLite gives the write-ahead log the mode that the database had when it was opened.
    """
    os.umask(0o077)
