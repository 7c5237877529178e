"""What the product expects of a place for files, wherever it is."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from ospost.errors import Invalid, NotFound

LONGEST_KEY = 200
PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
KEY = re.compile(rf"{PART}(/{PART})*", re.ASCII)
NAME = re.compile(r"[a-z0-9_-]{4,128}", re.ASCII)
SUFFIX = re.compile(r"(\.[a-z0-9]{1,8})?", re.ASCII)


class TooLarge(Invalid):
    """More bytes came than one file may have."""

    status = 413

    def __init__(self, max_bytes: int) -> None:
        """Name the limit, in megabytes."""
        super().__init__(
            ("media", f"This file is larger than {max_bytes / 1e6:,.3g} MB, which is the most.")
        )
        self.max_bytes = max_bytes


class BadKey(NotFound):
    """A key that names no place in the storage; it is not repeated, it may be an attack."""

    def __init__(self) -> None:
        """Say it as of any file that is missing."""
        super().__init__("There is no such file.")


@dataclass(frozen=True, kw_only=True)
class Written:
    """What arrived."""

    byte_size: int
    sha256: str


class Storage(Protocol):
    """Files by key.  A key is a relative path of plain names; any other raises `BadKey`."""

    def new_key(self, suffix: str) -> str:
        """Return an unused random key that ends in *suffix*, such as ".jpg"."""

    def key_for(self, name: str, suffix: str) -> str:
        """Return the key of a derived file, named by a digest."""

    def write(self, key: str, stream: BinaryIO, *, max_bytes: int) -> Written:
        """Keep what *stream* gives, whole or not at all; raises `TooLarge`, `Unavailable`."""

    def open(self, key: str) -> BinaryIO:
        """Return the file for reading; raises `NotFound`."""

    def local_path(self, key: str) -> Path:
        """Return where on this machine the file lies or can be made, with its folders made."""

    def scratch(self) -> Path:
        """Return an unused place on this machine for a file that is to be moved to its key.

        Whoever dies before that leaves it to `sweep`.
        """

    def delete(self, key: str) -> None:
        """Remove the file; one that is missing is fine."""

    def exists(self, key: str) -> bool:
        """Return whether there is such a file."""

    def size(self, key: str) -> int:
        """Return its length in bytes; raises `NotFound`."""

    def free_bytes(self) -> int:
        """Return how much more can be kept."""

    def sweep(self, now: datetime) -> int:
        """Remove what a killed process left half written; return how many files."""
        ...


def checked(key: str) -> str:
    """Return the key; raises `BadKey` unless it is made of plain names only."""
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        raise BadKey
    return key


def fanned_out(name: str, suffix: str) -> str:
    """Return the key of *name* two folders deep, so that no folder grows large."""
    if not NAME.fullmatch(name) or not SUFFIX.fullmatch(suffix):
        raise BadKey
    return f"{name[:2]}/{name[2:4]}/{name}{suffix}"
