"""Work that comes round: notices, tokens, revocations, clean-up. One table, whoever runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ospost.runtime import Runtime
from ospost.services import (
    alarms,
    backup,
    deliveries,
    digest,
    disk,
    expiry,
    housekeeping,
    passed,
    retention,
    revocations,
    tokens,
    zones,
)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One kind of periodic work."""

    name: str
    every: timedelta
    first_after: timedelta
    run: Callable[[Runtime, datetime], object]
    """Does the work by the moment that it is handed, never by a clock of its own."""


def _deliver_notices(run: Runtime, now: datetime) -> object:
    return deliveries.deliver_due(run.sessions, run.carrier, now)


def _write_digests(run: Runtime, now: datetime) -> object:
    return digest.write_due(run.sessions, now)


def _watch_space(run: Runtime, now: datetime) -> object:
    return disk.watch(run.sessions, run.disk, now)


def _drop_files(run: Runtime, now: datetime) -> object:
    dropped = retention.drop_renditions(run.sessions, storage=run.storage, now=now)
    return dropped + retention.drop_originals(
        run.sessions, storage=run.storage, workshop=run.workshop, now=now
    )


def look_at_tokens(run: Runtime, now: datetime) -> object:
    """Renew tokens, then tell of those that end all the same."""
    count = tokens.refresh_due(
        run.sessions,
        vault=run.vault,
        facebook=run.facebook,
        instagram=run.instagram,
        now=now,
    )
    expiry.tell_due(run.sessions, can_renew=run.instagram is not None, now=now)
    passed.tidy(run.sessions, now=now)
    return count


def _retry_revocations(run: Runtime, now: datetime) -> object:
    return revocations.retry_revocations(
        run.sessions,
        vault=run.vault,
        facebook=run.facebook,
        instagram=run.instagram,
        now=now,
    )


def _tidy(run: Runtime, now: datetime) -> object:
    return housekeeping.tidy(run.sessions, storage=run.storage, now=now)


def _watch_server(run: Runtime, now: datetime) -> None:
    alarms.watch(
        run.sessions,
        now=now,
        skew=run.graph.clock_skew(),
        untrusted=run.http.untrusted,
        timings=run.timings,
    )


def _follow_zone_rules(run: Runtime, now: datetime) -> object:
    return zones.follow_rules(run.sessions, now=now)


def _back_up(run: Runtime, now: datetime) -> object:
    if not run.daily_backups:
        return None
    return backup.daily(
        run.sessions,
        url=run.database_url,
        state_dir=run.state_dir,
        keep=run.daily_backups,
        now=now,
    )


PERIODIC: tuple[Job, ...] = (
    Job(
        name="notices",
        every=timedelta(seconds=10),
        first_after=timedelta(seconds=5),
        run=_deliver_notices,
    ),
    Job(
        name="digests",
        every=timedelta(minutes=1),
        first_after=timedelta(seconds=15),
        run=_write_digests,
    ),
    Job(
        name="space",
        every=timedelta(minutes=5),
        first_after=timedelta(seconds=10),
        run=_watch_space,
    ),
    Job(
        name="files",
        every=timedelta(hours=1),
        first_after=timedelta(minutes=3),
        run=_drop_files,
    ),
    Job(
        name="tokens",
        every=timedelta(minutes=10),
        first_after=timedelta(seconds=30),
        run=look_at_tokens,
    ),
    Job(
        name="revocations",
        every=timedelta(minutes=5),
        first_after=timedelta(minutes=1),
        run=_retry_revocations,
    ),
    Job(
        name="zones",
        every=timedelta(days=1),
        first_after=timedelta(seconds=20),
        run=_follow_zone_rules,
    ),
    Job(
        name="alarms",
        every=timedelta(minutes=1),
        first_after=timedelta(seconds=15),
        run=_watch_server,
    ),
    Job(name="backup", every=timedelta(hours=1), first_after=timedelta(minutes=10), run=_back_up),
    Job(name="tidy", every=timedelta(hours=1), first_after=timedelta(minutes=2), run=_tidy),
)
