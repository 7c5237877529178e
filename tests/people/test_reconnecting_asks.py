"""After signing in again: what lies ahead goes on, what is overdue is asked about and never sent unasked."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import Account, Event, Membership, Notice, Post, Publication
from ospost.domain.states import HoldReason, State
from ospost.jobs.on_apscheduler import tools_of
from ospost.services import passed, publications
from ospost.services.publishing.machine import Machine
from sandbox.world import World
from tests.people.helping import JSON, by_facebook, by_instagram, newcomer, now, rows, send, token
from tests.people.test_many_accounts import counted

HOUR = timedelta(hours=1)
PAGE = "/accounts/passed"


def held(
    app: Flask, username: str, caption: str, *, due_in: timedelta, reason: str = "token"
) -> int:
    """Put a post into the tables that waits, due *due_in* from now."""
    due_at = now() + due_in
    with rows(app) as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        account.needs_reconnect, account.trouble = True, "The session ended."
        user_id = session.scalars(
            select(Membership.user_id).where(Membership.account_id == account.id)
        ).first()
        post = Post(
            account_id=account.id,
            user_id=user_id,
            caption=caption,
            due_at=due_at,
            zone="Europe/Berlin",
            created_at=now(),
            updated_at=now(),
        )
        session.add(post)
        session.flush()
        publications.open_for(session, post, now=now())
        row = session.scalars(select(Publication).where(Publication.post_id == post.id)).one()
        row.state, row.hold_reason, row.held_from = "held", reason, "scheduled"
        row.next_at = due_at + 6 * HOUR
        return post.id


def row_of(app: Flask, post_id: int) -> Publication:
    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        session.expunge(row)
        return row


def open_notices(app: Flask) -> list[str]:
    with rows(app) as session:
        return list(session.scalars(select(Notice.key).where(Notice.ended_at.is_(None))))


def say(
    client: FlaskClient, fields: dict[str, str], *, headers: dict[str, str] | None = None
) -> TestResponse:
    """Send the form of the page."""
    form = {"csrf_token": token(client), **fields}
    return client.post(PAGE, data=form, headers=headers or {})


def let_machine_look(app: Flask, ahead: timedelta = timedelta()) -> None:
    """Run whatever the machine would claim at that moment."""
    tools = tools_of(app.extensions["ospost"], owner="tests:1:a")
    tools.now = lambda: datetime.now(now().tzinfo) + ahead
    for task in Machine(tools).claim(threads=20, rest=20):
        task.run()


@pytest.mark.parametrize("reason", ["token", "permission"])
def test_what_lies_ahead_is_let_go_and_what_is_overdue_waits_for_a_word(
    signed_in: FlaskClient, app: Flask, world: World, reason: str
) -> None:
    ahead = held(app, "clay.studio", "ahead", due_in=3 * HOUR, reason=reason)
    late = held(app, "clay.studio", "late", due_in=-2 * HOUR, reason=reason)
    browser = app.test_client()

    answer = by_facebook(browser, world)
    let_machine_look(app)

    assert answer.location == "/"
    plan = browser.get("/").text
    assert "The time of 1 post has passed meanwhile" in plan  # said once, after signing in
    assert "1 post was not sent in time" in plan and f'href="{PAGE}"' in plan
    assert row_of(app, ahead).state == State.SCHEDULED
    waiting = row_of(app, late)
    assert (waiting.state, waiting.hold_reason) == ("held", "ask")
    assert waiting.next_at == waiting.due_at + 6 * HOUR  # the grace goes on counting
    shown = browser.get(f"/post/{late}", headers=JSON).get_json()
    assert "Say what becomes of it" in shown["error"]["message"]
    assert f"ask:{waiting.account_id}" in open_notices(app)
    assert f'href="{PAGE}"' in browser.get("/notices").text


def test_without_an_answer_it_is_missed_in_the_end_and_never_sent(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    late = held(app, "clay.studio", "late", due_in=-2 * HOUR)
    by_facebook(app.test_client(), world)

    for hours in (0.0, 1.0, 3.9):
        let_machine_look(app, ahead=hours * HOUR)
        assert row_of(app, late).hold_reason == HoldReason.ASK
    let_machine_look(app, ahead=4.1 * HOUR)
    passed.tidy(app.extensions["ospost"].sessions, now=now())

    assert row_of(app, late).state == State.MISSED
    assert world.media == {}
    assert not any(key.startswith("ask:") for key in open_notices(app))


def test_one_page_takes_a_choice_for_each_post_of_all_accounts(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    first = held(app, "clay.studio", "first", due_in=-3 * HOUR)
    second = held(app, "clay.studio", "second", due_in=-2 * HOUR)
    moved = held(app, "harbour.cafe", "moved", due_in=-1 * HOUR)
    left = held(app, "harbour.cafe", "left", due_in=-HOUR / 2)
    untold = held(app, "harbour.cafe", "untold", due_in=-HOUR / 4)
    by_facebook(signed_in, world)
    page = signed_in.get(PAGE).text
    assert [page.count(f'name="choice_{post_id}"') for post_id in (first, left)] == [3, 3]
    assert "Europe/Berlin" in page and "counts as missed on" in page
    before = now()

    answer = say(
        signed_in,
        {
            f"choice_{first}": "now",
            f"choice_{second}": "now",
            f"choice_{moved}": "move",
            f"date_{moved}": "2031-06-01T09:30",
            f"choice_{left}": "leave",
        },
    )

    assert (answer.status_code, answer.location) == (303, PAGE)  # one is still to be answered
    one, two = row_of(app, first), row_of(app, second)
    assert {one.state, two.state} == {"scheduled"}
    assert before <= one.due_at <= now()
    assert two.due_at - one.due_at == timedelta(minutes=1)
    assert row_of(app, moved).due_at.isoformat() == "2031-06-01T07:30:00+00:00"
    assert (row_of(app, left).state, row_of(app, left).hold_reason) == ("missed", "")
    assert row_of(app, untold).hold_reason == "ask"
    with rows(app) as session:
        said = session.scalars(select(Event).where(Event.cause == "left")).one()
        assert said.detail == {"by": session.get_one(Post, left).user_id}
    rest = signed_in.get(PAGE, headers=JSON).get_json()["posts"]
    assert [post["id"] for post in rest] == [untold]


@pytest.mark.parametrize(("word", "state"), [("now", "scheduled"), ("leave", "missed")])
def test_one_button_answers_for_all(
    signed_in: FlaskClient, app: Flask, world: World, word: str, state: str
) -> None:
    ids = [held(app, "clay.studio", str(n), due_in=-HOUR * (n + 1)) for n in range(3)]
    by_facebook(signed_in, world)

    answer = say(signed_in, {"all": word, f"choice_{ids[0]}": "move"})

    assert (answer.status_code, answer.location) == (303, "/")
    assert {row_of(app, post_id).state for post_id in ids} == {state}
    dues = sorted(row_of(app, post_id).due_at for post_id in ids)
    assert word == "leave" or dues[2] - dues[0] == timedelta(minutes=2)
    assert not any(key.startswith("ask:") for key in open_notices(app))
    assert "No post waits for your word" in signed_in.get(PAGE).text


def test_a_second_click_does_nothing_twice_and_is_answered_like_the_first(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    one = held(app, "clay.studio", "one", due_in=-HOUR)
    two = held(app, "clay.studio", "two", due_in=-HOUR)
    by_facebook(signed_in, world)
    said = f"choice_{one}", f"choice_{two}"

    first = say(signed_in, {said[0]: "now"})
    fence = row_of(app, one).fence
    again = say(signed_in, {said[0]: "now"})
    rest = say(signed_in, {said[0]: "now", said[1]: "leave"})
    as_json = say(signed_in, {"all": "now"}, headers=JSON)
    late = [say(signed_in, {said[0]: "now", said[1]: "leave"}), say(signed_in, {"all": "now"})]

    assert (first.location, again.location, again.status_code) == (PAGE, PAGE, 303)
    assert [each.location for each in (rest, *late)] == ["/", "/", "/"]
    assert "does not wait any more; nothing was done twice" in signed_in.get("/").text
    assert (as_json.status_code, set(as_json.get_json()["done"].values())) == (200, {0})
    assert row_of(app, one).fence == fence
    assert row_of(app, two).state == "missed"


def test_a_time_that_cannot_be_changes_nothing_and_keeps_what_was_typed(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    fine = held(app, "clay.studio", "fine", due_in=-HOUR)
    wrong = held(app, "clay.studio", "wrong", due_in=-HOUR)
    by_facebook(signed_in, world)
    said = {
        f"choice_{fine}": "leave",
        f"choice_{wrong}": "move",
        f"date_{wrong}": "2020-01-01T10:00",
    }

    page = say(signed_in, said)
    told = say(signed_in, said, headers=JSON)

    assert page.status_code == 422
    assert f'href="#date_{wrong}"' in page.text and 'value="2020-01-01T10:00"' in page.text
    assert f'id="choice_{fine}-leave" value="leave" checked' in page.text
    assert told.get_json()["errors"][0]["field"] == f"date_{wrong}"
    assert row_of(app, fine).hold_reason == row_of(app, wrong).hold_reason == "ask"
    assert send(signed_in, PAGE).status_code == 422  # nothing chosen


def test_the_plan_and_the_post_page_answer_as_well(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    by_now = held(app, "clay.studio", "by now", due_in=-HOUR)
    by_time = held(app, "clay.studio", "by time", due_in=-HOUR)
    by_facebook(signed_in, world)

    send(signed_in, f"/post/publish/{by_now}")
    send(signed_in, f"/post/move/{by_time}", date="2031-06-01T09:30")

    assert (row_of(app, by_now).state, row_of(app, by_now).hold_reason) == ("scheduled", "")
    assert (row_of(app, by_time).state, row_of(app, by_time).hold_reason) == ("scheduled", "")
    assert "No post waits for your word" in signed_in.get(PAGE).text


def test_nobody_decides_about_the_posts_of_others(make_open: Flask, world: World) -> None:
    ada, ben = newcomer(make_open, world, "Ada Marin"), newcomer(make_open, world, "Ben Okoye")
    late = held(make_open, "clay.studio", "Ada's", due_in=-HOUR)
    by_facebook(ada, world)

    page = say(ben, {"all": "now", f"choice_{late}": "now"})

    assert page.location == "/" and "Ada's" not in page.text + ben.get("/").text
    assert row_of(make_open, late).hold_reason == "ask"


def test_the_page_asks_as_often_for_many_posts_as_for_one(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    asked = []
    for count in (1, 9):
        for number in range(count):
            held(app, "clay.studio", f"{count}-{number}", due_in=-HOUR, reason="ask")
        with counted(app) as seen:
            assert signed_in.get(PAGE).text.count("<fieldset") >= count
        asked.append(len(seen))

    assert asked[0] == asked[1]


def test_the_other_login_asks_as_well(signed_in: FlaskClient, app: Flask, world: World) -> None:
    late = held(app, "clay.studio", "late", due_in=-HOUR)

    answer = by_instagram(signed_in, world, "clay.studio")

    assert answer.location == "/"
    assert row_of(app, late).hold_reason == "ask"
