"""The headers that every answer carries, whatever it is."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people.helping import JSON
from tests.support import MakeApp

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EXPECTED = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PATHS = (
    "/",
    "/login",
    "/login/trouble",
    "/login/facebook",
    "/login/facebook/callback",
    "/logout",
    "/join/x",
    "/privacy",
    "/goodbye",
    "/accounts",
    "/accounts/1",
    "/accounts/choose",
    "/welcome",
    "/account",
    "/account/delete",
    "/post/add",
    "/post/1",
    "/nowhere",
    "/healthz",
    "/static/nothing.css",
    "/static/css/base.css",
)


def look(browser: FlaskClient, path: str, headers: dict[str, str] | None = None) -> TestResponse:
    answer = browser.get(path, headers=headers)
    answer.close()  # files are sent open
    return answer


def wrong(answer: TestResponse, path: str) -> list[str]:
    headers = answer.headers
    found = [f"{path}: {k}" for k, v in EXPECTED.items() if headers.getlist(k) != [v]]
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        found.append(f"{path}: Permissions-Policy")
    if not path.startswith("/static/") and headers.get("Cache-Control") != "no-store":
        found.append(f"{path}: Cache-Control {headers.get('Cache-Control')}")
    return found


@pytest.mark.parametrize("headers", [{}, JSON])
def test_every_page_has_them_signed_in_or_not(
    app: Flask, signed_in: FlaskClient, headers: dict[str, str]
) -> None:
    for browser in (app.test_client(), signed_in):
        answers = [(look(browser, path, headers), path) for path in PATHS]
        assert not [line for answer, path in answers for line in wrong(answer, path)]


def test_error_pages_of_every_kind_have_them(signed_in: FlaskClient) -> None:
    answers = [
        (signed_in.post("/stop"), "419"),
        (signed_in.post("/stop", headers={"Origin": "null"}), "403"),
        (signed_in.put("/stop"), "405"),
        (signed_in.get("/nowhere", headers=JSON), "404"),
    ]

    assert [answer.status_code for answer, _ in answers] == [419, 403, 405, 404]
    assert not [line for answer, path in answers for line in wrong(answer, path)]


def test_over_https_browsers_are_told_to_stay_there(make_app: MakeApp, app: Flask) -> None:
    secure = make_app(APP_URL="https://ospost.example.org").test_client()

    assert secure.get("/login").headers["Strict-Transport-Security"] == "max-age=63072000"
    assert "Strict-Transport-Security" not in app.test_client().get("/login").headers


def test_a_versioned_static_file_may_be_kept_for_ever(client: FlaskClient) -> None:
    plain = look(client, "/static/css/base.css")
    versioned = look(client, "/static/css/base.css?v=1")

    assert "immutable" in versioned.headers["Cache-Control"]
    assert "immutable" not in plain.headers.get("Cache-Control", "")


def test_pages_hold_no_inline_script_or_style(signed_in: FlaskClient) -> None:
    for path in ("/", "/login", "/accounts", "/account", "/welcome", "/privacy", "/account/delete"):
        page = signed_in.get(path).text
        assert "<style" not in page and " style=" not in page and " onclick=" not in page, path
        assert "<script>" not in page and "javascript:" not in page, path
