"""Runs the machine by hand, in virtual time, against the sandbox over real HTTP.

One clock for both sides: when the machine has nothing to do, time jumps to shortly before the next
row's moment, where the tick of a server would find it. What runs too early is seen so.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, Event, Followup, Notice, Publication
from ospost.domain.timings import Timings
from ospost.jobs.on_apscheduler import tools_of
from ospost.services.publishing.machine import Machine, Task
from sandbox.faults import Fault
from sandbox.things import Media
from sandbox.world import World

EVERY = 50


def fault(world: World, endpoint: str, kind: str, **more: object) -> Fault:
    """Let calls of *endpoint* go wrong."""
    return world.faults.add(endpoint=endpoint, kind=kind, **more)


class Died(BaseException):
    """The process was killed; nothing of it runs any more."""


@dataclass
class Drive:
    """The machine's hand crank."""

    app: Flask
    world: World
    divisor: float = 1
    owner: str = "tests:1:a"
    ahead: timedelta = field(default=timedelta())
    passed: list[str] = field(default_factory=list)
    die_at: str = ""
    die_after: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        run = self.app.extensions["ospost"]
        self.tools = tools_of(run, owner=self.owner)
        self.tools.now = self.now
        self.tools.timings = Timings().scaled(self.divisor)
        self.tools.reached = self._reached
        self.machine = Machine(self.tools)

    def now(self) -> datetime:
        """The present moment of both worlds."""
        return datetime.now(UTC) + self.ahead

    def jump(self, seconds: float) -> None:
        """Let time pass on both sides."""
        self.ahead += timedelta(seconds=seconds)
        with self.world.lock:
            self.world.clock_ahead += seconds

    def session(self) -> Session:
        """A session on the app's database."""
        return self.tools.sessions()

    def run(self, *, seconds: float = 3600, until: str = "") -> None:
        """Let the machine work until it has nothing to do within *seconds*, or a state shows."""
        end = self.now() + timedelta(seconds=seconds)
        for _ in range(400):
            if until and until in self.states():
                return
            asked_at = self.now()
            tasks = self._claimed()
            for task in sorted(tasks, key=lambda task: task.run_at):
                self._do(task)
            if not tasks and not self._jump_to_next(end, after=asked_at):
                return
        raise AssertionError(f"still busy: {self.states()} {self.sentences()[-6:]}")

    def _claimed(self) -> list[Task]:
        return self.machine.claim(threads=EVERY, rest=EVERY)

    def _do(self, task: Task) -> None:
        wait = (task.run_at - self.now()).total_seconds()
        if wait > 0:
            self.jump(wait)
        task.run()

    def _jump_to_next(self, end: datetime, *, after: datetime) -> bool:
        """Jump to what comes next, counted from the last claim: the real clock runs on meanwhile."""
        with self.session() as session:
            moments = [
                session.scalar(select(func.min(at)).where(at > after))
                for at in (Publication.next_at, Followup.next_at, Account.ask_at)
            ]
        ahead = [moment for moment in moments if moment is not None]
        if not ahead or min(ahead) > end:
            return False
        gap = max(0.0, (min(ahead) - self.now()).total_seconds())
        early = self.chance.random() * self.tools.timings.claim_ahead.total_seconds()
        self.jump(gap - early if gap > early else gap)
        return True

    def _reached(self, moment: str) -> None:
        self.passed.append(moment)
        if self.die_at == moment:
            if self.die_after:
                self.die_after -= 1
                return
            self.die_at = ""
            raise Died(moment)

    def meet(self, moment: datetime) -> None:
        """Let time pass until *moment*."""
        self.jump(max(0.0, (moment - self.now()).total_seconds()))

    def take_shots(self, *, ahead: float = 0) -> list[Task]:
        """Claim the shots that are due within *ahead* seconds, and do not run them."""
        with self.session() as session:
            horizon = self.now() + timedelta(seconds=ahead)
            return self.machine.claim_shots(session, most=EVERY, horizon=horizon)

    def take_others(self) -> list[Task]:
        """Claim whatever else is due now, and do not run it."""
        with self.session() as session:
            return self.machine._claim_rest(session, most=EVERY, horizon=self.now())

    def account(self) -> Account:
        """The only account."""
        with self.session() as session:
            (account,) = session.scalars(select(Account))
            return account

    def rows(self) -> list[Publication]:
        """All publications, by id."""
        with self.session() as session:
            return list(session.scalars(select(Publication).order_by(Publication.id)))

    def row(self) -> Publication:
        """The only publication."""
        (row,) = self.rows()
        return row

    def states(self) -> list[str]:
        """Their states."""
        return [row.state for row in self.rows()]

    def sentences(self) -> list[str]:
        """Every line of the timeline, oldest first."""
        with self.session() as session:
            return list(session.scalars(select(Event.sentence).order_by(Event.id)))

    def causes(self) -> list[str]:
        """The causes of all lines."""
        with self.session() as session:
            return list(session.scalars(select(Event.cause).order_by(Event.id)))

    def notices(self) -> list[str]:
        """The titles of what people were told."""
        with self.session() as session:
            return list(session.scalars(select(Notice.title).order_by(Notice.at, Notice.id)))

    def live(self) -> list[Media]:
        """Everything that is live on the practice Instagram."""
        return list(self.world.media.values())
