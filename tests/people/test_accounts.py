"""What a person does with their Instagram accounts: first page, settings, stop, disconnect."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, Identity, Post, Publication
from ospost.domain import media_address
from ospost.domain.states import HoldReason, State
from sandbox.world import World
from tests.people.helping import ADA, BEN, JSON, by_facebook, me, newcomer, now, rows, send
from tests.people.test_reconnecting import schedule, share, token_of
from tests.support import MakeApp, choose_all


def ids(client: FlaskClient) -> dict[str, int]:
    mine = client.get("/accounts", headers=JSON).get_json()["accounts"]
    return {account["username"]: account["id"] for account in mine}


def test_the_first_page_tells_permissions_zone_address_and_media(
    client: FlaskClient, world: World
) -> None:
    by_facebook(client, world)
    choose_all(client)

    page = client.get("/welcome").text

    assert "All permissions that publishing needs are given" in page
    assert 'href="/post/add?sample=1"' in page and "30 seconds" in page
    assert 'data-module="browser-zone"' in page and 'value="Europe/Berlin"' in page
    assert "E-mail for notices" in page and "MAIL_URL" in page
    assert client.get("/post/add").status_code == 200  # it stands in nobody's way


def test_what_the_first_page_confirms_is_kept(signed_in: FlaskClient) -> None:
    answer = send(signed_in, "/welcome", timezone="Asia/Tokyo", email="")

    assert (answer.status_code, answer.location) == (303, "/")
    assert me(signed_in)["timezone"] == "Asia/Tokyo"
    accounts = signed_in.get("/accounts", headers=JSON).get_json()["accounts"]
    assert {account["timezone"] for account in accounts} == {"Asia/Tokyo"}


def test_an_unknown_zone_is_refused_at_the_field_with_the_address_kept(
    signed_in: FlaskClient,
) -> None:
    answer = send(signed_in, "/welcome", timezone="Mars/Olympus", email="ada@example.org")

    assert answer.status_code == 422
    assert "ada@example.org" in answer.text and "time zone" in answer.text


def test_a_zone_that_was_confirmed_before_is_left_alone(signed_in: FlaskClient) -> None:
    clay = ids(signed_in)["clay.studio"]
    send(signed_in, f"/accounts/{clay}", timezone="Europe/Lisbon")

    send(signed_in, "/welcome", timezone="Asia/Tokyo")

    zones = {
        a["username"]: a["timezone"]
        for a in signed_in.get("/accounts", headers=JSON).get_json()["accounts"]
    }
    assert zones == {"clay.studio": "Europe/Lisbon", "harbour.cafe": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://ospost.example.org", True),
        ("https://93.184.216.34/x", True),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]", True),
        ("http://ospost.example.org", False),
        ("http://localhost:5000", False),
        ("https://localhost", False),
        ("https://127.0.0.1", False),
        ("https://10.0.0.8", False),
        ("https://192.168.1.2", False),
        ("https://100.64.0.1", False),
        ("https://169.254.1.1", False),
        ("https://[::1]", False),
        ("https://[fd00::1]", False),
        ("https://printer", False),
        ("https://nas.local", False),
        ("https://box.home.arpa.", False),
        ("https://abcdef.onion", False),
    ],
)
def test_a_media_address_that_looks_private_is_doubted(url: str, is_fine: bool) -> None:
    assert (media_address.doubt(url) == "") is is_fine


def test_the_doubt_is_shown_and_blocks_nothing(make_app: MakeApp) -> None:
    app = make_app(SANDBOX_URL="", FB_APP_ID="1", FB_APP_SECRET="x")
    with app.test_request_context():
        from ospost.runtime import runtime

        assert media_address.doubt(runtime().media_url).startswith("localhost is a name")


def test_settings_of_an_account(signed_in: FlaskClient, app: Flask) -> None:
    clay = ids(signed_in)["clay.studio"]

    answer = send(
        signed_in, f"/accounts/{clay}", timezone="Europe/Berlin", grace="3600", rehearse="1"
    )

    assert answer.status_code == 303
    with rows(app) as session:
        account = session.get_one(Account, clay)
        assert (account.timezone, account.grace_seconds, account.rehearse) == (
            "Europe/Berlin",
            3600,
            True,
        )
    send(signed_in, f"/accounts/{clay}", timezone="Europe/Berlin", grace="")
    with rows(app) as session:
        account = session.get_one(Account, clay)
        assert (account.grace_seconds, account.rehearse) == (None, False)


def test_what_becomes_of_late_posts_is_chosen_for_each_account(
    signed_in: FlaskClient, app: Flask
) -> None:
    clay = ids(signed_in)["clay.studio"]
    url = f"/accounts/{clay}/settings"

    answer = send(signed_in, url, grace="600", late_policy="ask", gap="300")
    as_json = send(signed_in, url, json=True, gap="7")

    assert (answer.status_code, answer.location) == (303, f"/accounts/{clay}")
    assert as_json.get_json() == {
        "id": clay,
        "grace_seconds": 600,
        "late_policy": "ask",
        "backlog_gap_seconds": 7,
    }
    page = signed_in.get(url).text
    assert '<option value="600" selected>' in page and '<option value="ask" selected>' in page
    assert '<option value="7" selected>7 seconds</option>' in page
    shown = signed_in.get(f"/accounts/{clay}").text
    assert "at its time or not at all" in shown and "you are asked first" in shown
    send(signed_in, f"/accounts/{clay}", timezone="Europe/Berlin")
    assert signed_in.get(url, headers=JSON).get_json() == as_json.get_json()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"timezone": "Nowhere"}, "timezone"),
        ({"timezone": "UTC", "grace": "soon"}, "grace"),
        ({"timezone": "UTC", "grace": "1"}, "grace"),
        ({"timezone": "UTC", "grace": "99999999999"}, "grace"),
        ({"late_policy": "never"}, "late_policy"),
        ({"gap": "-1"}, "gap"),
        ({"gap": "99999"}, "gap"),
    ],
)
def test_wrong_settings_are_told_at_their_field(
    fields: dict[str, str], field: str, signed_in: FlaskClient
) -> None:
    clay = ids(signed_in)["clay.studio"]

    url = f"/accounts/{clay}" if field == "timezone" else f"/accounts/{clay}/settings"

    page = send(signed_in, url, **fields)
    problem = send(signed_in, url, json=True, **fields)

    assert page.status_code == 422 and f'id="{field}-error"' in page.text
    assert [error["field"] for error in problem.get_json()["errors"]] == [field]


def test_a_new_zone_moves_no_post_that_is_planned(signed_in: FlaskClient, app: Flask) -> None:
    post_id = schedule(app, "clay.studio", "planned")
    with rows(app) as session:
        before = session.get_one(Post, post_id).due_at

    send(signed_in, f"/accounts/{ids(signed_in)['clay.studio']}", timezone="Asia/Tokyo")

    with rows(app) as session:
        post = session.get_one(Post, post_id)
        assert (post.due_at, post.zone) == (before, "UTC")


def test_missing_permissions_are_told_with_what_they_switch_off(
    signed_in: FlaskClient, app: Flask
) -> None:
    clay = ids(signed_in)["clay.studio"]
    with rows(app) as session:
        account = session.get_one(Account, clay)
        account.granted = [n for n in account.granted if n != "pages_read_engagement"]
        account.declined = ["instagram_manage_comments"]

    page = signed_in.get(f"/accounts/{clay}").text

    assert "nothing can be published without it" in page
    assert "to write the first comment under your posts" in page and "switched off" in page
    assert "A permission that publishing needs is missing" in page


def test_the_health_says_when_the_connection_was_lost_or_ends_soon(
    signed_in: FlaskClient, app: Flask
) -> None:
    clay, harbour = ids(signed_in)["clay.studio"], ids(signed_in)["harbour.cafe"]
    with rows(app) as session:
        session.get_one(Account, clay).needs_reconnect = True
        session.get_one(Account, clay).trouble = "The password was changed."
        session.get_one(Account, harbour).token_expires_at = now() + timedelta(days=3)

    page = signed_in.get("/accounts").text

    assert "The password was changed." in page and "Reconnect" in page
    assert "The connection ends soon" in page


def test_stop_and_go_on_for_one_and_for_all(signed_in: FlaskClient, app: Flask) -> None:
    clay = ids(signed_in)["clay.studio"]

    def paused() -> dict[str, bool]:
        mine = signed_in.get("/accounts", headers=JSON).get_json()["accounts"]
        return {account["username"]: account["paused"] for account in mine}

    assert send(signed_in, "/stop", json=True, account_id=str(clay)).get_json() == {
        "accounts": ["clay.studio"]
    }
    assert paused() == {"clay.studio": True, "harbour.cafe": False}
    send(signed_in, "/stop")
    assert paused() == {"clay.studio": True, "harbour.cafe": True}
    send(signed_in, "/go-on", account_id=str(clay))
    assert paused() == {"clay.studio": False, "harbour.cafe": True}
    send(signed_in, "/go-on")
    assert paused() == {"clay.studio": False, "harbour.cafe": False}


def test_going_on_lets_what_was_held_look_again(signed_in: FlaskClient, app: Flask) -> None:
    post_id = schedule(app, "clay.studio", "held")
    send(signed_in, "/stop")
    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        row.state, row.hold_reason = State.HELD.value, HoldReason.PAUSED.value
        row.next_at = now() + timedelta(days=1)

    send(signed_in, "/go-on")

    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        assert row.next_at is not None and row.next_at <= now()


@pytest.mark.parametrize("wanted", ["12345", "x", "-1", "0"])
def test_the_switch_of_an_account_that_is_not_theirs(wanted: str, signed_in: FlaskClient) -> None:
    assert send(signed_in, "/stop", account_id=wanted).status_code == 404


def test_the_switch_returns_to_the_page_and_never_to_another_site(signed_in: FlaskClient) -> None:
    from tests.people.helping import token

    form = {"csrf_token": token(signed_in)}
    for referrer, target in (
        ("http://localhost:5000/accounts?x=1", "/accounts?x=1"),
        ("http://localhost:5000//evil.example/", "/"),
        ("https://evil.example/accounts", "/"),
        ("nonsense", "/"),
    ):
        answer = signed_in.post("/stop", data=form, headers={"Referer": referrer})
        assert answer.location == target, referrer


def test_disconnecting_takes_the_account_with_its_posts_and_its_token(
    signed_in: FlaskClient, app: Flask
) -> None:
    schedule(app, "clay.studio", "goes")
    kept = schedule(app, "harbour.cafe", "stays")
    clay = ids(signed_in)["clay.studio"]

    answer = send(signed_in, f"/accounts/{clay}/disconnect")

    assert answer.status_code == 303
    assert list(ids(signed_in)) == ["harbour.cafe"]
    with rows(app) as session:
        assert session.scalars(select(Post.id)).all() == [kept]


def test_disconnecting_waits_until_no_post_is_going_out(signed_in: FlaskClient, app: Flask) -> None:
    post_id = schedule(app, "clay.studio", "going out")
    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        row.state = State.PUBLISHING.value

    answer = send(signed_in, f"/accounts/{ids(signed_in)['clay.studio']}/disconnect")

    assert answer.status_code == 409 and "going out right now" in answer.text
    assert "clay.studio" in ids(signed_in)


def test_disconnecting_a_shared_account_leaves_it_to_the_others_with_their_token(
    make_open: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)
    post_id = schedule(make_open, "clay.studio", "stays")
    before = token_of(make_open, "clay.studio")

    send(ada, f"/accounts/{ids(ada)['clay.studio']}/disconnect")

    assert list(ids(ada)) == ["harbour.cafe"]
    assert "clay.studio" in ids(ben)
    assert token_of(make_open, "clay.studio") != before
    with rows(make_open) as session:
        assert session.get(Post, post_id) is not None
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
        owner = session.get_one(Identity, account.identity_id)
        assert owner.user_id == me(ben)["id"]
