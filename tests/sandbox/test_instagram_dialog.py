"""Signing in with Instagram: the dialog, its choices and its refusals."""

import pytest

CLAY = "17841400000000001"
OKOYE = "17841400000000004"


def test_dialog_is_a_page_with_accounts_and_permissions(meta):
    page = meta.http.get(meta.dialog("instagram")).text

    for text in (
        "@clay.studio",
        "@okoye.foto",
        "instagram_business_content_publish",
        "nothing here reaches Instagram",
    ):
        assert text in page


def test_continue_goes_back_with_code_and_tail(meta):
    back = meta.consent("instagram", {"account": OKOYE})

    assert back["state"] == "s1"
    assert back["#"] == "_"
    token = meta.ig_exchange(back["code"]).json()["access_token"]
    assert meta.get("me", token, fields="username").json()["username"] == "okoye.foto"


def test_code_may_still_carry_its_tail(meta):
    back = meta.consent("instagram")

    assert meta.ig_exchange(back["code"] + "#_").status_code == 200


def test_account_can_be_named_by_its_username(meta):
    page = meta.http.get(meta.dialog("instagram", account="harbour.cafe")).text

    assert "Continue as @harbour.cafe" in page


def test_cancel_goes_back_denied(meta):
    back = meta.consent("instagram", {"action": "cancel"})

    assert back["error"] == "access_denied"
    assert back["error_reason"] == "user_denied"
    assert back["error_description"] == "The user denied your request."


def test_unticked_permission_is_not_given(meta):
    back = meta.consent("instagram", {"chosen": "1", "grant": ["instagram_business_basic"]})

    assert meta.ig_exchange(back["code"]).json()["permissions"] == ["instagram_business_basic"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"client_id": "100000000000001"}, "Invalid platform app"),
        ({"redirect_uri": "https://evil.example/"}, "Invalid redirect_uri"),
        ({"scope": "business_basic"}, "Invalid scope"),
        ({"scope": ""}, "Invalid scope"),
    ],
)
def test_wrong_parameters_are_shown_in_the_dialog(meta, query, text):
    answer = meta.http.get(meta.dialog("instagram", **query))

    assert answer.status_code == 400
    assert text in answer.text


def test_scopes_may_be_separated_by_spaces(meta):
    scope = "instagram_business_basic instagram_business_content_publish"

    assert meta.http.get(meta.dialog("instagram", scope=scope)).status_code == 200


def test_person_who_is_no_tester_is_refused(meta):
    meta.world.accounts[CLAY].tester = "none"

    assert "Insufficient developer role" in meta.http.get(meta.dialog("instagram")).text


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        ("used", "This authorization code has been used."),
        ("expired", "This authorization code has expired."),
        ("redirect", "identical to the one you used"),
        ("secret", "Error validating client secret."),
        ("app", "Invalid platform app"),
    ],
)
def test_failures_of_the_exchange_can_be_practised(meta, trouble, text):
    back = meta.consent("instagram", {"trouble": trouble})

    answer = meta.ig_exchange(back["code"])

    assert answer.status_code == 400
    assert text in answer.json()["error_message"]
