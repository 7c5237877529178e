"""The edges of the contract: huge ids, JSON bodies, old keys, addresses that Meta fetches."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, User, db
from sandbox.world import World
from tests.support import MakeApp, choose_all, csrf_of, sign_in_facebook

JSON = {"Accept": "application/json"}
HUGE = 2**63


@pytest.mark.parametrize(
    "path",
    [f"/post/{HUGE}", f"/post/edit/{HUGE}", f"/accounts/{HUGE}", f"/post/add?media_id={HUGE}"],
)
def test_an_id_that_no_row_can_have_is_not_there(signed_in: FlaskClient, path: str) -> None:
    assert signed_in.get(path).status_code == 404


def token_of(client: FlaskClient) -> dict[str, str]:
    page = client.get("/post/add").get_data(as_text=True)
    return {**JSON, "X-CSRFToken": csrf_of(page)}


def test_a_program_changes_only_what_it_sends_of_a_person(signed_in: FlaskClient) -> None:
    headers = token_of(signed_in)
    sent = {"name": "Ada M.", "email": "ada@example.org"}
    assert signed_in.post("/account", json=sent, headers=headers).status_code == 200

    signed_in.post("/account", data={"timezone": "Asia/Tokyo"}, headers=headers)

    with signed_in.application.app_context():
        person = db.session.scalars(select(User)).one()
        assert (person.name, person.timezone) == ("Ada M.", "Asia/Tokyo")
        assert person.email == "ada@example.org"


def test_a_program_that_does_not_mention_the_rehearsal_leaves_it_on(
    signed_in: FlaskClient,
) -> None:
    headers = token_of(signed_in)
    with signed_in.application.app_context():
        account_id = db.session.scalars(select(Account.id)).first()
    path = f"/accounts/{account_id}"
    signed_in.post(path, json={"rehearse": True, "timezone": "UTC"}, headers=headers)

    signed_in.post(path, json={"timezone": "Europe/Paris"}, headers=headers)

    with signed_in.application.app_context():
        account = db.session.get_one(Account, account_id)
        assert (account.rehearse, account.timezone) == (True, "Europe/Paris")


def test_a_program_stops_the_account_that_it_names_and_no_other(signed_in: FlaskClient) -> None:
    headers = token_of(signed_in)
    with signed_in.application.app_context():
        first, second = db.session.scalars(select(Account.id).order_by(Account.username))

    signed_in.post("/stop", json={"account_id": first}, headers=headers)

    with signed_in.application.app_context():
        assert db.session.get_one(Account, first).paused_at is not None
        assert db.session.get_one(Account, second).paused_at is None


def test_a_dead_picture_link_gives_metas_fetcher_no_cookie(client: FlaskClient) -> None:
    answer = client.get("/m/of-no-picture.jpg")

    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_open_forms_outlive_a_new_secret_key(make_app: MakeApp, world: World) -> None:
    old, new = "o" * 40, "n" * 40
    client = make_app(SECRET_KEY=old).test_client()
    sign_in_facebook(client, world=world)
    choose_all(client)
    token = csrf_of(client.get("/account").get_data(as_text=True))
    after: Flask = make_app(SECRET_KEY=new, SECRET_KEY_FALLBACKS=old)
    moved = after.test_client()
    for name in ("sid", "form"):
        cookie = client.get_cookie(name)
        assert cookie is not None
        moved.set_cookie(name, cookie.value)

    answer = moved.post("/account", data={"csrf_token": token, "name": "Still here"})

    assert answer.status_code == 303


def test_the_servers_own_local_time_is_no_zone(signed_in: FlaskClient) -> None:
    answer = signed_in.post("/account", data={"timezone": "localtime"}, headers=token_of(signed_in))

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "timezone"
