"""Every page in both themes, wide and narrow: nothing for axe to find, no sideways scroll."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewContext
from tests.browser.desk import Complaints, Desk, accessible, days_ahead, no_sideways_scroll

LONG = "A caption without an end #" + "verylongword" * 12 + " @" + "somebody" * 10
SIZES = [{"width": 1440, "height": 1000}, {"width": 390, "height": 844}]
THEMES = ["light", "dark"]
WITHOUT_SIGNING_IN = ["/login", "/privacy", "/no-such-page"]
SIGNED_IN = ["/", "/post/add", "/accounts", "/welcome", "/account", "/account/delete"]


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_pages_for_everybody_are_accessible(
    served_app, new_context: NewContext, theme: str, complaints: Complaints
):
    complaints.expect_status(404)
    page = new_context(base_url=served_app.config["APP_URL"], color_scheme=theme).new_page()
    for address in WITHOUT_SIGNING_IN:
        for size in SIZES:
            page.set_viewport_size(size)
            page.goto(address)
            accessible(page, f"{address} {theme} {size['width']}")
            no_sideways_scroll(page, address)


def test_pages_of_a_person_are_accessible(
    open_desk: Callable[..., Desk], theme: str, photo: Path, tall_photo: Path
):
    desk = open_desk(color_scheme=theme)
    post_id = desk.add_post(LONG, days_ahead(2), photo)
    desk.add_post("", "", photo)
    page = desk.page
    account = f"/accounts/{desk.account_id('clay.studio')}"
    pages = [
        *SIGNED_IN,
        account,
        f"{account}/settings",
        f"/post/{post_id}",
        f"/post/edit/{post_id}",
        f"/?swap={post_id}",
    ]
    for address in pages:
        for size in SIZES:
            page.set_viewport_size(size)
            page.goto(address)
            accessible(page, f"{address} {theme} {size['width']}")
            no_sideways_scroll(page, f"{address} {size['width']}")


def test_a_form_with_its_errors_shown_is_accessible(
    open_desk: Callable[..., Desk], theme: str, complaints: Complaints
):
    complaints.expect_status(422)
    page = open_desk(color_scheme=theme).page
    for size in SIZES:
        page.set_viewport_size(size)
        page.goto("/post/add")
        page.get_by_label("Caption").fill(LONG * 30)
        page.get_by_label("Date and time").fill("2020-01-01T10:00")
        page.get_by_role("button", name="Schedule", exact=True).click()
        expect(page.get_by_role("alert").filter(has_text="Please look")).to_be_focused()
        accessible(page, f"errors {theme} {size['width']}")
        no_sideways_scroll(page, f"errors {size['width']}")


def test_open_dialogs_and_a_chosen_picture_are_accessible(
    open_desk: Callable[..., Desk], theme: str, photo: Path, tall_photo: Path
):
    desk = open_desk(color_scheme=theme)
    desk.add_post("First", days_ahead(2), photo)
    desk.add_post("Second", days_ahead(3), photo)
    page = desk.page
    for size in SIZES:
        page.set_viewport_size(size)
        where = f"{theme} {size['width']}"
        page.goto("/")
        expect(page.get_by_label("Appearance")).to_be_visible()
        page.get_by_role("link", name="Move “First”").click()
        accessible(page, f"move dialog {where}")
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Swap “First”").click()
        accessible(page, f"choosing whom to swap with {where}")
        page.keyboard.press("Escape")
        page.locator(".o-card summary").first.click()
        accessible(page, f"menu of a card {where}")
        page.get_by_role("link", name="Post now").first.click()
        accessible(page, f"post now dialog {where}")

        page.goto("/post/add")
        page.set_input_files("#media", tall_photo)
        expect(page.get_by_label("Frame of the cut")).to_be_focused()
        accessible(page, f"crop dialog {where}")
        no_sideways_scroll(page, f"crop dialog {where}")
        page.get_by_role("button", name="Use this cut").click()
        accessible(page, f"compose with a picture {where}")


def test_a_page_reads_well_in_order(desk: Desk, photo: Path):
    desk.add_post("First", days_ahead(2), photo)
    page = desk.page
    page.goto("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.get_by_role("main")).to_match_aria_snapshot(
        """
        - main:
          - heading "Plan" [level=1]
          - region "Nothing needs you":
            - heading "Nothing needs you" [level=2]
          - region:
            - heading [level=2]
            - list:
              - listitem:
                - heading "First" [level=3]
                - link "Edit “First”"
                - link "Move “First”"
                - link "Swap “First”"
          - region "Drafts":
            - heading "Drafts" [level=2]
        """
    )


def test_targets_are_large_enough_for_a_finger(open_desk: Callable[..., Desk], photo: Path):
    desk = open_desk(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    desk.add_post("First", days_ahead(2), photo)
    page = desk.page
    for address in ("/", "/post/add"):
        page.goto(address)
        expect(page.get_by_label("Appearance")).to_be_visible()
        small = page.evaluate(
            """() => [...document.querySelectorAll("a, button, summary, select, input, textarea")]
              .filter((item) => item.checkVisibility({opacityProperty: true}) && item.type !== "hidden")
              .filter((item) => !item.closest("p, h3, .o-skip, .o-practice") || item.matches(".btn"))
              .filter((item) => item.getBoundingClientRect().height < 44)
              .map((item) => `${item.outerHTML.slice(0, 120)} ${item.getBoundingClientRect().height}`)"""
        )
        assert small == []


def test_text_is_nowhere_smaller_than_twelve_pixels(desk: Desk, photo: Path):
    post_id = desk.add_post("First", days_ahead(2), photo)
    page = desk.page
    for address in ("/", "/post/add", f"/post/{post_id}", "/accounts", "/account"):
        page.goto(address)
        smallest = page.evaluate(
            """() => Math.min(...[...document.body.querySelectorAll("*")]
              .filter((item) => [...item.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
              .map((item) => parseFloat(getComputedStyle(item).fontSize)))"""
        )
        assert smallest >= 12, address
