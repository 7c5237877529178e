"""A real driver on the database of a studio: APScheduler, its threads, and the real time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import func, select

from models import Followup, Publication
from ospost.domain.timings import Timings
from ospost.jobs.on_apscheduler import Driver
from tests.support import Studio, fast

PATIENCE = 45.0


@dataclass
class Server:
    """A driver on the database of a studio, and what can be seen of it from outside."""

    studio: Studio
    drivers: list[Driver] = field(default_factory=list)

    def start(self, *, threads: int = 8, timings: Timings | None = None) -> Driver:
        run = self.studio.run
        run.publish_threads, run.timings = threads, timings or fast(20)
        driver = Driver(run)
        self.drivers.append(driver)
        driver.start()
        return driver

    def rows(self) -> list[Publication]:
        with self.studio.run.sessions() as session:
            return list(session.scalars(select(Publication).order_by(Publication.id)))

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def is_all_live(self) -> bool:
        return set(self.states()) == {"published"}

    def held_rows(self) -> int:
        """How many rows some process holds at this moment."""
        with self.studio.run.sessions() as session:
            held = (
                select(func.count()).select_from(row).where(row.owner != "")
                for row in (Publication, Followup)
            )
            return sum(session.scalar(count) or 0 for count in held)

    def wait_for(self, good: Callable[[], bool]) -> None:
        """Wait until *good* holds; fail with what is there instead."""
        end = time.monotonic() + PATIENCE
        while not good():
            assert time.monotonic() < end, self.states()
            time.sleep(0.02)

    def wait_for_first_tick(self) -> None:
        """Wait until the tick of the start is over."""
        meters = self.studio.run.meters
        self.wait_for(lambda: any(series[0] == "tick_seconds" for series in meters.peek()))


@contextmanager
def serving(studio: Studio) -> Iterator[Server]:
    """Give a server whose drivers are stopped at the end."""
    studio.world.switches.quota_total = 1000
    made = Server(studio)
    yield made
    for driver in made.drivers:
        if driver._scheduler.running:
            driver.stop()
