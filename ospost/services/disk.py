"""Room for files: how much is used and by what, and a word before there is too little."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from models import Media, Notice, Rendition
from ospost.domain.space import REFUSE_BYTES, Room, Space, room, size_label
from ospost.errors import Invalid
from ospost.services.database import writing
from ospost.services.notices import end_notice, raise_notice

KEY = "disk"
FULL = (
    "There is hardly any space left on this server, so it takes no more files. What is planned"
    " still goes out. The server's owner has to make room."
)


class NoRoom(Invalid):
    """The disk is so full that no more files are taken in."""

    status = 507
    title = "No room left"


def space_at(place: Path) -> Space:
    """Ask the file system of *place*."""
    found = shutil.disk_usage(place)
    return Space(free_bytes=found.free, total_bytes=found.total)


@dataclass(frozen=True, kw_only=True)
class Disk:
    """The places where this server keeps things."""

    places: tuple[Path, ...]
    look: Callable[[Path], Space] = space_at

    def tightest(self) -> Space:
        """Return the file system with the least room."""
        return min((self.look(place) for place in self.places), key=lambda space: space.free_bytes)


@dataclass(frozen=True, kw_only=True)
class Used:
    """What files take, in bytes, and how many originals there are."""

    originals: int
    original_count: int
    dropped_count: int
    renditions: int


def watch(sessions: sessionmaker[Session], disk: Disk, now: datetime) -> Room:
    """Tell the owner when space gets short, again when it is nearly gone, and when it is over."""
    space = disk.tightest()
    with sessions() as session:
        told = session.scalar(
            select(Notice.severity).where(Notice.key == KEY, Notice.ended_at.is_(None))
        )
        before = Room(told) if told else Room.PLENTY
        level = room(space, before=before)
        if level is before:
            return level
        with writing(session):
            end_notice(session, key=KEY, now=now)
            if level is not Room.PLENTY:
                _tell(session, level, space, now)
    return level


def _tell(session: Session, level: Room, space: Space, now: datetime) -> None:
    is_worse = level is Room.HARDLY_ANY
    left = size_label(space.free_bytes)
    raise_notice(
        session,
        key=KEY,
        kind="disk",
        severity=level.value,
        title="Hardly any space is left on this server" if is_worse else "Space is getting short",
        sentence=f"{left} of {size_label(space.total_bytes)} are free."
        + (" Soon no more files are taken, and then posts cannot be prepared." if is_worse else ""),
        remedy="Make room on the disk, or let originals go some time after publishing: that is a"
        " setting of each Instagram account.",
        now=now,
    )


def refuse_if_full(free_bytes: int) -> None:
    """Raise NoRoom where a file should not be taken in any more."""
    if free_bytes < REFUSE_BYTES:
        raise NoRoom(("media", FULL))


def used(session: Session, *, user_id: int | None = None) -> Used:
    """Return what the files of one person take, or of everybody."""
    mine = (Media.user_id == user_id,) if user_id is not None else ()
    kept = Media.original_dropped_at.is_(None)
    sizes = select(func.coalesce(func.sum(Media.byte_size), 0), func.count()).where(kept, *mine)
    originals, count = session.execute(sizes).one()
    dropped = session.scalar(select(func.count()).select_from(Media).where(~kept, *mine))
    renditions = session.scalar(
        select(func.coalesce(func.sum(Rendition.byte_size), 0))
        .join(Media, Media.id == Rendition.media_id)
        .where(*mine)
    )
    return Used(
        originals=int(originals),
        original_count=count,
        dropped_count=dropped or 0,
        renditions=int(renditions or 0),
    )


def database_bytes(session: Session) -> int:
    """Return how large the database is, with what waits to be written into it."""
    bind = session.get_bind()
    if bind.dialect.name == "postgresql":
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = Path(bind.engine.url.database or "")
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())
