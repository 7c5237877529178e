"""What all processes have counted, in one row: it outlives each of them, and any can tell it.

Each process adds what it has counted with its beat. So a `kill -9` loses five seconds of counts,
and an older copy of the database that was put back counts on from there, as after a restart.
"""

import json
from collections.abc import Mapping

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from models import Instance
from ospost.meters import MOST_SERIES, Meters, Series
from ospost.services.database import writing

ROW = "figures"
BETWEEN = "|"


def keep(session: Session, meters: Meters) -> None:
    """Add what *meters* hold to the row; they keep it when the database does not take it."""
    counts = meters.take()
    if not counts:
        return
    try:
        with writing(session, beside=True):
            _add(session, counts)
    except IntegrityError:  # another process made the row at this moment: next time
        meters.give_back(counts)
    except SQLAlchemyError:
        meters.give_back(counts)
        raise


def total(session: Session, meters: Meters) -> dict[Series, float]:
    """Return the sum of all processes, with what this one has not handed on yet."""
    return _sum(_stored(session) or {}, meters.peek())


def _add(session: Session, counts: Mapping[Series, float]) -> None:
    stored = _stored(session, is_locked=True)
    both = _sum(stored or {}, counts)
    text = json.dumps({BETWEEN.join(series): count for series, count in both.items()})
    if stored is None:
        session.execute(insert(Instance).values(name=ROW, value=text))
    else:
        session.execute(update(Instance).where(Instance.name == ROW).values(value=text))


def _stored(session: Session, *, is_locked: bool = False) -> dict[Series, float] | None:
    statement = select(Instance.value).where(Instance.name == ROW)
    text = session.scalar(statement.with_for_update() if is_locked else statement)
    if text is None:
        return None
    return {tuple(name.split(BETWEEN)): count for name, count in json.loads(text).items()}


def _sum(one: Mapping[Series, float], other: Mapping[Series, float]) -> dict[Series, float]:
    both = dict(one)
    for series, count in other.items():
        if series in both or len(both) < MOST_SERIES:
            both[series] = both.get(series, 0) + count
    return both
