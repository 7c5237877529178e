"""What can be told of a post before its time, by what the tables know: when it is saved, when it is
prepared, and when somebody presses “Check”. Nothing here asks the network; `media_look` does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Account, Media, Post, Slide
from ospost.domain.findings import Finding, Severity, as_stored
from ospost.domain.preflight import (
    Connection,
    Picture,
    check_connection,
    check_containers,
    check_limit,
    check_pictures,
    check_words,
)
from ospost.domain.quota import DAY
from ospost.domain.schedule import resolve
from ospost.graph import scopes
from ospost.services import media_look, quota
from ospost.services.quota import Day

LIMITS = ("limit", "containers")
"""Fields of findings that depend on other posts of the account."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What is the same for all posts of this server."""

    media_url: str
    is_sandbox: bool
    grace_seconds: int


def findings(session: Session, post: Post, around: Around, *, now: datetime) -> list[Finding]:
    """Return everything that is to be said of *post*, the gravest first."""
    found = check_words(post.caption, post.first_comment) + check_pictures(_pictures(session, post))
    due_at = _due_of(post)
    if due_at is not None:
        day = quota.day_of(session, post.account, until=due_at, now=now)
        found += of_account(
            post.account, day, around, due_at=due_at, zone=post.zone, post_id=post.id
        )
    found += media_look.hints(session, around.media_url, is_sandbox=around.is_sandbox, now=now)
    return sorted(found, key=_weight)


def _due_of(post: Post) -> datetime | None:
    """Return when a post is due; for a draft the moment that its typed time means, if any."""
    if post.due_at is not None or not post.wall_time:
        return post.due_at
    return resolve(datetime.fromisoformat(post.wall_time), post.zone, post.fold).due_at


def of_account(
    account: Account,
    day: Day,
    around: Around,
    *,
    due_at: datetime,
    zone: str,
    post_id: int | None = None,
) -> list[Finding]:
    """Return what stands between an account and a post of it at *due_at*."""
    return [
        *check_connection(connection_of(account), due_at=due_at, zone=zone),
        *_of_day(account, day, around, due_at=due_at, zone=zone, post_id=post_id),
    ]


def connection_of(account: Account) -> Connection:
    """Return what is known of the right to publish to an account.

    An account of which no permission is known at all is not said to lack one.
    """
    granted = frozenset(str(name) for name in account.granted or ())
    missing = scopes.missing(account.login, granted) if granted else ()
    return Connection(
        login=account.login,
        is_lost=account.needs_reconnect,
        is_paused=account.paused_at is not None,
        missing=tuple(scope.name for scope in missing),
        token_expires_at=account.token_expires_at,
        data_access_expires_at=account.data_access_expires_at,
    )


def note(session: Session, post: Post, around: Around, *, now: datetime) -> list[Finding]:
    """Check *post* and keep what was found with it; call inside `writing`."""
    found = findings(session, post, around, now=now)
    keep(session, post.id, found, now=now)
    return found


def keep(session: Session, post_id: int, found: list[Finding], *, now: datetime) -> None:
    """Keep *found* with its post; call inside `writing`."""
    session.execute(
        update(Post)
        .where(Post.id == post_id)
        .values(findings=[as_stored(each) for each in found], checked_at=now)
        .execution_options(synchronize_session="fetch")
    )


def note_day(
    session: Session, account: Account, around: Around, *, since: datetime, now: datetime
) -> None:
    """Look again at the limits of the posts within a day after *since*; call inside `writing`.

    A post that comes, goes or moves changes what stands before those that follow it.
    """
    until = max(since, now) + quota.reading_of(account).window
    day = quota.day_of(session, account, since=since, until=until, now=now)
    following = {row.post_id: row.due_at for row in day.planned if row.due_at >= since}
    rows = session.execute(
        select(Post.id, Post.zone, Post.findings).where(Post.id.in_(following))
    ).all()
    for post_id, zone, stored in rows:
        due_at = following[post_id]
        fresh = _of_day(account, day, around, due_at=due_at, zone=zone, post_id=post_id)
        rest = [each for each in stored or [] if each.get("field") not in LIMITS]
        wanted = [*(as_stored(each) for each in fresh), *rest]
        if wanted != (stored or []):
            session.execute(update(Post).where(Post.id == post_id).values(findings=wanted))


def _of_day(
    account: Account, day: Day, around: Around, *, due_at: datetime, zone: str, post_id: int | None
) -> list[Finding]:
    load = day.load(due_at, post_id=post_id)
    seconds = account.grace_seconds
    grace = timedelta(seconds=around.grace_seconds if seconds is None else seconds)
    return [
        *check_limit(load, total=account.quota_total, due_at=due_at, grace=grace, zone=zone),
        *check_containers(load.live + load.planned + 1, each=1, tests=_tests(account, due_at)),
    ]


def _tests(account: Account, due_at: datetime) -> int:
    """Count a test container that is younger than a day when a post is due."""
    made = account.tested_at
    return int(made is not None and made > due_at - DAY)


def _pictures(session: Session, post: Post) -> list[Picture]:
    rows = session.execute(
        select(Media.width, Media.height, Slide.crop, Slide.alt_text)
        .join(Media, Media.id == Slide.media_id)
        .where(Slide.post_id == post.id)
        .order_by(Slide.no)
    )
    return [
        Picture(width=width, height=height, crop=crop, alt_text=alt_text)
        for width, height, crop, alt_text in rows
    ]


_ORDER = list(Severity)


def _weight(finding: Finding) -> int:
    return _ORDER.index(finding.severity)


def told_of_limit(stored: list[Any]) -> str:
    """Return what a list of posts says of one that may find no room in its day."""
    return next((each["sentence"] for each in stored or [] if each.get("field") in LIMITS), "")
