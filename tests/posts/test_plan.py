"""The plan: what it shows, what it costs, and how it is followed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, update
from sqlalchemy.orm import Session

from helpers import new_id
from models import Account, Post, Publication, Slide, db
from ospost.domain.states import HoldReason
from tests.databases import ON_SQLITE
from tests.posts.conftest import JSON, Member, force, join, new_account

HX = {"HX-Request": "true"}


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that the app sends to its database."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def steps_of(app: Flask) -> Iterator[list[int]]:
    """Count the steps, by the hundred, that SQLite takes for the statements of the app."""
    seen: list[int] = []

    def note(connection: Any, *_rest: Any) -> None:
        connection.connection.driver_connection.set_progress_handler(lambda: seen.append(1), 100)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def many(member: Member, count: int, *, media_id: int, every: timedelta, start: datetime) -> None:
    """Put scheduled posts straight into the tables."""

    def fill(session: Session) -> None:
        now = datetime.now(UTC)
        ids = [new_id() for _ in range(count)]
        due = {post_id: start + every * no for no, post_id in enumerate(ids)}
        shared = {"account_id": member.account_id, "updated_at": now}
        session.execute(
            insert(Post),
            [
                {
                    "id": post_id,
                    "user_id": member.user_id,
                    "kind": "image",
                    "caption": f"number {no} #tag",
                    "due_at": due[post_id],
                    "wall_time": due[post_id].strftime("%Y-%m-%dT%H:%M:%S"),
                    "zone": "UTC",
                    "created_at": now,
                    **shared,
                }
                for no, post_id in enumerate(ids)
            ],
        )
        session.execute(
            insert(Slide), [{"post_id": each, "no": 1, "media_id": media_id} for each in ids]
        )
        session.execute(
            insert(Publication),
            [
                {"post_id": each, "state": "scheduled", "due_at": due[each], "next_at": due[each]}
                | shared
                for each in ids
            ],
        )

    member.run(fill)


def soon() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def test_the_number_of_queries_does_not_grow_with_the_posts(ada: Member) -> None:
    media_id = ada.upload()
    asks: dict[int, list[int]] = {}

    for total in (1, 1000):
        many(ada, total, media_id=media_id, every=timedelta(minutes=80), start=soon())
        asks[total] = []
        for url, headers in (("/", {}), ("/", HX), ("/", JSON), ("/?state=scheduled", {})):
            with counted(ada.app) as seen:
                assert ada.get(url, **headers).status_code == 200
            asks[total].append(len([s for s in seen if s.startswith(("SELECT", "WITH"))]))

    assert asks[1] == asks[1000]
    assert max(asks[1000]) <= 6


@ON_SQLITE
def test_a_plan_of_many_accounts_costs_the_same_however_far_it_reaches(ada: Member) -> None:
    media_id, now = ada.upload(), datetime.now(UTC)
    members = [ada]

    def add(session: Session) -> list[int]:
        return [new_account(session, f"a{number}", "UTC", now) for number in range(19)]

    for account_id in ada.run(add):
        join(ada, account_id)
        members.append(replace(ada, account_id=account_id))
    costs = []

    for total in (130, 600):
        for member in members:
            many(member, total, media_id=media_id, every=timedelta(hours=1), start=soon())
        ada.get("/")
        with steps_of(ada.app) as steps:
            assert ada.get("/").get_data(as_text=True).count('id="post-') == 120
        costs.append(len(steps))

    assert costs[1] <= costs[0] * 1.2


def test_posts_of_several_accounts_are_paged_through_in_order(ada: Member, berta: Member) -> None:
    join(ada, berta.account_id)
    media_id, start = ada.upload(), soon()
    for member, minutes in ((ada, 0), (replace(ada, account_id=berta.account_id), 30)):
        first = start + timedelta(minutes=minutes) - timedelta(days=3)
        many(member, 1100, media_id=media_id, every=timedelta(hours=1), start=first)

    url, found = "/", []
    while url:
        page = ada.json(url)
        found += page["posts"]
        url = page["next"]
    shown = ada.get("/").get_data(as_text=True)

    assert [post["due_at"] for post in found] == sorted({post["due_at"] for post in found})
    assert len(found) == 2200
    assert shown.count('id="post-') == 120 + 30


def test_the_page_of_a_post_asks_a_fixed_number_of_questions(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    with counted(ada.app) as before:
        ada.json(f"/post/{post_id}")
    for day in range(2, 9):
        ada.post(f"/post/move/{post_id}", json={"date": f"2031-01-0{day}T10:00"})

    with counted(ada.app) as after:
        assert len(ada.json(f"/post/{post_id}")["events"]) == 8

    assert len(after) == len(before)


def test_programs_page_through_everything_in_order(ada: Member) -> None:
    many(ada, 2300, media_id=ada.upload(), every=timedelta(0), start=soon())

    url, ids, pages = "/", [], 0
    while url:
        found = ada.json(url)
        ids += [post["id"] for post in found["posts"]]
        url, pages = found["next"], pages + 1

    assert (len(ids), len(set(ids)), pages) == (2300, 2300, 3)


def test_people_page_through_days_and_a_post_in_years_is_not_hidden(ada: Member) -> None:
    media_id = ada.upload()
    far_id = ada.schedule("2091-01-01T10:00", media_id=media_id)
    assert f'id="post-{far_id}"' in ada.get("/").get_data(as_text=True)

    many(ada, 300, media_id=media_id, every=timedelta(hours=1), start=soon())
    url, shown = "/", []
    while url:
        page = ada.get(url).get_data(as_text=True)
        shown.append(page.count('id="post-'))
        before, later, _ = page.partition("Later days")
        url = unescape(before.rsplit('href="', 1)[1].split('"')[0]) if later else ""

    assert shown == [120, 120, 61]
    assert f'id="post-{far_id}"' in page


def test_what_is_long_over_is_one_click_away(ada: Member) -> None:
    assert "Earlier days" not in ada.get("/").get_data(as_text=True)
    start = datetime.now(UTC) - timedelta(days=100)
    many(ada, 1, media_id=ada.upload(), every=timedelta(hours=1), start=start)

    page = ada.get("/").get_data(as_text=True)
    link = unescape("/?" + page.split("Earlier days")[0].rsplit('href="/?', 1)[1].split('"')[0])

    assert page.count('id="post-') == 0
    assert ada.get(link).get_data(as_text=True).count('id="post-') == 1


def test_the_objects_of_the_list_say_the_same_as_the_post(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="one")

    [listed] = ada.json("/")["posts"]
    post = ada.json(f"/post/{post_id}")

    assert listed == {name: post[name] for name in listed}
    assert set(post) - set(listed) == {"actions", "first_comment", "slides", "frames", "events"}
    assert ada.get(listed["thumb_url"]).status_code == 200


def test_a_live_post_tells_its_lateness_and_its_link(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    due_at = datetime(2031, 1, 1, 10, tzinfo=UTC)
    force(
        ada,
        post_id,
        state="published",
        sent_at=due_at + timedelta(milliseconds=42),
        published_at=due_at + timedelta(seconds=1),
        ig_media_id="178",
        permalink="https://www.instagram.com/p/abc/",
    )

    post = ada.json(f"/post/{post_id}")

    assert (post["state"], post["lateness_ms"], post["ig_media_id"]) == ("published", 42, "178")
    assert post["published_at"] == "2031-01-01T10:00:01.000Z"
    assert 'href="https://www.instagram.com/p/abc/"' in ada.get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "state", "words"),
    [
        ({"state": "held", "hold_reason": "token"}, "held", "Sign in again"),
        ({"state": "held", "hold_reason": "paused"}, "held", "Go on"),
        ({"state": "missed"}, "missed", "new time"),
        ({"state": "failed"}, "failed", "Edit the post"),
        ({"state": "review"}, "review", "Look at the profile"),
        ({"state": "unknown"}, "checking", "nothing is sent twice"),
    ],
)
def test_trouble_is_told_in_the_list_on_the_page_and_in_json(
    ada: Member, values: dict[str, str], state: str, words: str
) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    force(ada, post_id, **values)

    post = ada.json(f"/post/{post_id}")
    plan = ada.get("/").get_data(as_text=True)

    assert (post["state"], post["step"]) == (state, values["state"])
    assert words in post["error"]["remedy"]
    assert set(post["error"]) == {"code", "subcode", "message", "remedy", "fbtrace_id"}
    listed = "waiting" if state == "checking" else "trouble"
    assert f'id="{listed}-{post_id}"' in plan
    assert words in ada.get(f"/post/{post_id}").get_data(as_text=True).replace("&#34;", '"')


def test_only_what_somebody_can_act_on_is_said_to_need_them(ada: Member) -> None:
    media_id = ada.upload()
    ids = {
        reason: ada.schedule(f"2031-01-01T{hour:02}:00", media_id=media_id)
        for hour, reason in enumerate(HoldReason)
    }
    for reason, post_id in ids.items():
        force(ada, post_id, state="held", hold_reason=reason.value)
    alone = {"quota", "throttled", "twin", "restored"}

    plan = ada.get("/").get_data(as_text=True)

    assert {reason.value for reason, each in ids.items() if f'id="waiting-{each}"' in plan} == alone
    needy = {reason.value for reason, each in ids.items() if f'id="trouble-{each}"' in plan}
    assert needy == {reason.value for reason in HoldReason} - alone
    assert "7 posts need you" in plan
    assert "4 posts wait for now, nothing to do" in plan
    for reason, post_id in ids.items():
        remedy = ada.json(f"/post/{post_id}")["error"]["remedy"]
        assert remedy.startswith("Nothing to do") == (reason.value in alone), reason
    assert len(ada.json("/")["posts"]) == len(ids)


def test_many_posts_that_wait_hide_none_that_needs_somebody(ada: Member) -> None:
    media_id = ada.upload()
    needy = ada.schedule("2031-01-01T10:00", media_id=media_id)
    start = datetime(2031, 2, 1, tzinfo=UTC)
    many(ada, 101, media_id=media_id, every=timedelta(hours=1), start=start)
    hold = update(Publication).where(Publication.post_id != needy)
    ada.run(lambda session: session.execute(hold.values(state="held", hold_reason="quota")))
    force(ada, needy, state="failed")

    plan = ada.get("/").get_data(as_text=True)

    assert "1 post needs you" in plan
    assert f'id="trouble-{needy}"' in plan
    assert plan.count('id="waiting-') == 1 + 100  # the heading, and as many as fit


def test_a_plan_in_which_posts_only_wait_needs_nobody(ada: Member) -> None:
    force(ada, ada.schedule("2031-01-01T10:00"), state="unknown")

    plan = ada.get("/").get_data(as_text=True)

    assert "Nothing needs you" in plan
    assert "1 post waits for now, nothing to do" in plan


def test_what_meta_said_is_told_word_for_word(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    said = {
        "code": 9004,
        "subcode": 2207052,
        "message": "Instagram could not fetch the picture.",
        "remedy": "Make the server reachable.",
        "fbtrace_id": "AbC",
    }
    force(ada, post_id, state="failed", error=said)

    assert ada.json(f"/post/{post_id}")["error"] == said


def test_the_filter_shows_one_account_or_one_state(ada: Member, berta: Member) -> None:
    join(ada, berta.account_id)
    mine = ada.schedule("2031-01-01T10:00", account_id=ada.account_id)
    ours = ada.schedule("2031-01-02T10:00", account_id=berta.account_id)
    force(ada, ours, state="failed")

    def ids(url: str) -> list[int]:
        return [post["id"] for post in ada.json(url)["posts"]]

    assert ids("/") == [mine, ours]
    assert ids(f"/?account={ada.account_id}") == [mine]
    assert ids(f"/?account_id={berta.account_id}") == [ours]
    assert ids("/?state=failed") == [ours]
    assert ids("/?state=draft") == []
    assert ada.get("/?state=odd", **JSON).status_code == 422
    assert ada.get("/?from=odd", **JSON).status_code == 422
    assert ada.get("/?date=2031-13-01", **JSON).status_code == 422


def test_days_are_those_on_the_wall_of_the_account(berta: Member) -> None:
    berta.schedule("2031-01-01T00:30", timezone="Europe/Berlin")

    page = berta.get("/?date=2031-01-01").get_data(as_text=True)

    assert 'id="day-2031-01-01"' in page
    assert 'data-focus="day-2031-01-01"' in page


def test_a_page_that_looks_for_news_hears_nothing_until_there_is_some(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    browser = HX | {"Accept-Encoding": "gzip"}
    first = ada.get("/", **browser)
    known = {"If-None-Match": first.headers["ETag"]}

    same = [ada.get("/", **browser, **known) for _ in range(2)]
    force(ada, post_id, state="ready")
    news = ada.get("/", **HX, **known)

    assert "<html" not in news.get_data(as_text=True)
    assert same[0].status_code == 304 or same[1].headers["ETag"] != first.headers["ETag"]
    assert (news.status_code, "ready" in news.get_data(as_text=True)) == (200, True)
    assert first.headers["Cache-Control"] == "no-store"


def test_captions_are_shown_as_text_everywhere(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="<img src=x onerror=alert(1)>")

    for url in ("/", f"/post/{post_id}", f"/post/edit/{post_id}"):
        page = ada.get(url).get_data(as_text=True)
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_a_token_that_ends_before_the_post_is_told(ada: Member) -> None:
    post_id = ada.schedule("2031-06-01T10:00")

    def end(session: Session) -> None:
        account = session.get_one(Account, ada.account_id)
        account.data_access_expires_at = datetime(2031, 3, 1, tzinfo=UTC)

    before = ada.get(f"/post/{post_id}").get_data(as_text=True)
    ada.run(end)
    after = ada.get(f"/post/{post_id}").get_data(as_text=True)

    assert "The connection ends on" not in before
    assert "The connection ends on Sat 1 Mar 2031" in after
