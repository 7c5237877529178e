"""What a person at a browser does in many tests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Page, expect

from sandbox.world import World
from tests.support import csrf_of

AXE = Axe.from_file(Path(__file__).parent / "vendor" / "axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Complaints:
    """What the browser complained about, and what of it a test expects (parts of the text)."""

    heard: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.heard.append(text)

    def expect_status(self, status: int) -> None:
        """Chromium writes every refusal of a server to the console."""
        self.expected.append(f"the server responded with a status of {status}")

    def unexpected(self) -> list[str]:
        return [text for text in self.heard if not any(part in text for part in self.expected)]


@dataclass
class Desk:
    """A signed-in person before a page, and the app behind it."""

    app: Flask
    world: World
    client: FlaskClient
    page: Page

    def posts(self) -> dict[str, dict[str, Any]]:
        """Return what the server's list says about every post, by caption."""
        answer = self.client.get("/", headers={"Accept": "application/json"})
        return {post["caption"]: post for post in answer.get_json()["posts"]}

    def post(self, caption: str) -> dict[str, Any]:
        """Return all that the server says about one post."""
        address = f"/post/{self.posts()[caption]['id']}"
        found: dict[str, Any] = self.client.get(
            address, headers={"Accept": "application/json"}
        ).get_json()
        return found

    def add_post(self, caption: str, date: str, picture: Path, *, username: str = "") -> int:
        """Schedule a post without the browser; returns its id."""
        form = self.client.get("/post/add").get_data(as_text=True)
        with picture.open("rb") as file:
            answer = self.client.post(
                "/post/add",
                data={
                    "csrf_token": csrf_of(form),
                    "account_id": self.account_id(username or "clay.studio"),
                    "media": (file, picture.name),
                    "caption": caption,
                    "date": date,
                    "action": "schedule" if date else "draft",
                },
                headers={"Accept": "application/json"},
            )
        assert answer.status_code == 201, answer.get_data(as_text=True)
        post_id: int = answer.get_json()["id"]
        return post_id

    def account_id(self, username: str) -> int:
        """Return the id of an account of this person."""
        listed = self.client.get("/post/add", headers={"Accept": "application/json"}).get_json()
        found: int = next(a["id"] for a in listed["accounts"] if a["username"] == username)
        return found


def days_ahead(days: int, time: str = "18:00") -> str:
    """Return a wall clock so many days from now, as a datetime-local field wants it."""
    return f"{(datetime.now(UTC) + timedelta(days=days)):%Y-%m-%d}T{time}"


def save_picture(path: Path, width: int, height: int) -> Path:
    """Write a real picture that is not of one colour."""
    bands = [Image.linear_gradient("L").resize((width, height)) for _ in range(3)]
    bands[1] = bands[1].rotate(180)
    Image.merge("RGB", bands).save(path)
    return path


def accessible(page: Page, where: str) -> None:
    """Ask axe, with WCAG 2.2 AA and its best practices, and find nothing."""
    expect(page.locator("h1")).to_have_count(1)
    found = AXE.run(page, options={"runOnly": RULES}).response["violations"]
    told = [
        f"{where}: {rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
    assert not told, "\n".join(told)


def no_sideways_scroll(page: Page, where: str) -> None:
    """The page is not wider than its window."""
    width = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert width <= 0, f"{where} is {width} pixels too wide"
