"""Wall clocks, zones and moments: when a post is due.

A time is typed as the clock on a wall in an IANA zone shows it. Twice a year in many zones a wall
clock is ambiguous: it comes twice, or never. A time that never comes is read with the offset
before the gap (RFC 5545, section 3.3.5), a time that comes twice by its *fold* (PEP 495).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from helpers import distance
from ospost.errors import Invalid

PAST_COUNTS_AS_NOW = timedelta(seconds=120)
LAST_DUE = datetime(9999, 12, 1, tzinfo=UTC)
"""Later than this, adding a grace or showing another zone would run off the calendar."""

WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class WallKind(StrEnum):
    """How many moments show a given wall clock."""

    FINE = "fine"
    DOUBLE = "double"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the two moments of a double wall clock."""

    fold: int
    due_at: datetime
    label: str


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A typed time and the moment that it means."""

    wall: datetime  # as typed, naive
    zone: str
    fold: int
    due_at: datetime  # aware, UTC
    kind: WallKind
    choices: tuple[Choice, ...] = ()  # both moments when DOUBLE, the earlier first

    @property
    def used_wall(self) -> datetime:
        """What the clock on the wall shows at `due_at`; differs from `wall` when MISSING."""
        return on_wall(self.due_at, self.zone)

    @property
    def gap_label(self) -> str:
        """What is wrong with a MISSING time and which is used; "" for other kinds."""
        if self.kind is not WallKind.MISSING:
            return ""
        used = self.used_wall
        day = "" if used.date() == self.wall.date() else f" on {day_label(used)}"
        return f"{clock(self.wall)} does not exist that night; we use {clock(used)}{day}"


@cache
def zone_names() -> frozenset[str]:
    """Return every IANA name that this machine knows; its own local time is not one."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def check_zone(zone: str) -> str:
    """Return *zone*; raise `Invalid` on field `timezone` when it is not an IANA name."""
    if zone not in zone_names():
        raise Invalid(("timezone", "That time zone is not known. Choose one like Europe/Berlin."))
    return zone


def parse_wall(text: str) -> datetime:
    """Read `YYYY-MM-DDTHH:MM[:SS]`; raise `Invalid` on field `date` for anything else."""
    try:
        if not WALL.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError as error:
        message = (
            "Choose a date and a time." if not text else "Write date and time as 2026-11-27T18:00."
        )
        raise Invalid(("date", message)) from error


def resolve(wall: datetime, zone: str, fold: int | None = None) -> Resolved:
    """Find the moment that the naive *wall* clock means in *zone*.

    A DOUBLE clock takes the earlier moment unless *fold* is 1; a MISSING one takes the offset
    before the gap whatever *fold* is. Raises `Invalid` for a moment beyond the calendar.
    """
    try:
        first, second = (_instant(wall, zone, f) for f in (0, 1))
        is_shown = on_wall(first, zone) == wall
    except OverflowError as error:
        raise Invalid(("date", "Choose a date between the years 1 and 9999.")) from error
    if first == second:
        return Resolved(wall=wall, zone=zone, fold=0, due_at=first, kind=WallKind.FINE)
    if not is_shown:
        return Resolved(wall=wall, zone=zone, fold=0, due_at=first, kind=WallKind.MISSING)
    return Resolved(
        wall=wall,
        zone=zone,
        fold=1 if fold == 1 else 0,
        due_at=second if fold == 1 else first,
        kind=WallKind.DOUBLE,
        choices=(
            Choice(fold=0, due_at=first, label=f"the first {_offset_label(first, zone)}"),
            Choice(fold=1, due_at=second, label=f"the second {_offset_label(second, zone)}"),
        ),
    )


def check_due(due_at: datetime, now: datetime) -> datetime:
    """Return when a post that is wanted at *due_at* goes out: then, or *now* if just past.

    Up to 120 s in the past counts as now. Raises `Invalid` on field `date` for older ones, and
    for those past the calendar's end.
    """
    if due_at > LAST_DUE:
        raise Invalid(("date", "Choose a date before December 9999."))
    if due_at >= now:
        return due_at
    if now - due_at <= PAST_COUNTS_AS_NOW:
        return now
    raise Invalid(("date", f"That time has passed ({distance(due_at, now)}). Choose a later one."))


def on_wall(moment: datetime, zone: str) -> datetime:
    """Return what the clock on a wall in *zone* shows at *moment*, naive."""
    return moment.astimezone(_zone(zone)).replace(tzinfo=None, fold=0)


def fold_at(moment: datetime, zone: str) -> int:
    """Return 1 when *moment* is the second of two that show the same wall clock, else 0."""
    return moment.astimezone(_zone(zone)).fold


def clock(wall: datetime) -> str:
    """Return '18:00', or '18:00:30' where seconds are set."""
    return f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"


def day_label(wall: datetime) -> str:
    """Return 'Friday 27 November 2026'."""
    return f"{DAYS[wall.weekday()]} {wall.day} {MONTHS[wall.month - 1]} {wall.year}"


def wall_label(wall: datetime) -> str:
    """Return 'Fri 27 Nov 2026, 18:00'."""
    day, month = DAYS[wall.weekday()][:3], MONTHS[wall.month - 1][:3]
    return f"{day} {wall.day} {month} {wall.year}, {clock(wall)}"


def input_value(wall: datetime) -> str:
    """Return what a `datetime-local` field takes: 'YYYY-MM-DDTHH:MM', with seconds if set."""
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")


def _instant(wall: datetime, zone: str, fold: int) -> datetime:
    return wall.replace(tzinfo=_zone(zone), fold=fold).astimezone(UTC)


def _offset_label(moment: datetime, zone: str) -> str:
    local = moment.astimezone(_zone(zone))
    season = "summer time, " if local.dst() else ""
    return f"{clock(local)} ({season}{offset(local)})"


def offset(local: datetime) -> str:
    """Return the offset of an aware *local* time as 'UTC+2' or 'UTC-3:30'."""
    seconds = round((local.utcoffset() or timedelta()).total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{'-' if seconds < 0 else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
