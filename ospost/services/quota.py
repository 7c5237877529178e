"""The limits of an account as Instagram last told them, counted on with what is planned here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpers import distance, plural
from models import Account, Publication
from ospost.domain.quota import DAY, Load, Reading, load_at, next_look
from ospost.domain.states import BEFORE_INTENT, IN_DOUBT, State
from ospost.graph.values import PublishingLimit

FRESH = timedelta(minutes=5)
"""How old a reading may be that is shown without asking anew."""

LATEST = timedelta(days=31)
"""How long after its time a post can have gone out at the latest: the longest grace, and a day."""

MOST_PLANNED = 500
WAITING = tuple(state.value for state in sorted(BEFORE_INTENT | IN_DOUBT))


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A post that has not gone out."""

    post_id: int
    publication_id: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Day:
    """What counts around some moment, for one account."""

    reading: Reading
    own: tuple[datetime, ...]  # when our posts went live
    planned: tuple[Planned, ...]  # in line
    now: datetime

    def load(self, due_at: datetime, *, post_id: int | None = None) -> Load:
        """Count what stands before a post that is due at *due_at*; *post_id* names it if it is."""
        itself = next((o.publication_id for o in self.planned if o.post_id == post_id), None)
        before = [
            max(other.due_at, self.now)
            for other in self.planned
            if other.post_id != post_id
            and (
                other.due_at < due_at
                or (other.due_at == due_at and (itself is None or other.publication_id < itself))
            )
        ]
        return load_at(max(due_at, self.now), reading=self.reading, own=self.own, planned=before)


def reading_of(account: Account) -> Reading:
    """Return what Instagram last said of the account's limit."""
    return Reading(
        used=account.quota_used,
        total=account.quota_total,
        read_at=account.quota_read_at,
        window=timedelta(seconds=account.quota_seconds) if account.quota_seconds else DAY,
    )


def keep(session: Session, account_id: int, limit: PublishingLimit, *, now: datetime) -> None:
    """Store what Instagram said; call inside `writing`."""
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(
            quota_used=limit.used,
            quota_total=limit.total,
            quota_seconds=limit.duration_seconds,
            quota_read_at=now,
        )
    )


def day_of(
    session: Session,
    account: Account,
    *,
    until: datetime,
    now: datetime,
    since: datetime | None = None,
) -> Day:
    """Read what counts for posts of the account due between *since* (or *until*) and *until*."""
    reading = reading_of(account)
    first = (since or until) - reading.window
    planned = session.execute(
        select(Publication.post_id, Publication.id, Publication.due_at)
        .where(
            Publication.account_id == account.id,
            Publication.due_at > min(first, now - LATEST),
            Publication.due_at <= until,
            Publication.state.in_(WAITING),
        )
        .order_by(Publication.due_at.desc(), Publication.id.desc())
        .limit(MOST_PLANNED)
    ).all()
    return Day(
        reading=reading,
        own=own_moments(session, account.id, after=now - reading.window * 2, now=now),
        planned=tuple(
            Planned(post_id=row.post_id, publication_id=row.id, due_at=row.due_at)
            for row in reversed(planned)
        ),
        now=now,
    )


def own_moments(
    session: Session, account_id: int, *, after: datetime, now: datetime
) -> tuple[datetime, ...]:
    """Return when posts of the account went live through us, after that moment, oldest first."""
    found = session.scalars(
        select(Publication.published_at)
        .where(
            Publication.account_id == account_id,
            Publication.due_at > after - LATEST,
            Publication.due_at <= now,
            Publication.state == State.PUBLISHED.value,
            Publication.published_at > after,
        )
        .order_by(Publication.published_at)
    )
    return tuple(moment for moment in found if moment is not None)


def opens_at(
    session: Session, account_id: int, limit: PublishingLimit, *, now: datetime, recheck: timedelta
) -> datetime:
    """Return when to ask again about a limit that is used up."""
    window = timedelta(seconds=limit.duration_seconds)
    return next_look(
        used=limit.used,
        total=limit.total or 0,
        own=own_moments(session, account_id, after=now - window, now=now),
        now=now,
        window=window,
        recheck=recheck,
    )


def in_words(account: Account, *, now: datetime) -> str:
    """Return '12 of 100 in 24 hours, read 3 minutes ago'."""
    if account.quota_used is None or account.quota_read_at is None:
        return "not read yet"
    hours = round((account.quota_seconds or DAY.total_seconds()) / 3600)
    window = plural(hours, "hour")
    read = distance(min(account.quota_read_at, now), now)
    when = "just now" if now - account.quota_read_at < timedelta(seconds=45) else read
    if account.quota_total is None:
        return (
            f"{account.quota_used:,} in {window}, Instagram does not say of how many; read {when}"
        )
    return f"{account.quota_used:,} of {account.quota_total:,} in {window}, read {when}"


def is_stale(account: Account, *, now: datetime) -> bool:
    """Say whether the limit is worth reading anew for a page."""
    return account.quota_read_at is None or now - account.quota_read_at > FRESH
