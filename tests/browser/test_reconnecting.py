"""The cards of accounts and the question about overdue posts, as people see and answer them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from helpers import utcnow
from models import Account, Identity, Publication
from ospost.services.database import writing
from tests.browser.desk import Complaints, Desk, accessible, days_ahead, no_sideways_scroll
from tests.people.helping import by_facebook

SIZES = [{"width": width, "height": 900} for width in (390, 768, 1440)]
ASK = "/accounts/passed"


def ask_about(desk: Desk, photo: Path, *captions: str) -> list[int]:
    """Let posts of both accounts be overdue while their connection is lost, then sign in again."""
    usernames = ("clay.studio", "harbour.cafe")
    ids = [
        desk.add_post(caption, days_ahead(2), photo, username=usernames[number % 2])
        for number, caption in enumerate(captions)
    ]
    late = utcnow() - timedelta(hours=2)
    with desk.app.extensions["ospost"].sessions() as session, writing(session):
        session.execute(update(Account).values(needs_reconnect=True, trouble="The session ended."))
        session.execute(
            update(Publication).values(
                state="held", hold_reason="token", held_from="scheduled", due_at=late, next_at=None
            )
        )
    assert by_facebook(desk.app.test_client(), desk.world).location == "/"
    return ids


def trouble(desk: Desk) -> None:
    """One account is lost, the consent of the other ends soon."""
    with desk.app.extensions["ospost"].sessions() as session, writing(session):
        lost, ending = session.scalars(select(Account).order_by(Account.username))
        lost.needs_reconnect, lost.trouble_at = True, utcnow()
        lost.trouble = "Instagram ended the sign-in because the password was changed."
        ending.data_access_expires_at = utcnow() + timedelta(days=6)
        session.scalars(select(Identity)).one().trouble = "Instagram did not answer in time."


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cards_and_question_are_accessible_at_every_size(
    open_desk: Callable[..., Desk], theme: str, photo: Path
) -> None:
    desk = open_desk(color_scheme=theme)
    long = (
        "A caption that is rather long, so that it has to be cut off somewhere in the middle of it"
    )
    ask_about(desk, photo, "Blue bowls", long, "Salt air")
    addresses = {"/accounts": "Connected", ASK: "What becomes of these posts?", "/": "not sent in"}
    account = f"/accounts/{desk.account_id('clay.studio')}"
    for state in ("well", "trouble"):
        if state == "trouble":
            trouble(desk)
            addresses = {"/accounts": "Not connected", account: "Last renewed"}
        for address, words in addresses.items():
            for size in SIZES:
                desk.page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict serves
                desk.page.goto(address)
                expect(desk.page.get_by_text(words).first).to_be_visible()
                where = f"{address} {state} {theme} {size['width']}"
                if size is not SIZES[1]:
                    accessible(desk.page, where)
                no_sideways_scroll(desk.page, where)


CLICK_TWICE = """() => {
  const stopped = [];
  addEventListener("submit", (event) => {
    stopped.push(event.defaultPrevented);
    event.preventDefault();
  });
  const button = document.querySelector("main form .btn-primary");
  button.click();
  button.click();
  return stopped;
}"""
"""Presses the button of a form twice, sends nothing, and tells which click the page stopped."""


@pytest.mark.parametrize("script", [True, False])
def test_overdue_posts_are_answered_on_one_page(
    open_desk: Callable[..., Desk], photo: Path, script: bool, complaints: Complaints
) -> None:
    complaints.expect_status(422)
    desk = open_desk(java_script_enabled=script)
    ask_about(desk, photo, "Now", "Moved", "Left", "All")
    page = desk.page
    page.goto("/")
    page.get_by_role("link", name="Say what becomes of them").click()
    group = page.get_by_role("group", name="Now")
    group.get_by_label("Publish it now").check()
    group = page.get_by_role("group", name="Moved")
    group.get_by_label("Give it a new time").check()
    page.get_by_role("group", name="Left").get_by_label("Leave it unsent").check()
    page.get_by_role("button", name="Save my choices").last.click()

    # a new time was chosen and none was given: nothing happened, and nothing chosen is lost
    expect(page.get_by_role("alert")).to_contain_text("Choose a date and a time.")
    expect(page.get_by_role("group", name="Left").get_by_label("Leave it unsent")).to_be_checked()
    page.get_by_role("group", name="Moved").get_by_label("New date").fill(days_ahead(9))
    page.get_by_role("button", name="Save my choices").last.click()

    expect(page.get_by_text("1 post goes out now.")).to_be_visible()
    expect(page.locator("fieldset")).to_have_count(1)
    states = {caption: post["step"] for caption, post in desk.posts().items()}
    assert states == {"Now": "scheduled", "Moved": "scheduled", "Left": "missed", "All": "held"}
    if script:
        assert page.evaluate(CLICK_TWICE) == [False, True]
        page.reload()
    page.get_by_role("group", name="All").get_by_label("Leave it unsent").check()
    page.get_by_role("button", name="Save my choices").last.click()
    expect(page).to_have_url(desk.app.config["APP_URL"] + "/")
    expect(page.get_by_role("link", name="Say what becomes of")).to_have_count(0)
