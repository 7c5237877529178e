"""Every documented way in which a sign-in fails has a page of its own that says what to do."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from models import Account, FoundAccount, Identity, OAuthAttempt, User
from ospost.services.signin_words import WORDS, Case
from sandbox.world import World
from tests.people.helping import (
    ADA,
    ALL_SCOPES,
    BEN,
    JSON,
    answer_of_dialog,
    by_facebook,
    by_instagram,
    newcomer,
    now,
    rows,
    state_of,
)

PAGES = [f"10000000000010{n}" for n in (1, 2, 3, 4, 5)]


def nothing_stored(app: Flask) -> bool:
    with rows(app) as session:
        tables = (User, Identity, Account, FoundAccount)
        return not any(session.scalar(select(func.count()).select_from(t)) for t in tables)


def by_dialog(case: str) -> dict[str, Any]:
    """What the person does in Facebook's dialog to fail in this way."""
    return {
        "denied": {"action": "cancel"},
        "partly_refused": {"chosen": "1", "grant": ["instagram_basic", "pages_show_list"]},
        "state_wrong": {"trouble": "state"},
        "code_used": {"trouble": "used"},
        "code_expired": {"trouble": "expired"},
        "redirect_mismatch": {"trouble": "redirect"},
        "wrong_secret": {"trouble": "secret"},
        "unknown_app": {"trouble": "app"},
        "no_page": {"chosen": "1", "grant": list(ALL_SCOPES)},
        "no_account": {"chosen": "1", "grant": list(ALL_SCOPES), "page": PAGES[2]},
        "no_right": {"person_": BEN, "chosen": "1", "grant": list(ALL_SCOPES), "page": PAGES[3]},
    }[case]


SAYS = {
    "denied": ("You said no to Facebook", "Try again"),
    "partly_refused": (
        "instagram_content_publish",
        "pages_read_engagement",
        "Ask again",
        "again=1",
    ),
    "state_wrong": ("did not begin here",),
    "code_used": ("already used", "Try again"),
    "code_expired": ("ran out",),
    "redirect_mismatch": (
        "Valid OAuth Redirect URIs",
        ">http://localhost:5000/login/facebook/callback<",
    ),
    "wrong_secret": ("FB_APP_SECRET",),
    "unknown_app": ("FB_APP_ID",),
    "no_page": ("There is no Facebook Page", "sign in with Instagram instead"),
    "no_account": ("Old Bakery", "professional"),
    "no_right": ("Ben&#39;s Prints", "full control"),
}


@pytest.mark.parametrize("case", sorted(SAYS))
def test_facebook(case: str, client: FlaskClient, world: World, app: Flask) -> None:
    form = by_dialog(case)
    answer = by_facebook(client, world, form.pop("person_", ADA), **form)

    assert answer.status_code == WORDS[Case(case)].status
    assert not [text for text in SAYS[case] if text not in answer.text], answer.text
    assert client.get("/account").location == "/login"
    assert nothing_stored(app)


@pytest.mark.parametrize("case", sorted(SAYS))
def test_facebook_told_to_a_program(case: str, client: FlaskClient, world: World) -> None:
    form = by_dialog(case)
    person = world.person(form.pop("person_", ADA)).id
    path, query = answer_of_dialog(client, "/login/facebook", person=person, **form)

    answer = client.get(path, query_string=query, headers=JSON)

    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["case"] == case


@pytest.mark.parametrize(
    ("trouble", "case"),
    [
        ("used", "code_used"),
        ("expired", "code_expired"),
        ("redirect", "redirect_mismatch"),
        ("app", "unknown_app"),
        ("state", "state_wrong"),
    ],
)
def test_instagram(trouble: str, case: str, client: FlaskClient, world: World) -> None:
    answer = by_instagram(client, world, "clay.studio", trouble=trouble)

    title = WORDS[Case(case)].title.format(meta="Instagram")
    assert answer.status_code == WORDS[Case(case)].status
    assert f"<h1>{title}</h1>" in answer.text
    if case == "redirect_mismatch":
        assert ">http://localhost:5000/login/instagram/callback<" in answer.text
    if case == "unknown_app":
        assert "IG_APP_ID" in answer.text and "not the Meta app id" in answer.text


def test_instagram_says_no(client: FlaskClient, world: World) -> None:
    answer = by_instagram(client, world, "clay.studio", action="cancel")

    assert answer.status_code == 403 and "You said no to Instagram" in answer.text


def test_a_tester_who_has_not_accepted(client: FlaskClient, world: World) -> None:
    world.account("clay.studio").tester = "pending"

    answer = by_instagram(client, world, "clay.studio")

    assert answer.status_code == 403
    assert "invitation as a tester" in answer.text and "Tester invites" in answer.text


def test_an_account_that_is_not_professional(client: FlaskClient, world: World) -> None:
    world.account("clay.studio").account_type = "PERSONAL"

    answer = by_instagram(client, world, "clay.studio")

    assert answer.status_code == 403 and "Switch to professional" in answer.text


@pytest.mark.parametrize(
    ("query", "case"),
    [
        ({"error": "access_denied", "error_reason": "user_denied"}, Case.DENIED),
        ({"error": "invalid_scope", "error_description": "Invalid Scopes: x"}, Case.INVALID_SCOPES),
        (
            {"error_code": "1349126", "error_message": "App Not Set Up: in development mode"},
            Case.NOT_LIVE,
        ),
        ({"error_message": "App not active: This app is not accessible"}, Case.NOT_LIVE),
        ({"error": "x", "error_description": "Insufficient developer role"}, Case.NOT_LIVE),
        ({"error": "x", "error_description": "Invalid redirect_uri"}, Case.REDIRECT_MISMATCH),
        ({"error": "server_error"}, Case.REFUSED),
        ({}, Case.REFUSED),
    ],
)
def test_what_a_dialog_brings_back_in_place_of_a_code(
    query: dict[str, str], case: Case, client: FlaskClient
) -> None:
    state = state_of(client.get("/login/facebook"))

    answer = client.get(
        "/login/facebook/callback", query_string={"state": state, **query}, headers=JSON
    )

    assert (answer.status_code, answer.get_json()["case"]) == (WORDS[case].status, case)


def test_text_in_the_address_is_not_shown(client: FlaskClient) -> None:
    state = state_of(client.get("/login/facebook"))

    answer = client.get(
        "/login/facebook/callback",
        query_string={"state": state, "error": "x", "error_description": "call +1 555 now"},
    )

    assert "555" not in answer.text


@pytest.mark.parametrize("kind", ["html_502", "lost_before", "reset", "truncated", "empty"])
@pytest.mark.parametrize("endpoint", ["token", "me", "accounts", "permissions", "debug_token"])
def test_meta_cannot_be_reached(
    kind: str, endpoint: str, client: FlaskClient, world: World, app: Flask
) -> None:
    world.faults.add(endpoint=endpoint, kind=kind)

    answer = by_facebook(client, world)

    assert answer.status_code == 503
    assert "Facebook cannot be reached" in answer.text
    assert nothing_stored(app)


def test_meta_refuses_for_a_reason_of_its_own(client: FlaskClient, world: World) -> None:
    world.faults.add(endpoint="accounts", kind="error", code=368)

    answer = by_facebook(client, world)

    assert answer.status_code == 502 and "Facebook refused the sign-in" in answer.text


def test_a_state_that_is_missing_or_made_up(client: FlaskClient) -> None:
    client.get("/login/facebook")

    for query in ({"code": "x"}, {"code": "x", "state": "y"}, {"error": "access_denied"}):
        answer = client.get("/login/facebook/callback", query_string=query, headers=JSON)
        assert (answer.status_code, answer.get_json()["case"]) == (400, "state_wrong")


def test_a_state_in_another_browser_signs_nobody_in(
    client: FlaskClient, world: World, app: Flask
) -> None:
    path, query = answer_of_dialog(client, "/login/facebook", person=world.person(ADA).id)
    victim = app.test_client()
    victim.get("/login/facebook")  # has a nonce of its own

    stolen = victim.get(path, query_string=query, headers=JSON)

    assert stolen.get_json()["case"] == "state_wrong"
    assert victim.get("/account").location == "/login"
    assert client.get(path, query_string=query).location == "/accounts/choose"  # not used up


def test_a_state_of_the_other_login(client: FlaskClient) -> None:
    state = state_of(client.get("/login/facebook"))

    answer = client.get(f"/login/instagram/callback?code=x&state={state}", headers=JSON)

    assert answer.get_json()["case"] == "state_wrong"


def test_a_state_of_before_somebody_signed_in(client: FlaskClient, world: World) -> None:
    path, query = answer_of_dialog(client, "/login/facebook", person=world.person(ADA).id)
    by_facebook(client, world)

    answer = client.get(path, query_string=query, headers=JSON)

    assert answer.get_json()["case"] == "state_wrong"


def test_a_state_is_used_up_by_the_first_answer(client: FlaskClient) -> None:
    state = state_of(client.get("/login/facebook"))
    query = {"state": state, "error": "access_denied"}
    client.get("/login/facebook/callback", query_string=query)

    answer = client.get("/login/facebook/callback", query_string=query)

    assert answer.status_code == 409 and "already used" in answer.text


def test_a_state_older_than_ten_minutes(client: FlaskClient, world: World, app: Flask) -> None:
    path, query = answer_of_dialog(client, "/login/facebook")
    with rows(app) as session:
        session.scalars(select(OAuthAttempt)).one().made_at = now() - timedelta(seconds=601)

    answer = client.get(path, query_string=query)

    assert answer.status_code == 400 and "within 10 minutes" in answer.text
    assert nothing_stored(app)


def test_a_code_that_is_sent_again_with_a_fresh_state(client: FlaskClient, world: World) -> None:
    path, query = answer_of_dialog(client, "/login/facebook")
    client.get(path, query_string=query)
    fresh = state_of(client.get("/login/facebook"))

    answer = client.get(path, query_string={**query, "state": fresh}, headers=JSON)

    assert answer.get_json()["case"] == "code_used"


def test_a_stranger_where_sign_ups_are_closed(
    signed_in: FlaskClient, world: World, app: Flask
) -> None:
    stranger = app.test_client()

    answer = by_facebook(stranger, world, BEN)

    assert answer.status_code == 403 and "by invitation" in answer.text
    assert stranger.get("/account").location == "/login"
    with rows(app) as session:
        assert len(session.scalars(select(User)).all()) == 1


def test_a_known_person_with_refused_permissions_is_in_and_told(
    signed_in: FlaskClient, world: World, app: Flask
) -> None:
    browser = app.test_client()

    answer = by_facebook(browser, world, chosen="1", grant=["pages_show_list"], page=PAGES[0])

    assert answer.status_code == 403 and "instagram_content_publish" in answer.text
    assert browser.get("/account").status_code == 200
    again = browser.get("/login/facebook?again=1").location
    assert "auth_type=rerequest" in again


def test_asking_again_brings_what_was_refused(client: FlaskClient, world: World) -> None:
    by_facebook(client, world, chosen="1", grant=["pages_show_list"])
    refused_again = by_facebook(client, world)
    assert refused_again.status_code == 403

    answer = by_facebook(client, world, start="/login/facebook?again=1")

    assert answer.location == "/accounts/choose"


def test_a_login_of_somebody_else_is_not_taken_over(make_open: Flask, world: World) -> None:
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)

    answer = by_facebook(ben, world, ADA)

    assert answer.status_code == 409 and "belongs to somebody else here" in answer.text
    assert {
        me["name"] for me in (c.get("/account", headers=JSON).get_json() for c in (ada, ben))
    } == {ADA, BEN}


def test_cases_that_stay_at_meta_are_told_on_a_page_of_ours(client: FlaskClient) -> None:
    page = client.get("/login/trouble").text

    assert "http://localhost:5000/login/facebook/callback" in page
    assert "http://localhost:5000/login/instagram/callback" in page
    assert "tester" in page and "FB_SCOPES" in page
    assert "/login/trouble" in client.get("/login").text


def test_every_case_has_words_without_gaps() -> None:
    from ospost.services.signin_cases import SignInFailed

    for case in Case:
        for login in ("facebook", "instagram"):
            failed = SignInFailed(case, login, names=["A"], missing=["b"], detail="c")
            texts = (failed.title, failed.sentence, *failed.remedy)
            assert all(text and "{" not in text for text in texts), case
