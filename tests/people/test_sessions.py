"""A signed-in browser: its cookie, its row, its end."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from helpers import digest
from models import LoginSession
from sandbox.world import World
from tests.people.helping import JSON, by_facebook, newcomer, now, rows, send
from tests.support import MakeApp

SID = "sid"


def cookie(client: FlaskClient, name: str = SID) -> str:
    found = client.get_cookie(name)
    assert found is not None
    return found.value


def test_the_cookie_holds_a_secret_of_which_the_row_knows_the_digest(
    signed_in: FlaskClient, app: Flask
) -> None:
    secret = cookie(signed_in)

    assert len(secret) >= 43  # 256 bits in base64
    with rows(app) as session:
        row = session.scalars(select(LoginSession)).one()
        assert row.secret_digest == digest(secret)
        assert secret not in str(vars(row))


def test_the_cookie_is_closed_to_scripts_and_to_other_sites(
    client: FlaskClient, world: World
) -> None:
    answer = by_facebook(client, world)

    [line] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("sid=")]
    assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line
    assert "Secure" not in line and "Domain" not in line


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    make_app: MakeApp, world: World
) -> None:
    world.switches.redirect_uris = ["https://ospost.example.org/login/facebook/callback"]
    app = make_app(APP_URL="https://ospost.example.org")
    client = app.test_client()
    client.environ_base |= {"wsgi.url_scheme": "https", "HTTP_HOST": "ospost.example.org"}

    answer = by_facebook(client, world)

    lines = answer.headers.getlist("Set-Cookie")
    assert {line.split("=")[0] for line in lines} == {"__Host-sid", "__Host-form"}
    assert all("Secure" in line and "HttpOnly" in line and "Domain" not in line for line in lines)


def test_signing_in_again_makes_a_new_secret_and_ends_the_old_one(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    old = cookie(signed_in)

    by_facebook(signed_in, world)

    assert cookie(signed_in) != old
    thief = app.test_client()
    thief.set_cookie(SID, old)
    assert thief.get("/account").location == "/login"


def test_a_secret_that_was_planted_before_the_sign_in_opens_nothing(
    client: FlaskClient, world: World, app: Flask
) -> None:
    client.set_cookie(SID, "planted")

    by_facebook(client, world)

    thief = app.test_client()
    thief.set_cookie(SID, "planted")
    assert cookie(client) != "planted"
    assert thief.get("/account", headers=JSON).status_code == 401


@pytest.mark.parametrize(
    ("column", "age", "is_open"),
    [
        ("seen_at", timedelta(hours=11, minutes=59), True),
        ("seen_at", timedelta(hours=12, minutes=1), False),
        ("created_at", timedelta(days=13, hours=23), True),
        ("created_at", timedelta(days=14, minutes=1), False),
    ],
)
def test_a_session_ends_after_12_hours_idle_and_after_14_days(
    signed_in: FlaskClient, app: Flask, column: str, age: timedelta, is_open: bool
) -> None:
    with rows(app) as session:
        row = session.scalars(select(LoginSession)).one()
        setattr(row, column, now() - age)

    assert (signed_in.get("/account", headers=JSON).status_code == 200) is is_open


def test_being_seen_is_written_at_most_once_a_minute(signed_in: FlaskClient, app: Flask) -> None:
    def seen() -> object:
        with rows(app) as session:
            return session.scalars(select(LoginSession.seen_at)).one()

    first = seen()
    signed_in.get("/account")
    assert seen() == first

    with rows(app) as session:
        session.scalars(select(LoginSession)).one().seen_at = now() - timedelta(seconds=61)
    signed_in.get("/account")
    assert seen() > now() - timedelta(seconds=30)


def test_signing_out_needs_a_post_and_ends_the_row(signed_in: FlaskClient, app: Flask) -> None:
    secret = cookie(signed_in)
    assert signed_in.get("/logout").status_code == 405

    answer = send(signed_in, "/logout")

    assert (answer.status_code, answer.location) == (303, "/login")
    assert signed_in.get_cookie(SID) is None
    thief = app.test_client()
    thief.set_cookie(SID, secret)
    assert thief.get("/account").location == "/login"


def test_a_person_sees_their_browsers_and_ends_one(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    other = app.test_client()
    agent = "Mozilla/5.0 (Android 15; Mobile) Gecko/130.0 Firefox/130.0"
    other.environ_base["HTTP_USER_AGENT"] = agent
    by_facebook(other, world)
    page = signed_in.get("/account").text
    assert "Firefox on Android" in page and "this browser" in page

    with rows(app) as session:
        wanted = session.scalars(select(LoginSession.id).where(LoginSession.agent == agent)).one()
    answer = send(signed_in, f"/account/sessions/{wanted}/end")

    assert answer.status_code == 303
    assert other.get("/account").location == "/login"
    assert signed_in.get("/account").status_code == 200


def test_a_person_ends_all_other_browsers_at_once(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    others = [app.test_client(), app.test_client()]
    for other in others:
        by_facebook(other, world)

    answer = send(signed_in, "/account/sessions/end-others", json=True)

    assert answer.get_json() == {"ended": 2}
    assert all(other.get("/account").location == "/login" for other in others)
    assert signed_in.get("/account").status_code == 200


def test_the_session_of_somebody_else_cannot_be_ended(make_app: MakeApp, world: World) -> None:
    app = make_app(SIGNUPS="open")
    ada, ben = newcomer(app, world, "Ada Marin"), newcomer(app, world, "Ben Okoye")
    with rows(app) as session:
        hers = session.scalars(
            select(LoginSession.id).where(LoginSession.secret_digest == digest(cookie(ada)))
        ).one()

    assert send(ben, f"/account/sessions/{hers}/end").status_code == 404
    assert ada.get("/account").status_code == 200


def test_no_remembering_cookie_of_the_login_library_lets_anybody_in(
    signed_in: FlaskClient, app: Flask
) -> None:
    with rows(app) as session:
        row = session.scalars(select(LoginSession)).one()
        forged = f"{row.id}|{'0' * 128}"
    stranger = app.test_client()
    stranger.set_cookie("remember_token", forged)

    assert stranger.get("/account").location == "/login"


def test_another_loopback_name_is_redirected_to_ours(app: Flask) -> None:
    client = app.test_client()

    answer = client.get("/login?x=1", base_url="http://127.0.0.1:5000")
    posted = client.post("/logout", base_url="http://[::1]:5000")

    assert (answer.status_code, answer.location) == (307, "http://localhost:5000/login?x=1")
    assert posted.status_code == 307
    assert client.get("/healthz", base_url="http://127.0.0.1:5000").status_code == 200
    assert client.get("/login", base_url="http://127.0.0.1:6000").status_code == 200


def test_a_public_name_is_not_redirected_for_a_check_from_inside(make_app: MakeApp) -> None:
    client = make_app(APP_URL="https://ospost.example.org").test_client()

    assert client.get("/login", base_url="http://127.0.0.1:5000").status_code == 200
