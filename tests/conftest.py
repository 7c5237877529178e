"""What every test may ask for: a practice Meta over real HTTP, and the real app on real files."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from ospost.config import Settings
from sandbox.people import new_world
from sandbox.server import Running, serve
from sandbox.world import World
from tests.databases import DEFAULT, POSTGRESQL, SQLITE, Database, close_connections
from tests.postgresql import Cluster
from tests.support import MakeApp, choose_all, put_away, served, sign_in_facebook


@pytest.fixture(scope="session")
def _clusters() -> Iterator[list[Cluster]]:
    """Start a cluster for the first test that asks, and keep it for the others."""
    started: list[Cluster] = []
    yield started
    for cluster in started:
        cluster.remove()


@pytest.fixture
def database(request: pytest.FixtureRequest, _clusters: list[Cluster]) -> Iterator[Database]:
    """Give the test its empty database."""
    kind = getattr(request, "param", DEFAULT)
    if kind == SQLITE:
        yield Database(SQLITE)
        return
    if not _clusters:
        _clusters.append(Cluster())
    url = _clusters[0].new_database()
    yield Database(POSTGRESQL, url, _clusters[0])
    close_connections()
    _clusters[0].drop(url)


@pytest.fixture
def world() -> World:
    """A seeded world: two people, four accounts; pictures are ready at once."""
    made = new_world()
    made.switches.container_seconds = 0
    return made


@pytest.fixture
def sandbox(world: World) -> Iterator[Running]:
    """The world, served over HTTP on a free port."""
    running = serve(world)
    yield running
    running.stop()


@pytest.fixture
def make_app(tmp_path: Path, sandbox: Running, database: Database) -> Iterator[MakeApp]:
    """Build apps on a database and a folder of this test; keywords are settings."""
    apps: list[Flask] = []

    def make(**settings: str) -> Flask:
        environ = {
            "STATE_DIR": str(tmp_path / "instance"),
            "SANDBOX_URL": sandbox.base_url,
            **database.settings,
            **settings,
        }
        app = create_app(Settings.from_env({k: v for k, v in environ.items() if v}))
        apps.append(app)
        return app

    yield make
    for app in apps:
        put_away(app)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The app as `make run` has it, served by nobody and publishing nothing."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen."""
    return app.test_client()


@pytest.fixture
def signed_in(client: FlaskClient, world: World) -> FlaskClient:
    """The same, signed in as Ada Marin through the real dialog, with her accounts chosen."""
    sign_in_facebook(client, world=world)
    choose_all(client)
    return client


@pytest.fixture
def live_app(make_app: MakeApp) -> Iterator[Flask]:
    """The app, reachable over real HTTP, so that pictures can be fetched from it."""
    app = make_app()
    with served(app) as address:
        app.extensions["ospost"].media_url = address
        yield app


@pytest.fixture(autouse=True)
def _no_handlers_left() -> Iterator[None]:
    yield
    logging.getLogger().handlers[:] = [
        handler
        for handler in logging.getLogger().handlers
        if not type(handler) is logging.StreamHandler
    ]
