"""Whether this instance can do its work now: what `/readyz` answers and the doctor prints."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from models import Instance
from ospost.graph.client import GraphClient
from ospost.services.database import writing
from ospost.services.nodes import seconds_since_beat
from ospost.services.schema import unknown_version

LEAST_FREE_BYTES = 200_000_000
LATE_TICK_SECONDS = 5.0
MOST_SKEW = timedelta(seconds=5)
SKEW_HOLDS_SECONDS = 3600.0
"""What Meta's `Date` said longer ago than this is not held against our clock."""

ROW = "probed"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must be well, and what to do when it is not."""

    name: str
    good: bool
    sentence: str = ""
    remedy: str = ""


@dataclass(kw_only=True)
class Probe:
    """Really writes: a row, and a byte in each folder; at most every few seconds.

    Between, it answers what it saw last, so that whoever asks often does not wear out the disk.
    """

    sessions: sessionmaker[Session]
    folders: Mapping[str, Path]  # by what they are called for people
    every_seconds: float = 5.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: tuple[Check, ...] = ()
    _at: float = 0.0

    def look(self, now: datetime) -> tuple[Check, ...]:
        """Return whether database and disk take what is written."""
        with self._lock:
            if not self._seen or time.monotonic() - self._at >= self.every_seconds:
                self._seen = (self._database(now), self._disk())
                self._at = time.monotonic()
            return self._seen

    def _database(self, now: datetime) -> Check:
        try:
            with self.sessions() as session:
                version = unknown_version(session.connection())
                if version is not None:
                    return Check(
                        name="database",
                        good=False,
                        sentence=f"The database has version {version}, another than this program.",
                        remedy="Run the newest Ospost on it everywhere, or restore a copy.",
                    )
                _write(session, now)
        except SQLAlchemyError as error:
            return Check(
                name="database",
                good=False,
                sentence=f"The database cannot be written to ({_kind_of(error)}).",
                remedy="See that its disk has room and is writable, and that nothing locks it.",
            )
        return Check(name="database", good=True)

    def _disk(self) -> Check:
        for name, folder in self.folders.items():
            trouble = trouble_of(name, folder)
            if trouble:
                return Check(
                    name="disk",
                    good=False,
                    sentence=trouble,
                    remedy="Make room or make the folder writable for the user that Ospost runs as.",
                )
        return Check(name="disk", good=True)


def _kind_of(error: SQLAlchemyError) -> str:
    """Return the database's own few words, without statement and values."""
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0][:120]


def _write(session: Session, now: datetime) -> None:
    with writing(session, beside=True):
        known = session.execute(
            update(Instance)
            .where(Instance.name == ROW)
            .values(value=now.isoformat())
            .returning(Instance.name)
        ).first()
        if known is None:
            session.execute(insert(Instance).values(name=ROW, value=now.isoformat()))


def trouble_of(name: str, folder: Path) -> str:
    """Return in a sentence why the folder cannot take more files, or nothing."""
    try:
        free = shutil.disk_usage(folder).free
        handle, path = tempfile.mkstemp(dir=folder, prefix=".probe-")
        try:
            os.write(handle, b"1")
        finally:
            os.close(handle)
            os.unlink(path)
    except OSError as error:
        return f"{name} cannot be written to: {error.strerror}."
    if free < LEAST_FREE_BYTES:
        return f"{name} has only {free // 1_000_000} MB left."
    return ""


def publisher(
    session: Session,
    *,
    now: datetime,
    silent_after: timedelta,
    seconds_since_tick: float | None = None,
    is_beating: bool = True,
) -> Iterator[Check]:
    """Look for a process that publishes: this one, if it does, and any at all.

    *seconds_since_tick* is None where this process does not publish.
    """
    try:
        beat = seconds_since_beat(session, now)
    except SQLAlchemyError:
        return  # the database check says so
    heard = "ever" if beat is None else f"for {beat:.0f} s"
    yield Check(
        name="publisher",
        good=beat is not None and beat <= silent_after.total_seconds(),
        sentence=f"No process that publishes was heard of {heard}.",
        remedy="Start `make serve` with SCHEDULER=apscheduler.",
    )
    if seconds_since_tick is not None:
        yield Check(
            name="scheduler",
            good=is_beating and seconds_since_tick <= LATE_TICK_SECONDS,
            sentence=f"What is due was last looked for {seconds_since_tick:.0f} s ago.",
            remedy="Look into the log; if nothing moves, restart this process.",
        )


def clock(graph: GraphClient) -> Check:
    """Compare our clock with Meta's, if Meta answered within the hour."""
    skew, age = graph.clock_skew(), graph.clock_told_seconds_ago()
    if skew is None or age is None or age > SKEW_HOLDS_SECONDS:
        return Check(name="clock", good=True)
    side = "ahead of" if skew > timedelta() else "behind"
    return Check(
        name="clock",
        good=abs(skew) <= MOST_SKEW,
        sentence=f"This server's clock is {abs(skew).total_seconds():.0f} s {side} Meta's.",
        remedy="Turn on time synchronisation (NTP) on this machine.",
    )
