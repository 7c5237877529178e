"""Real processes, killed at random, on a road where anything may go wrong; repeatable by seed.

What is drawn is repeatable: faults, kills, clock jumps, moments. What threads make of it is not,
so a failure is reproduced by running its seed several times.
"""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from models import Followup, Publication
from ospost.config import Settings
from ospost.services.database import writing
from sandbox.people import add_accounts, new_world
from sandbox.server import serve
from tests.databases import Database
from tests.faults.invariants import violations
from tests.faults.random_faults import RandomFaults
from tests.processes.nursery import Nursery
from tests.processes.plant import Plant
from tests.support import in_seconds, put_away, served, studios_on

DIVISOR = 50
POINTS = (
    "claimed",
    "preparing",
    "container_made",
    "container_saved",
    "ready",
    "intent",
    "fence_read",
    "answered",
    "recorded",
    "looked",
    "look_recorded",
)
SETTLED = ("published", "failed", "missed", "review", "cancelled")


@dataclass
class Outcome:
    """What became of a batch."""

    posts: int
    kills: int
    states: dict[str, int]
    faults: dict[str, int]
    doubled: int
    lost: int
    live_in_trouble: int
    seconds: float
    violations: list[str] = field(default_factory=list)


@dataclass
class RandomRun:
    """One batch: its posts, its processes, its troubles."""

    folder: Path
    database: Database
    seed: int
    posts: int
    kills: int
    used_container: str
    processes: int = 2
    accounts: int = 20

    def run(self) -> Outcome:
        """Play the batch to its end and judge it."""
        begin = time.monotonic()
        self.chance = random.Random(self.seed)
        self.faults = RandomFaults(seed=self.seed)
        world = new_world()
        world.faults = self.faults
        world.switches.used_container = self.used_container
        world.switches.quota_total = self.posts
        world.switches.containers_per_day = self.posts * 10
        world.switches.container_seconds = 0.05
        world.switches.status_lag = 0.2
        world.switches.list_lag = 0.6
        add_accounts(world, count=self.accounts - 2)
        sandbox = serve(world)
        self.plant = Plant(self.folder, sandbox, divisor=DIVISOR, database=self.database)
        app = create_app(Settings.from_env(self.plant.environ))
        nursery = Nursery()
        try:
            with served(app) as address:
                app.extensions["ospost"].media_url = address
                self.environ = {**self.plant.environ, "MEDIA_URL": address}
                self._schedule(app)
                self._trouble(nursery)
                self._settle(nursery)
        finally:
            nursery.close()
            sandbox.stop()
            put_away(app)
        return self._judge(time.monotonic() - begin)

    def _schedule(self, app: Flask) -> None:
        """Plan the posts over the time that the kills take; some of an account at one moment."""
        studios = studios_on(app, self.plant.world)
        with app.app_context():
            run = app.extensions["ospost"]
            with run.sessions() as session, writing(session):
                media_id = studios[0].media(session).id
            window = max(10.0, self.kills * (self.pause_seconds + 0.5))
            for number in range(self.posts):
                due_at = in_seconds(3 + round(self.chance.uniform(0, window), 1))
                self.chance.choice(studios).post(
                    f"Random {self.seed} {number}",
                    due_at=due_at,
                    media_id=media_id,
                    first_comment="First" if number % 10 == 0 else "",
                )

    @property
    def pause_seconds(self) -> float:
        """How long a kill takes on average, over all processes."""
        return 0.6

    def _trouble(self, nursery: Nursery) -> None:
        """Kill one process after the other, at a commit point or at any moment, and start it anew."""
        clocks = [self.folder / f"clock-{slot}" for slot in range(self.processes)]
        for clock in clocks:
            clock.write_text("0")
        self.starts = [0] * self.processes
        pids = [self._start(nursery, slot) for slot in range(self.processes)]
        for number in range(self.kills):
            slot = number % self.processes
            self._await_ready(slot)
            time.sleep(self.chance.expovariate(1 / self.pause_seconds))
            if self.chance.random() < 0.1:
                clocks[slot].write_text(str(self.chance.choice((-30, -3, 3, 30))))
            _kill(pids[slot])
            clocks[slot].write_text("0")
            pids[slot] = self._start(nursery, slot)
        self._pids = pids
        self.live_in_trouble = len(self.plant.world.media)

    def _await_ready(self, slot: int) -> None:
        """Wait until the process of *slot* has begun to publish, or has died of its point."""
        log, end = self.folder / f"log-{slot}.txt", time.monotonic() + 10
        wanted = self.starts[slot]
        while time.monotonic() < end:
            if (
                log.exists()
                and log.read_text(errors="replace").count("\nready")
                + log.read_text(errors="replace").startswith("ready")
                >= wanted
            ):
                return
            time.sleep(0.02)

    def _start(self, nursery: Nursery, slot: int) -> int:
        self.starts[slot] += 1
        point = self.chance.choice(POINTS) if self.chance.random() < 0.5 else ""
        return nursery.fork(
            log=self.folder / f"log-{slot}.txt",
            environ=self.environ,
            port=0,
            divisor=DIVISOR,
            point=point,
            occurrence=self.chance.randint(1, 6),
            clock=self.folder / f"clock-{slot}",
        )

    def _settle(self, nursery: Nursery) -> None:
        """End the troubles, and wait until the machine is through with everything."""
        self.faults.is_on = False
        for pid in self._pids:
            _kill(pid)
        pid = nursery.fork(
            log=self.folder / "log-last.txt", environ=self.environ, port=0, divisor=DIVISOR
        )
        engine = self.plant.engine()
        end = time.monotonic() + 240
        while time.monotonic() < end:
            with Session(engine) as session:
                is_open = session.scalar(
                    select(func.count()).where(
                        Publication.state.not_in(SETTLED)
                        | ((Publication.state == "published") & Publication.ig_media_id.is_(None))
                    )
                )
                to_follow = session.scalar(
                    select(func.count()).where(Followup.next_at.is_not(None))
                )
            if not is_open and not to_follow:
                break
            time.sleep(0.3)
        engine.dispose()
        _kill(pid)

    def _judge(self, seconds: float) -> Outcome:
        engine = self.plant.engine()
        media = list(self.plant.world.media.values())
        found = violations(engine, media)
        with Session(engine) as session:
            states = session.scalars(select(Publication.state)).all()
        engine.dispose()
        captions = Counter(item.caption for item in media)
        found += self._comments()
        return Outcome(
            posts=len(states),
            kills=self.kills,
            states=dict(Counter(states)),
            faults=self.faults.hits,
            doubled=sum(count - 1 for count in captions.values()),
            lost=sum(state not in SETTLED for state in states),
            live_in_trouble=self.live_in_trouble,
            seconds=seconds,
            violations=found,
        )

    def _comments(self) -> list[str]:
        """No first comment stands twice under a post."""
        texts = Counter(comment.media_id for comment in self.plant.world.comments.values())
        return [
            f"{count} first comments under {media}" for media, count in texts.items() if count > 1
        ]


def _kill(pid: int) -> None:
    """Kill and wait until it is gone; one that died by itself is as good."""
    try:
        os.kill(pid, signal.SIGKILL)
        while True:
            os.kill(pid, 0)
            time.sleep(0.005)
    except ProcessLookupError:
        return
