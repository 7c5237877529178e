"""Signing in: the door, the way through both dialogs, the choice, what is stored."""

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, FoundAccount, Identity, OAuthAttempt, User
from sandbox.world import World
from tests.people.helping import (
    JSON,
    by_facebook,
    by_instagram,
    me,
    newcomer,
    rows,
    send,
    usernames,
)
from tests.support import MakeApp, choose_all


def test_the_door_says_before_each_button_what_that_way_needs(client: FlaskClient) -> None:
    page = client.get("/login").text

    facebook = page.index('href="/login/facebook"')
    instagram = page.index('href="/login/instagram"')
    assert "linked to a Facebook Page" in page[:facebook]
    assert "Switch to professional account" in page[:facebook]
    assert "No Facebook Page" in page[facebook:instagram]


def test_a_login_without_keys_is_not_offered(make_app: MakeApp) -> None:
    client = make_app(SANDBOX_URL="", IG_APP_ID="1", IG_APP_SECRET="x").test_client()

    page = client.get("/login").text

    assert "/login/instagram" in page and "/login/facebook" not in page
    assert client.get("/login/facebook").status_code == 503
    assert client.get("/login/facebook/callback?code=x&state=y").status_code == 503


def test_without_any_keys_the_page_says_how_to_set_them(make_app: MakeApp) -> None:
    client = make_app(SANDBOX_URL="", APP_URL="https://ospost.example.org").test_client()

    page = client.get("/login").text

    assert "https://ospost.example.org/login/facebook/callback" in page
    assert "https://ospost.example.org/login/instagram/callback" in page
    assert "FB_APP_ID" in page and "IG_APP_SECRET" in page
    assert 'href="/login/facebook"' not in page
    assert client.get("/login", headers=JSON).get_json() == {"facebook": None, "instagram": None}


def test_the_dialog_is_asked_for_the_least_and_sent_back_to_app_url(client: FlaskClient) -> None:
    facebook = client.get("/login/facebook", headers={"X-Forwarded-Host": "evil.example"}).location
    instagram = client.get("/login/instagram").location

    assert "redirect_uri=http%3A%2F%2Flocalhost%3A5000%2Flogin%2Ffacebook%2Fcallback" in facebook
    assert "scope=instagram_basic%2Cinstagram_content_publish%2Cpages_show_list" in facebook
    assert "comments" not in facebook and "insights" not in facebook
    assert "scope=instagram_business_basic%2Cinstagram_business_content_publish&" in instagram


def test_with_facebook_the_person_picks_one_of_the_accounts(
    client: FlaskClient, world: World, app: Flask
) -> None:
    answer = by_facebook(client, world)
    assert (answer.status_code, answer.location) == (302, "/accounts/choose")
    offered = client.get("/accounts/choose", headers=JSON).get_json()
    assert [o["username"] for o in offered["accounts"]] == ["clay.studio", "harbour.cafe"]
    assert offered["unusable"] == [{"page": "Old Bakery", "problem": "no_account"}]

    chosen = send(client, "/accounts/choose", account=str(offered["accounts"][0]["id"]))

    assert (chosen.status_code, chosen.location) == (303, "/welcome")
    assert usernames(client) == ["clay.studio"]
    assert me(client)["is_owner"] and me(client)["name"] == "Ada Marin"
    with rows(app) as session:
        [account] = session.scalars(select(Account))
        assert account.ig_id == world.account("clay.studio").id
        assert account.page_name == "Clay Studio" and account.token_expires_at is None
        assert account.data_access_expires_at is not None
        refused = session.scalars(select(FoundAccount.token_sealed))
        assert set(refused) == {""}


def test_with_instagram_one_account_is_found_and_its_token_ends_in_60_days(
    client: FlaskClient, world: World, app: Flask
) -> None:
    world.switches.ig_answer_shape = "data"

    assert by_instagram(client, world, "okoye.foto").location == "/accounts/choose"
    choose_all(client)

    assert usernames(client) == ["okoye.foto"]
    with rows(app) as session:
        [account] = session.scalars(select(Account))
        assert account.ig_id == world.account("okoye.foto").id
        assert account.app_scoped_id == world.account("okoye.foto").app_scoped_id
        assert account.token_expires_at is not None
        assert 59 <= (account.token_expires_at - account.connected_at).days <= 60


def test_every_page_of_a_long_list_of_pages_is_read(client: FlaskClient, world: World) -> None:
    from sandbox.people import add_accounts

    add_accounts(world, count=130)

    by_facebook(client, world)

    offered = client.get("/accounts/choose", headers=JSON).get_json()["accounts"]
    assert len(offered) == 132


def test_no_token_is_stored_in_the_clear_or_shown(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    values = [token for token in world.tokens if len(token) > 50]
    assert values
    with rows(app) as session:
        stored = [
            str(vars(row)) for kind in (Account, Identity) for row in session.scalars(select(kind))
        ]
    pages = [signed_in.get(p).text for p in ("/accounts", "/account", "/welcome", "/")]

    assert not [v for v in values for text in (*stored, *pages) if v in text]


def test_choosing_what_was_not_offered_is_not_found(signed_in: FlaskClient) -> None:
    assert send(signed_in, "/accounts/choose", account="12345").status_code == 404


def test_a_second_click_on_the_choice_is_answered_like_the_first(
    client: FlaskClient, world: World
) -> None:
    by_facebook(client, world)
    offered = client.get("/accounts/choose", headers=JSON).get_json()["accounts"]
    picked = [str(each["id"]) for each in offered]

    first = send(client, "/accounts/choose", account=picked)
    told = send(client, "/accounts/choose", account=picked, json=True)
    again = send(client, "/accounts/choose", account=picked)

    assert (first.status_code, first.location) == (again.status_code, again.location)
    assert "What you chose is connected already." in client.get("/welcome").text
    assert (told.status_code, told.get_json()) == (201, {"accounts": []})
    assert usernames(client) == ["clay.studio", "harbour.cafe"]


def test_choosing_nothing_at_first_is_refused_at_the_field(
    client: FlaskClient, world: World
) -> None:
    by_facebook(client, world)

    page = send(client, "/accounts/choose")
    problem = send(client, "/accounts/choose", json=True)

    assert page.status_code == 422 and "Choose at least one account" in page.text
    assert problem.get_json()["errors"] == [
        {"field": "account", "message": "Choose at least one account."}
    ]


def test_the_choice_page_has_no_fields_but_account_and_token(
    client: FlaskClient, world: World
) -> None:
    import re

    by_facebook(client, world)

    page = client.get("/accounts/choose").text
    form = page[
        page.index('action="/accounts/choose"') : page.index(
            "</form>", page.index('action="/accounts/choose"')
        )
    ]
    assert set(re.findall(r' name="([^"]+)"', form)) == {"csrf_token", "account"}


def test_a_state_works_once_even_when_the_callback_is_hit_twice(
    client: FlaskClient, world: World
) -> None:
    from tests.people.helping import answer_of_dialog

    path, query = answer_of_dialog(client, "/login/facebook")

    first, second = client.get(path, query_string=query), client.get(path, query_string=query)

    assert first.location == "/accounts/choose"
    assert second.status_code in (400, 409)
    assert client.get("/account").status_code == 200  # the first one counts


def test_the_state_is_stored_as_a_digest_only(client: FlaskClient, app: Flask) -> None:
    from tests.people.helping import state_of

    state = state_of(client.get("/login/facebook"))

    assert len(state) >= 43
    with rows(app) as session:
        [row] = session.scalars(select(OAuthAttempt))
        assert state not in str(vars(row))


def test_signing_in_leaves_no_token_and_no_code_in_the_log(
    client: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        by_facebook(client, world)

    secrets = [*world.tokens, *world.codes, "sandbox-facebook-secret"]
    assert not [secret for secret in secrets if secret in caplog.text]


def test_with_open_signups_further_people_own_nothing_but_their_own(
    make_app: MakeApp, world: World
) -> None:
    app = make_app(SIGNUPS="open")
    newcomer(app, world, "Ada Marin")

    ben = newcomer(app, world, "Ben Okoye")

    assert usernames(ben) == ["okoye.foto"]
    assert me(ben)["is_owner"] is False
    with rows(app) as session:
        assert len(session.scalars(select(User)).all()) == 2


def test_a_configuration_of_facebook_login_for_business_is_used(make_app: MakeApp) -> None:
    app = make_app(FB_CONFIG_ID="4711")

    location = app.test_client().get("/login/facebook").location

    assert "config_id=4711" in location and "scope=" not in location


def test_the_sandbox_dialog_shows_itself_to_a_browser(client: FlaskClient) -> None:
    page = requests.get(client.get("/login/facebook").location, timeout=10)

    assert page.status_code == 200 and "Ada Marin" in page.text
