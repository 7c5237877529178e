"""What several faults need: both worlds, an heir for a dead worker, and one look at the outcome."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from ospost.services.publishing.machine import Task
from sandbox.world import World
from tests.faults.case import BOTH_WORLDS
from tests.machine.driving import Died, Drive

IN_BOTH_WORLDS = pytest.mark.parametrize("used", BOTH_WORLDS, indirect=True)


class Sturdy(Drive):
    """A hand crank that goes on when the database fails it, as the driver of a server does."""

    failures: int = 0

    def _do(self, task: Task) -> None:
        try:
            super()._do(task)
        except DBAPIError:
            self.failures += 1

    def _claimed(self) -> list[Task]:
        for _ in range(3):
            try:
                return super()._claimed()
            except DBAPIError:
                self.failures += 1
                self.jump(1)
        return []


def heir_of(drive: Drive, *, owner: str = "tests:2:b") -> Drive:
    """Return another worker on the same database, who lives at the same moment."""
    return type(drive)(drive.app, drive.world, owner=owner, ahead=drive.ahead)


def dies_at(drive: Drive, point: str, *, after: int = 0) -> Drive:
    """Let the worker die when *point* is reached after *after* times; return its heir."""
    drive.die_at, drive.die_after = point, after
    with pytest.raises(Died):
        drive.run(seconds=3600)
    return heir_of(drive)


def calls(world: World, endpoint: str, method: str = "POST") -> list[dict[str, Any]]:
    """Return the calls of one kind that arrived at Instagram."""
    with world.lock:
        return [
            call
            for call in world.calls
            if call["endpoint"] == endpoint and call["method"] == method
        ]


def assert_live_once(drive: Drive) -> None:
    """The only post is live once, is known to be, and is linked to what is really there."""
    row = drive.row()
    captions = [media.caption for media in drive.live()]
    assert len(captions) == 1, (row.state, captions, drive.sentences())
    (media,) = drive.live()
    assert (row.state, row.ig_media_id) == ("published", media.id), drive.sentences()


def assert_each_live_once(drive: Drive) -> None:
    """Every post is live once, and each is linked to its own media."""
    linked = [row.ig_media_id for row in drive.rows()]
    assert set(drive.states()) == {"published"}, drive.sentences()[-9:]
    assert sorted(map(str, linked)) == sorted(media.id for media in drive.live())


def engine_of(drive: Drive) -> Engine:
    """Return the engine of the worker's sessions."""
    engine = drive.tools.sessions.kw["bind"]
    assert isinstance(engine, Engine)
    return engine


@contextmanager
def before_commit_of(engine: Engine, words: str, act: Callable[[], None]) -> Iterator[None]:
    """Act just before every commit of a transaction that has run a statement with *words*."""
    seen: set[int] = set()

    def execute(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if words in statement:
            seen.add(id(connection))

    def commit(connection: Connection) -> None:
        if id(connection) in seen:
            seen.discard(id(connection))
            act()

    event.listen(engine, "before_cursor_execute", execute)
    event.listen(engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", execute)
        event.remove(engine, "commit", commit)


def once_at(point: str, act: Callable[[], None]) -> Callable[[str], None]:
    """Return a `reached` that acts the first time that *point* is passed."""
    left = [act]

    def reached(moment: str) -> None:
        if moment == point and left:
            left.pop()()

    return reached
