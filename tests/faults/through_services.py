"""Random posts through the real services: real SQLite, real HTTP to the sandbox, virtual time.

A batch has its own database and its own practice Instagram. Calls go wrong by a seed, the worker
dies at random commit points and an heir goes on, people edit, move and cancel. The box draws only
what costs no real time; slow answers and real kills are the business of `random_run`.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import create_app
from models import Event, Post, Publication, db
from ospost.config import Settings
from ospost.errors import Conflict
from ospost.services import publications
from ospost.services.database import writing
from ospost.services.publishing.claims import free_rows_of
from sandbox.faults import Facts, Fault, FaultBox
from sandbox.people import add_accounts, new_world
from sandbox.server import serve
from sandbox.things import Media
from sandbox.world import World
from tests.faults.invariants import violations
from tests.machine.driving import Died, Drive
from tests.support import served, studios_on

ACCOUNTS = 8
WITHIN_SECONDS = 7200.0
SETTLED = frozenset({"published", "failed", "missed", "review", "cancelled"})
FATES: dict[str, tuple[tuple[float, str, dict[str, float]], ...]] = {
    "create": (
        (0.02, "error", {"code": 9004, "subcode": 2207052}),
        (0.01, "lost_before", {}),
        (0.01, "lost_after", {}),
        (0.01, "container_error", {"subcode": 2207082}),
    ),
    "status": ((0.03, "error", {"code": 100, "subcode": 33}), (0.02, "html_502", {})),
    "publish": (
        (0.04, "lost_before", {}),
        (0.04, "lost_after", {}),
        (0.03, "late_effect", {"seconds": 50.0}),
        (0.02, "error_after", {"code": 4, "subcode": 2207051}),
        (0.02, "error_after", {"code": 2}),
        (0.02, "error", {"code": 1}),
        (0.02, "error", {"code": 9007, "subcode": 2207027}),
        (0.01, "truncated", {}),
        (0.01, "redirect", {}),
    ),
    "media": ((0.03, "error", {"code": 2}), (0.02, "empty", {})),
    "limit": ((0.03, "error", {"code": 2}),),
}
"""By endpoint: how often, which fault of the sandbox, with what."""


class Fates(FaultBox):
    """Draws a fault for each call; for some hours of the batch reads fail altogether."""

    def __init__(self, rng: random.Random) -> None:
        """Nothing is out yet."""
        super().__init__()
        self._rng = rng
        self.is_out = False

    def take(self, facts: Facts) -> Fault | None:
        """Return what befalls this call."""
        if self.is_out and facts.endpoint in ("status", "media"):
            return Fault(kind="error", code=100, subcode=33)
        lot = self._rng.random()
        for share, kind, words in FATES.get(facts.endpoint, ()):
            lot -= share
            if lot < 0:
                return Fault(endpoint=facts.endpoint, kind=kind, **words)  # type: ignore[arg-type]  # words of a table
        return None


@dataclass(kw_only=True)
class Batch:
    """What became of the posts of one database."""

    seed: int
    posts: int
    states: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    deaths: int = 0
    calls: int = 0
    doubled: int = 0
    lost: int = 0
    seconds: float = 0.0


class Wheel(Drive):
    """A hand crank that dies at random, and whose heir goes on."""

    fates: random.Random
    death: float = 0.0
    deaths: int = 0

    def _reached(self, moment: str) -> None:
        if self.fates.random() < self.death:
            raise Died(moment)

    def turn(self) -> bool:
        """Claim and run what is due, or jump to what comes next; False when nothing does."""
        asked_at = self.now()
        try:
            tasks = self._claimed()
            for task in sorted(tasks, key=lambda task: task.run_at):
                self._do(task)
        except Died:
            self._inherit()
            return True
        return bool(tasks) or self._jump_to_next(self.now() + timedelta(days=3), after=asked_at)

    def _inherit(self) -> None:
        """Go on as another process: soon freed by a neighbour, or not before the leases end."""
        self.deaths += 1
        dead, self.owner = self.owner, f"tests:{self.deaths}:b"
        self.tools.owner = self.owner
        self.tools.breaker = type(self.tools.breaker)()
        if self.fates.random() < 0.7:
            self.jump(self.fates.uniform(0, 15))
            with self.session() as session:
                free_rows_of(session, [dead], now=self.now())


def run_batch(seed: int, *, posts: int, copies: bool, death: float = 0.004) -> Batch:
    """Run *posts* posts to their end; *copies*: a used container published again makes a copy."""
    begin, rng = time.perf_counter(), random.Random(seed)
    batch = Batch(seed=seed, posts=posts)
    world = new_world()
    add_accounts(world, count=ACCOUNTS - 2)
    switches = world.switches
    switches.container_seconds = rng.choice((0, 2, 20))
    switches.used_container = "duplicate" if copies else "refuse"
    switches.status_lag, switches.list_lag = rng.uniform(0, 20), rng.uniform(0, 60)
    switches.quota_total = posts * 3
    switches.containers_per_day = posts * 10
    fates = Fates(rng)
    world.faults = fates
    with tempfile.TemporaryDirectory(prefix="ospost-") as folder, _app(Path(folder), world) as app:
        wheel = _turned(app, world, fates, rng, posts=posts, death=death)
        batch.deaths, batch.calls = wheel.deaths, len(world.calls)
        engine = wheel.tools.sessions.kw["bind"]
        live = list(world.media.values())
        batch.broken = [*_broken(engine, live), *_unchained(engine), *_early(engine, live)]
        batch.states = dict(Counter(wheel.states()))
    captions = Counter(media.caption for media in live)
    batch.doubled = sum(count > 1 for count in captions.values())
    batch.lost = sum(count for state, count in batch.states.items() if state not in SETTLED)
    batch.seconds = time.perf_counter() - begin
    return batch


@contextmanager
def _app(folder: Path, world: World) -> Iterator[Flask]:
    running = serve(world)
    words = {"STATE_DIR": str(folder / "instance"), "SANDBOX_URL": running.base_url}
    app = create_app(Settings.from_env(words))
    try:
        with served(app) as address:
            app.extensions["ospost"].media_url = address
            yield app
    finally:
        app.extensions["ospost"].close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        running.stop()


def _turned(
    app: Flask, world: World, fates: Fates, rng: random.Random, *, posts: int, death: float
) -> Wheel:
    wheel = Wheel(app, world)
    wheel.fates, wheel.death = rng, death
    studios = studios_on(app, world)
    with app.app_context(), writing(db.session()) as session:
        media_id = studios[0].media(session).id
    begin = wheel.now()
    post_ids = []
    for number in range(posts):
        due_at = begin + timedelta(seconds=rng.uniform(0, WITHIN_SECONDS))
        if rng.random() < 0.3:  # several in one second
            due_at = begin + timedelta(seconds=600 * rng.randint(1, 6))
        studio = rng.choice(studios)
        post_ids.append(studio.post(f"Post {number}", due_at=due_at, media_id=media_id))
    outage = rng.uniform(0, WITHIN_SECONDS)
    outage_ends = outage + rng.choice((0, 120, 600, 1800))
    while wheel.turn():
        passed = (wheel.now() - begin).total_seconds()
        fates.is_out = outage <= passed < outage_ends
        if passed < WITHIN_SECONDS and rng.random() < 0.1:
            _meddle(wheel, rng, rng.choice(post_ids))
    return wheel


def _meddle(wheel: Wheel, rng: random.Random, post_id: int) -> None:
    """Let a person move, edit or cancel a post, if the machine still allows it."""
    now, lot = wheel.now(), rng.random()
    try:
        with wheel.session() as session, writing(session):
            post = session.get(Post, post_id)
            if post is None:
                return
            if lot < 0.4:
                due_at = now + timedelta(seconds=rng.uniform(0, 1800))
                publications.retime(session, post, due_at=due_at, now=now)
            elif lot < 0.9:
                publications.content_changed(session, post, now=now)
            else:
                publications.cancel(session, post, cause="cancelled", now=now)
    except Conflict:
        return


def _broken(engine: Engine, live: list[Media]) -> list[str]:
    """All promises but one: `sent_at` is real time here, so that `_early` compares instead."""
    return [line for line in violations(engine, live) if not line.endswith("before it was due")]


def _early(engine: Engine, live: list[Media]) -> list[str]:
    """Nothing is live before its time, by Instagram's own clock."""
    at = {media.caption: media.timestamp for media in live}
    with Session(engine) as session:
        rows = session.execute(
            select(Post.caption, Publication.due_at).join(Post, Post.id == Publication.post_id)
        ).all()
    return [
        f"{caption}: live before it was due"
        for caption, due_at in rows
        if at.get(caption, due_at.timestamp()) < due_at.timestamp() - 0.001
    ]


def _unchained(engine: Engine) -> list[str]:
    """Every change of state has its line: each begins where the one before it ended."""
    found: list[str] = []
    state_of: dict[int, str] = {}
    with Session(engine) as session:
        for event in session.scalars(select(Event).order_by(Event.publication_id, Event.no)):
            before = state_of.get(event.publication_id, event.from_state)
            if event.from_state != before:
                words = f"{before} became {event.from_state} unsaid, before {event.cause!r}"
                found.append(f"{event.publication_id}: {words}")
            state_of[event.publication_id] = event.to_state
        for row in session.scalars(select(Publication)):
            if state_of[row.id] != row.state:
                found.append(f"{row.id}: {state_of[row.id]} became {row.state} unsaid")
    return found
