"""The main job, whole: sign in, compose, schedule, live; exchange times; leave no trace."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import func, select

from app import start_publishing, stop_publishing
from models import Base, Node, db
from sandbox.server import Running
from sandbox.world import World
from tests.browser.conftest import NewContext
from tests.browser.desk import Desk, days_ahead
from tests.browser.journey import (
    GOING_OUT,
    Profile,
    Walk,
    assert_upright,
    moment_of,
    save_heic,
    save_tall,
    save_turned,
    soon,
)
from tests.support import folder_files

AHEAD = 20
OF_THE_SERVER = {"instance", "node"}
"""Tables about the server itself: which world it belongs to, which processes run."""


@pytest.fixture
def published_app(served_app: Flask, world: World) -> Iterator[Flask]:
    """The served app while it publishes, in real time."""
    world.switches.container_seconds = 0.5
    start_publishing(served_app)
    yield served_app
    stop_publishing(served_app)


@pytest.fixture
def profile(sandbox: Running) -> Profile:
    return Profile(base_url=sandbox.base_url)


@pytest.fixture
def open_browser(published_app: Flask, new_context: NewContext) -> Callable[[], Walk]:
    """Open a fresh browser that knows nobody."""

    def open_() -> Walk:
        context = new_context(base_url=published_app.config["APP_URL"])
        return Walk(page=context.new_page())

    return open_


def test_photos_from_a_phone_go_live_on_the_open_plan(
    open_browser: Callable[[], Walk], profile: Profile, tmp_path: Path
) -> None:
    plan = open_browser()
    plan.sign_in_with_facebook("clay.studio")
    plan.welcome()
    due = {}

    plan.compose("Straight from the phone", save_heic(tmp_path / "phone.heic"))
    offered = plan.page.get_by_label("Instagram account").locator("option")
    expect(offered).to_have_text(["@clay.studio"])
    due["Straight from the phone"] = soon(AHEAD)
    plan.schedule(due["Straight from the phone"])
    plan.mark()
    other = Walk(page=plan.page.context.new_page())
    other.page.goto("/")
    other.compose("Held sideways", save_turned(tmp_path / "sideways.jpg"))
    due["Held sideways"] = soon(AHEAD)
    other.schedule(due["Held sideways"])
    other.compose("Too tall", save_tall(tmp_path / "tall.jpg"), cut="1,080 × 1,440 pixels")
    due["Too tall"] = soon(AHEAD)
    other.schedule(due["Too tall"])
    expect(plan.card("Too tall")).to_contain_text("Scheduled")

    for caption in due:
        plan.see_live(caption)
    assert plan.is_marked()
    for caption, wall in due.items():
        plan.open_permalink(caption)
        assert profile.sent_at(caption) >= moment_of(wall)
        picture = profile.picture(caption)
        assert (picture.format, picture.mode, "exif" in picture.info) == ("JPEG", "RGB", False)
        assert not picture.getexif()
        assert 320 <= picture.width <= 1440
        assert abs(picture.width / picture.height - 0.75) < 0.002
        assert_upright(picture)


def test_somebody_invited_signs_in_with_instagram_and_publishes(
    published_app: Flask,
    open_desk: Callable[..., Desk],
    open_browser: Callable[[], Walk],
    profile: Profile,
    photo: Path,
) -> None:
    owner = open_desk().page
    owner.goto("/accounts")
    owner.get_by_role("button", name="Make an invitation link").click()
    link = owner.get_by_role("status").locator("+ p code").inner_text()
    guest = open_browser()
    guest.page.goto(link)
    guest.sign_in_with_instagram("okoye.foto")
    guest.welcome()

    guest.compose("Without a Page", photo)
    wall = soon(AHEAD)
    guest.schedule(wall)
    guest.mark()
    expect(guest.card("Without a Page")).to_contain_text("@okoye.foto")
    guest.see_live("Without a Page")

    assert guest.is_marked()
    guest.open_permalink("Without a Page")
    assert profile.media("Without a Page")["username"] == "okoye.foto"
    assert profile.sent_at("Without a Page") >= moment_of(wall)
    assert {call["host"] for call in profile.shots()} == {"graph.instagram.com"}


def test_exchanged_posts_go_out_at_the_exchanged_times(
    published_app: Flask, desk: Desk, photo: Path, profile: Profile
) -> None:
    start = datetime.now(UTC) + timedelta(seconds=AHEAD + 5)
    names = ["Dragged early", "Pressed early", "Dragged late", "Pressed late"]
    due = {name: start + timedelta(seconds=6 * no) for no, name in enumerate(names)}
    for name, moment in due.items():
        desk.add_post(name, f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:19], photo)
    plan = Walk(page=desk.page)
    plan.page.goto("/")
    expect(plan.page.get_by_label("Appearance")).to_be_visible()  # the modules listen
    plan.mark()

    onto = {"x": 40, "y": 40}
    plan.card("Dragged early").drag_to(
        plan.card("Dragged late"), source_position=onto, target_position=onto
    )
    expect(plan.page.locator("#announcer")).to_contain_text("“Dragged early” now goes out")
    plan.page.get_by_role("link", name="Swap “Pressed early”").click()
    plan.page.get_by_role("link", name="Swap with this “Pressed late”").click()
    expect(plan.page.locator("#announcer")).to_contain_text("“Pressed early” now goes out")

    for name in names:
        plan.see_live(name)
    assert plan.is_marked()
    assert profile.captions() == ["Dragged late", "Pressed late", "Dragged early", "Pressed early"]
    for first, second in (names[0::2], names[1::2]):
        early, late = due[first].replace(microsecond=0), due[second].replace(microsecond=0)
        assert early <= profile.sent_at(second) < late <= profile.sent_at(first)


def test_who_leaves_leaves_nothing_behind(
    published_app: Flask, open_browser: Callable[[], Walk], profile: Profile, photo: Path
) -> None:
    walk = open_browser()
    walk.sign_in_with_facebook("clay.studio", "harbour.cafe")
    walk.welcome()
    page = walk.page
    soonest = fill_the_plan(walk, photo)
    uploads = Path(published_app.config["OSPOST_SETTINGS"].storage_url)
    assert {"user", "account", "post", "media", "rendition"} <= filled_tables(published_app)
    assert folder_files(uploads)
    assert profile.look("state")["grants"]

    page.get_by_role("link", name="You", exact=True).click()
    page.get_by_role("link", name="Delete everything of yours").click()
    told = page.get_by_role("main")
    expect(told).to_contain_text("4 posts with their history; 2 of them are planned")
    page.get_by_label("Type DELETE to go on").fill("DELETE")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", name="You are gone from here")).to_be_visible()

    assert filled_tables(published_app) <= OF_THE_SERVER
    assert folder_files(uploads) == []
    state = profile.look("state")
    assert state["grants"] == []
    assert (state["tokens"]["user"], state["tokens"]["page"]) == (0, 0)
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in to Ospost")).to_be_visible()
    wait_until_the_machine_is_past(published_app, soonest + timedelta(seconds=2))
    assert profile.captions() == ["Live before I left"]
    assert filled_tables(published_app) <= OF_THE_SERVER


def fill_the_plan(walk: Walk, photo: Path) -> datetime:
    """A post that is live, a draft, one far away and one that goes out at the returned moment."""
    page = walk.page
    walk.compose("Live before I left", photo)
    page.locator("#compose summary").filter(has_text="Post now").click()
    page.get_by_role("button", name="Post now").click()
    expect(page.locator(".o-post__state")).to_contain_text("Live", timeout=GOING_OUT)
    walk.compose("Kept as a draft", photo)
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".o-drafts")).to_contain_text("Kept as a draft")
    walk.compose("Far away", photo)
    walk.schedule(days_ahead(40))
    walk.compose("About to go out", photo)
    wall = soon(AHEAD)
    walk.schedule(wall)
    return moment_of(wall)


def filled_tables(app: Flask) -> set[str]:
    """Return the names of the tables that hold anything."""
    with app.app_context():
        session = db.session()
        return {
            table.name
            for table in Base.metadata.sorted_tables
            if session.scalar(select(func.count()).select_from(table))
        }


def wait_until_the_machine_is_past(app: Flask, moment: datetime) -> None:
    """Wait for a sign of life of the publishing machine after *moment*."""
    ends = time.monotonic() + 60
    beat = datetime.min.replace(tzinfo=UTC)
    while beat <= moment:
        assert time.monotonic() < ends, "the machine gives no sign of life"
        time.sleep(0.2)
        with app.app_context():
            beat = db.session().scalar(select(func.max(Node.beat_at))) or beat
