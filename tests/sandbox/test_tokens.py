"""Codes, tokens, their lives and their ends, on both logins."""

import pytest
import requests

CLAY = "17841400000000001"
DAY = 86_400


def test_facebook_code_becomes_a_short_token(meta):
    answer = meta.exchange(meta.consent()["code"]).json()

    assert answer["access_token"].startswith("EAA")
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 5100


def test_facebook_exchange_works_by_post_and_without_version(meta):
    wanted = {
        "client_id": "100000000000001",
        "client_secret": "sandbox-facebook-secret",
        "redirect_uri": "http://localhost:5000/login/facebook/callback",
        "code": meta.consent()["code"],
    }

    answer = meta.http.post(f"{meta.base}/graph.facebook.com/oauth/access_token", data=wanted)

    assert answer.json()["access_token"]


def test_facebook_code_works_once(meta, error):
    code = meta.consent()["code"]
    meta.exchange(code)

    answer = meta.exchange(code)

    assert error(answer) == (100, 36009)
    assert answer.headers["WWW-Authenticate"] == (
        'OAuth "Facebook Platform" "invalid_code" "This authorization code has been used."'
    )


def test_facebook_code_expires(meta, error):
    code = meta.consent()["code"]
    meta.control("POST", "clock", advance_s=601)

    assert error(meta.exchange(code)) == (100, 36007)


def test_facebook_redirect_uri_must_be_the_one_of_the_dialog(meta, error):
    code = meta.consent()["code"]

    assert error(meta.exchange(code, redirect_uri="http://localhost:5000/")) == (100, 36008)


def test_wrong_secret_is_code_1(meta, error):
    answer = meta.exchange(meta.consent()["code"], client_secret="x")

    assert answer.status_code == 400
    assert error(answer) == (1, None)
    assert answer.json()["error"]["message"] == "Error validating client secret."


def test_unknown_app_is_code_101(meta, error):
    assert error(meta.exchange(meta.consent()["code"], client_id="5")) == (101, None)


def test_instagram_code_is_no_facebook_code(meta, error):
    assert error(meta.exchange(meta.consent("instagram")["code"]))[0] == 100


def test_long_lived_token_lives_sixty_days(meta, error):
    short = meta.exchange(meta.consent()["code"]).json()["access_token"]
    answer = meta.prolong(short).json()

    assert answer["expires_in"] == 5_183_944
    meta.control("POST", "clock", advance_s=59 * DAY)
    assert meta.get("me", answer["access_token"]).ok
    meta.control("POST", "clock", advance_s=2 * DAY)
    assert error(meta.get("me", answer["access_token"])) == (190, 463)


def test_long_lived_token_can_be_prolonged(meta):
    token = meta.user_token()

    fresh = meta.prolong(token).json()["access_token"]

    assert fresh != token
    assert meta.get("me", fresh).ok


def test_expired_token_cannot_be_prolonged(meta, error):
    short = meta.exchange(meta.consent()["code"]).json()["access_token"]
    meta.control("POST", "clock", advance_s=2 * 3600)

    answer = meta.prolong(short)

    assert error(answer) == (190, 463)
    assert "Session has expired on" in answer.json()["error"]["message"]


def test_expires_in_can_be_left_out(meta):
    meta.world.switches.expires_in = False

    assert "expires_in" not in meta.exchange(meta.consent()["code"]).json()


def test_page_token_of_a_long_lived_token_never_expires(meta):
    token = meta.page_token()

    meta.control("POST", "clock", advance_s=300 * DAY)

    assert meta.get(CLAY, token, fields="username").ok


def test_page_token_of_a_short_token_ends_with_it(meta, error):
    short = meta.exchange(meta.consent()["code"]).json()["access_token"]
    page = meta.get("100000000000101", short, fields="access_token").json()["access_token"]

    meta.control("POST", "clock", advance_s=2 * 3600)

    assert error(meta.get(CLAY, page)) == (190, 463)


def test_app_token_is_app_id_and_secret(meta):
    answer = meta.exchange("", grant_type="client_credentials")

    assert answer.json()["access_token"] == "100000000000001|sandbox-facebook-secret"


def debug(meta, token):
    wanted = {"input_token": token, "access_token": "100000000000001|sandbox-facebook-secret"}
    answer = meta.http.get(f"{meta.base}/graph.facebook.com/v26.0/debug_token", params=wanted)
    return answer.json()["data"]


def test_debug_token_tells_about_a_user_token(meta):
    data = debug(meta, meta.user_token())

    assert data["type"] == "USER"
    assert data["is_valid"] is True
    assert data["app_id"] == "100000000000001"
    assert data["user_id"] == "1020000000000001"
    assert data["expires_at"] > data["issued_at"]
    assert "instagram_basic" in data["scopes"]
    reach = {g["scope"]: g["target_ids"] for g in data["granular_scopes"]}
    assert CLAY in reach["instagram_basic"]


def test_debug_token_tells_that_a_page_token_never_expires(meta):
    data = debug(meta, meta.page_token())

    assert data["type"] == "PAGE"
    assert data["expires_at"] == 0
    assert data["profile_id"] == "100000000000101"


def test_debug_token_tells_why_a_token_is_dead(meta):
    token = meta.user_token()
    meta.control("POST", "password", person="Ada Marin")

    data = debug(meta, token)

    assert data["is_valid"] is False
    assert data["error"]["subcode"] == 460


def test_debug_token_does_not_know_strange_tokens(meta):
    assert debug(meta, "EAAnonsense")["is_valid"] is False


def test_instagram_code_becomes_a_flat_short_token(meta):
    answer = meta.ig_exchange(meta.consent("instagram")["code"]).json()

    assert answer["access_token"].startswith("IG")
    assert answer["user_id"] == 25000000000000001
    assert answer["permissions"] == [
        "instagram_business_basic",
        "instagram_business_content_publish",
    ]


def test_instagram_answer_may_come_inside_data(meta):
    meta.world.switches.ig_answer_shape = "data"

    (answer,) = meta.ig_exchange(meta.consent("instagram")["code"]).json()["data"]

    assert answer["user_id"] == "25000000000000001"
    assert answer["permissions"].startswith("instagram_business_basic,")


def test_instagram_permissions_may_be_text(meta):
    meta.world.switches.ig_permissions_shape = "text"

    answer = meta.ig_exchange(meta.consent("instagram")["code"]).json()

    assert answer["permissions"] == "instagram_business_basic,instagram_business_content_publish"


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"client_id": "100000000000001"}, "Invalid platform app"),
        ({"client_secret": "x"}, "Error validating client secret."),
        ({"redirect_uri": "http://localhost/"}, "identical to the one you used"),
        ({"grant_type": "x"}, "grant_type"),
    ],
)
def test_instagram_errors_are_flat(meta, other, text):
    answer = meta.ig_exchange(meta.consent("instagram")["code"], **other)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error_type", "code", "error_message"}
    assert answer.json()["code"] == 400
    assert text in answer.json()["error_message"]


def test_unknown_instagram_code_is_not_found(meta):
    answer = meta.ig_exchange("x").json()

    assert answer["error_message"] == "Matching code was not found or was already used"


def test_instagram_code_works_once(meta):
    code = meta.consent("instagram")["code"]
    meta.ig_exchange(code)

    assert "has been used" in meta.ig_exchange(code).json()["error_message"]


def test_instagram_code_lives_an_hour(meta):
    code = meta.consent("instagram")["code"]
    meta.control("POST", "clock", advance_s=3601)

    assert "expired" in meta.ig_exchange(code).json()["error_message"]


def test_instagram_long_lived_token_lives_sixty_days(meta, error):
    answer = meta.ig_prolong(meta.ig_short()).json()

    assert answer["expires_in"] == 5_183_944
    meta.control("POST", "clock", advance_s=61 * DAY)
    assert error(meta.get("me", answer["access_token"])) == (190, 463)


@pytest.mark.parametrize("case", ["pending", "secret", "long already"])
def test_instagram_exchange_fails_with_the_misleading_error(meta, case):
    token = meta.ig_token() if case == "long already" else meta.ig_short()
    if case == "pending":
        meta.control("PATCH", "accounts/clay.studio", tester="pending")

    answer = meta.ig_prolong(token, **({"client_secret": "x"} if case == "secret" else {}))

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "IGApiException"
    assert answer.json()["error"]["message"] == "Unsupported request - method type: get"


def test_instagram_exchange_may_need_the_client_id(meta):
    meta.world.switches.ig_exchange_needs_client_id = True
    token = meta.ig_short()

    assert meta.ig_prolong(token).status_code == 400
    assert meta.ig_prolong(token, client_id="200000000000002").ok


def test_refresh_waits_for_the_second_day(meta):
    token = meta.ig_token()

    assert meta.ig_refresh(token).status_code == 400
    meta.control("POST", "clock", advance_s=DAY)
    fresh = meta.ig_refresh(token).json()

    assert fresh["access_token"] != token
    assert fresh["expires_in"] == 5_183_944
    assert "instagram_business_basic" in fresh["permissions"]


def test_refresh_may_keep_the_token(meta):
    meta.world.switches.refresh_changes_token = False
    token = meta.ig_token()
    meta.control("POST", "clock", advance_s=50 * DAY)

    assert meta.ig_refresh(token).json()["access_token"] == token
    meta.control("POST", "clock", advance_s=50 * DAY)
    assert meta.get("me", token).ok


def test_lapsed_instagram_token_cannot_be_refreshed(meta, error):
    token = meta.ig_token()
    meta.control("POST", "clock", advance_s=61 * DAY)

    assert error(meta.ig_refresh(token)) == (190, 463)


def test_short_instagram_token_cannot_be_refreshed(meta):
    meta.world.switches.refresh_min_age = 0

    assert meta.ig_refresh(meta.ig_short()).status_code == 400


def test_deauthorising_ends_every_token(meta, error):
    user, page = meta.user_token(), meta.page_token()

    assert meta.delete("me/permissions", user).json() == {"success": True}

    assert error(meta.get("me", user)) == (190, 458)
    assert error(meta.get(CLAY, page)) == (190, 458)
    assert meta.state()["grants"] == []


def test_deauthorising_works_by_user_id_with_the_app_token(meta):
    meta.user_token()
    answer = requests.delete(
        f"{meta.base}/graph.facebook.com/v26.0/1020000000000001/permissions",
        params={"access_token": "100000000000001|sandbox-facebook-secret"},
        timeout=5,
    )

    assert answer.json() == {"success": True}
    assert meta.state()["grants"] == []


def test_one_permission_can_be_dropped(meta, error):
    token = meta.user_token()

    assert meta.delete("me/permissions/instagram_content_publish", token).ok

    assert error(meta.create(token)) == (10, None)
    assert meta.get("me", token).ok


def test_revoking_an_account_ends_both_its_logins(meta, error):
    instagram, page, user = meta.ig_token(), meta.page_token(), meta.user_token()

    meta.control("POST", "revoke", account="clay.studio")

    assert error(meta.get("me", instagram)) == (190, 458)
    assert error(meta.get(CLAY, page)) == (190, 458)
    assert meta.get("me", user).ok


def test_signing_in_again_after_revocation_works(meta):
    meta.user_token()
    meta.control("POST", "revoke", person="Ada Marin")

    assert meta.get("me", meta.user_token()).ok


@pytest.mark.parametrize("subcode", [458, 459, 460, 463, 464, 467, 492])
def test_tokens_can_die_of_every_subcode(meta, error, subcode):
    token = meta.user_token()

    meta.control("POST", "revoke", person="Ada Marin", subcode=subcode)

    assert error(meta.get("me", token)) == (190, subcode)
