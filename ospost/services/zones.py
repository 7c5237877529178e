"""Keeping planned posts at the wall-clock time that was typed, when a zone's rules change.

A due time is stored as an instant beside the wall clock, the zone and the fold it came from. New
time zone data may give that wall clock another instant; then the post is moved and its timeline
says so. While the rules stay the same, only what has been changed since the last time is looked at.
"""

import hashlib
import logging
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from models import Instance, Post, Publication
from ospost.domain.schedule import fold_at, on_wall, parse_wall, resolve, wall_label
from ospost.domain.states import BEFORE_INTENT
from ospost.errors import Conflict, Invalid
from ospost.services import publications
from ospost.services.database import writing
from ospost.services.notices import Severity, raise_notice

logger = logging.getLogger(__name__)


LOOKED = "zone_rules"
"""The row of `instance` that says by which rules, and when, all planned posts were looked at."""
AT_ONCE = 1_000
OVERLAP = timedelta(days=1)  # a process that still goes by older rules may be saving meanwhile


def follow_rules(sessions: sessionmaker[Session], *, now: datetime) -> int:
    """Move every planned post whose wall clock means another instant by today's rules; how many."""
    rules = rules_in_force()
    with sessions() as session:
        since = _looked_at(session, rules)
        wrong = _wrong(session, since, now)
        session.rollback()
        moved = sum(_move(session, post_id, right, now) for post_id, right in wrong)
        if moved == len(wrong):  # else the others are looked at again
            _note(session, rules, now)
        return moved


def _wrong(session: Session, since: datetime | None, now: datetime) -> list[tuple[int, datetime]]:
    """Return the planned posts, changed after *since*, that go out at another instant than typed."""
    wanted = (
        select(Post.id, Post.wall_time, Post.zone, Post.fold, Post.due_at)
        .join(Publication, Publication.post_id == Post.id)
        .where(
            Post.due_at > now,
            Post.wall_time != "",
            Publication.state.in_([state.value for state in BEFORE_INTENT]),
        )
    )
    if since is not None:
        wanted = wanted.where(Post.updated_at >= since)
    found = []
    for row in session.execute(wanted.execution_options(yield_per=AT_ONCE)):
        if row.due_at and _shows(row.due_at, row.zone) == (row.wall_time, row.fold):
            continue
        right = _instant(row.wall_time, row.zone, row.fold)
        if right and row.due_at and right != row.due_at.replace(microsecond=0):
            found.append((row.id, right))
    return found


@cache
def rules_in_force() -> str:
    """Return a digest of the zone data of this machine; one for the life of a process.

    It is taken when a process is young: rules that arrive later are followed by the next one.
    """
    digest = hashlib.sha256()
    for key in sorted(zoneinfo.available_timezones()):
        digest.update(key.encode() + _data(key))
    return digest.hexdigest()


def _data(key: str) -> bytes:
    """Return the file of a zone, found as `zoneinfo` finds it; empty if it cannot be read."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder) / key
        if path.is_file():
            return path.read_bytes()
    try:
        return resources.files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        return b""


def _looked_at(session: Session, rules: str) -> datetime | None:
    """Return since when posts are to be looked at; None: all of them."""
    known = session.scalar(select(Instance.value).where(Instance.name == LOOKED)) or ""
    by, _, at = known.partition(" ")
    return datetime.fromisoformat(at) - OVERLAP if by == rules and at else None


def _note(session: Session, rules: str, now: datetime) -> None:
    value = f"{rules} {now.astimezone(UTC).isoformat()}"
    with writing(session):
        known = update(Instance).where(Instance.name == LOOKED).values(value=value)
        if session.execute(known.returning(Instance.name)).first() is None:
            session.execute(insert(Instance).values(name=LOOKED, value=value))


def _tell(session: Session, account_id: int, now: datetime) -> None:
    """Tell once for all posts of an account that new rules move on one day."""
    raise_notice(
        session,
        key=f"zones:{account_id}:{now:%Y-%m-%d}",
        kind="post",
        severity=Severity.NEWS,
        title="Posts follow the new rules of their time zone",
        sentence=(
            "The rules of a time zone changed. Planned posts keep their time on the wall, and so"
            " go out at another moment than before."
        ),
        remedy="Look through the plan whether this is what you want.",
        now=now,
        account_id=account_id,
    )


def _shows(due_at: datetime, zone: str) -> tuple[str, int] | None:
    """Return what the wall shows at *due_at*: much cheaper than to reckon the other way."""
    try:
        wall = on_wall(due_at, zone).isoformat(timespec="seconds")
        return wall, fold_at(due_at, zone)
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return None  # the careful way decides


def _instant(wall: str, zone: str, fold: int) -> datetime | None:
    try:
        return resolve(parse_wall(wall), zone, fold).due_at
    except Invalid:
        return None  # a zone that this system does not know any more keeps its instant


def _move(session: Session, post_id: int, due_at: datetime, now: datetime) -> bool:
    sentence = "The rules of this time zone changed; the post keeps its time on the wall."
    try:
        with writing(session):
            post = session.get(Post, post_id)
            if post is None or post.removed_at is not None or due_at <= now:
                return False
            publications.retime(session, post, due_at=due_at, now=now, sentence=sentence)
            _tell(session, post.account_id, now)
            label = wall_label(parse_wall(post.wall_time))
    except Conflict:
        return False
    logger.info("moved a post to new zone rules", extra={"post": post_id, "wall": label})
    return True
