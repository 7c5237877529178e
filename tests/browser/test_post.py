"""The page of one post in a real browser: words as typed, the timeline, the question."""

from playwright.sync_api import expect
from sqlalchemy import select, update

from app import start_publishing, stop_publishing
from models import Publication, db
from ospost.services.database import writing
from tests.browser.desk import Desk, accessible, days_ahead, no_sideways_scroll
from tests.support import in_seconds

HOSTILE = """Two  spaces,
  a line that is moved in, <b>no</b> tag & <script>alert(1)</script> "quotes" {{ 7 * 7 }}"""


def put_into_review(desk: Desk, post_id: int) -> None:
    """Bring a post to where only a person can decide."""
    with desk.app.app_context(), writing(db.session()) as session:
        session.execute(
            update(Publication)
            .where(Publication.post_id == post_id)
            .values(state="review", next_at=None)
        )


def state_of(desk: Desk, post_id: int) -> str:
    with desk.app.app_context():
        found = db.session().scalar(select(Publication.state).where(Publication.post_id == post_id))
        return str(found)


def test_a_caption_is_shown_as_it_was_typed_and_runs_nothing(desk, photo):
    post_id = desk.add_post(HOSTILE, days_ahead(2), photo)
    page = desk.page

    page.goto(f"/post/{post_id}")

    assert page.locator(".o-verbatim").inner_text() == HOSTILE
    expect(page.locator(".o-verbatim")).to_have_css("white-space-collapse", "preserve")
    page.goto("/")
    expect(page.locator(".o-card__title")).to_contain_text("<b>no</b> tag")


def test_the_page_follows_its_post_until_it_is_live(desk, photo, served_app):
    post_id = desk.add_post("Followed", f"{in_seconds(5):%Y-%m-%dT%H:%M:%S}", photo)
    page = desk.page
    page.goto(f"/post/{post_id}")
    page.evaluate("() => { window.isTheSame = true; }")
    start_publishing(served_app)
    try:
        expect(page.locator(".o-post__state")).to_contain_text("Live", timeout=40_000)
        expect(page.get_by_role("link", name="/p/")).to_be_visible(timeout=40_000)
    finally:
        stop_publishing(served_app)

    assert page.evaluate("() => window.isTheSame")
    expect(page.locator(".o-facts")).to_contain_text("ms after its time")
    page.get_by_text("Details").last.click()
    expect(page.locator(".o-raw").last).to_be_visible()


def test_a_person_answers_that_it_is_live(desk, photo):
    post_id = desk.add_post("Is it there?", days_ahead(1), photo)
    put_into_review(desk, post_id)
    page = desk.page
    page.goto("/")
    trouble = page.get_by_role("region", name="1 post needs you")
    trouble.get_by_role("link", name="Look and answer").click()

    page.get_by_role("button", name="It is live").click()

    expect(page.locator(".o-post__state")).to_contain_text("Live")
    assert state_of(desk, post_id) == "published"


def test_a_person_answers_that_it_is_not_live(desk, photo):
    post_id = desk.add_post("Is it there?", days_ahead(1), photo)
    put_into_review(desk, post_id)
    page = desk.page
    page.goto(f"/post/{post_id}")

    page.get_by_role("button", name="It is not").click()

    expect(page.locator(".o-review")).to_have_count(0)
    assert state_of(desk, post_id) != "published"


def test_a_post_is_published_from_its_page_only_after_a_question(desk, photo):
    post_id = desk.add_post("At once", days_ahead(3), photo)
    page = desk.page
    page.goto(f"/post/{post_id}")
    button = page.locator("#publish").get_by_role("button", name="Post now")
    expect(button).to_be_hidden()

    page.locator("#publish summary").click()
    button.click()

    expect(page.locator("#flashes")).to_contain_text("It goes out now.")
    assert desk.post("At once")["due_at"] < days_ahead(1)


def test_a_new_picture_takes_the_place_of_the_old_one(desk, photo, tall_photo):
    post_id = desk.add_post("Exchange", days_ahead(3), photo)
    page = desk.page
    page.goto(f"/post/edit/{post_id}")
    page.get_by_role("button", name="Take out").click()
    page.set_input_files("#media", tall_photo)
    page.get_by_role("button", name="Use this cut").click()
    page.get_by_role("button", name="Save and schedule").click()

    expect(page.locator("#flashes")).to_contain_text("Scheduled")
    slides = desk.post("Exchange")["slides"]
    assert len(slides) == 1
    assert slides[0]["crop"]


def test_a_failed_post_is_closed_by_hand_and_copied_once(desk, photo, complaints):
    post_id = desk.add_post("By hand", days_ahead(2), photo)
    with desk.app.app_context(), writing(db.session()) as session:
        failed = {"message": "It was refused.", "remedy": "Crop it.", "code": 36003}
        session.execute(update(Publication).values(state="failed", next_at=None, error=failed))
    page = desk.page
    complaints.expect_status(422)
    page.goto(f"/post/{post_id}")
    expect(page.get_by_text("36003")).to_be_hidden()
    page.get_by_text("Instagram's answer").click()
    expect(page.get_by_text("36003")).to_be_visible()
    accessible(page, "a failed post")

    page.locator("#by-hand summary").click()
    page.get_by_label("Its link").fill("https://www.instagram.com/clay.studio/")
    page.locator("#by-hand button").click()

    link = page.get_by_label("Its link")
    expect(link).to_have_value("https://www.instagram.com/clay.studio/")
    expect(page.locator("#by-hand-error")).to_contain_text("That is no post.")
    link.fill("https://www.instagram.com/p/Cabc_D-ef1/")
    page.locator("#by-hand button").click()
    expect(page.locator(".o-post__state")).to_contain_text("Live")
    expect(page.locator(".o-timeline")).to_contain_text("Posted by hand")
    expect(page.locator(".o-timeline")).to_contain_text("by Ada Marin")
    page.get_by_role("button", name="Duplicate").dblclick()
    page.wait_for_url("**/post/edit/*")
    expect(page.locator("textarea[name=caption]")).to_have_value("By hand")
    listed = desk.client.get("/", headers={"Accept": "application/json"}).get_json()["posts"]
    assert sorted(post["state"] for post in listed) == ["draft", "published"]


def test_no_state_makes_the_page_too_wide_or_leaves_an_empty_row(desk, photo):
    post_id = desk.add_post("Opening", days_ahead(2), photo)
    page = desk.page
    for state in ("published", "failed", "unknown"):
        with desk.app.app_context(), writing(db.session()) as session:
            session.execute(
                update(Publication)
                .where(Publication.post_id == post_id)
                .values(state=state, next_at=None)
            )
        for width in (390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(f"/post/{post_id}")
            no_sideways_scroll(page, f"{state} {width}")
        # nothing can be done while it is checked, so there is no row of buttons
        expect(page.locator(".o-actions")).to_be_visible(visible=state != "unknown")
        if state == "failed":
            page.set_viewport_size({"width": 390, "height": 844})
            expect(page.get_by_text("What happened")).to_be_in_viewport()
