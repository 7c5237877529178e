"""How calls are read: versions, parameters, tokens, proofs; and what every answer carries."""

import http.client
import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

import pytest

CLAY = "17841400000000001"


def test_version_shows_in_the_answer(meta):
    token = meta.user_token()

    answer = meta.http.get(meta.url("me", token, "v24.0"), params=meta.signed(token, {}))

    assert answer.headers["facebook-api-version"] == "v24.0"


def test_missing_version_is_the_apps_default(meta):
    token = meta.user_token()

    answer = meta.http.get(f"{meta.base}/graph.facebook.com/me", params=meta.signed(token, {}))

    assert answer.headers["facebook-api-version"] == "v26.0"


def test_ended_version_falls_forward_to_the_oldest(meta):
    token = meta.user_token()

    answer = meta.http.get(meta.url("me", token, "v12.0"), params=meta.signed(token, {}))

    assert answer.ok
    assert answer.headers["facebook-api-version"] == "v21.0"


def test_future_version_is_unknown(meta):
    answer = meta.http.get(f"{meta.base}/graph.facebook.com/v27.0/me").json()["error"]

    assert answer["code"] == 2500
    assert answer["message"] == "Unknown path components: /me"


@pytest.mark.parametrize("host", ["graph.facebook.com", "graph.instagram.com"])
def test_missing_token_is_2500(meta, host):
    answer = meta.http.get(f"{meta.base}/{host}/v26.0/me")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 2500
    assert "An active access token must be used" in answer.json()["error"]["message"]
    assert answer.headers["WWW-Authenticate"].startswith('OAuth "Facebook Platform"')


def test_token_of_the_other_host_cannot_be_parsed(meta):
    facebook, instagram = meta.user_token(), meta.ig_token()

    for host, token in (("graph.instagram.com", facebook), ("graph.facebook.com", instagram)):
        answer = meta.http.get(f"{meta.base}/{host}/v26.0/me", params={"access_token": token})
        assert answer.status_code == 400
        found = answer.json()["error"]
        assert found["code"] == 190
        assert found["message"] == "Invalid OAuth access token - Cannot parse access token"
        assert '"invalid_token"' in answer.headers["WWW-Authenticate"]


def test_unknown_token_is_190(meta, error):
    assert error(meta.get("me", "EAAnobodymadethis")) == (190, None)


def test_status_of_190_can_be_401(meta):
    meta.world.switches.token_status = 401

    assert meta.get("me", "EAAnobodymadethis").status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "OAuth"])
def test_token_may_come_in_the_authorization_header(meta, scheme):
    token = meta.user_token()

    answer = meta.http.get(
        meta.url("me", token),
        params={"appsecret_proof": meta.proof(token)},
        headers={"Authorization": f"{scheme} {token}"},
    )

    assert answer.json()["name"] == "Ada Marin"


def test_missing_proof_is_refused(meta):
    token = meta.user_token()

    found = meta.http.get(meta.url("me", token), params={"access_token": token}).json()["error"]

    assert found["code"] == 100
    assert found["type"] == "GraphMethodException"
    assert found["message"] == "API calls from the server require an appsecret_proof argument"


def test_wrong_proof_is_refused_even_where_none_is_needed(meta):
    meta.world.switches.require_proof = False
    token = meta.user_token()

    found = meta.get("me", token, appsecret_proof="0" * 64).json()["error"]

    assert found["message"] == "Invalid appsecret_proof provided in the API argument"


def test_proof_can_be_left_out_by_a_switch(meta):
    meta.world.switches.require_proof = False
    token = meta.user_token()

    assert meta.http.get(meta.url("me", token), params={"access_token": token}).ok


def test_instagram_login_needs_no_proof(meta):
    token = meta.ig_token()

    assert meta.http.get(meta.url("me", token), params={"access_token": token}).ok


def body_styles(wanted):
    return {
        "form": {"data": wanted},
        "json": {"json": wanted},
        "query": {"params": wanted},
        "multipart": {"files": {name: (None, value) for name, value in wanted.items()}},
    }


@pytest.mark.parametrize("style", ["form", "json", "query", "multipart"])
def test_parameters_may_come_in_every_style(meta, style):
    token = meta.ig_token()
    wanted = {"image_url": meta.pictures.url(), "caption": "Äpfel #1", "access_token": token}

    answer = meta.http.post(meta.url("me/media", token), **body_styles(wanted)[style])

    assert answer.ok, answer.text
    assert meta.world.containers[answer.json()["id"]].caption == "Äpfel #1"


def test_lists_in_a_json_body_may_be_lists(meta):
    token = meta.ig_token()
    children = [meta.container(token, "me", is_carousel_item="true") for _ in range(2)]
    wanted = {"media_type": "CAROUSEL", "children": children, "access_token": token}

    answer = meta.http.post(meta.url("me/media", token), json=wanted)

    assert meta.world.containers[answer.json()["id"]].children == children


def test_chunked_bodies_are_read(meta):
    token = meta.ig_token()
    text = json.dumps({"image_url": meta.pictures.url(), "access_token": token}).encode()

    answer = meta.http.post(
        meta.url("me/media", token),
        data=iter([text[:10], text[10:]]),
        headers={"Content-Type": "application/json"},
    )

    assert answer.ok, answer.text


def test_unknown_object_is_100_33(meta, error):
    answer = meta.get("17841499999999999", meta.user_token())

    assert error(answer) == (100, 33)
    assert answer.json()["error"]["type"] == "GraphMethodException"
    assert "Object with ID '17841499999999999' does not exist" in answer.json()["error"]["message"]


def test_unknown_edge_is_refused(meta, error):
    assert error(meta.get(f"{CLAY}/nonsense", meta.user_token())) == (100, 33)


def test_unknown_object_on_instagram_is_the_misleading_error(meta):
    found = meta.get("17841499999999999", meta.ig_token()).json()["error"]

    assert found["type"] == "IGApiException"
    assert found["message"] == "Unsupported request - method type: get"


def test_app_scoped_id_is_refused_on_instagram(meta):
    token = meta.ig_token()

    found = meta.post("25000000000000001/media", token).json()["error"]

    assert found["message"] == "Unsupported request - method type: post"


def test_errors_have_metas_shape(meta):
    found = meta.publish(meta.ig_token(), "1").json()["error"]

    assert set(found) == {
        "message",
        "type",
        "code",
        "error_subcode",
        "is_transient",
        "error_user_title",
        "error_user_msg",
        "fbtrace_id",
    }
    assert found["is_transient"] is False
    assert 11 <= len(found["fbtrace_id"]) <= 23


def test_answers_carry_metas_headers(meta):
    answer = meta.get(CLAY, meta.user_token())

    assert json.loads(answer.headers["X-App-Usage"]) == {
        "call_count": 1,
        "total_time": 1,
        "total_cputime": 1,
    }
    (usage,) = json.loads(answer.headers["X-Business-Use-Case-Usage"])[CLAY]
    assert usage["type"] == "instagram"
    assert usage["estimated_time_to_regain_access"] == 0
    assert answer.headers["x-fb-trace-id"]
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_trace_id_of_an_error_is_in_header_and_body(meta):
    answer = meta.get("1", meta.user_token())

    assert answer.headers["x-fb-trace-id"] == answer.json()["error"]["fbtrace_id"]


def test_usage_headers_can_be_switched_off(meta):
    meta.world.switches.usage_headers = False

    assert "X-App-Usage" not in meta.get("me", meta.user_token()).headers


def date_of(meta):
    answer = meta.http.get(f"{meta.base}/graph.facebook.com/v26.0/me")
    return parsedate_to_datetime(answer.headers["Date"])


def test_date_stays_real_when_the_clock_is_moved(meta):
    before = date_of(meta)

    meta.control("POST", "clock", advance_s=400 * 86_400)

    assert date_of(meta) - before < timedelta(days=1)


def test_date_can_be_wrong_by_a_switch(meta):
    before = date_of(meta)

    meta.control("PATCH", "switches", date_skew=3 * 86_400)

    assert date_of(meta) - before >= timedelta(days=3)


def test_connections_are_kept(meta):
    token = meta.user_token()
    place = urlsplit(meta.url("me", token))
    path = f"{place.path}?{urlencode(meta.signed(token, {}))}"
    connection = http.client.HTTPConnection(place.netloc)
    sockets = set()

    for _ in range(3):
        connection.request("GET", path)
        sockets.add(connection.sock)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Connection") is None
        answer.read()

    assert len(sockets) == 1
    connection.close()


def test_trailing_slash_is_the_same_path(meta):
    assert meta.get("me/", meta.user_token()).json()["name"] == "Ada Marin"


def test_several_objects_can_be_read_by_ids(meta):
    token = meta.user_token()

    found = meta.get("", token, ids=f"{CLAY},17841400000000002", fields="username").json()

    assert found[CLAY]["username"] == "clay.studio"
    assert found["17841400000000002"]["username"] == "harbour.cafe"
