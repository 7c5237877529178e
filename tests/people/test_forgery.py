"""Requests that change something come from our own pages, or nothing happens."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from sandbox.world import World
from tests.people.helping import JSON, by_facebook, token
from tests.support import csrf_of

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def unsafe_paths(app: Flask) -> list[str]:
    """Every address that changes something, with ids that do not exist."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.methods and rule.methods & UNSAFE:
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<int:{name}>", "1").replace(f"<{name}>", "x")
            found.append(path)
    return sorted(found)


def attack(kind: str, client: FlaskClient, app: Flask) -> dict[str, Any]:
    """Return the body and the headers of one way to forge."""
    good = token(client)
    stranger = token(app.test_client())
    return {
        "no token": {"data": {}},
        "another browser's token": {"data": {"csrf_token": stranger}},
        "a token made up": {"headers": {"X-CSRFToken": "x.y.z"}},
        "cross-site": {"data": {"csrf_token": good}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        "same-site": {"data": {"csrf_token": good}, "headers": {"Sec-Fetch-Site": "same-site"}},
        "foreign origin": {
            "data": {"csrf_token": good},
            "headers": {"Origin": "https://evil.example"},
        },
        "null origin": {"data": {"csrf_token": good}, "headers": {"Origin": "null"}},
        "origin with our name": {
            "data": {"csrf_token": good},
            "headers": {"Origin": "http://localhost.evil.example:5000"},
        },
        "other port": {"data": {"csrf_token": good}, "headers": {"Origin": "http://localhost:1"}},
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "no token",
        "another browser's token",
        "a token made up",
        "cross-site",
        "same-site",
        "foreign origin",
        "null origin",
        "origin with our name",
        "other port",
    ],
)
def test_every_changing_address_refuses(kind: str, signed_in: FlaskClient, app: Flask) -> None:
    request = attack(kind, signed_in, app)
    answers = {path: signed_in.post(path, **request).status_code for path in unsafe_paths(app)}

    # 404: an id that is not theirs is not told apart from one that does not exist.
    by_site = kind not in ("no token", "another browser's token", "a token made up")
    expected = {403} if by_site else {404, 419}
    assert len(answers) > 15
    assert set(answers.values()) <= expected, answers
    assert signed_in.get("/account").status_code == 200  # not even signed out


def test_our_own_pages_are_believed_by_origin_fetch_site_and_token(
    signed_in: FlaskClient,
) -> None:
    for headers in (
        {"Origin": "http://localhost:5000", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://LOCALHOST:5000"},
        {"Sec-Fetch-Site": "none"},
        {},
    ):
        answer = signed_in.post("/stop", headers={"X-CSRFToken": token(signed_in), **headers})
        assert answer.status_code == 303, headers


def test_an_expired_token_signed_with_another_key_is_too_old(signed_in: FlaskClient) -> None:
    forged = URLSafeTimedSerializer("another key", salt="wtf-csrf-token").dumps("x")

    assert signed_in.post("/stop", data={"csrf_token": forged}).status_code == 419


def test_a_form_that_is_too_old_keeps_its_text_and_sends_it_again(
    signed_in: FlaskClient, world: World
) -> None:
    old = token(signed_in)
    by_facebook(signed_in, world)  # signed in again in another tab: the token changes
    typed = {"csrf_token": old, "name": 'Ada "the <b>" Marin', "timezone": "Europe/Berlin"}

    answer = signed_in.post("/account", data=typed)

    assert answer.status_code == 419
    assert "Send again" in answer.text
    assert "Ada &#34;the &lt;b&gt;&#34; Marin" in answer.text
    assert 'action="/account"' in answer.text
    assert old not in answer.text
    again = signed_in.post("/account", data=typed | {"csrf_token": csrf_of(answer.text)})
    assert again.status_code == 303
    assert signed_in.get("/account", headers=JSON).get_json()["timezone"] == "Europe/Berlin"


def test_a_form_with_files_says_that_they_must_be_chosen_again(signed_in: FlaskClient) -> None:
    form = {"caption": "kept", "media": (io.BytesIO(b"x"), "harbour.jpg")}

    answer = signed_in.post("/post/add", data=form, content_type="multipart/form-data")

    assert answer.status_code == 419
    assert "kept" in answer.text and "harbour.jpg" in answer.text


def test_what_came_from_another_site_is_not_offered_to_be_sent_again(
    signed_in: FlaskClient,
) -> None:
    answer = signed_in.post(
        "/account/delete", data={"confirm": "DELETE"}, headers={"Origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert "Send again" not in answer.text and "DELETE" not in answer.text


def test_a_program_gets_the_419_as_a_problem(signed_in: FlaskClient) -> None:
    answer = signed_in.post("/account", data={"name": "x"}, headers=JSON)

    assert (answer.status_code, answer.mimetype) == (419, "application/problem+json")
