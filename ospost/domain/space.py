"""How much room is left, and when that is a problem."""

from dataclasses import dataclass
from enum import StrEnum

MB, GB = 1_000_000, 1_000_000_000

WARN_BYTES = 2 * GB
WARN_SHARE = 0.05
LARGEST_SHARE_BYTES = 20 * GB  # a twentieth of a large disk is still plenty
PROBLEM_BYTES = 500 * MB
REFUSE_BYTES = 300 * MB  # below it no file is taken in, so that what is planned can go out
MARGIN = 1.2  # how much more must be free before it is over, so that it does not flap


class Room(StrEnum):
    """How it stands with free space."""

    PLENTY = "plenty"
    LITTLE = "warning"
    HARDLY_ANY = "problem"


@dataclass(frozen=True, kw_only=True)
class Space:
    """A file system: what is free for us, and how large it is."""

    free_bytes: int
    total_bytes: int


def room(space: Space, *, before: Room = Room.PLENTY) -> Room:
    """Judge *space*; what was told *before* is over only with a margin."""
    little = max(WARN_BYTES, min(space.total_bytes * WARN_SHARE, LARGEST_SHARE_BYTES))
    for level, limit in ((Room.HARDLY_ANY, PROBLEM_BYTES), (Room.LITTLE, little)):
        is_told = before is Room.HARDLY_ANY or before is level
        if space.free_bytes < limit * (MARGIN if is_told else 1):
            return level
    return Room.PLENTY


def size_label(count: float) -> str:
    """Return '812 kB', '3.1 MB' or '12 GB'."""
    for unit, size in (("GB", GB), ("MB", MB), ("kB", 1_000)):
        if count >= size:
            return f"{count / size:.{0 if count >= 10 * size else 1}f} {unit}"
    return f"{count:.0f} bytes"
