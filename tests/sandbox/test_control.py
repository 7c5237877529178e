"""The control API: switches, clock, state, log, people."""

import json

import pytest

from sandbox import control
from sandbox.switches import Switches

CLAY = "17841400000000001"


def test_switches_can_be_read_and_changed(meta):
    assert meta.control("GET", "switches").json()["used_container"] == "refuse"

    answer = meta.control("PATCH", "switches", used_container="duplicate", quota_total=100)

    assert answer.json()["used_container"] == "duplicate"
    assert meta.world.switches.quota_total == 100


@pytest.mark.parametrize(
    "change",
    [
        {"nonsense": 1},
        {"quota_total": "many"},
        {"used_container": "explode"},
        {"require_proof": 1},
        {"latency": {"publish": "slow"}},
        {"redirect_uris": "http://localhost"},
    ],
)
def test_wrong_switch_changes_nothing(meta, change):
    answer = meta.control("PATCH", "switches", **({"quota_total": 7} | change))

    assert answer.status_code == 400
    assert meta.world.switches.quota_total == 50


def test_every_switch_is_described():
    for name in vars(Switches()):
        assert f"`{name}`" in control.__doc__


def test_body_must_be_an_object(meta):
    answer = meta.http.patch(f"{meta.base}/_sandbox/switches", json=[1])

    assert answer.status_code == 400


def test_credentials_can_be_changed(meta):
    meta.control("PATCH", "switches", fb_app_id="42", fb_app_secret="other")

    assert meta.exchange(meta.consent()["code"]).ok


def test_clock_goes_forward_only(meta):
    before = meta.control("GET", "clock").json()["now_ms"]

    after = meta.control("POST", "clock", advance_s=1000).json()

    assert after["now_ms"] >= before + 1_000_000
    assert after["ahead_s"] == 1000
    assert meta.control("POST", "clock", advance_s=-1).status_code == 400
    assert meta.control("POST", "clock", advance_s="tomorrow").status_code == 400


def test_reset_begins_anew(meta, error):
    token = meta.ig_token()
    meta.live(token)
    meta.fault(endpoint="any", kind="error")
    meta.control("PATCH", "switches", quota_total=3)
    meta.control("POST", "clock", advance_s=1000)

    assert meta.control("POST", "reset").ok

    state = meta.state()
    assert (state["media"], state["grants"], state["faults"]) == ([], [], [])
    assert state["switches"]["quota_total"] == 50
    assert len(state["people"]) == 2
    assert meta.control("GET", "clock").json()["ahead_s"] == 0
    assert error(meta.get("me", token)) == (190, None)


def test_state_links_media_container_caption_and_moment(meta):
    token = meta.ig_token()
    container = meta.container(token, caption="Precisely")
    before = meta.world.now() * 1000
    media = meta.publish(token, container).json()["id"]

    (found,) = meta.state()["media"]

    assert found["id"] == media
    assert found["container_id"] == container
    assert found["caption"] == "Precisely"
    assert found["username"] == "clay.studio"
    assert before <= found["timestamp_ms"] <= meta.world.now() * 1000
    assert found["timestamp_ms"] != int(found["timestamp_ms"] / 1000) * 1000


def test_state_tells_tokens_as_counts(meta):
    token = meta.user_token()
    meta.get("me/accounts", token)
    meta.ig_token()
    meta.control("POST", "revoke", account="clay.studio")

    assert meta.state()["tokens"] == {"user": 2, "page": 2, "instagram": 0, "dead": 3}


def test_neither_state_nor_log_holds_a_token(meta):
    meta.live(meta.page_token())
    meta.live(meta.ig_token())

    seen = json.dumps(meta.state()) + json.dumps(meta.control("GET", "calls").json())

    for value in [*meta.world.tokens, *meta.world.codes]:
        assert value not in seen


def test_log_tells_each_call(meta):
    token = meta.ig_token()
    container = meta.container(token)
    before = meta.world.now() * 1000
    media = meta.publish(token, container).json()["id"]

    (found,) = meta.control("GET", "calls?endpoint=publish").json()["calls"]

    assert before <= found.pop("at_ms") <= meta.world.now() * 1000
    assert found.pop("took_ms") > 0
    assert found == {
        "host": "graph.instagram.com",
        "method": "POST",
        "path": f"/{CLAY}/media_publish",
        "endpoint": "publish",
        "account": "clay.studio",
        "container": container,
        "media": media,
        "status": 200,
        "outcome": "ok",
    }


def test_log_tells_refusals_and_faults(meta):
    token = meta.ig_token()
    meta.publish(token, "1")
    meta.fault(endpoint="publish", kind="error_after", code=1)
    meta.publish(token, meta.container(token))

    refused, faulty = meta.control("GET", "calls?endpoint=publish").json()["calls"]

    assert refused["outcome"] == "error 24/2207008"
    assert faulty["outcome"] == "fault error_after: ok"


def test_log_can_be_filtered_and_forgotten(meta):
    token = meta.ig_token()
    meta.get("me", token)
    now = meta.world.now() * 1000
    meta.get("me/media", token)

    later = meta.control("GET", f"calls?since_ms={now}").json()["calls"]

    assert [call["endpoint"] for call in later] == ["media"]
    assert meta.control("GET", "calls?account=harbour.cafe").json()["calls"] == []
    meta.control("DELETE", "calls")
    assert meta.control("GET", "calls").json()["calls"] == []


def test_server_writes_no_request_lines(meta, capfd):
    meta.get("me", meta.ig_token())
    meta.http.get(f"{meta.base}/nowhere")

    assert capfd.readouterr() == ("", "")


def test_more_accounts_can_be_made(meta):
    made = meta.control("POST", "accounts", count=3).json()["accounts"]

    token = meta.user_token()
    for account in made:
        assert (
            meta.get(account["id"], token, fields="username").json()["username"]
            == (account["username"])
        )


def test_tokens_can_be_had_without_a_dialog(meta):
    facebook = meta.control("POST", "tokens", login="facebook", person="Ada Marin").json()
    instagram = meta.control("POST", "tokens", login="instagram", account="okoye.foto").json()

    clay = facebook["pages"][0]
    assert meta.live(clay["access_token"], clay["account_id"])
    assert meta.live(instagram["access_token"], instagram["user_id"])


def test_minted_tokens_may_have_fewer_scopes(meta, error):
    scopes = ["instagram_business_basic"]
    minted = meta.control(
        "POST", "tokens", login="instagram", account="clay.studio", scopes=scopes
    ).json()

    assert error(meta.create(minted["access_token"])) == (10, None)


def test_role_on_a_page_can_be_taken_away(meta, error):
    token = meta.page_token()

    meta.control("PATCH", "pages/Clay Studio", tasks={"Ada Marin": ["ANALYZE"]})

    assert error(meta.create(token)) == (200, None)


def test_account_can_be_unlinked_from_its_page(meta):
    token = meta.user_token()
    meta.control("PATCH", "pages/Clay Studio", account=None)

    pages = meta.get("me/accounts", token, fields="instagram_business_account").json()["data"]

    assert "instagram_business_account" not in pages[0]
    assert meta.get(CLAY, token).status_code == 400


def test_person_can_lose_the_role_on_the_app(meta):
    meta.control("PATCH", "switches", app_live=False)
    meta.control("PATCH", "people/Ada Marin", app_role=False)

    assert "App not active" in meta.http.get(meta.dialog()).text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "accounts/nobody", {"tester": "none"}),
        ("POST", "revoke", {"person": "Nobody"}),
        ("PATCH", "pages/Nowhere", {"account": None}),
        ("POST", "password", {}),
    ],
)
def test_unknown_names_are_404(meta, method, path, body):
    assert meta.control(method, path, **body).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accounts/clay.studio", {"tester": "maybe"}),
        ("accounts/clay.studio", {"username": "x"}),
        ("people/Ada Marin", {"name": "x"}),
        ("pages/Clay Studio", {"name": "x"}),
    ],
)
def test_wrong_changes_are_400(meta, path, body):
    assert meta.control("PATCH", path, **body).status_code == 400


def test_pages_of_other_sites_may_not_write(meta):
    strange = {"Sec-Fetch-Site": "cross-site"}

    for path in ("/_sandbox/reset", "/"):
        answer = meta.http.post(f"{meta.base}{path}", json={}, headers=strange)
        assert answer.status_code == 403
