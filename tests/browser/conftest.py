"""A real Chromium before the real app and the practice Meta; no complaint of the browser passes."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from sandbox.world import World
from tests.browser.desk import Complaints, Desk, save_picture
from tests.support import MakeApp, choose_all, served, sign_in_facebook

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--font-render-hinting=none",
    "--lang=en-US",
]
TELL = """addEventListener("securitypolicyviolation", (event) => console.error(
  `policy: ${event.effectiveDirective} refused ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`))"""

# Flask-Compress reads static files to their end and leaves closing them to the garbage collector.
LEFT_OPEN = "ignore:unclosed file <_io.BufferedReader name='.*/static/:ResourceWarning"

NewContext = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.filterwarnings(LEFT_OPEN))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium; nothing is downloaded."""
    return {"executable_path": "/usr/bin/chromium", "args": QUIET}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A person in Berlin who wants things to keep still."""
    return {
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
        "reduced_motion": "reduce",
        "service_workers": "block",
    }


@pytest.fixture(autouse=True)
def complaints() -> Iterator[Complaints]:
    """Fail on any policy violation, console error or page error that the test did not expect."""
    found = Complaints()
    yield found
    assert found.unexpected() == []


@pytest.fixture
def new_context(new_context: NewContext, complaints: Complaints) -> NewContext:
    """The plugin's own, with somebody who listens."""

    def make(**options: Any) -> BrowserContext:
        context = new_context(**{"viewport": {"width": 1440, "height": 1000}, **options})
        context.set_default_timeout(15_000)
        if options.get("java_script_enabled", True):
            context.add_init_script(TELL)
        context.on("console", lambda message: _hear(message, complaints))
        context.on("weberror", lambda error: complaints.add(f"page error: {error.error}"))
        return context

    return make


def _hear(message: ConsoleMessage, complaints: Complaints) -> None:
    if message.type == "error":
        complaints.add(message.text)


@pytest.fixture
def served_app(make_app: MakeApp) -> Iterator[Flask]:
    """The app at an address of its own, where Meta's answers come back to; publishing nothing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = make_app(APP_URL=f"http://localhost:{port}", MEDIA_URL=f"http://127.0.0.1:{port}")
    with served(app, port):
        yield app


@pytest.fixture
def open_desk(served_app: Flask, world: World, new_context: NewContext) -> Callable[..., Desk]:
    """Give Ada, signed in with both her accounts, a browser; keywords are context options."""
    client = served_app.test_client()
    sign_in_facebook(client, world=world)
    choose_all(client)
    cookie = client.get_cookie(served_app.config["SIGN_IN_COOKIE"])
    assert cookie is not None

    def open_(**options: Any) -> Desk:
        context = new_context(base_url=served_app.config["APP_URL"], **options)
        context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": served_app.config["APP_URL"]}]
        )
        return Desk(app=served_app, world=world, client=client, page=context.new_page())

    return open_


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """Ada's browser at a desk."""
    return open_desk()


@pytest.fixture
def page(desk: Desk) -> Page:
    """Ada's page."""
    return desk.page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo of a shape that Instagram takes (4:5)."""
    return save_picture(tmp_path / "photo.jpg", 800, 1000)


@pytest.fixture
def tall_photo(tmp_path: Path) -> Path:
    """A photo that must be cut (9:16)."""
    return save_picture(tmp_path / "tall.jpg", 900, 1600)
