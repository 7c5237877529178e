"""What is wrong with this server itself and stops posts: told to its owners while it lasts."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Event
from ospost.domain.clocks import clock_trouble
from ospost.domain.timings import Timings
from ospost.services.database import writing
from ospost.services.notices import Severity, end_notice, is_open, raise_notice

CLOCK, TLS = "clock", "tls"


def watch(
    sessions: sessionmaker[Session],
    *,
    now: datetime,
    skew: timedelta | None,
    untrusted: Collection[str],
    timings: Timings,
) -> None:
    """Raise or end the alarms about the clock and about secure connections to *untrusted* hosts."""
    with sessions() as session:
        newest_at = session.scalar(select(Event.at).order_by(Event.id.desc()).limit(1))
        clock = clock_trouble(now, skew=skew, timings=timings, newest_at=newest_at)
        _keep(
            session,
            key=CLOCK,
            title="The clock of this server is wrong",
            sentence=f"{clock} Nothing is published by it.",
            remedy="Set the clock right and let it be kept by NTP; posts go on by themselves then.",
            stands=bool(clock),
            now=now,
        )
        _keep(
            session,
            key=TLS,
            title="No secure connection to Instagram",
            sentence=(
                f"The certificate of {' and '.join(sorted(untrusted))} is not trusted here."
                " Nothing was sent."
            ),
            remedy="Update Ospost and this server's certificates, and see that no proxy interferes.",
            stands=bool(untrusted),
            now=now,
        )


def _keep(
    session: Session,
    *,
    key: str,
    title: str,
    sentence: str,
    remedy: str,
    stands: bool,
    now: datetime,
) -> None:
    """Write only where something changed: this is asked every minute."""
    known = is_open(session, key)
    session.rollback()
    if known == stands:
        return
    with writing(session):
        if stands:
            raise_notice(
                session,
                key=key,
                kind="server",
                severity=Severity.PROBLEM,
                title=title,
                sentence=sentence,
                remedy=remedy,
                now=now,
            )
        else:
            end_notice(session, key=key, now=now)
