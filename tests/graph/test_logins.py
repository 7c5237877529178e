"""Both logins: where the browser is sent, what is exchanged, and why it may fail."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from ospost.graph import scopes
from ospost.graph.errors import NoAnswer, Refused
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.http import Http
from ospost.graph.instagram_login import InstagramLogin
from ospost.graph.oauth import OAuthFailure, Reason
from tests.graph.scripted import ScriptedServer, answer, each

BACK = "http://localhost:5000/login/facebook/callback"
TOKEN = "EAA-user-token-0123456789"
SECRET = "app-secret-0123456789"
PAGE_OF_ADA = {
    "id": "1",
    "name": "Clay Studio",
    "access_token": "EAA-page-token-0123456789",
    "tasks": ["ANALYZE", "CREATE_CONTENT"],
    "instagram_business_account": {"id": "17841400000000001", "username": "clay", "name": "Clay"},
}


def told(body: object, status: int = 200) -> bytes:
    return answer(json.dumps(body), status)


def facebook_at(http: Http, url: str, **more: object) -> FacebookLogin:
    given = {"app_id": "101", "app_secret": SECRET, "version": "v26.0", **more}
    return FacebookLogin(
        http, facebook_url=f"{url}/www.facebook.com", graph_url=f"{url}/graph", **given
    )


def instagram_at(http: Http, url: str, **more: object) -> InstagramLogin:
    given = {"app_id": "202", "app_secret": SECRET, "version": "v26.0", **more}
    return InstagramLogin(
        http,
        auth_url=f"{url}/www.instagram.com",
        token_url=f"{url}/api.instagram.com",
        graph_url=f"{url}/graph.instagram.com",
        **given,
    )


@pytest.fixture
def facebook(http: Http, server: ScriptedServer) -> FacebookLogin:
    return facebook_at(http, server.url)


@pytest.fixture
def instagram(http: Http, server: ScriptedServer) -> InstagramLogin:
    return instagram_at(http, server.url)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# --- scopes


def test_publishing_asks_for_the_least() -> None:
    assert scopes.REQUIRED["facebook"] == (
        "instagram_basic",
        "instagram_content_publish",
        "pages_show_list",
        "pages_read_engagement",
    )
    assert scopes.REQUIRED["instagram"] == (
        "instagram_business_basic",
        "instagram_business_content_publish",
    )


def test_needed_permissions_that_were_refused_are_named_with_their_purpose() -> None:
    lacking = scopes.missing("instagram", frozenset({"instagram_business_basic"}))

    assert [scope.name for scope in lacking] == ["instagram_business_content_publish"]
    assert lacking[0].purpose == "to publish your posts"


def test_every_permission_has_a_purpose_and_needed_ones_come_first() -> None:
    for login in scopes.SCOPES:
        needed = [scope.is_needed for scope in scopes.of(login)]
        assert needed == sorted(needed, reverse=True)
        assert all(scope.purpose.startswith("to ") for scope in scopes.of(login))


# --- Facebook


def test_facebook_dialog_asks_for_the_permissions(facebook: FacebookLogin) -> None:
    url = facebook.dialog_url(state="s&1", redirect_uri=BACK)

    assert urlsplit(url).path == "/www.facebook.com/v26.0/dialog/oauth"
    assert query_of(url) == {
        "client_id": "101",
        "redirect_uri": BACK,
        "state": "s&1",
        "response_type": "code",
        "scope": ",".join(scopes.REQUIRED["facebook"]),
    }


def test_facebook_dialog_can_ask_again_and_for_chosen_scopes(http: Http) -> None:
    facebook = facebook_at(http, "https://x", scopes=("a", "b"))

    query = query_of(facebook.dialog_url(state="s", redirect_uri=BACK, rerequest=True))

    assert (query["scope"], query["auth_type"]) == ("a,b", "rerequest")


def test_configuration_of_facebook_login_replaces_the_scopes(http: Http) -> None:
    facebook = facebook_at(http, "https://x", config_id="777")

    query = query_of(facebook.dialog_url(state="s", redirect_uri=BACK))

    assert query["config_id"] == "777"
    assert "scope" not in query


def test_facebook_code_becomes_a_token_with_an_end(
    facebook: FacebookLogin, server: ScriptedServer
) -> None:
    server.behaviour = each(
        told({"access_token": TOKEN, "token_type": "bearer", "expires_in": 5100})
    )
    before = datetime.now(UTC)

    token = facebook.exchange("the-code#_=_", BACK)

    request = server.requests[0]
    assert (request.method, request.path) == ("GET", "/graph/v26.0/oauth/access_token")
    assert request.query == {
        "client_id": "101",
        "client_secret": SECRET,
        "code": "the-code",
        "redirect_uri": BACK,
    }
    assert token.value == TOKEN
    assert token.expires_at is not None
    assert (
        timedelta(0) <= token.expires_at - before - timedelta(seconds=5100) < timedelta(minutes=1)
    )
    assert TOKEN not in repr(token)


def test_facebook_token_without_an_end_is_kept_as_such(
    facebook: FacebookLogin, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"access_token": "EAA-long-token-0123456789"}))

    token = facebook.lengthen(TOKEN)

    assert token.expires_at is None
    assert server.requests[0].query["fb_exchange_token"] == TOKEN
    assert server.requests[0].query["grant_type"] == "fb_exchange_token"


def test_person_is_read(facebook: FacebookLogin, server: ScriptedServer) -> None:
    server.behaviour = each(told({"id": "55", "name": "Ada"}))

    person = facebook.person(TOKEN)

    assert (person.subject, person.name) == ("55", "Ada")
    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert server.requests[0].query["appsecret_proof"] == proof
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_pages_of_all_list_pages_are_found(facebook: FacebookLogin, server: ScriptedServer) -> None:
    more = {"cursors": {"after": "A"}, "next": "https://x?access_token=t"}
    server.behaviour = each(
        told({"data": [PAGE_OF_ADA, {"id": "2", "name": "No account"}], "paging": more}),
        told({"data": [{**PAGE_OF_ADA, "id": "3", "tasks": ["ANALYZE"]}]}),
    )

    pages = facebook.pages(TOKEN)

    assert [(p.page_id, p.account is not None, p.may_publish) for p in pages] == [
        ("1", True, True),
        ("2", False, True),
        ("3", True, False),
    ]
    assert pages[0].account is not None
    assert (pages[0].account.ig_id, pages[0].account.username) == ("17841400000000001", "clay")
    assert pages[0].tasks == {"ANALYZE", "CREATE_CONTENT"}
    assert pages[0].token == PAGE_OF_ADA["access_token"]
    assert pages[0].token not in repr(pages)
    assert server.requests[1].query["after"] == "A"


@pytest.mark.parametrize(
    ("tasks", "may_publish"),
    [
        (["MANAGE"], True),
        (["PROFILE_PLUS_FULL_CONTROL"], True),
        (["PROFILE_PLUS_CREATE_CONTENT"], True),
        (["MODERATE", "ADVERTISE", "PROFILE_PLUS_ANALYZE"], False),
        ([], False),
    ],
)
def test_tasks_decide_who_may_publish(
    facebook: FacebookLogin, server: ScriptedServer, tasks: list[str], may_publish: bool
) -> None:
    server.behaviour = each(told({"data": [{**PAGE_OF_ADA, "tasks": tasks}]}))

    assert facebook.pages(TOKEN)[0].may_publish is may_publish


def test_permissions_are_told_apart(facebook: FacebookLogin, server: ScriptedServer) -> None:
    rows = [
        {"permission": "instagram_basic", "status": "granted"},
        {"permission": "pages_show_list", "status": "declined"},
        {"permission": "ads_read", "status": "expired"},
    ]
    server.behaviour = each(told({"data": rows}))

    found = facebook.permissions(TOKEN)

    assert (found.granted, found.declined) == ({"instagram_basic"}, {"pages_show_list"})


def test_token_is_inspected_with_the_apps_own(
    facebook: FacebookLogin, server: ScriptedServer
) -> None:
    facts = {
        "app_id": "101",
        "type": "USER",
        "is_valid": True,
        "expires_at": 0,
        "data_access_expires_at": 1576687825,
        "scopes": ["instagram_basic"],
        "user_id": "55",
    }
    server.behaviour = each(told({"data": facts}))

    found = facebook.inspect(TOKEN)

    assert server.requests[0].query["access_token"] == f"101|{SECRET}"
    assert server.requests[0].query["appsecret_proof"]
    assert server.requests[0].query["input_token"] == TOKEN
    assert (found.is_valid, found.kind, found.subject, found.app_id) == (True, "USER", "55", "101")
    assert found.expires_at is None
    assert found.data_access_expires_at == datetime.fromtimestamp(1576687825, UTC)
    assert found.scopes == {"instagram_basic"}


def test_dead_token_is_inspected_without_an_error(
    facebook: FacebookLogin, server: ScriptedServer
) -> None:
    dead = {"is_valid": False, "error": {"code": 190, "message": f"dead: {TOKEN}"}, "scopes": []}
    server.behaviour = each(told({"data": dead}), told({"data": []}))

    found = facebook.inspect(TOKEN)

    assert not found.is_valid
    assert found.error_message == "dead: [hidden]"
    with pytest.raises(NoAnswer):
        facebook.inspect(TOKEN)


def test_grant_is_revoked(facebook: FacebookLogin, server: ScriptedServer) -> None:
    server.behaviour = each(told({"success": True}), told({"success": False}))

    assert facebook.revoke(TOKEN)
    assert not facebook.revoke(TOKEN)
    assert (server.requests[0].method, server.requests[0].path) == (
        "DELETE",
        "/graph/v26.0/me/permissions",
    )
    assert TOKEN not in server.requests[0].target


FACEBOOK_FAILURES = [
    (100, 36009, "This authorization code has been used.", Reason.CODE_USED),
    (100, 36008, "Error validating verification code. …redirect_uri…", Reason.REDIRECT_MISMATCH),
    (100, 36007, "This authorization code has expired.", Reason.CODE_EXPIRED),
    (1, None, "Error validating client secret.", Reason.WRONG_SECRET),
    (101, None, "Error validating application. Invalid application ID.", Reason.UNKNOWN_APP),
    (190, 463, "Error validating access token: Session has expired", Reason.TOKEN_EXPIRED),
    (190, 460, "The session has been invalidated", Reason.TOKEN_EXPIRED),
    (100, None, "Invalid verification code format.", Reason.OTHER),
    (2, None, "Service temporarily unavailable", Reason.OTHER),
]


@pytest.mark.parametrize(("code", "subcode", "message", "reason"), FACEBOOK_FAILURES)
def test_refused_facebook_code_names_its_reason(
    facebook: FacebookLogin,
    server: ScriptedServer,
    code: int,
    subcode: int | None,
    message: str,
    reason: Reason,
) -> None:
    body = {"error": {"code": code, "error_subcode": subcode, "message": message}}
    server.behaviour = each(told(body, 400))

    with pytest.raises(OAuthFailure) as failure:
        facebook.exchange("code-0123456789", BACK)

    assert failure.value.reason is reason
    assert isinstance(failure.value, Refused)
    assert (failure.value.code, failure.value.subcode) == (code, subcode)
    assert failure.value.sentence.endswith(".")
    assert failure.value.remedy.endswith(".")
    assert failure.value.sent_at is not None


def test_refused_sign_in_quotes_neither_code_nor_secret(
    facebook: FacebookLogin, server: ScriptedServer
) -> None:
    message = f"code-0123456789 is wrong for {SECRET}"
    server.behaviour = each(told({"error": {"code": 100, "message": message}}, 400))

    with pytest.raises(OAuthFailure) as failure:
        facebook.exchange("code-0123456789", BACK)

    assert failure.value.message == "[hidden] is wrong for [hidden]"


# --- Instagram


def test_instagram_dialog_leaves_facebook_out(instagram: InstagramLogin) -> None:
    url = instagram.dialog_url(state="s", redirect_uri=BACK)

    assert urlsplit(url).path == "/www.instagram.com/oauth/authorize"
    assert query_of(url) == {
        "client_id": "202",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "instagram_business_basic,instagram_business_content_publish",
        "state": "s",
        "enable_fb_login": "0",
    }


def test_instagram_dialog_can_ask_for_the_password(instagram: InstagramLogin) -> None:
    url = instagram.dialog_url(state="s", redirect_uri=BACK, force_reauth=True)

    assert query_of(url)["force_reauth"] == "true"


FLAT = {
    "access_token": TOKEN,
    "user_id": 17841405822304914,
    "permissions": ["instagram_business_basic", "instagram_business_content_publish"],
}
WRAPPED = {
    "data": [
        {
            "access_token": TOKEN,
            "user_id": "17841405822304914",
            "permissions": "instagram_business_basic,instagram_business_content_publish",
        }
    ]
}


@pytest.mark.parametrize("body", [FLAT, WRAPPED])
def test_instagram_code_becomes_a_token_in_either_shape(
    instagram: InstagramLogin, server: ScriptedServer, body: object
) -> None:
    server.behaviour = each(told(body))

    token = instagram.exchange("the-code#_", BACK)

    assert server.requests[0].target == "/api.instagram.com/oauth/access_token"
    assert server.requests[0].form == {
        "client_id": "202",
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code": "the-code",
    }
    assert (token.value, token.subject) == (TOKEN, "17841405822304914")
    assert token.permissions == {
        "instagram_business_basic",
        "instagram_business_content_publish",
    }
    assert TOKEN not in repr(token)


@pytest.mark.parametrize("body", [{"data": []}, {"access_token": TOKEN}, {"data": {}}])
def test_instagram_answer_without_a_token_or_person_is_unreadable(
    instagram: InstagramLogin, server: ScriptedServer, body: object
) -> None:
    server.behaviour = each(told(body))

    with pytest.raises(NoAnswer):
        instagram.exchange("the-code", BACK)


def test_instagram_tokens_are_lengthened_and_refreshed_without_a_version(
    instagram: InstagramLogin, server: ScriptedServer
) -> None:
    server.behaviour = each(
        told({"access_token": "IGAA-long-1", "token_type": "bearer", "expires_in": 5183944}),
        told({"access_token": "IGAA-long-2", "token_type": "bearer"}),
    )

    long = instagram.lengthen(TOKEN)
    fresh = instagram.refresh("IGAA-long-1")

    first, second = server.requests
    assert (first.method, first.path) == ("GET", "/graph.instagram.com/access_token")
    assert first.query == {
        "grant_type": "ig_exchange_token",
        "client_id": "202",
        "client_secret": SECRET,
        "access_token": TOKEN,
    }
    assert second.path == "/graph.instagram.com/refresh_access_token"
    assert second.query == {"grant_type": "ig_refresh_token", "access_token": "IGAA-long-1"}
    assert long.expires_at is not None
    assert (fresh.value, fresh.expires_at) == ("IGAA-long-2", None)


def test_instagram_person_has_two_ids(instagram: InstagramLogin, server: ScriptedServer) -> None:
    body = {"id": "25", "user_id": "17841400000000001", "username": "clay", "name": "Clay"}
    server.behaviour = each(told({**body, "account_type": "BUSINESS"}))

    person = instagram.person(TOKEN)

    assert (person.app_scoped_id, person.ig_id) == ("25", "17841400000000001")
    assert (person.username, person.name, person.account_type) == ("clay", "Clay", "BUSINESS")
    assert server.requests[0].path == "/graph.instagram.com/v26.0/me"


def test_instagram_grant_cannot_be_revoked_by_a_program(
    instagram: InstagramLogin, server: ScriptedServer
) -> None:
    assert not instagram.revoke(TOKEN)
    assert server.requests == []


INSTAGRAM_FAILURES = [
    ("Matching code was not found or was already used", Reason.CODE_USED),
    ("This authorization code has been used", Reason.CODE_USED),
    (
        "Error validating verification code. Please make sure your redirect_uri is identical",
        Reason.REDIRECT_MISMATCH,
    ),
    ("Invalid platform app", Reason.UNKNOWN_APP),
    ("Error validating client secret.", Reason.WRONG_SECRET),
    ("Insufficient Developer Role", Reason.NOT_A_TESTER),
    ("Something else", Reason.OTHER),
]


@pytest.mark.parametrize(("message", "reason"), INSTAGRAM_FAILURES)
def test_refused_instagram_code_names_its_reason(
    instagram: InstagramLogin, server: ScriptedServer, message: str, reason: Reason
) -> None:
    body = {"error_type": "OAuthException", "code": 400, "error_message": message}
    server.behaviour = each(told(body, 400))

    with pytest.raises(OAuthFailure) as failure:
        instagram.exchange("code-0123456789", BACK)

    assert failure.value.reason is reason


def test_misleading_refusal_of_lengthening_points_to_the_tester_invitation(
    instagram: InstagramLogin, server: ScriptedServer
) -> None:
    message = "Unsupported request - method type: get"
    body = {"error": {"message": message, "type": "IGApiException", "code": 100}}
    server.behaviour = each(told(body, 400))

    with pytest.raises(OAuthFailure) as failure:
        instagram.lengthen(TOKEN)

    assert failure.value.reason is Reason.NOT_A_TESTER
    assert "invitation" in failure.value.remedy


def test_expired_instagram_token_cannot_be_refreshed(
    instagram: InstagramLogin, server: ScriptedServer
) -> None:
    body = {"error": {"message": "Session has expired on …", "code": 190}}
    server.behaviour = each(told(body, 400))

    with pytest.raises(OAuthFailure) as failure:
        instagram.refresh(TOKEN)

    assert failure.value.reason is Reason.TOKEN_EXPIRED
