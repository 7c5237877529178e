"""Several real processes on one database, beside one sandbox."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from models import Publication
from ospost.services.database import prepare_engine
from sandbox.server import Running
from sandbox.world import World
from tests.databases import SQLITE, Database
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Plant:
    """Starts, kills and counts processes; looks into their database."""

    folder: Path
    sandbox: Running
    divisor: float = 20
    database: Database = field(default_factory=lambda: Database(SQLITE))
    port: int = field(default_factory=free_port)
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def world(self) -> World:
        """The practice Instagram."""
        return self.sandbox.world

    @property
    def environ(self) -> dict[str, str]:
        """The settings of every process."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "STATE_DIR": str(self.folder / "instance"),
            "SANDBOX_URL": self.sandbox.base_url,
            "APP_URL": f"http://127.0.0.1:{self.port}",
            **self.database.settings,
        }

    def start(
        self, *, point: str = "", occurrence: int = 1, port: int = 0, root: Path = ROOT
    ) -> subprocess.Popen[str]:
        """Start one process of the program at *root* and wait until it works."""
        words = [str(port or self.port), str(self.divisor)]
        words += [point, str(occurrence)] if point else []
        with (self.folder / f"log-{len(self.running)}.txt").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.processes.publisher", *words],
                cwd=root,
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == "ready\n" or process.poll() is not None, self.logs()
        return process

    def stop(self) -> None:
        """End everything."""
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def term(self, process: subprocess.Popen[str], seconds: float = 40) -> int:
        """Ask a process to stop in order; return its exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def engine(self) -> Engine:
        """A way into the database of its own."""
        url = self.database.url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url or f"sqlite:///{self.folder}/instance/sandbox/ospost.db")
        prepare_engine(engine)
        return engine

    def rows(self) -> list[Publication]:
        """All publications."""
        engine = self.engine()
        with Session(engine) as session:
            rows = list(session.scalars(select(Publication).order_by(Publication.id)))
        engine.dispose()
        return rows

    def states(self) -> list[str]:
        """The states of all publications."""
        return [row.state for row in self.rows()]

    def wait_for(self, good: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until *good* holds; fail with what is there instead."""
        end = time.monotonic() + seconds
        while not good():
            assert time.monotonic() < end, (self.states(), self.logs()[-3000:])
            time.sleep(0.1)

    def all_live(self) -> bool:
        """Whether every post is published and linked."""
        return all(row.state == "published" and row.ig_media_id for row in self.rows())

    def assert_each_live_once(self, count: int) -> None:
        """Compare what the database says with what is really there, post by post."""
        rows = self.rows()
        media = self.world.media
        assert len(rows) == count
        assert len(media) == count, [item.caption for item in media.values()]
        linked = {row.ig_media_id for row in rows}
        assert linked == set(media)
        for row in rows:
            assert media[row.ig_media_id or ""].container_id == row.container_id

    def logs(self) -> str:
        """What the processes said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("log-*.txt")))
