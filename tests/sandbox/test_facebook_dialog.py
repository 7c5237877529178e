"""Signing in with Facebook: the dialog, its choices and its refusals."""

import pytest

ADA, BEN = "1020000000000001", "1020000000000002"


def test_dialog_is_a_page_with_people_pages_and_permissions(meta):
    page = meta.http.get(meta.dialog()).text

    for text in (
        "Ada Marin",
        "Ben Okoye",
        "Clay Studio",
        "@harbour.cafe",
        "Old Bakery",
        "instagram_content_publish",
        "nothing here reaches Instagram",
    ):
        assert text in page


def test_another_person_can_be_chosen(meta):
    page = meta.http.get(meta.dialog(person=BEN)).text

    assert "Continue as Ben Okoye" in page
    assert "you may not publish there" in page


def test_dialog_path_works_without_a_version(meta):
    assert meta.http.get(meta.dialog().replace("/v26.0", "")).status_code == 200


def test_continue_goes_back_with_code_and_state(meta):
    back = meta.consent()

    assert back["to"] == "http://localhost:5000/login/facebook/callback"
    assert back["state"] == "s1"
    assert back["code"]
    assert back["#"] == "_=_"


def test_redirect_uri_with_a_query_keeps_it(meta):
    back = meta.consent(redirect_uri="http://localhost:5000/cb?next=1")

    assert back["next"] == "1"
    assert back["code"]


def test_cancel_goes_back_denied(meta):
    back = meta.consent(form={"action": "cancel"})

    assert back["error"] == "access_denied"
    assert back["error_reason"] == "user_denied"
    assert back["error_code"] == "200"
    assert back["state"] == "s1"
    assert "code" not in back


def test_unticked_permission_is_declined(meta):
    token = meta.user_token(form={"chosen": "1", "grant": ["instagram_basic", "pages_show_list"]})

    found = {p["permission"]: p["status"] for p in meta.get("me/permissions", token).json()["data"]}

    assert found["instagram_basic"] == "granted"
    assert found["instagram_content_publish"] == "declined"
    assert found["public_profile"] == "granted"


def test_declined_permission_is_not_asked_for_again(meta):
    meta.user_token(form={"chosen": "1", "grant": ["pages_show_list"]})

    assert "declined before" in meta.http.get(meta.dialog()).text
    token = meta.user_token()

    statuses = meta.get("me/permissions", token).json()["data"]
    assert {"permission": "instagram_basic", "status": "declined"} in statuses


def test_rerequest_asks_for_declined_permissions_again(meta):
    meta.user_token(form={"chosen": "1", "grant": ["pages_show_list"]})

    token = meta.user_token(auth_type="rerequest")

    statuses = meta.get("me/permissions", token).json()["data"]
    assert {"permission": "instagram_basic", "status": "granted"} in statuses


def test_unticked_pages_are_not_listed(meta):
    clay = "100000000000101"
    token = meta.user_token(form={"chosen": "1", "page": clay, "grant": ["pages_show_list"]})

    assert [p["id"] for p in meta.get("me/accounts", token).json()["data"]] == [clay]


def test_no_page_ticked_gives_an_empty_list(meta):
    token = meta.user_token(form={"chosen": "1", "grant": ["pages_show_list"]})

    assert meta.get("me/accounts", token).json() == {"data": []}


def test_unknown_app_shows_an_error(meta):
    answer = meta.http.get(meta.dialog(client_id="1"))

    assert answer.status_code == 400
    assert "Invalid App ID" in answer.text


def test_foreign_redirect_uri_shows_url_blocked(meta):
    answer = meta.http.get(meta.dialog(redirect_uri="https://evil.example/cb"))

    assert answer.status_code == 400
    assert "URL blocked" in answer.text


def test_listed_redirect_uris_must_match_exactly(meta):
    meta.world.switches.redirect_uris = ["http://localhost:5000/login/facebook/callback"]

    assert meta.http.get(meta.dialog()).status_code == 200
    slash = meta.dialog(redirect_uri="http://localhost:5000/login/facebook/callback/")
    assert "URL blocked" in meta.http.get(slash).text


def test_unknown_scope_shows_invalid_scopes(meta):
    answer = meta.http.get(meta.dialog(scope="instagram_basic,instagram_publish"))

    assert answer.status_code == 400
    assert "Invalid Scopes: instagram_publish" in answer.text


def test_app_in_development_lets_only_its_people_in(meta):
    meta.world.switches.app_live = False
    meta.world.people[ADA].app_role = False

    assert "App not active" in meta.http.get(meta.dialog()).text
    assert "Continue as Ben" in meta.http.get(meta.dialog(person=BEN)).text


def test_config_id_stands_for_the_publishing_permissions(meta):
    token = meta.user_token(scope="", config_id="77")

    names = [p["permission"] for p in meta.get("me/permissions", token).json()["data"]]
    assert "instagram_content_publish" in names


def test_config_id_may_stand_for_other_permissions(meta):
    meta.world.switches.config_scopes = ["pages_show_list"]
    token = meta.user_token(scope="", config_id="77")

    names = [p["permission"] for p in meta.get("me/permissions", token).json()["data"]]
    assert names == ["public_profile", "pages_show_list"]


@pytest.mark.parametrize(
    ("trouble", "code", "subcode"),
    [
        ("used", 100, 36009),
        ("expired", 100, 36007),
        ("redirect", 100, 36008),
        ("secret", 1, None),
        ("app", 101, None),
    ],
)
def test_failures_of_the_exchange_can_be_practised(meta, error, trouble, code, subcode):
    back = meta.consent(form={"trouble": trouble})

    assert error(meta.exchange(back["code"])) == (code, subcode)


def test_changed_state_can_be_practised(meta):
    assert meta.consent(form={"trouble": "state"})["state"] != "s1"


def test_the_choice_of_a_page_without_account_is_possible(meta):
    bakery = "100000000000103"
    token = meta.user_token(
        form={"chosen": "1", "page": bakery, "grant": ["pages_show_list", "instagram_basic"]}
    )

    found = meta.get("me/accounts", token, fields="name,instagram_business_account").json()["data"]

    assert found == [{"name": "Old Bakery", "id": bakery}]
