"""A practice Instagram in this process, and beside it Ospost as `make serve` runs it."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from app import create_app
from ospost.config import Settings
from sandbox import deeds
from sandbox.people import add_accounts, new_world
from sandbox.server import Running, serve
from sandbox.world import World
from tests.databases import POSTGRESQL, SQLITE, Database
from tests.ports import free_port
from tests.postgresql import Cluster
from tests.processes.plant import ROOT, Plant
from tests.support import Studio, put_away, studios_on

LATENCY_SECONDS = 0.3
START_SECONDS = 60


@dataclass
class Stage:
    """Posts are scheduled from here; servers run in processes of their own."""

    plant: Plant
    app: Flask
    studios: list[Studio]
    due: dict[str, datetime] = field(default_factory=dict)
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def world(self) -> World:
        """The practice Instagram."""
        return self.plant.world

    def post(self, caption: str, *, due_at: datetime, account: int) -> None:
        """Schedule one picture; captions tell the posts apart."""
        self.due[caption] = due_at
        self.studios[account % len(self.studios)].post(caption, due_at=due_at)

    def serve(self) -> int:
        """Start the production server and wait until it answers; return its process id."""
        port = free_port() if self.servers else self.plant.port
        with (self.plant.folder / f"log-serve-{len(self.servers)}.txt").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "scripts.serve"],
                cwd=ROOT,
                env={**self.plant.environ, "PORT": str(port)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.servers.append(process)
        _wait_for_health(process, f"http://127.0.0.1:{port}/healthz")
        return process.pid

    def stop_servers(self) -> None:
        """End what `serve` started."""
        for process in self.servers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.servers.clear()

    def stop(self) -> None:
        """End everything that was started here."""
        self.stop_servers()
        self.plant.stop()
        put_away(self.app)
        self.plant.sandbox.stop()

    def late_ms(self, part: str = "") -> list[float]:
        """Return in order how late publish calls arrived, of posts with *part* in their caption."""
        captions = {item.container_id: item.caption or "" for item in self.world.media.values()}
        return sorted(
            call["at_ms"] - self.due[captions[call["container"]]].timestamp() * 1000
            for call in publish_calls(self.world)
            if part in captions[call["container"]]
        )

    def live(self, part: str = "") -> int:
        """Return how many posts with *part* in their caption are to be seen on Instagram."""
        return len({m.caption for m in self.world.media.values() if part in (m.caption or "")})

    def doubled(self) -> int:
        """Return how many are to be seen more than once."""
        return len(self.world.media) - self.live()


@contextlib.contextmanager
def practice(accounts: int) -> Iterator[Running]:
    """Run a practice Instagram whose first person has that many accounts."""
    world = new_world()
    world.switches.container_seconds = 1
    world.switches.quota_total = 100_000
    world.switches.containers_per_day = 100_000
    world.switches.latency = {"publish": LATENCY_SECONDS}
    add_accounts(world, count=max(0, accounts - 2))
    running = serve(world)
    try:
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def stage(
    accounts: int, *, divisor: float = 1, database: Database | None = None
) -> Iterator[Stage]:
    """Set up that many accounts, connected in Ospost; nothing runs yet."""
    database = database or Database(SQLITE)
    with (
        tempfile.TemporaryDirectory(prefix="ospost-bench-", ignore_cleanup_errors=True) as folder,
        practice(accounts) as running,
    ):
        plant = Plant(Path(folder), running, divisor=divisor, database=database)
        app = create_app(Settings.from_env(plant.environ))
        made = Stage(plant, app, studios_on(app, running.world)[:accounts])
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def empty_database(kind: str) -> Iterator[Database]:
    """Lend an empty database that writes as it would in earnest."""
    if kind != POSTGRESQL:
        yield Database(SQLITE)
        return
    cluster = Cluster(fsync="on", full_page_writes="on")
    try:
        yield Database(POSTGRESQL, cluster.new_database(), cluster)
    finally:
        cluster.remove()


def tickets(world: World) -> list[tuple[str, str]]:
    """Return id and token of each account of the first person."""
    minted = deeds.mint(world, {"login": "facebook"})
    pages = minted["pages"]
    return [(page["account_id"], page["access_token"]) for page in pages if page["account_id"]]


def publish_calls(world: World) -> list[dict[str, Any]]:
    """Return the publish calls that made something public, in the order of their arrival."""
    return [call for call in world.calls if call["endpoint"] == "publish" and call["status"] == 200]


def percentile(values: list[float], share: float) -> float:
    """Return the value that *share* of *values*, which are in order, do not exceed."""
    return values[max(0, min(len(values) - 1, -(-len(values) * round(share * 1000) // 1000) - 1))]


def _wait_for_health(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=5).ok:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")
