"""The bell, the list and the settings of notices in a real browser, with and without script."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpers import utcnow
from models import Account, Post, User, db
from ospost.services.database import writing
from ospost.services.notices import end_notice, raise_notice
from tests.browser.desk import Complaints, Desk, accessible, days_ahead, no_sideways_scroll

SIZES = [
    {"width": 1440, "height": 1000},
    {"width": 768, "height": 1000},
    {"width": 390, "height": 844},
]


def tell(desk: Desk) -> None:
    """A failed post, a warning, news, and something that is over."""
    with desk.app.app_context(), writing(db.session()) as session:
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
        post_id = session.scalars(select(Post.id)).first()
        user_id = session.scalars(select(User.id)).one()
        notices = (
            ("over", "post", "problem", "A post is waiting", "Today's limit is used up."),
            ("news", "account", "news", "Facebook was added to how you sign in", "It was Ada."),
            ("token", "token", "warning", "The connection ends in 7 days", "It ends on Friday."),
            (
                "failed",
                "post",
                "problem",
                "A post could not be published",
                "Instagram could not read the photo: " + "verylongword" * 12,
            ),
        )
        for key, kind, severity, title, sentence in notices:
            raise_notice(
                session,
                key=key,
                kind=kind,
                severity=severity,
                title=title,
                sentence=sentence,
                remedy="Choose another photo.",
                account_id=None if severity == "news" else account.id,
                user_id=user_id if severity == "news" else None,
                post_id=post_id if kind == "post" else None,
                now=utcnow(),
            )
        end_notice(session, key="over", now=utcnow())


def photograph(desk: Desk, name: str) -> None:
    """Keep a picture of the page where somebody asked for it."""
    if folder := os.environ.get("PICTURES"):
        desk.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_the_bell_leads_to_the_list_and_falls_silent_when_it_is_read(
    open_desk: Callable[..., Desk], photo: Path, java_script_enabled: bool
):
    desk = open_desk(java_script_enabled=java_script_enabled)
    post_id = desk.add_post("Broken", days_ahead(2), photo)
    tell(desk)
    page = desk.page
    page.goto("/")
    bell = page.get_by_role("link", name="Notices, 3 unread")
    expect(bell).to_contain_text("3")

    bell.click()
    failed = page.get_by_role("listitem").filter(has_text="could not be published")
    expect(failed).to_contain_text("What to do: Choose another photo.")
    failed.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_role("link", name="Notices, 2 unread")).to_be_visible()
    failed.get_by_role("link", name="Open the post").click()
    assert page.url.endswith(f"/post/{post_id}")

    page.goto("/notices")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("link", name="Notices", exact=True)).to_be_visible()
    page.get_by_role("link", name="@harbour.cafe").click()
    expect(page.get_by_role("heading", name="No notices about @harbour.cafe")).to_be_visible()


def test_a_chat_is_added_with_its_mistakes_told_at_the_field(desk: Desk, complaints: Complaints):
    complaints.expect_status(422)
    page = desk.page
    page.goto("/account/notices")
    page.get_by_label("Kind of chat").select_option("Discord")
    page.get_by_label("Its address for incoming messages").fill("http://discord.com/api/x")
    page.get_by_role("button", name="Add this chat").click()
    expect(page.locator("#url-error")).to_contain_text("must begin with https://")
    expect(page.get_by_label("Kind of chat")).to_have_value("discord")

    page.get_by_label("Its address for incoming messages").fill("https://discord.com/api/secret")
    page.get_by_role("button", name="Add this chat").click()
    expect(page.get_by_text("Discord at discord.com is added.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("secret")
    page.get_by_role("button", name="Remove Discord at discord.com").click()
    expect(page.get_by_text("That chat gets no more messages.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_about_notices_and_storage_are_accessible(
    open_desk: Callable[..., Desk], photo: Path, theme: str
):
    desk = open_desk(color_scheme=theme)
    desk.add_post("Broken", days_ahead(2), photo)
    tell(desk)
    account = f"/accounts/{desk.account_id('clay.studio')}"
    for address in ("/notices", "/account/notices", "/account/storage", account):
        for size in SIZES:
            desk.page.set_viewport_size(size)
            desk.page.goto(address)
            where = f"{address} {theme} {size['width']}"
            photograph(desk, where.replace("/", "_").replace(" ", "-"))
            no_sideways_scroll(desk.page, where)
            if size["width"] != 768:
                accessible(desk.page, where)
