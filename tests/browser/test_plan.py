"""The plan in a real browser: swapping, moving, what is shown, and news without a reload."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect
from sqlalchemy import update

from app import start_publishing, stop_publishing
from models import Publication, db
from ospost.services.database import writing
from tests.browser.desk import Complaints, Desk, days_ahead
from tests.support import in_seconds

EARLY, LATE = days_ahead(2, "09:00"), days_ahead(4, "18:30")


@pytest.fixture
def planned(desk: Desk, photo: Path) -> Desk:
    """Ada's desk with two posts on two days."""
    desk.add_post("First", EARLY, photo)
    desk.add_post("Second", LATE, photo)
    desk.page.goto("/")
    return desk


def card(page: Page, caption: str) -> Locator:
    return page.locator(".o-card").filter(has=page.get_by_role("link", name=caption, exact=True))


def drag(start: Locator, end: Locator) -> None:
    """With the mouse, from picture to picture."""
    start.drag_to(end, source_position={"x": 40, "y": 40}, target_position={"x": 40, "y": 40})


def times(desk: Desk) -> dict[str, str]:
    return {caption: post["due_at"][:16] for caption, post in desk.posts().items()}


def has_started(page: Page) -> None:
    """Wait until the modules listen: the appearance choice appears with them."""
    expect(page.get_by_label("Appearance")).to_be_visible()


def test_dragging_one_post_onto_another_exchanges_their_times(planned):
    page = planned.page
    has_started(page)

    drag(card(page, "First"), card(page, "Second"))

    expect(page.locator("#announcer")).to_contain_text("Swapped.")
    assert times(planned) == {"First": LATE, "Second": EARLY}
    expect(page.locator(".o-day").first).to_contain_text("Second")
    expect(card(page, "Second").locator("time")).to_have_text("09:00")


def test_pressing_swap_on_both_exchanges_their_times(planned):
    page = planned.page
    has_started(page)

    page.get_by_role("link", name="Swap “First”").click()
    expect(page.locator("#swapbar")).to_contain_text("First")
    page.get_by_role("link", name="Swap with this “Second”").click()

    expect(page.locator("#announcer")).to_contain_text("Swapped.")
    assert times(planned) == {"First": LATE, "Second": EARLY}
    expect(page.locator("#swapbar")).to_be_hidden()


def test_escape_lets_go_of_a_swap(planned):
    page = planned.page
    has_started(page)
    page.get_by_role("link", name="Swap “First”").press("Enter")
    expect(page.locator("#swapbar")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator("#swapbar")).to_be_hidden()
    assert times(planned) == {"First": EARLY, "Second": LATE}


def test_holding_a_post_with_a_finger_and_dropping_it_on_another_swaps(
    open_desk: Callable[..., Desk], photo: Path
):
    desk = open_desk(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    desk.add_post("First", EARLY, photo)
    desk.add_post("Second", LATE, photo)
    page = desk.page
    page.goto("/")
    has_started(page)
    touch = Finger(page)

    touch.hold_and_drag(card(page, "First"), card(page, "Second"))

    expect(page.locator("#announcer")).to_contain_text("Swapped.")
    assert times(desk) == {"First": LATE, "Second": EARLY}


class Finger:
    """One finger on the glass, through Chromium's own protocol."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wire: CDPSession = page.context.new_cdp_session(page)

    def hold_and_drag(self, start: Locator, end: Locator) -> None:
        start.evaluate("(card) => card.closest('.o-day').scrollIntoView()")
        x, y = self._middle(start)
        self._send("touchStart", x, y)
        self.page.wait_for_timeout(300)  # longer than the 180 ms that tell a hold from a flick
        to_x, to_y = self._middle(end)
        for step in range(1, 11):
            self._send("touchMove", x + (to_x - x) * step / 10, y + (to_y - y) * step / 10)
            self.page.wait_for_timeout(20)
        self.wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _middle(self, card: Locator) -> tuple[float, float]:
        box = card.locator(".o-thumb").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def _send(self, kind: str, x: float, y: float) -> None:
        self.wire.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        )


def test_a_swap_that_the_server_refuses_is_put_back_and_explained(
    planned: Desk, complaints: Complaints
):
    complaints.expect_status(409)
    page = planned.page
    has_started(page)
    page.route(
        "**/post/swap",
        lambda route: route.fulfill(
            status=409,
            content_type="application/problem+json",
            body='{"title": "Conflict", "detail": "“Second” is going out already."}',
        ),
    )

    page.get_by_role("link", name="Swap “First”").click()
    page.get_by_role("link", name="Swap with this “Second”").click()

    expect(page.locator("#flashes")).to_contain_text("Not swapped. “Second” is going out already.")
    expect(page.locator(".o-day").first).to_contain_text("First")
    expect(card(page, "First").locator("time")).to_have_text("09:00")


def test_without_script_two_posts_are_swapped_by_choosing_the_other(
    open_desk: Callable[..., Desk], photo: Path
):
    desk = open_desk(java_script_enabled=False)
    desk.add_post("First", EARLY, photo)
    desk.add_post("Second", LATE, photo)
    page = desk.page
    page.goto("/")

    page.get_by_role("link", name="Swap “First”").click()
    card(page, "Second").get_by_role("button", name="Swap with this one").click()

    expect(page.locator("#flashes")).to_contain_text("Swapped")
    assert times(desk) == {"First": LATE, "Second": EARLY}


def test_a_post_is_moved_in_a_dialog_that_gives_the_focus_back(planned):
    page = planned.page
    has_started(page)
    opener = page.get_by_role("link", name="Move “First”")
    opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Move to another time")
    expect(dialog.locator("#move-date")).to_have_value(EARLY)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    opener.press("Enter")
    dialog.locator("#move-date").fill(days_ahead(3, "12:15"))
    dialog.get_by_role("button", name="Move").click()

    expect(page.locator("#flashes")).to_contain_text("12:15")
    assert times(planned)["First"] == days_ahead(3, "12:15")


def test_what_failed_is_tried_again_in_the_dialogs_of_the_plan(planned):
    page = planned.page
    failed = update(Publication).where(Publication.post_id == planned.post("First")["id"])
    with planned.app.app_context(), writing(db.session()) as session:
        session.execute(failed.values(state="failed", next_at=None))
    page.reload()
    has_started(page)
    card(page, "First").locator("summary").click()
    card(page, "First").get_by_role("link", name="Retry now").click()
    dialog = page.get_by_role("dialog", name="Try again now?")
    expect(dialog.get_by_role("button", name="Retry now")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Retry at… “First”").click()
    dialog = page.get_by_role("dialog", name="Retry at another time")
    dialog.locator("#move-date").fill(days_ahead(3, "12:15"))
    dialog.get_by_role("button", name="Retry then").click()

    expect(page.locator("#flashes")).to_contain_text("Tried again: planned")
    assert planned.post("First")["state"] == "scheduled"
    page.get_by_role("link", name="Move “First”").click()
    expect(page.get_by_role("dialog", name="Move to another time")).to_be_visible()


def test_a_post_is_removed_after_a_question(planned):
    page = planned.page
    has_started(page)
    card(page, "First").locator("summary").click()
    card(page, "First").get_by_role("link", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove this post?")
    expect(dialog).to_contain_text("First will not go out.")

    dialog.get_by_role("button", name="Remove").click()

    expect(page.locator("#flashes")).to_contain_text("Removed")
    assert set(planned.posts()) == {"Second"}


def test_news_appear_without_a_reload_and_an_unchanged_plan_is_not_sent_again(planned, photo):
    page = planned.page
    has_started(page)
    page.evaluate("() => { window.isTheSame = true; }")
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers) as first:
        page.evaluate("() => htmx.trigger('#plan', 'o-refresh')")
    assert first.value.status == 200
    with page.expect_response(lambda answer: "hx-request" in answer.request.headers) as second:
        page.evaluate("() => htmx.trigger('#plan', 'o-refresh')")
    assert second.value.status == 304

    planned.add_post("Third", days_ahead(3), photo)
    page.evaluate("() => htmx.trigger('#plan', 'o-refresh')")

    expect(card(page, "Third")).to_be_visible()
    assert page.evaluate("() => window.isTheSame")
    drag(card(page, "First"), card(page, "Third"))
    expect(page.locator("#announcer")).to_contain_text("Swapped.")
    assert times(planned)["Third"] == EARLY


def test_an_open_dialog_is_not_disturbed_by_news(planned, photo):
    page = planned.page
    has_started(page)
    page.get_by_role("link", name="Move “First”").click()
    planned.add_post("Third", days_ahead(3), photo)

    with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
        page.evaluate("() => htmx.trigger('#plan', 'o-refresh')")

    expect(page.get_by_role("dialog", name="Move to another time")).to_be_visible()
    expect(card(page, "Third")).to_have_count(0)


def test_a_post_goes_live_before_the_eyes_of_its_person(desk, photo, served_app):
    due = f"{in_seconds(6):%Y-%m-%dT%H:%M:%S}"
    desk.add_post("Watch me", due, photo)
    page = desk.page
    page.goto("/")
    page.evaluate("() => { window.isTheSame = true; }")
    start_publishing(served_app)
    try:
        expect(card(page, "Watch me")).to_contain_text("Live", timeout=40_000)
    finally:
        stop_publishing(served_app)

    assert page.evaluate("() => window.isTheSame")
    expect(card(page, "Watch me")).to_contain_text("ms after its time")


def test_an_empty_plan_leads_to_the_first_post(page):
    page.goto("/")

    expect(page.get_by_role("heading", name="Nothing planned this week.")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="New post").click()
    expect(page).to_have_url(re.compile("/post/add$"))


def test_everything_is_stopped_and_goes_on_from_any_page(planned):
    page = planned.page
    page.goto("/account")
    page.get_by_text("Stop", exact=True).click()
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_label("Health of your Instagram accounts")).to_contain_text("Stopped.")
    page.goto("/")
    expect(page.get_by_label("Health of your Instagram accounts")).to_contain_text("Stopped.")

    page.get_by_role("button", name="Go on", exact=True).click()

    expect(page.get_by_label("Health of your Instagram accounts")).to_have_count(0)


def test_the_appearance_is_kept_and_known_to_the_server(page):
    page.goto("/")
    page.get_by_label("Appearance").select_option("Dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert 'data-bs-theme="dark"' in page.request.get(page.url).text()
