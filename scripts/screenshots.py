"""Takes the pictures of docs/img from the running app, so that they never rot.

Run `python -m scripts.screenshots` with the development environment; it needs Chromium. It starts a
practice Instagram and the app on free ports, signs in, plans some posts and photographs the pages.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app, start_publishing, stop_publishing
from ospost.config import Settings
from sandbox.people import new_world
from sandbox.server import serve
from sandbox.world import World

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "img"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WORDS = (
    "Morning light over the harbour #sunrise",
    "New glaze, straight from the kiln",
    "Team portrait, autumn edition",
    "Closed on Monday. See you on Tuesday!",
)


@contextmanager
def running() -> Iterator[tuple[str, World]]:
    """Serve a practice Instagram and the app; yields the app's address and the practice world."""
    folder = Path(tempfile.mkdtemp(prefix="ospost-pictures-"))
    world = new_world()
    meta = serve(world)
    server = make_server("127.0.0.1", 0, lambda _env, _start: [], threaded=True)
    address = f"http://127.0.0.1:{server.port}"
    app = create_app(
        Settings.from_env(
            {"STATE_DIR": str(folder), "SANDBOX_URL": meta.base_url, "APP_URL": address}
        )
    )
    server.app = app
    threading.Thread(target=server.serve_forever, daemon=True).start()
    start_publishing(app)
    try:
        yield address, world
    finally:
        stop_publishing(app)
        app.extensions["ospost"].close()
        server.shutdown()
        meta.stop()


def pictures(folder: Path) -> list[Path]:
    """Return four variations of the sample picture."""
    sample = Image.open(ROOT / "static" / "img" / "sample.jpg")
    grey = ImageOps.colorize(ImageOps.grayscale(sample), "#1f2a24", "#f4e3c1", mid="#4f7a68")
    kinds = (sample, grey, ImageOps.mirror(sample), ImageEnhance.Color(sample).enhance(0.25))
    paths = []
    for number, picture in enumerate(kinds):
        path = folder / f"picture-{number}.jpg"
        picture.save(path, quality=90)
        paths.append(path)
    return paths


def sign_in(page: Page, address: str) -> None:
    """Come in through the dialog and take every account."""
    page.goto(f"{address}/login")
    page.click('a[href*="/login/facebook"]')
    page.click("button[value=continue]")
    page.wait_for_selector("input[name=account]")
    for box in page.locator("input[name=account]").all():
        box.check()
    page.click("main form button[type=submit]")
    page.wait_for_url("**/welcome")


def plan(page: Page, address: str, files: list[Path]) -> None:
    """Compose one post that goes live now, and some for the days to come."""
    for number, (words, file) in enumerate(zip(WORDS, files, strict=True)):
        compose(page, address, words, file, in_hours=27 * number)


def compose(page: Page, address: str, words: str, file: Path, *, in_hours: float) -> None:
    """Schedule one post."""
    page.goto(f"{address}/post/add")
    page.set_input_files("input[type=file]", str(file))
    page.wait_for_selector("input[name=media_id]", state="attached")
    page.fill("textarea[name=caption]", words)
    due = datetime.now(UTC) + timedelta(seconds=4) + timedelta(hours=in_hours)
    page.fill("input[name=date]", due.strftime("%Y-%m-%dT%H:%M:%S"))
    page.click("button[value=schedule]")
    page.wait_for_url("**/?date=*")


def fail(page: Page, address: str, world: World, file: Path) -> None:
    """Let Instagram refuse one post."""
    world.faults.add(endpoint="create", kind="error", code=36003, subcode=2207009, count=1)
    compose(page, address, "Kiln opening on Sunday at ten", file, in_hours=0)
    time.sleep(5)


def pages_of(listed: list[dict[str, str]]) -> dict[str, str]:
    """Return the paths to photograph: the plan while all is well, all else after a failure."""
    by_state = {post["state"]: post["url"] for post in listed}
    if "failed" not in by_state:
        return {"plan": "/"}
    return {
        "post": by_state["published"],
        "failed-post": by_state["failed"],
        "notices": "/notices",
        "how-you-are-told": "/account/notices",
        "storage": "/account/storage",
        "compose": "/post/add?sample=1",
        "accounts": "/accounts",
        "you": "/account",
        "delete": "/account/delete",
        "welcome": "/welcome",
        "privacy": "/privacy",
    }


def photograph(browser: Browser, address: str, state: object, *, width: int, theme: str) -> None:
    """Take the pages of this moment at one width and in one theme."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        storage_state=state,  # type: ignore[arg-type]  # what the first context gave
        timezone_id="UTC",
        locale="en-GB",
    )
    page = context.new_page()
    listed = context.request.get(address, headers={"Accept": "application/json"}).json()
    for name, path in pages_of(listed["posts"]).items():
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        if name == "failed-post":
            page.click("#answer summary")
        page.screenshot(path=TARGET_ALL / f"{name}-{width}-{theme}.png", full_page=True)
    context.close()


TARGET_ALL = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET


def main() -> None:
    """Take all pictures; without an argument only those that the README shows are kept."""
    TARGET_ALL.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="ospost-pictures-"))
    with running() as (address, world), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = browser.new_context(timezone_id="UTC", viewport={"width": 1440, "height": 900})
        page = context.new_page()
        sign_in(page, address)
        files = pictures(folder)
        plan(page, address, files)
        time.sleep(8)  # the first post goes live meanwhile
        state = context.storage_state()
        for moment in ("well", "failed"):
            if moment == "failed":
                fail(page, address, world, files[0])
            for width, theme in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
                photograph(browser, address, state, width=width, theme=theme)
        browser.close()
    if TARGET_ALL == TARGET:
        shown = {"plan-1440-light", "compose-1440-light", "post-1440-light", "plan-390-dark"}
        (TARGET / "failed-post-1440-light.png").replace(TARGET / "failed-post.png")
        shown |= {"failed-post", "notices-1440-light"}
        for path in TARGET.glob("*.png"):
            if path.stem not in shown:
                path.unlink()


if __name__ == "__main__":
    main()
