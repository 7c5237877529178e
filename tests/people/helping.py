"""What the tests about people share: dialogs walked by hand, forms with their token, rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import db
from ospost.services.database import writing
from sandbox.world import World
from tests.support import choose_all, csrf_of

JSON = {"Accept": "application/json"}
ALL_SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
)
ADA, BEN = "Ada Marin", "Ben Okoye"


def token(client: FlaskClient) -> str:
    """Return a form token of this browser."""
    return csrf_of(client.get("/privacy").text)


def send(
    client: FlaskClient, path: str, *, json: bool = False, **fields: str | list[str]
) -> TestResponse:
    """Post a form as our own page would."""
    form = {"csrf_token": token(client), **fields}
    return client.post(path, data=form, headers=JSON if json else {})


def state_of(dialog: TestResponse) -> str:
    """Return the state in the address of a dialog."""
    return parse_qs(urlsplit(dialog.location or "").query)["state"][0]


def answer_of_dialog(client: FlaskClient, start: str, **form: Any) -> tuple[str, dict[str, str]]:
    """Leave for the dialog, fill it in, return where it sends the browser: path and query."""
    dialog = client.get(start)
    assert dialog.status_code == 302, dialog.text[:2000]
    form = {"action": "continue", **form}
    back = requests.post(dialog.location, data=form, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text[:2000]
    parts = urlsplit(back.headers["Location"])
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def by_facebook(client: FlaskClient, world: World, person: str = ADA, **form: Any) -> TestResponse:
    """Sign in with Facebook; return what the callback answers."""
    start = form.pop("start", "/login/facebook")
    path, query = answer_of_dialog(client, start, person=world.person(person).id, **form)
    return client.get(path, query_string=query)


def by_instagram(client: FlaskClient, world: World, username: str, **form: Any) -> TestResponse:
    """Sign in with Instagram; return what the callback answers."""
    account = world.account(username).id
    path, query = answer_of_dialog(client, "/login/instagram", account=account, **form)
    return client.get(path, query_string=query)


def newcomer(app: Flask, world: World, person: str) -> FlaskClient:
    """A browser in which *person* signed in with Facebook and chose all accounts."""
    client = app.test_client()
    answer = by_facebook(client, world, person)
    assert answer.location == "/accounts/choose", answer.text[:3000]
    choose_all(client)
    return client


@contextmanager
def rows(app: Flask) -> Iterator[Session]:
    """Look into the tables, or change them, as the time that passes would."""
    with app.app_context(), writing(db.session()) as session:
        yield session


def me(client: FlaskClient) -> dict[str, Any]:
    """Return the signed-in person as their page tells it."""
    found: dict[str, Any] = client.get("/account", headers=JSON).get_json()
    return found


def usernames(client: FlaskClient) -> list[str]:
    """Return the accounts of the signed-in person."""
    return [a["username"] for a in client.get("/accounts", headers=JSON).get_json()["accounts"]]


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)
