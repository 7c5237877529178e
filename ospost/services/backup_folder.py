"""The folder of copies: what they are called, how old the newest is, which of them are dropped."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ospost.domain.rotation import to_drop

NAME = "backups"
STAMP = "%Y%m%d-%H%M%S"
_FILE = re.compile(r"ospost-(daily-)?(\d{8}-\d{6})\.(db|dump)")
CHUNK = 1 << 20


def folder_of(state_dir: Path) -> Path:
    """Return the folder of this instance's own copies."""
    return state_dir / NAME


def path_for(folder: Path, now: datetime, *, is_daily: bool, ending: str) -> Path:
    """Return a name for a copy that is made now."""
    return folder / f"ospost-{'daily-' if is_daily else ''}{now.astimezone(UTC):{STAMP}}.{ending}"


def copies(folder: Path, *, only_daily: bool = False) -> dict[datetime, Path]:
    """Return the finished copies in *folder* by when they were made."""
    found: dict[datetime, Path] = {}
    for path in sorted(folder.glob("ospost-*")):
        match = _FILE.fullmatch(path.name)
        if match and (match[1] or not only_daily):
            found[datetime.strptime(match[2], STAMP).replace(tzinfo=UTC)] = path
    return found


def age(state_dir: Path, *, now: datetime) -> timedelta | None:
    """Return how old the newest copy is, None when there is none."""
    made = copies(folder_of(state_dir))
    return now - max(made) if made else None


def rotate(folder: Path, *, daily: int) -> list[Path]:
    """Drop daily copies that no rule keeps; what a person made is never touched."""
    made = copies(folder, only_daily=True)
    dropped = [made[moment] for moment in to_drop(made, daily=daily)]
    for path in dropped:
        digest_file(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    return dropped


@contextmanager
def arriving(final: Path) -> Iterator[Path]:
    """Give a path to write to; at a good end it gets the name *final*, for good, else it goes.

    The file is readable by its owner only from the first byte on.
    """
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = final.with_name(f".{final.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield part
        _sync(part)
        os.replace(part, final)
        _sync(final.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            found.update(piece)
    return found.hexdigest()


def digest_file(path: Path) -> Path:
    """Return where the digest of a copy stands, in the form that `sha256sum -c` reads."""
    return path.with_name(f"{path.name}.sha256")


def write_digest(path: Path) -> str:
    """Keep the SHA-256 of a copy beside it and return it."""
    found = digest(path)
    with arriving(digest_file(path)) as part:
        part.write_text(f"{found}  {path.name}\n", encoding="utf-8")
    return found


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
