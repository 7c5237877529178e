"""The connection to PostgreSQL breaks in a commit: nobody knows whether it counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext

from tests.databases import Database
from tests.faults.cutting import Cutter
from tests.faults.helping import IN_BOTH_WORLDS, Sturdy, assert_each_live_once
from tests.support import Studio

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Reached(Database):
    """A database with the way to it."""

    cutter: Cutter | None = None


@pytest.fixture
def database(database: Database) -> Iterator[Reached]:
    """The same database, reached through a cutter."""
    cutter = Cutter(database.url)
    yield Reached(database.kind, cutter.url, database.cluster, cutter)
    cutter.close()


@IN_BOTH_WORLDS
@pytest.mark.fault(27, "db_connection_dropped_in_commit (PostgreSQL, commit outcome unknown)")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_executed", [True, False], ids=["committed", "lost"])
def test_whichever_commit_it_is_the_post_is_live_once(
    studio: Studio, database: Reached, is_executed: bool
) -> None:
    """One post for every commit of a post's life: the connection breaks in the n-th."""
    cutter, worker = database.cutter, Sturdy(studio.app, studio.world)
    assert cutter is not None
    cutter.is_executed = is_executed
    broken: list[ExceptionContext] = []
    with worker.session() as session:
        engine = session.get_bind()
    event.listen(engine, "handle_error", lambda context: broken.append(context))
    count = 0
    while not cutter.left:
        count += 1
        studio.post(f"Number {count}", due_at=worker.now() + MINUTE)
        cutter.left = count
        worker.run(seconds=7200)
        assert_each_live_once(worker)

    assert count > 8
    assert sum(context.is_disconnect for context in broken) >= count - 1
