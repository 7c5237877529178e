"""After the clock was set back: what the wrong clock put off is looked at by the right one.

Moments that people chose stand as they are. The others were reckoned from a clock that was ahead,
and would be met that much too late: retries, polls, looks, holds, and the ends of leases.
"""

from datetime import datetime

from sqlalchemy import CursorResult, case, update
from sqlalchemy.orm import Session

from models import Followup, Publication
from ospost.domain.states import State
from ospost.domain.timings import Timings
from ospost.services.database import writing


def reread(session: Session, *, now: datetime, timings: Timings) -> int:
    """Make due what was written down in the future, and shorten leases that end there; how many.

    To be early is harmless: a step looks at the moment by itself.
    """
    future = now + timings.clock_step
    longest = now + timings.claim_ahead + max(timings.lease, timings.create_lease)
    put_off = (
        update(Publication)
        .where(
            Publication.owner == "",
            Publication.updated_at > future,
            Publication.next_at > now,
            Publication.state.not_in([State.SCHEDULED.value, State.CANCELLED.value]),
        )
        .values(
            next_at=case(
                (
                    (Publication.state == State.READY.value) & (Publication.due_at > now),
                    Publication.due_at,
                ),
                else_=now,
            )
        )
    )
    leased = (
        update(Publication)
        .where(Publication.owner != "", Publication.next_at > longest)
        .values(next_at=now + timings.lease)
    )
    errands = update(Followup).where(Followup.next_at > longest).values(next_at=now)
    count = 0
    with writing(session):
        for statement in (put_off, leased, errands):
            result = session.execute(statement.execution_options(synchronize_session=False))
            count += result.rowcount if isinstance(result, CursorResult) else 0
    return count
