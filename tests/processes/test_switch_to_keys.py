"""From Practice Instagram to real keys in the same folder: what was practised never goes out."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from models import Node, Post, Publication, db
from ospost.services import publications
from ospost.services.database import prepare_engine, writing
from sandbox.server import Running
from sandbox.world import World
from tests.processes.conftest import wait_until
from tests.support import MakeApp, Studio, in_seconds

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

POSTS = 20
SECRET = "secret-of-the-app"
HOSTS = (
    "FACEBOOK_URL",
    "GRAPH_URL",
    "RUPLOAD_URL",
    "INSTAGRAM_AUTH_URL",
    "INSTAGRAM_TOKEN_URL",
    "INSTAGRAM_GRAPH_URL",
)


class Meta(ThreadingHTTPServer):
    """Stands where Meta would be and counts who knocks, whatever they say then."""

    daemon_threads = True

    def __init__(self) -> None:
        self.knocks = 0
        super().__init__(("127.0.0.1", 0), Down)

    def verify_request(self, request: object, client_address: object) -> bool:
        self.knocks += 1
        return True

    @property
    def settings(self) -> dict[str, str]:
        """Keys, and this server as every host of Meta's."""
        address = f"http://127.0.0.1:{self.server_port}"
        return {"FB_APP_ID": "1", "FB_APP_SECRET": SECRET, **dict.fromkeys(HOSTS, address)}


class Down(BaseHTTPRequestHandler):
    """Answers as Meta does when it is down."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def meta() -> Iterator[Meta]:
    with Meta() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def state_dir(environ: dict[str, str]) -> Path:
    """The folder of the person who switches."""
    return Path(environ["STATE_DIR"])


def states(database: Path) -> list[str]:
    """Return the states of all posts in a database that processes may be working on."""
    with reading(database) as session:
        return list(session.scalars(select(Publication.state)))


def last_beat(database: Path) -> datetime | None:
    """Return when a publishing process last gave a sign of life."""
    with reading(database) as session:
        return session.scalar(select(func.max(Node.beat_at)))


@contextmanager
def reading(database: Path) -> Iterator[Session]:
    engine = create_engine(f"sqlite:///{database}")
    prepare_engine(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def practised(
    make_app: MakeApp, world: World, sandbox: Running, state_dir: Path, port: int, serve
) -> datetime:
    """Twenty posts, made ready by a real process that was stopped; returns when they are due."""
    app = make_app(STATE_DIR=str(state_dir), APP_URL=f"http://localhost:{port}")
    studio = Studio(app, world).open()
    for number in range(POSTS):
        studio.post(f"Practice {number}", due_at=in_seconds(600))
    process, _ = serve(SANDBOX_URL=sandbox.base_url, STORAGE_URL="")
    database = state_dir / "sandbox" / "ospost.db"
    wait_until(lambda: states(database) == ["ready"] * POSTS, process)
    process.signal(signal.SIGTERM)
    assert process.end() == 0
    due_at = in_seconds(5)
    with app.app_context(), writing(db.session()) as session:
        for post in session.scalars(select(Post)):
            publications.retime(session, post, due_at=due_at, now=in_seconds(0))
    assert states(database) == ["ready"] * POSTS
    assert len(world.containers) == POSTS
    return due_at


def test_with_keys_in_the_same_folder_no_practised_post_leaves(
    practised: datetime, serve, meta: Meta, world: World, state_dir: Path
) -> None:
    calls_before = len(world.calls)

    process, _ = serve(**meta.settings)
    database, past = state_dir / "ospost.db", practised + timedelta(seconds=5)
    wait_until(lambda: (last_beat(database) or practised) > past, process)

    assert meta.knocks == 0
    assert len(world.calls) == calls_before
    assert world.media == {}
    assert states(database) == []


def test_a_post_of_their_own_does_leave_with_these_keys(
    make_app: MakeApp, serve, meta: Meta, world: World, state_dir: Path, tmp_path: Path
) -> None:
    """The other side of the test above: there is something that counts."""
    uploads = str(tmp_path / "uploads")
    app = make_app(SANDBOX_URL="", STATE_DIR=str(state_dir), STORAGE_URL=uploads, **meta.settings)
    Studio(app, world).open().post("For real", due_at=in_seconds(5))

    process, _ = serve(**meta.settings)

    wait_until(lambda: meta.knocks > 0, process)


def test_the_practice_database_is_refused_with_keys(
    practised: datetime, start, meta: Meta, world: World, state_dir: Path
) -> None:
    calls_before = len(world.calls)
    database = state_dir / "sandbox" / "ospost.db"

    program = start(
        sys.executable,
        "-m",
        "scripts.serve",
        DATABASE_URL=f"sqlite:///{database}",
        **meta.settings,
    )

    assert program.end() != 0
    assert "This database belongs to Practice Instagram (the sandbox)" in program.said
    assert "Traceback" not in program.said
    assert meta.knocks == 0
    assert len(world.calls) == calls_before
    assert states(database) == ["ready"] * POSTS


@pytest.mark.parametrize("module", ["scripts.serve", "scripts.run"])
@pytest.mark.parametrize("login", ["FB", "IG"])
def test_practice_and_keys_at_once_are_refused(
    login: str, module: str, start, meta: Meta, sandbox: Running, state_dir: Path
) -> None:
    keys = {f"{login}_APP_ID": "1", f"{login}_APP_SECRET": SECRET}

    program = start(sys.executable, "-m", module, SANDBOX_URL=sandbox.base_url, **keys)

    assert program.end() == 1
    assert "SANDBOX_URL cannot be set together with FB_APP_ID or IG_APP_ID" in program.said
    assert "Traceback" not in program.said
    assert SECRET not in program.said
    assert not state_dir.exists()
    assert list(sandbox.world.calls) == []
