"""Composing a post in a real browser: by mouse, by keyboard, without script, after a crash."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.desk import Complaints, Desk, days_ahead, save_picture


def open_form(page: Page) -> None:
    page.goto("/post/add")
    expect(page.get_by_role("heading", name="New post")).to_be_visible()


def test_a_tall_picture_opens_the_cut_by_itself_and_is_scheduled(desk, tall_photo):
    page = desk.page
    open_form(page)
    page.set_input_files("#media", tall_photo)
    dialog = page.get_by_role("dialog", name="Cut the photo")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status")).to_have_text("900 × 1,200 pixels")

    dialog.get_by_role("button", name="1:1", exact=True).click()
    expect(dialog.get_by_role("status")).to_have_text("900 × 900 pixels")
    dialog.get_by_role("button", name="Use this cut").click()
    page.get_by_label("Caption").fill("By mouse")
    page.get_by_label("Date and time").fill(days_ahead(4))
    expect(page.locator("#zone-line")).to_contain_text("UTC · in")
    page.get_by_role("button", name="Schedule", exact=True).click()

    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    expect(page.locator(".o-card").filter(has_text="By mouse")).to_be_visible()
    post = desk.post("By mouse")
    assert post["state"] == "scheduled"
    x, y, w, h = (float(part) for part in post["slides"][0]["crop"].split(","))
    assert (x, round(y, 2), w, round(w * 900 / (h * 1600), 2)) == (0, 0.22, 1, 1.0)


def test_the_frame_cannot_leave_the_picture_by_keys_or_by_mouse(desk, tall_photo):
    page = desk.page
    open_form(page)
    page.set_input_files("#media", tall_photo)
    frame = page.get_by_label("Frame of the cut")
    expect(frame).to_be_focused()

    for _ in range(60):
        page.keyboard.press("Shift+ArrowDown")
    box = frame.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 400, box["y"] + 900, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Use this cut").click()

    x, y, w, h = (
        float(part) for part in page.locator("[name=crop]").first.input_value().split(",")
    )
    assert x == 0 and x + w <= 1
    assert 0.24 <= y <= 0.26 and y + h <= 1


def test_a_post_is_composed_with_the_keyboard_alone(desk, photo):
    page = desk.page
    open_form(page)

    def tab_to(name: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name || document.activeElement.id") == name:
                return
        raise AssertionError(f"{name} cannot be reached with Tab")

    page.wait_for_load_state("networkidle")  # the scripts that listen to keys are there
    tab_to("media")
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Space")
    choosing.value.set_files(photo)
    expect(page.locator("[data-slide] img")).to_be_visible()
    tab_to("alt_text")
    page.keyboard.type("Grey and blue")
    tab_to("caption")
    page.keyboard.type("By keyboard")
    tab_to("account_id")
    tab_to("date")
    type_date(page, days_ahead(3))
    assert page.input_value("#date") == days_ahead(3)
    tab_to("action")
    page.keyboard.press("Enter")

    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    assert desk.post("By keyboard")["slides"][0]["alt_text"] == "Grey and blue"


def type_date(page: Page, wall: str) -> None:
    """Type '2026-11-27T18:00' as the American date field of this Chromium wants it."""
    date, time = wall.split("T")
    year, month, day = date.split("-")
    hour, minute = time.split(":")
    page.keyboard.type(f"{month}{day}{year}")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(f"{int(hour) % 12 or 12:02}{minute}{'PM' if int(hour) >= 12 else 'AM'}")


def test_without_script_the_proposed_cut_is_shown_and_taken(
    open_desk: Callable[..., Desk], tall_photo: Path, complaints: Complaints
):
    complaints.expect_status(422)
    desk = open_desk(java_script_enabled=False)
    page = desk.page
    open_form(page)
    page.set_input_files("#media", tall_photo)
    page.get_by_label("Caption").fill("Without script")
    page.locator("#date").fill(days_ahead(2))
    page.get_by_role("button", name="Schedule", exact=True).click()

    expect(page.get_by_role("heading", name="Please look at this")).to_be_visible()
    expect(page.locator(".o-cut path")).to_have_attribute("d", re.compile("^M0 0H1V1H0ZM"))
    expect(page.get_by_label("Caption")).to_have_value("Without script")
    expect(page.locator("#date")).to_have_value(days_ahead(2))
    page.get_by_role("button", name="Schedule", exact=True).click()

    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    assert desk.post("Without script")["slides"][0]["crop"]


def test_without_script_a_post_is_moved_from_its_page(open_desk: Callable[..., Desk], photo: Path):
    desk = open_desk(java_script_enabled=False)
    desk.add_post("Moves", days_ahead(2), photo)
    page = desk.page
    page.goto("/")

    page.get_by_role("link", name="Move “Moves”").click()
    page.locator("#move-date").fill(days_ahead(6, "07:30"))
    page.locator("#move").get_by_role("button", name="Move").click()

    expect(page.locator("#flashes")).to_contain_text("07:30")
    assert desk.posts()["Moves"]["due_at"].startswith(days_ahead(6, "07:30"))


def test_without_script_another_picture_takes_the_place_of_the_old_one(
    open_desk: Callable[..., Desk], photo: Path, tmp_path: Path
):
    desk = open_desk(java_script_enabled=False)
    post_id = desk.add_post("Exchange", days_ahead(2), photo)
    page = desk.page
    page.goto(f"/post/edit/{post_id}")
    page.get_by_role("link", name="Use another photo").click()
    expect(page.locator("[data-slide]")).to_have_count(0)
    page.set_input_files("#media", save_picture(tmp_path / "other.png", 1200, 1000))
    page.get_by_role("button", name="Save and schedule").click()

    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    slides = desk.post("Exchange")["slides"]
    assert [(slide["width"], slide["height"]) for slide in slides] == [(1200, 1000)]


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(
    desk: Desk, complaints: Complaints
):
    complaints.expect_status(422)
    page = desk.page
    open_form(page)
    page.get_by_label("Caption").fill("x" * 2_201)
    page.get_by_label("Date and time").fill("2020-01-01T10:00")
    page.get_by_role("button", name="Schedule", exact=True).click()

    summary = page.get_by_role("alert").filter(has_text="Please look")
    expect(summary).to_be_focused()
    for field in ("caption", "date", "media"):
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#{field}-error")).not_to_be_empty()
    summary.get_by_role("link", name=re.compile("2,201 characters")).click()
    expect(page.get_by_label("Caption")).to_be_focused()
    expect(page.get_by_label("Caption")).to_have_value("x" * 2_201)


def test_text_survives_a_crash_and_is_forgotten_once_it_is_saved(desk: Desk, photo: Path):
    page = desk.page
    open_form(page)
    page.get_by_label("Caption").fill("Not lost")
    page.get_by_label("Date and time").fill(days_ahead(5))
    expect(page.locator("#caption-count")).to_contain_text("8 / 2,200")
    page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => localStorage[key].includes('Not lost'))"
    )
    context = page.context
    page.close(run_before_unload=False)

    page = context.new_page()
    open_form(page)
    expect(page.get_by_label("Caption")).to_have_value("Not lost")
    expect(page.get_by_label("Date and time")).to_have_value(days_ahead(5))
    expect(page.locator("#kept")).to_contain_text("is back")
    page.set_input_files("#media", photo)
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    expect(page.get_by_label("Appearance")).to_be_visible()  # the scripts of that page have run

    open_form(page)
    expect(page.locator("#caption-count")).to_contain_text("0 / 2,200")
    expect(page.get_by_label("Caption")).to_have_value("")


def test_a_file_that_is_no_picture_is_refused_in_words(desk, complaints, tmp_path):
    complaints.expect_status(422)
    note = tmp_path / "note.jpg"
    note.write_text("This is a text.")
    page = desk.page
    open_form(page)
    page.set_input_files("#media", note)

    expect(page.locator("#upload-errors")).to_contain_text("note.jpg:")
    expect(page.locator("[data-slide]")).to_have_count(0)


def test_an_upload_is_stopped(desk, photo):
    page = desk.page
    open_form(page)
    page.route("**/media/add", lambda route: None)  # an answer that never comes
    page.set_input_files("#media", photo)
    expect(page.locator("[data-slide] canvas")).to_be_visible()  # drawn here, at once

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("[data-slide]")).to_have_count(0)
    expect(page.locator("#upload-errors")).to_be_empty()


def test_scheduling_during_an_upload_waits_for_it(desk, photo):
    page = desk.page
    open_form(page)
    held = []
    page.route("**/media/add", lambda route: held.append(route))
    page.get_by_label("Caption").fill("In a hurry")
    page.get_by_label("Date and time").fill(days_ahead(2))
    page.set_input_files("#media", photo)
    page.get_by_role("button", name="Schedule", exact=True).click()
    while not held:
        page.wait_for_timeout(20)
    expect(page.locator("#flashes")).to_be_empty()
    held.pop().continue_()

    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    assert len(desk.post("In a hurry")["slides"]) == 1


def test_a_dropped_picture_is_uploaded(desk, photo):
    page = desk.page
    open_form(page)
    carried = page.evaluate_handle(
        """async (bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.jpg", {type: "image/jpeg"}));
          return transfer;
        }""",
        list(photo.read_bytes()),
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": carried})

    expect(page.locator("[data-slide]")).to_contain_text("dropped.jpg")
    expect(page.locator("[data-slide] img")).to_be_visible()
    expect(page.locator("[name=media_id]").first).not_to_have_value("")
