"""Looks at everything that an instance needs and says what is wrong and how to mend it.

No secret, token or signed address is in what it says.
"""

import shutil
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, ChatChannel, Node, Publication
from ospost.domain.media_address import doubt
from ospost.domain.states import State
from ospost.graph.client import GraphClient
from ospost.mail.smtp import Mail, MailError
from ospost.services import backup_folder, durability, readiness
from ospost.services.database import is_sqlite_url, sqlite_path
from ospost.services.metrics import figures, wal_of

Level = Literal["good", "warn", "bad"]
BIG_LOG_BYTES = 100_000_000
OLD_BACKUP = timedelta(days=2)
SOON = timedelta(days=7)
LOOK_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was looked at."""

    level: Level
    what: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What the doctor looks at: settings without their secrets, and the ways out."""

    app_url: str
    media_url: str
    database_url: str
    state_dir: Path
    storage_url: str
    is_sandbox: bool
    has_logins: bool
    daily_backups: int
    graph: GraphClient
    mail: Mail | None
    probe: readiness.Probe
    silent_after: timedelta
    reach_seconds: float  # 0: ask nobody outside


def examine(session: Session, instance: Instance, *, now: datetime) -> Iterator[Line]:
    """Look at everything, one line each, the fundamental things first."""
    yield from _settings(instance)
    for check in instance.probe.look(now):
        yield _line_of(check)
    yield from _database(session, instance, now)
    yield from _room(instance)
    yield _zones()
    yield from _processes(session, instance, now)
    yield from _posts(session, now)
    yield from _accounts(session, now)
    yield from _reach(instance)
    yield _line_of(readiness.clock(instance.graph))
    yield from _chats(session)
    yield _backups(instance, now)


def cannot_start(trouble: str) -> Line:
    """Return the only line there is when Ospost does not even start."""
    return Line(level="bad", what="start", sentence=f"Ospost cannot start: {trouble}")


def _line_of(check: readiness.Check) -> Line:
    if check.good:
        return Line(level="good", what=check.name, sentence="as it should be")
    return Line(level="bad", what=check.name, sentence=check.sentence, remedy=check.remedy)


def _settings(instance: Instance) -> Iterator[Line]:
    world = "Practice Instagram: nothing here reaches Instagram" if instance.is_sandbox else "Meta"
    yield Line(level="good", what="world", sentence=world)
    if not instance.has_logins:
        yield Line(
            level="bad",
            what="keys at Meta",
            sentence="None are set, so nobody can sign in.",
            remedy="Set FB_APP_ID and FB_APP_SECRET, or IG_APP_ID and IG_APP_SECRET: see"
            " docs/meta-app.md.",
        )
    if not instance.is_sandbox and not instance.app_url.startswith("https://"):
        yield Line(
            level="warn",
            what="APP_URL",
            sentence=f"{instance.app_url} is not https: Meta sends nobody back there.",
            remedy="Put a proxy with a certificate in front and set APP_URL to its address.",
        )
    words = "" if instance.is_sandbox else doubt(instance.media_url)
    level: Level = "warn" if words else "good"
    remedy = "Set MEDIA_URL to a public https address of this server; “Test” on the page of an"
    yield Line(
        level=level,
        what="MEDIA_URL",
        sentence=words or instance.media_url,
        remedy=f"{remedy} Instagram account shows what Instagram says.",
    )


def _database(session: Session, instance: Instance, now: datetime) -> Iterator[Line]:
    size = figures(session, now=now).database_bytes
    session.rollback()
    yield Line(level="good", what="database", sentence=f"{_mega(size)}")
    if not is_sqlite_url(instance.database_url):
        return
    path = sqlite_path(instance.database_url)
    verdict = durability.quick_check(path, most_seconds=LOOK_SECONDS)
    whole = verdict == "ok"
    yield Line(
        level="good" if whole else "warn" if verdict == durability.UNFINISHED else "bad",
        what="database pages",
        sentence="all whole" if whole else verdict,
        remedy="" if whole else "Put the newest good copy back: flask ospost restore FILE",
    )
    log = wal_of(path)
    log_bytes = log.stat().st_size if log.exists() else 0
    yield Line(
        level="good" if log_bytes < BIG_LOG_BYTES else "warn",
        what="write-ahead log",
        sentence=_mega(log_bytes),
        remedy="Something reads without an end; restarting Ospost empties it.",
    )


def _room(instance: Instance) -> Iterator[Line]:
    for name, folder in (("state", instance.state_dir), ("photos", Path(instance.storage_url))):
        free = shutil.disk_usage(folder).free
        yield Line(level="good", what=f"room for {name}", sentence=f"{_mega(free)} free")


def _zones() -> Line:
    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        remedy = "Install the requirements anew: the package tzdata carries them."
        return Line(level="bad", what="time zones", sentence="None are known.", remedy=remedy)
    count = len(zoneinfo.available_timezones())
    return Line(level="good", what="time zones", sentence=f"{count} known")


def _processes(session: Session, instance: Instance, now: datetime) -> Iterator[Line]:
    for check in readiness.publisher(session, now=now, silent_after=instance.silent_after):
        yield _line_of(check)
    for node in session.scalars(select(Node).order_by(Node.name)):
        silent = now - node.beat_at
        yield Line(
            level="good" if silent <= instance.silent_after else "warn",
            what="process",
            sentence=f"{node.host}, process {node.pid}, version {node.version}, last heard of"
            f" {silent.total_seconds():.0f} s ago",
            remedy="It is gone; its work is taken over by the next process that publishes.",
        )


def _posts(session: Session, now: datetime) -> Iterator[Line]:
    found = figures(session, now=now)
    yield Line(
        level="good" if not found.overdue else "warn",
        what="queue",
        sentence=f"{found.due} due, {found.overdue} of them for over 10 s",
        remedy="If nothing moves, look whether a process publishes and into its log.",
    )
    waiting = {state: found.by_state[state.value] for state in NEED_A_PERSON}
    count = sum(waiting.values())
    words = ", ".join(f"{number} {state.value}" for state, number in waiting.items() if number)
    yield Line(
        level="warn" if count else "good",
        what="posts that need a person",
        sentence=words or "none",
        remedy="Open them on the plan; each says what to do.",
    )
    held = ", ".join(f"{number} for {reason}" for reason, number in found.held.items() if number)
    yield Line(level="good", what="posts that wait", sentence=held or "none")


NEED_A_PERSON = (State.REVIEW, State.FAILED, State.MISSED)


def _accounts(session: Session, now: datetime) -> Iterator[Line]:
    open_posts = (
        select(func.count())
        .where(Publication.account_id == Account.id, Publication.next_at.is_not(None))
        .scalar_subquery()
    )
    for account, count in session.execute(select(Account, open_posts).order_by(Account.username)):
        ends = [d for d in (account.token_expires_at, account.data_access_expires_at) if d]
        until = f"connected until {min(ends):%Y-%m-%d}" if ends else "connected without an end"
        is_soon = bool(ends) and min(ends) - now < SOON
        lost = account.needs_reconnect or (bool(ends) and min(ends) <= now)
        yield Line(
            level="bad" if lost else "warn" if is_soon else "good",
            what=f"@{account.username}",
            sentence=("somebody must sign in again" if lost else until) + f", {count} open posts",
            remedy="Sign in again with the same login; its posts then go on.",
        )


def _reach(instance: Instance) -> Iterator[Line]:
    if not instance.reach_seconds:
        return
    there = "Practice Instagram" if instance.is_sandbox else "Meta"
    trouble = instance.graph.is_reachable(total_seconds=instance.reach_seconds)
    yield Line(
        level="bad" if trouble else "good",
        what=there,
        sentence=trouble or "answers",
        remedy="See that this machine reaches the internet and its DNS works.",
    )
    if instance.mail is None:
        yield Line(level="good", what="mail", sentence="not set up")
        return
    try:
        instance.mail.reach()
    except MailError as error:
        remedy = "See MAIL_URL: host, port, user, password."
        yield Line(level="bad", what="mail", sentence=error.sentence, remedy=remedy)
    else:
        yield Line(level="good", what="mail", sentence=f"{instance.mail.host} takes us in")


def _chats(session: Session) -> Iterator[Line]:
    for channel in session.scalars(select(ChatChannel).order_by(ChatChannel.id)):
        failed = channel.failed_at is not None
        yield Line(
            level="warn" if failed else "good",
            what=f"chat ({channel.form})",
            sentence=channel.failure or channel.host,
            remedy="Its owner enters a new address on their page “You”.",
        )


def _backups(instance: Instance, now: datetime) -> Line:
    age = backup_folder.age(instance.state_dir, now=now)
    if age is None:
        words = "none yet" if instance.daily_backups else "none, and BACKUPS is off"
        remedy = "flask ospost backup makes one; the daily job begins 10 minutes after the start."
        return Line(level="warn", what="backups", sentence=words, remedy=remedy)
    hours = age.total_seconds() / 3600
    is_old = age > OLD_BACKUP
    return Line(
        level="warn" if is_old else "good",
        what="backups",
        sentence=f"the newest is {hours:.0f} hours old",
        remedy="Look for a notice about it; flask ospost backup says why it does not work.",
    )


def _mega(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"
