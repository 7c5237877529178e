"""What a SQLite file must have to keep what it was given: a local disk, and whole pages.

Commits are on the disk when they return (`synchronous=FULL`, see `database`), so a `kill -9` or a
power cut loses nothing that was committed, as far as the disk itself keeps its word.
"""

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ospost.services.schema import WrongDatabase

logger = logging.getLogger(__name__)

NETWORKED = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "davfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.davfs2",
    ]
)
"""File systems of other machines, as Linux calls them: their locks cannot be relied on."""

MOUNTS = Path("/proc/self/mountinfo")
LONGEST_LOOK_SECONDS = 4.0
STEPS_BETWEEN_LOOKS = 100_000


def check_before_use(path: Path) -> None:
    """Raise `WrongDatabase` where the database at *path* must not be used.

    A log that was left behind tells that the last process did not end in order (or that another
    one is running): then the pages are looked through, for four seconds at most.
    """
    kind = file_system_of(path.absolute(), _mounts())
    if kind in NETWORKED:
        raise WrongDatabase(
            f"The database lies on a file system of another machine ({kind}), where SQLite's locks"
            " do not hold and posts could be lost. Put STATE_DIR on a local disk, or use"
            " PostgreSQL."
        )
    log = path.with_name(f"{path.name}-wal")
    if path.exists() and log.exists() and log.stat().st_size:
        began = time.monotonic()
        verdict = quick_check(path, most_seconds=LONGEST_LOOK_SECONDS)
        logger.info(
            "looked through the database after an end that was not in order: %s",
            verdict,
            extra={"seconds": round(time.monotonic() - began, 2)},
        )
        if verdict not in ("ok", UNFINISHED):
            raise WrongDatabase(damaged(verdict))


UNFINISHED = "not looked through to the end"


def damaged(verdict: str) -> str:
    """Return in a sentence that the file is broken, and what to do."""
    return (
        f"The database file is damaged ({verdict}). Nothing was sent. Put the newest good copy"
        " back: flask ospost restore FILE"
    )


def quick_check(path: Path, *, most_seconds: float = 3600.0) -> str:
    """Return 'ok', what SQLite finds wrong first, or `UNFINISHED` when the time was too short."""
    ends = time.monotonic() + most_seconds
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)
        try:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.OperationalError as error:
            return UNFINISHED if "interrupt" in str(error) else str(error)
        except sqlite3.DatabaseError as error:
            return str(error)


def file_system_of(path: Path, mounts: str) -> str:
    """Return the kind of file system that *path* lies on, by the text of /proc/self/mountinfo.

    https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, its_kind = left.split(), right.split()[:1]
        if len(fields) < 5 or not its_kind:
            continue
        place = Path(fields[4].replace("\\040", " "))
        if path.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), its_kind[0]
    return kind


def _mounts() -> str:
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # not Linux
