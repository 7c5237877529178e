"""“Check” and “Test” in a real browser, with and without script."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app import start_publishing, stop_publishing
from models import Account, db
from ospost.services.database import writing
from tests.browser.desk import Desk, accessible, days_ahead, no_sideways_scroll


def limit_to(desk: Desk, total: int) -> None:
    now = datetime.now(UTC)
    with desk.app.app_context(), writing(db.session()) as session:
        session.execute(update(Account).values(quota_total=total, quota_used=0, quota_read_at=now))


@pytest.mark.parametrize("with_script", [True, False])
def test_check_on_the_page_of_a_post_leads_to_what_mends_it(open_desk, photo, with_script):
    desk = open_desk(java_script_enabled=with_script)
    limit_to(desk, 1)
    desk.add_post("First", days_ahead(2, "17:00"), photo)
    post_id = desk.add_post("Second", days_ahead(2, "18:00"), photo)
    page = desk.page
    page.goto(f"/post/{post_id}")
    section = page.locator("#check")
    expect(section).to_contain_text("Instagram allows 1 for this account")

    section.get_by_role("button", name="Check").click()

    expect(page.locator("#flashes")).to_contain_text("Checked: 1 finding.")
    expect(section).to_contain_text("Checked just now.")
    section.get_by_role("link", name="See that day").click()
    expect(page.locator(f"#post-{post_id} .o-card__hint")).to_contain_text(
        "counts before this post"
    )


def test_a_form_is_checked_without_being_saved_and_nothing_is_lost(desk, photo):
    limit_to(desk, 1)
    desk.add_post("First", days_ahead(2, "17:00"), photo)
    page = desk.page
    page.goto("/post/add")
    page.set_input_files("#media", photo)
    page.fill("#caption", "#a #b #c #d #e #f and more")
    page.fill("#date", days_ahead(2, "18:00"))
    expect(page.locator("#slides input[name=media_id]")).not_to_have_value("")

    page.get_by_role("button", name="Check").click()

    found = page.get_by_role("status").filter(has_text="Checked, not saved yet")
    expect(found).to_contain_text("6 hashtags")
    expect(found).to_contain_text("Instagram allows 1 for this account")
    expect(page.locator("#caption")).to_have_value("#a #b #c #d #e #f and more")
    expect(page.locator("#date")).to_have_value(days_ahead(2, "18:00"))
    expect(page.locator("#slides > li")).to_have_count(1)
    accessible(page, "the checked form")
    found.get_by_role("link", name="Go to the field").first.click()
    expect(page.locator("#caption")).to_be_focused()
    assert list(desk.posts()) == ["First"]
    page.fill("#caption", "fewer")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.locator("#flashes")).to_contain_text("Scheduled for")
    assert set(desk.posts()) == {"First", "fewer"}


def test_a_test_shows_its_outcome_without_a_reload(desk, served_app):
    desk.world.switches.container_seconds = 1
    page = desk.page
    start_publishing(served_app)
    try:
        page.goto(f"/accounts/{desk.account_id('clay.studio')}")
        card = page.locator("#checks")
        expect(card).to_contain_text("0 of 50 in 24 hours", timeout=30_000)
        page.get_by_role("button", name="Test").click()
        expect(card).to_contain_text("Testing")
        page.evaluate("() => { window.isTheSame = true; }")
        host = served_app.extensions["ospost"].media_url.removeprefix("http://")
        expect(card).to_contain_text(
            f"Practice Instagram fetched the test photo from {host}.", timeout=30_000
        )
    finally:
        stop_publishing(served_app)

    assert page.evaluate("() => window.isTheSame")
    accessible(page, "the page of an account")
    for width in (390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        no_sideways_scroll(page, f"the page of an account at {width}")
    assert desk.world.media == {}


def test_a_test_can_be_followed_without_script(open_desk, served_app):
    desk = open_desk(java_script_enabled=False)
    page = desk.page
    page.goto(f"/accounts/{desk.account_id('clay.studio')}")
    page.get_by_role("button", name="Test").click()
    card = page.locator("#checks")
    expect(card).to_contain_text("Testing")
    start_publishing(served_app)
    try:
        for _ in range(30):
            card.get_by_role("link", name="Look again").click()
            if card.get_by_text("fetched the test photo").count():
                break
            page.wait_for_timeout(300)
    finally:
        stop_publishing(served_app)

    expect(card).to_contain_text("Practice Instagram fetched the test photo")
