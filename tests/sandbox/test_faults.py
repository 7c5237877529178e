"""Everything that can be made to go wrong."""

import threading
import time

import pytest
import requests

CLAY = "17841400000000001"
HARBOUR = "17841400000000002"


@pytest.fixture
def token(meta):
    return meta.ig_token()


def live(meta):
    return len(meta.state()["media"])


def test_error_has_no_effect(meta, token, error):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="error", code=1)

    answer = meta.publish(token, container)

    assert answer.status_code == 500
    assert error(answer) == (1, None)
    assert live(meta) == 0


def test_error_after_has_its_effect(meta, token, error):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="error_after", code=4, subcode=2207051)

    answer = meta.publish(token, container)

    assert error(answer) == (4, 2207051)
    assert answer.json()["error"]["error_user_msg"].startswith("We restrict certain activity")
    assert live(meta) == 1


def test_status_and_message_of_an_error_can_be_given(meta, token):
    meta.fault(endpoint="me", kind="error")
    meta.fault(endpoint="account", kind="error", code=2, status=503, message="Later")

    answer = meta.get("me", token)

    assert answer.status_code == 503
    assert answer.json()["error"]["message"] == "Later"


def test_lost_after_is_live_without_an_answer(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="lost_after")

    with pytest.raises(requests.ConnectionError):
        meta.publish(token, container)

    assert live(meta) == 1


def test_lost_before_is_not_live(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="lost_before")

    with pytest.raises(requests.ConnectionError):
        meta.publish(token, container)

    assert live(meta) == 0


def test_reset_has_no_effect(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="reset")

    with pytest.raises(requests.ConnectionError, match="reset"):
        meta.publish(token, container)

    assert live(meta) == 0


def test_effect_can_be_turned_on_for_any_kind(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="reset", effect=True)

    with pytest.raises(requests.ConnectionError):
        meta.publish(token, container)

    assert live(meta) == 1


def test_late_effect_comes_after_the_connection_is_gone(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="late_effect", seconds=0.4)

    with pytest.raises(requests.ConnectionError):
        meta.publish(token, container)

    assert live(meta) == 0
    deadline = time.monotonic() + 10
    while live(meta) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert live(meta) == 1


def test_late_effect_comes_as_soon_as_the_clock_is_advanced(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="late_effect", seconds=50)
    with pytest.raises(requests.ConnectionError):
        meta.publish(token, container)

    meta.control("POST", "clock", advance_s=40)
    before = len(meta.get("me/media", token, fields="id").json()["data"])
    meta.control("POST", "clock", advance_s=11)
    after = len(meta.get("me/media", token, fields="id").json()["data"])

    assert (before, after) == (0, 1)


@pytest.mark.parametrize(("kind", "posts"), [("hang", 0), ("hang_after", 1)])
def test_hanging_outlasts_the_callers_patience(meta, token, kind, posts):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind=kind)

    with pytest.raises(requests.ReadTimeout):
        meta.http.post(
            meta.url("me/media_publish", token),
            data={"access_token": token, "creation_id": container},
            timeout=0.3,
        )

    assert live(meta) == posts


@pytest.mark.parametrize("kind", ["slow", "slow_after"])
def test_slow_answers_come_all_the_same(meta, token, kind):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind=kind, seconds=0.2)

    assert meta.publish(token, container).json()["id"]
    assert meta.world.calls[-1]["took_ms"] >= 200


def test_html_502_is_a_page(meta, token):
    meta.fault(endpoint="publish", kind="html_502")

    answer = meta.publish(token, meta.container(token))

    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert live(meta) == 0


def test_empty_answer_has_no_body(meta, token):
    meta.fault(endpoint="publish", kind="empty", status=503)

    answer = meta.publish(token, meta.container(token))

    assert (answer.status_code, answer.content) == (503, b"")


def test_truncated_answer_breaks_off(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="truncated")

    with pytest.raises(requests.RequestException):
        meta.publish(token, container).json()

    assert live(meta) == 1


def test_dripping_answer_arrives_whole(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="drip", seconds=0.3)

    assert meta.publish(token, container).json()["id"]
    assert live(meta) == 1


def test_wrong_length_leaves_an_answer_that_cannot_be_read(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="wrong_length")

    with pytest.raises(requests.RequestException):
        meta.publish(token, container).json()

    assert live(meta) == 1


def test_redirect_names_another_place(meta, token):
    meta.fault(endpoint="publish", kind="redirect", location="http://localhost:1/")

    answer = meta.http.post(
        meta.url("me/media_publish", token),
        data={"access_token": token, "creation_id": "1"},
        allow_redirects=False,
    )

    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://localhost:1/"


def test_redirect_leads_to_a_dead_address_by_itself(meta, token):
    meta.fault(endpoint="account", kind="redirect")

    answer = meta.http.get(
        meta.url("me", token), params={"access_token": token}, allow_redirects=False
    )

    assert answer.headers["Location"].startswith("http://127.0.0.1:")


def test_throttle_says_how_long_in_minutes(meta, token, error):
    meta.fault(endpoint="publish", kind="throttle", seconds=600)

    answer = meta.publish(token, meta.container(token))

    assert error(answer) == (80002, None)
    assert '"estimated_time_to_regain_access":10' in answer.headers["X-Business-Use-Case-Usage"]
    assert '"call_count":100' in answer.headers["X-App-Usage"]


def test_throttle_may_keep_silent_about_the_time(meta, token, error):
    meta.fault(endpoint="publish", kind="throttle", code=4)

    answer = meta.publish(token, "1")

    assert error(answer) == (4, None)
    assert "X-Business-Use-Case-Usage" not in answer.headers


def test_9007_may_come_after_finished(meta, token, error):
    container = meta.container(token)
    meta.fault(endpoint="publish", kind="error", code=9007, subcode=2207027, count=2)

    codes = [error(meta.publish(token, container)) for _ in range(2)]

    assert codes == [(9007, 2207027)] * 2
    assert meta.publish(token, container).ok


def test_first_reads_may_be_100_33(meta, token, error):
    media = meta.live(token)
    meta.fault(endpoint="node", kind="error", code=100, subcode=33, count=1)

    answer = meta.get(media, token)

    assert error(answer) == (100, 33)
    assert answer.json()["error"]["type"] == "GraphMethodException"
    assert meta.get(media, token).ok


def test_stuck_container_never_finishes(meta, token):
    meta.fault(endpoint="create", kind="stuck")
    container = meta.container(token)
    meta.control("POST", "clock", advance_s=3600)

    found = meta.get(container, token, fields="status_code").json()

    assert found["status_code"] == "IN_PROGRESS"


def test_stuck_container_may_come_loose(meta, token):
    meta.fault(endpoint="create", kind="stuck", seconds=600)
    container = meta.container(token)
    meta.control("POST", "clock", advance_s=601)

    assert meta.get(container, token, fields="status_code").json()["status_code"] == "FINISHED"


def test_status_reads_may_be_stuck(meta, token):
    container = meta.container(token)
    meta.fault(endpoint="status", kind="stuck", count=1)

    states = [meta.get(container, token, fields="status_code").json() for _ in range(2)]

    assert [state["status_code"] for state in states] == ["IN_PROGRESS", "FINISHED"]


@pytest.mark.parametrize("subcode", [2207026, 2207032, 2207053, 2207076, 2207082, 2207085])
def test_container_may_end_in_every_error(meta, token, subcode):
    meta.fault(endpoint="create", kind="container_error", subcode=subcode)

    found = meta.get(meta.container(token), token, fields="status_code,status").json()

    assert found["status_code"] == "ERROR"
    assert found["status"].endswith(f"error code {subcode}")


def test_keys_may_be_missing(meta, token):
    media = meta.live(token)
    meta.fault(endpoint="media", kind="omit", omit=["permalink"])

    (found,) = meta.get("me/media", token, fields="permalink,caption").json()["data"]

    assert found == {"id": media, "caption": "Hello"}


def test_count_limits_the_hits(meta, token):
    meta.fault(endpoint="account", kind="error", code=2, count=2)

    assert [meta.get("me", token).status_code for _ in range(4)] == [500, 500, 200, 200]
    (fault,) = meta.control("GET", "faults").json()["faults"]
    assert (fault["hits"], fault["seen"]) == (2, 4)


def test_skip_lets_the_first_ones_through(meta, token):
    meta.fault(endpoint="account", kind="error", code=2, skip=1, count=1)

    assert [meta.get("me", token).status_code for _ in range(3)] == [200, 500, 200]


@pytest.mark.parametrize("name", [CLAY, "clay.studio"])
def test_fault_may_hit_one_account(meta, name):
    token = meta.user_token()
    meta.fault(endpoint="publish", kind="error", account=name)

    clay = meta.publish(token, meta.container(token, CLAY), CLAY)
    harbour = meta.publish(token, meta.container(token, HARBOUR), HARBOUR)

    assert (clay.status_code, harbour.status_code) == (500, 200)


def test_fault_may_hit_one_caption(meta, token):
    meta.fault(endpoint="publish", kind="error", caption_contains="unlucky")

    assert meta.publish(token, meta.container(token, caption="An unlucky one")).status_code == 500
    assert meta.publish(token, meta.container(token, caption="A lucky one")).ok


def test_fault_may_hit_one_container(meta, token):
    first, second = meta.container(token), meta.container(token)
    meta.fault(endpoint="status", kind="error", container=first)

    assert meta.get(first, token).status_code == 500
    assert meta.get(second, token).ok


def test_fault_may_hit_one_method(meta):
    token = meta.ig_token(
        scope="instagram_business_basic,instagram_business_content_publish,"
        "instagram_business_manage_comments"
    )
    media = meta.live(token)
    meta.fault(endpoint="comments", kind="lost_after", method="POST")

    with pytest.raises(requests.ConnectionError):
        meta.post(f"{media}/comments", token, message="Hi")

    assert len(meta.get(f"{media}/comments", token).json()["data"]) == 1


@pytest.mark.parametrize(
    ("endpoint", "call"),
    [
        ("create", lambda m, t: m.create(t)),
        ("status", lambda m, t: m.get(next(iter(m.world.containers)), t)),
        ("publish", lambda m, t: m.publish(t, "1")),
        ("media", lambda m, t: m.get("me/media", t)),
        ("node", lambda m, t: m.get(next(iter(m.world.media)), t)),
        ("children", lambda m, t: m.get(f"{next(iter(m.world.media))}/children", t)),
        ("comments", lambda m, t: m.get(f"{next(iter(m.world.media))}/comments", t)),
        ("delete", lambda m, t: m.delete(next(iter(m.world.media)), t)),
        ("limit", lambda m, t: m.get("me/content_publishing_limit", t)),
        ("stories", lambda m, t: m.get("me/stories", t)),
        ("account", lambda m, t: m.get("me", t)),
        ("token", lambda m, t: m.ig_refresh(t)),
        ("any", lambda m, t: m.get("me", t)),
    ],
)
def test_every_endpoint_can_fail(meta, token, endpoint, call):
    meta.live(token)
    meta.fault(endpoint=endpoint, kind="html_502")

    assert call(meta, token).status_code == 502


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        ("me", "me"),
        ("accounts", "me/accounts"),
        ("permissions", "me/permissions"),
        ("page", "100000000000101"),
        ("debug_token", "debug_token"),
    ],
)
def test_every_facebook_endpoint_can_fail(meta, endpoint, path):
    token = meta.user_token()
    meta.fault(endpoint=endpoint, kind="html_502")

    assert meta.get(path, token).status_code == 502


def test_faults_are_cleared_together_or_one_by_one(meta, token):
    meta.fault(endpoint="account", kind="error")
    meta.fault(endpoint="media", kind="error")

    left = meta.control("DELETE", "faults/1").json()["faults"]
    assert [fault["endpoint"] for fault in left] == ["media"]
    meta.control("DELETE", "faults")
    assert meta.get("me/media", token).ok


@pytest.mark.parametrize(
    "words", [{"kind": "explode"}, {"endpoint": "moon"}, {"colour": "red"}, {"hits": 3}]
)
def test_wrong_fault_is_refused(meta, words):
    answer = meta.control("POST", "faults", **words)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_latency_slows_an_endpoint(meta, token):
    meta.control("PATCH", "switches", latency={"publish": 0.2})

    assert meta.publish(token, meta.container(token)).ok

    took = {call["endpoint"]: call["took_ms"] for call in meta.world.calls}
    assert took["publish"] >= 200


def test_hanging_connections_end_when_the_server_stops(meta, running, token):
    meta.fault(endpoint="account", kind="hang")
    failed = []

    def call():
        try:
            meta.get("me", token)
        except requests.ConnectionError:
            failed.append(True)

    thread = threading.Thread(target=call)
    thread.start()
    while not meta.world.faults.as_json()[0]["hits"]:
        time.sleep(0.01)
    running.stop()
    thread.join(timeout=20)

    assert failed
