"""Editing, moving, swapping, reordering, posting now, removing: and when it is too late."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from models import Event, Publication, db
from tests.posts.conftest import JSON, Member, ahead, errors_of, file, force
from tests.support import picture

GONE = ("publishing", "unknown", "published", "review")


def due(member: Member, post_id: int) -> str:
    found: str = member.json(f"/post/{post_id}")["due_at"]
    return found


def publication(member: Member, post_id: int) -> Publication:
    with member.app.app_context():
        return db.session().scalars(select(Publication).where(Publication.post_id == post_id)).one()


def test_an_edit_changes_what_was_sent_and_keeps_the_rest(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="old", alt_text="a lake")
    before = publication(ada, post_id)

    answer = ada.post(f"/post/edit/{post_id}", json={"caption": "new"})

    after = publication(ada, post_id)
    post = answer.get_json()
    assert (post["caption"], post["due_at"]) == ("new", "2031-01-01T10:00:00.000Z")
    assert post["slides"][0]["alt_text"] == "a lake"
    assert (after.revision, after.fence > before.fence) == (before.revision + 1, True)


def test_an_edit_of_the_time_alone_keeps_what_was_prepared(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    before = publication(ada, post_id)

    ada.post(f"/post/edit/{post_id}", json={"date": "2031-01-01T11:00"})

    after = publication(ada, post_id)
    assert due(ada, post_id) == "2031-01-01T11:00:00.000Z"
    assert after.due_at == datetime(2031, 1, 1, 11, tzinfo=UTC)
    assert after.revision == before.revision


def test_an_edit_without_a_change_touches_nothing(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="same")
    before = publication(ada, post_id)

    ada.post(f"/post/edit/{post_id}", json={"caption": "same", "date": "2031-01-01T10:00"})

    assert publication(ada, post_id).fence == before.fence


def test_a_new_file_replaces_the_picture_of_an_edited_post(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", crop="0,0,1,0.9", alt_text="old")
    [old] = ada.json(f"/post/{post_id}")["slides"]

    answer = ada.post(
        f"/post/edit/{post_id}",
        {
            "media_id": old["media_id"],
            "crop": [old["crop"], ""],
            "alt_text": ["old", "new"],
            "media": file(picture(color="#123456")),
        },
    )

    [new] = answer.get_json()["slides"]
    assert new["media_id"] != old["media_id"]
    assert (new["crop"], new["alt_text"]) == ("", "new")


def test_a_failed_edit_keeps_what_was_typed_and_the_post_as_it_was(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="good")

    answer = ada.post(f"/post/edit/{post_id}", {"caption": "#a " * 31 + "typed"}, page=True)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "31 hashtags" in page
    assert "typed" in page
    assert f'action="/post/edit/{post_id}"' in page
    assert ada.json(f"/post/{post_id}")["caption"] == "good"


def test_a_scheduled_post_can_be_put_aside_as_a_draft(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")

    post = ada.post(f"/post/edit/{post_id}", json={"action": "draft"}).get_json()

    assert (post["state"], post["frames"]) == ("draft", [])
    assert post["due_at"] == "2031-01-01T10:00:00.000Z"


@pytest.mark.parametrize("state", ["held", "missed", "failed"])
def test_a_post_that_may_be_live_does_not_become_a_draft(ada: Member, state: str) -> None:
    """As a draft it would forget that it was sent, and go out a second time."""
    post_id = ada.schedule("2031-01-01T10:00")
    sent_at = datetime(2030, 12, 31, tzinfo=UTC)
    force(ada, post_id, state=state, next_at=None, first_intent_at=sent_at)

    answer = ada.post(f"/post/edit/{post_id}", json={"action": "draft", "caption": "kept"})

    assert answer.status_code == 409
    assert "may be live on Instagram already" in answer.get_json()["detail"]
    assert publication(ada, post_id).first_intent_at == sent_at


@pytest.mark.parametrize("state", ["missed", "failed"])
def test_a_missed_or_failed_post_is_taken_up_again_with_a_new_time(ada: Member, state: str) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    force(ada, post_id, state=state, next_at=None, due_at=datetime(2020, 1, 1, tzinfo=UTC))
    shown = ada.json(f"/post/{post_id}")

    post = ada.post(f"/post/edit/{post_id}", json={"date": "2032-01-01T10:00"}).get_json()

    assert (shown["state"], shown["error"]["message"] != "") == (state, True)
    assert (post["state"], post["error"]) == ("scheduled", None)
    assert publication(ada, post_id).next_at is not None


@pytest.mark.parametrize("state", GONE)
def test_past_the_intent_nothing_changes_and_each_way_says_409(ada: Member, state: str) -> None:
    post_id, other_id = ada.schedule("2031-01-01T10:00"), ada.schedule("2031-01-02T10:00")
    force(ada, post_id, state=state)
    before = publication(ada, post_id)

    answers = {
        "edit": ada.post(f"/post/edit/{post_id}", json={"caption": "late"}),
        "move": ada.post(f"/post/move/{post_id}", json={"date": ahead(days=3)}),
        "swap": ada.post("/post/swap", json={"a": other_id, "b": post_id}),
    }
    if state in ("publishing", "unknown"):
        answers["remove"] = ada.post(f"/post/remove/{post_id}")

    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: 409 for name in answers
    }
    after = publication(ada, post_id)
    assert (after.fence, after.due_at, after.revision) == (
        before.fence,
        before.due_at,
        before.revision,
    )
    assert due(ada, other_id) == "2031-01-02T10:00:00.000Z"


def test_a_move_keeps_the_zone_and_asks_about_the_clock_change(berta: Member) -> None:
    post_id = berta.schedule("2031-01-01T10:00", timezone="Europe/Berlin")

    asked = berta.post(f"/post/move/{post_id}", json={"date": "2031-10-26T02:30"})
    page = berta.post(f"/post/move/{post_id}", {"date": "2031-10-26T02:30"}, page=True)
    gap = berta.post(f"/post/move/{post_id}", json={"date": "2031-03-30T02:30"})
    moved = berta.post(f"/post/move/{post_id}", json={"date": "2031-10-26T02:30", "fold": "1"})

    assert "comes twice" in errors_of(asked)["date"]
    assert page.status_code == 422
    assert "the second 02:30 (UTC+1)" in page.get_data(as_text=True)
    assert "we use 03:30" in errors_of(gap)["date"]
    assert moved.get_json()["due_at"] == "2031-10-26T01:30:00.000Z"
    assert moved.get_json()["timezone"] == "Europe/Berlin"


def test_a_move_into_the_past_is_refused_and_told_on_a_page(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")

    refused = ada.post(f"/post/move/{post_id}", {"date": "2020-01-01T10:00"}, page=True)
    moved = ada.post(f"/post/move/{post_id}", {"date": "2031-05-01T10:00"}, page=True)

    assert refused.status_code == 422
    assert "has passed" in refused.get_data(as_text=True)
    assert moved.location.startswith("/?date=2031-05-01")


def test_a_swap_exchanges_moments_and_each_keeps_its_zone(ada: Member) -> None:
    a = ada.schedule("2031-01-01T10:00", timezone="Europe/Berlin")
    b = ada.schedule("2031-07-01T20:00", timezone="America/New_York")

    answer = ada.post("/post/swap", json={"a": a, "b": b})

    posts = answer.get_json()["posts"]
    assert [(p["id"], p["due_at"], p["timezone"]) for p in posts] == [
        (a, "2031-07-02T00:00:00.000Z", "Europe/Berlin"),
        (b, "2031-01-01T09:00:00.000Z", "America/New_York"),
    ]
    assert publication(ada, a).due_at == datetime(2031, 7, 2, tzinfo=UTC)
    plan = ada.get("/").get_data(as_text=True)
    assert "Wed 2 Jul 2031, 02:00" in plan
    assert "Wed 1 Jan 2031, 04:00" in plan


def test_a_swap_with_itself_or_without_ids_is_refused_at_its_field(ada: Member) -> None:
    a = ada.schedule("2031-01-01T10:00")

    assert "b" in errors_of(ada.post("/post/swap", json={"a": a, "b": a}))
    assert "b" in errors_of(ada.post("/post/swap", {"a": a, "b": "x"}))


def order_of(member: Member) -> list[int]:
    return [post["id"] for post in member.json("/")["posts"]]


def reorder(member: Member, ids: list[int], start: int, end: int, /, **other: Any) -> Any:
    body = {
        "account_id": member.account_id,
        "start": {"index": start, "id": ids[start]},
        "end": {"index": end, "id": ids[end]},
    }
    return member.post("/", json=body | other)


@pytest.mark.parametrize(("start", "end"), [(0, 3), (3, 0), (1, 2), (2, 2)])
def test_a_reorder_hands_the_dates_along(ada: Member, start: int, end: int) -> None:
    media_id = ada.upload()
    ids = [ada.schedule(f"2031-01-0{n}T10:00", media_id=media_id) for n in (1, 2, 3, 4)]
    wanted = ids.copy()
    wanted.insert(end, wanted.pop(start))

    answer = reorder(ada, ids, start, end)

    assert (answer.status_code, answer.get_json()["order"]) == (200, wanted)
    assert order_of(ada) == wanted
    assert [due(ada, each)[:10] for each in wanted] == [f"2031-01-0{n}" for n in (1, 2, 3, 4)]


def test_a_reorder_from_an_old_page_moves_nothing(ada: Member) -> None:
    media_id = ada.upload()
    ids = [ada.schedule(f"2031-01-0{n}T10:00", media_id=media_id) for n in (1, 2, 3)]
    force(ada, ids[1], state="publishing")

    stale = reorder(ada, ids, 0, 2)
    wrong = reorder(ada, ids, 0, 1, end={"index": 7, "id": ids[1]})

    assert (stale.status_code, wrong.status_code) == (409, 409)
    assert order_of(ada) == ids


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"account_id": "x", "start": {"index": 0, "id": 1}, "end": {"index": 0, "id": 1}},
        {"account_id": 1, "start": 3, "end": {"index": 0, "id": 1}},
    ],
)
def test_a_reorder_that_makes_no_sense_is_422(ada: Member, body: Any) -> None:
    assert ada.post("/", json=body).status_code == 422


def test_a_double_click_on_post_now_is_one_post(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    draft_id = ada.post(
        "/post/add", json={"action": "draft", "media_id": ada.upload(), "caption": "draft"}
    ).get_json()["id"]
    secret = ada.client.get_cookie(ada.app.config["SIGN_IN_COOKIE"])
    form = ada.client.get_cookie(ada.app.config["SESSION_COOKIE_NAME"])
    assert secret and form

    def click(url: str) -> int:
        browser = ada.app.test_client()
        browser.set_cookie(secret.key, secret.value)
        browser.set_cookie(form.key, form.value)
        return browser.post(url, headers={"X-CSRFToken": ada.token, **JSON}).status_code

    urls = [f"/post/publish/{each}" for each in (post_id, draft_id) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(click, urls))

    assert codes == [200] * 8
    with ada.app.app_context():
        session = db.session()
        rows = session.execute(
            select(Publication.post_id, Publication.due_at, func.count())
            .join(Event, Event.publication_id == Publication.id)
            .group_by(Publication.post_id, Publication.due_at)
        ).all()
    assert {row[0]: row[2] for row in rows} == {post_id: 2, draft_id: 1}
    assert all(abs(row[1] - datetime.now(UTC)) < timedelta(minutes=1) for row in rows)


def test_an_unfinished_draft_is_not_posted_and_says_why(ada: Member) -> None:
    draft_id = ada.post("/post/add", json={"action": "draft", "caption": "x" * 2201}).get_json()[
        "id"
    ]

    answer = ada.post(f"/post/publish/{draft_id}")

    assert answer.status_code == 422
    assert set(errors_of(answer)) == {"caption", "media"}
    assert ada.json(f"/post/{draft_id}")["state"] == "draft"


def test_post_now_on_a_live_post_is_409(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    force(ada, post_id, state="published", published_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert ada.post(f"/post/publish/{post_id}").status_code == 409


def test_removing_cancels_the_work_and_hides_the_post(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")

    answer = ada.post(f"/post/remove/{post_id}")

    assert (answer.status_code, publication(ada, post_id).state) == (200, "cancelled")
    assert ada.json("/")["posts"] == []
    for url in (f"/post/{post_id}", f"/post/edit/{post_id}"):
        assert ada.get(url, **JSON).status_code == 404
    assert ada.post(f"/post/remove/{post_id}").status_code == 404


def test_a_live_post_leaves_ospost_and_is_not_cancelled(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    force(ada, post_id, state="published", next_at=None)

    assert ada.post(f"/post/remove/{post_id}").status_code == 200
    assert publication(ada, post_id).state == "published"


def test_a_review_is_decided_by_a_person(ada: Member) -> None:
    live_id, lost_id = ada.schedule("2031-01-01T10:00"), ada.schedule("2031-01-02T10:00")
    for post_id in (live_id, lost_id):
        force(ada, post_id, state="review", intent_at=datetime(2026, 1, 1, tzinfo=UTC))
    link = "https://www.instagram.com/p/abc/"

    script = ada.post(
        f"/post/review/{live_id}", json={"is_live": "yes", "permalink": "javascript:alert(1)"}
    )
    maybe = ada.post(f"/post/review/{live_id}", json={"is_live": "maybe"})
    live = ada.post(f"/post/review/{live_id}", json={"is_live": "yes", "permalink": link})
    lost = ada.post(f"/post/review/{lost_id}", json={"is_live": "no"})

    assert "permalink" in errors_of(script)
    assert "is_live" in errors_of(maybe)
    assert (live.get_json()["state"], live.get_json()["permalink"]) == ("published", link)
    assert lost.get_json()["state"] == "scheduled"
