"""Many processes after the same posts at the same second: a claim must have one winner."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from models import Publication
from ospost.config import Settings
from ospost.services.database import writing
from sandbox.people import add_accounts, new_world
from sandbox.server import serve
from tests.databases import Database
from tests.faults.invariants import violations
from tests.processes.nursery import Nursery
from tests.processes.plant import Plant
from tests.support import in_seconds, put_away, served, studios_on

DIVISOR = 20


@dataclass(frozen=True)
class Finish:
    """How the race ended."""

    posts: int
    live: int
    doubled: int
    owners: int
    seconds: float
    violations: list[str]


def race(
    folder: Path,
    database: Database,
    *,
    posts: int,
    accounts: int,
    processes: int,
    used_container: str = "duplicate",
    longest_seconds: float = 1800,
) -> Finish:
    """Let *processes* processes publish *posts* that are due at one moment."""
    world = new_world()
    world.switches.used_container = used_container
    world.switches.quota_total = posts
    world.switches.containers_per_day = posts * 4
    world.switches.container_seconds = 0
    add_accounts(world, count=accounts - 2)
    sandbox = serve(world)
    plant = Plant(folder, sandbox, divisor=DIVISOR, database=database)
    app = create_app(Settings.from_env(plant.environ))
    nursery = Nursery()
    try:
        with served(app) as address:
            app.extensions["ospost"].media_url = address
            studios = studios_on(app, world)
            with app.app_context(), app.extensions["ospost"].sessions() as session:
                with writing(session):
                    media_id = studios[0].media(session).id
                due_at = in_seconds(5 + posts / 500)
                for number in range(posts):
                    studio = studios[number % len(studios)]
                    studio.post(f"Race {number}", due_at=due_at, media_id=media_id)
            begin = time.monotonic()
            for number in range(processes):
                nursery.fork(
                    log=folder / f"log-{number}.txt",
                    environ={**plant.environ, "MEDIA_URL": address},
                    port=0,
                    divisor=DIVISOR,
                )
            _wait(plant, longest_seconds)
            seconds = time.monotonic() - begin
    finally:
        nursery.close()
        sandbox.stop()
        put_away(app)
    return _finish(plant, seconds)


def _wait(plant: Plant, longest_seconds: float) -> None:
    engine = plant.engine()
    end = time.monotonic() + longest_seconds
    while time.monotonic() < end:
        with Session(engine) as session:
            left = session.scalar(select(func.count()).where(Publication.state != "published"))
        if not left:
            break
        time.sleep(0.5)
    engine.dispose()


def _finish(plant: Plant, seconds: float) -> Finish:
    engine = plant.engine()
    media = list(plant.world.media.values())
    found = violations(engine, media)
    with Session(engine) as session:
        states = Counter(session.scalars(select(Publication.state)))
    engine.dispose()
    captions = Counter(item.caption for item in media)
    return Finish(
        posts=states.total(),
        live=states["published"],
        doubled=sum(count - 1 for count in captions.values()),
        owners=sum("ready\n" in path.read_text() for path in plant.folder.glob("log-*.txt")),
        seconds=seconds,
        violations=found,
    )
