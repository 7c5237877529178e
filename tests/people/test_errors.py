"""Every error says in plain words what happened, as a page and as a problem."""

import json
import re

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from ospost.errors import Conflict, Invalid, Unavailable
from ospost.graph.errors import NoAnswer, Trouble
from ospost.web.errors import WORDS
from tests.people.helping import JSON, token
from tests.support import MakeApp


def fails(kind: str) -> str:
    if kind == "409":
        raise Conflict("Somebody was faster.")
    if kind == "422":
        raise Invalid(("date", "Choose a date."), ("caption", "Too long."))
    if kind == "502":
        raise NoAnswer(Trouble.HTML)
    if kind == "503":
        raise Unavailable("The disk is full.")
    if kind == "locked":
        raise OperationalError("UPDATE x", {}, Exception("database is locked"))
    if kind == "broken":
        raise OperationalError("SELECT secret_column", {}, Exception("no such table: x"))
    if kind == "bug":
        raise RuntimeError("EAAsecrettoken")
    abort(int(kind))


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The app with one more address, which fails as it is told."""
    app = make_app()
    app.add_url_rule("/healthz/<kind>", "health.fails", fails)
    return app


CASES = {
    "400": (400, "That could not be read"),
    "401": (401, "Please sign in"),
    "403": (403, "That is not allowed"),
    "404": (404, "There is no page here"),
    "405": (405, "This address works differently"),
    "409": (409, "Somebody was faster."),
    "413": (413, "at most 300 MB"),
    "422": (422, "Choose a date."),
    "429": (429, "Too many tries"),
    "500": (500, "Something broke on our side"),
    "502": (502, "Instagram could not be reached"),
    "503": (503, "The disk is full."),
    "locked": (503, "Posts still go out on time"),
    "broken": (500, "Nothing was posted twice"),
    "bug": (500, "Nothing was posted twice"),
    "410": (410, "That could not be read"),
    "501": (501, "Something broke on our side"),
}


@pytest.mark.parametrize("kind", sorted(CASES))
def test_as_a_page(kind: str, client: FlaskClient) -> None:
    status, words = CASES[kind]

    answer = client.get(f"/healthz/{kind}")

    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert words in answer.text
    assert "<h1" in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize("kind", sorted(CASES))
def test_as_a_problem(kind: str, client: FlaskClient) -> None:
    status, words = CASES[kind]

    answer = client.get(f"/healthz/{kind}", headers=JSON)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    body = answer.get_json()
    assert body["status"] == status and body["type"] == "about:blank"
    assert words in json.dumps(body)


def test_complaints_are_listed_by_field(client: FlaskClient) -> None:
    assert client.get("/healthz/422", headers=JSON).get_json()["errors"] == [
        {"field": "date", "message": "Choose a date."},
        {"field": "caption", "message": "Too long."},
    ]


def test_words_stand_for_every_status_of_ours() -> None:
    assert {400, 401, 403, 404, 405, 409, 413, 419, 422, 429, 500, 502, 503} == set(WORDS)
    assert len({words.sentence for words in WORDS.values()}) == len(WORDS)


def test_an_unexpected_failure_is_found_in_the_log_by_its_number(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    page = client.get("/healthz/bug").text
    number = client.get("/healthz/bug", headers=JSON).get_json()["number"]

    found = re.search(r"number ([0-9A-F]{6})", page)
    assert found and found.group(1) != number
    assert f"number {found.group(1)}" in caplog.text and f"number {number}" in caplog.text
    assert "EAAsecrettoken" not in page


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.get("/logout")

    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]


def test_a_body_that_is_too_large(make_app: MakeApp) -> None:
    client = make_app(MAX_UPLOAD_MB="1").test_client()

    answer = client.get("/login")
    from tests.people.helping import send

    assert answer.status_code == 200
    huge = send(client, "/healthz", name="x" * 3_000_000)
    assert huge.status_code == 405  # looked at no body


def test_a_signed_in_form_that_is_too_large(make_app: MakeApp, world: object) -> None:
    from sandbox.world import World
    from tests.people.helping import by_facebook

    assert isinstance(world, World)
    client = make_app(MAX_UPLOAD_MB="1").test_client()
    by_facebook(client, world)
    form = {"csrf_token": token(client), "name": "x" * 22_000_000}

    page, problem = (client.post("/account", data=form, headers=h) for h in ({}, JSON))

    assert page.status_code == 413 and "at most 1 MB" in page.text
    assert problem.mimetype == "application/problem+json"


def test_a_program_that_sends_json_gets_json_even_if_it_does_not_say_so(
    client: FlaskClient,
) -> None:
    answer = client.post("/stop", json={})

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/html, application/json;q=0.9", "text/html"),
        ("application/json, text/html;q=0.9", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("application/json", "application/problem+json"),
        ("application/json;q=0, text/html", "text/html"),
        ("image/png", "text/html"),
        ("", "text/html"),
    ],
)
def test_who_is_taken_for_a_program(accept: str, mimetype: str, client: FlaskClient) -> None:
    assert client.get("/nowhere", headers={"Accept": accept}).mimetype == mimetype


def test_anonymous_people_are_led_to_the_door_and_programs_told(client: FlaskClient) -> None:
    page, problem = client.get("/"), client.get("/", headers=JSON)

    assert (page.status_code, page.location) == (302, "/login")
    assert (problem.status_code, problem.get_json()["title"]) == (401, "Not signed in")


def test_a_part_of_a_page_leads_the_whole_page_to_the_door(client: FlaskClient) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"], answer.data) == (401, "/login", b"")


def test_too_many_knocks_are_told_when_to_come_again(client: FlaskClient) -> None:
    answers = [client.get("/join/x") for _ in range(301)]

    assert {answer.status_code for answer in answers[:300]} == {404}
    last = answers[300]
    assert last.status_code == 429 and "Try again in" in last.text
    assert 0 < int(last.headers["Retry-After"]) <= 60


def test_signed_in_pages_have_no_limit(signed_in: FlaskClient) -> None:
    codes = {signed_in.get("/login").status_code for _ in range(310)}

    assert codes == {302}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:abc"},
        {"Host": "[::1"},
        {"Host": "localhost:99999999"},
        {"Host": ""},
        {"Host": "a b"},
        {"Referer": "http://[::1"},
        {"Referer": "http://x:abc/"},
        {"Origin": "http://[::1"},
        {"Cookie": "sid=\x00; form=%%%; theme=<b>"},
        {"Cookie": "sid=" + "x" * 5000},
        {"Accept": "application/json;q=x, ;;,"},
        {"X-CSRFToken": "\u00e9" * 300},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_odd_headers_break_nothing(headers: dict[str, str], signed_in: FlaskClient) -> None:
    for path in ("/", "/login", "/nowhere"):
        assert signed_in.get(path, headers=headers).status_code < 500
    good = {"X-CSRFToken": token(signed_in), **headers}
    for path in ("/stop", "/account", "/accounts/choose", "/account/delete"):
        assert signed_in.post(path, headers=good, data=b"\xff").status_code < 500, path
