"""Fields, expansion and paging; people, Pages and accounts as they read."""

import pytest

CLAY = "17841400000000001"
ADA_PAGES = ["100000000000101", "100000000000102", "100000000000103"]


def test_without_fields_an_account_reads_its_id(meta):
    assert meta.get(CLAY, meta.user_token()).json() == {"id": CLAY}


def test_account_fields_on_facebook(meta):
    fields = "username,name,biography,followers_count,follows_count,media_count"
    found = meta.get(CLAY, meta.user_token(), fields=fields).json()

    assert found == {
        "id": CLAY,
        "username": "clay.studio",
        "name": "Clay Studio",
        "biography": "Clay Studio. A practice account.",
        "followers_count": 120,
        "follows_count": 30,
        "media_count": 0,
    }


def test_me_on_instagram_tells_two_ids(meta):
    found = meta.get("me", meta.ig_token(), fields="id,user_id,username,account_type").json()

    assert found == {
        "id": "25000000000000001",
        "user_id": CLAY,
        "username": "clay.studio",
        "account_type": "BUSINESS",
    }


def test_profile_picture_can_be_fetched(meta):
    url = meta.get(CLAY, meta.user_token(), fields="profile_picture_url").json()

    assert meta.http.get(url["profile_picture_url"]).headers["Content-Type"] == "image/jpeg"


def test_unknown_field_fails_the_whole_call(meta):
    found = meta.get(CLAY, meta.user_token(), fields="username,shoe_size").json()["error"]

    assert found["code"] == 100
    assert found["message"].startswith("(#100) Tried accessing nonexisting field (shoe_size) on")


def test_field_of_the_other_host_is_unknown(meta, error):
    assert error(meta.get(CLAY, meta.user_token(), fields="account_type")) == (100, None)
    assert error(meta.get("me", meta.ig_token(), fields="ig_id")) == (100, None)


@pytest.mark.parametrize("fields", ["media{id", "media}", "a b", "media{id,,", "{id}"])
def test_broken_expansion_is_a_syntax_error(meta, fields):
    assert meta.get(CLAY, meta.user_token(), fields=fields).json()["error"]["code"] in (100, 2500)


def test_person_reads_name_and_id(meta):
    assert meta.get("me", meta.user_token()).json() == {
        "id": "1020000000000001",
        "name": "Ada Marin",
    }


def test_me_of_a_page_token_is_the_page(meta):
    assert meta.get("me", meta.page_token()).json()["name"] == "Clay Studio"


def test_pages_come_with_tokens_tasks_and_accounts(meta):
    fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
    clay, _, bakery = meta.get("me/accounts", meta.user_token(), fields=fields).json()["data"]

    assert clay["instagram_business_account"] == {"id": CLAY, "username": "clay.studio"}
    assert clay["access_token"].startswith("EAA")
    assert "CREATE_CONTENT" in clay["tasks"]
    assert bakery["name"] == "Old Bakery"
    assert "instagram_business_account" not in bakery


def test_page_without_publishing_task_says_so(meta):
    token = meta.user_token("1020000000000002")

    prints = meta.get("me/accounts", token, fields="tasks").json()["data"][0]

    assert prints["tasks"] == ["ANALYZE", "ADVERTISE", "MODERATE"]


def test_account_of_a_page_is_bare_without_subfields(meta):
    fields = "instagram_business_account"
    clay = meta.get("me/accounts", meta.user_token(), fields=fields).json()["data"][0]

    assert clay["instagram_business_account"] == {"id": CLAY}


def test_account_is_hidden_without_instagram_basic(meta):
    token = meta.user_token(scope="pages_show_list")

    clay = meta.get("me/accounts", token, fields="instagram_business_account").json()["data"][0]

    assert "instagram_business_account" not in clay


def test_pages_are_hidden_without_pages_show_list(meta):
    token = meta.user_token(scope="instagram_basic")

    assert meta.get("me/accounts", token).json() == {"data": []}


def test_pages_come_by_limit_and_cursor(meta):
    token = meta.user_token()

    first = meta.get("me/accounts", token, limit=2, fields="id").json()
    after = first["paging"]["cursors"]["after"]
    second = meta.get("me/accounts", token, limit=2, after=after, fields="id").json()

    assert [page["id"] for page in first["data"] + second["data"]] == ADA_PAGES
    assert "next" in first["paging"]
    assert "next" not in second["paging"]
    assert "previous" in second["paging"]


def test_next_link_leads_on_and_carries_token_and_fields(meta):
    token = meta.user_token()
    first = meta.get("me/accounts", token, limit=2, fields="name").json()

    link = first["paging"]["next"]
    second = meta.http.get(link, params={"appsecret_proof": meta.proof(token)}).json()

    assert link.startswith(f"{meta.base}/graph.facebook.com/v26.0/me/accounts?")
    assert second["data"] == [{"name": "Old Bakery", "id": ADA_PAGES[2]}]


def test_before_cursor_leads_back(meta):
    token = meta.user_token()
    second = meta.get("me/accounts", token, limit=2, fields="id").json()
    last = meta.get(
        "me/accounts", token, limit=2, after=second["paging"]["cursors"]["after"], fields="id"
    ).json()

    back = meta.get(
        "me/accounts", token, limit=2, before=last["paging"]["cursors"]["before"], fields="id"
    ).json()

    assert back["data"] == second["data"]


@pytest.mark.parametrize("wrong", [{"after": "???"}, {"limit": "0"}, {"limit": "many"}])
def test_wrong_paging_is_code_100(meta, error, wrong):
    assert error(meta.get("me/accounts", meta.user_token(), **wrong)) == (100, None)


def test_a_thousand_pages_come_in_pages_of_a_hundred(meta):
    meta.control("POST", "accounts", count=250)
    token, found, after = meta.user_token(), [], None

    while True:
        answer = meta.get("me/accounts", token, limit=500, fields="id", after=after or "").json()
        found += [page["id"] for page in answer["data"]]
        assert len(answer["data"]) <= 100
        if "next" not in answer["paging"]:
            break
        after = answer["paging"]["cursors"]["after"]

    assert len(set(found)) == len(found) == 253


def test_nested_expansion_with_limit_reads_media_and_children(meta):
    token = meta.page_token()
    for number in range(3):
        meta.live(token, caption=f"Post {number}")

    found = meta.get(CLAY, token, fields="media.limit(2){id,caption}").json()["media"]

    assert [media["caption"] for media in found["data"]] == ["Post 2", "Post 1"]
    assert "after" in found["paging"]["cursors"]


def test_accounts_of_another_person_are_out_of_sight(meta, error):
    assert error(meta.get("17841400000000004", meta.user_token())) == (100, 33)


def test_page_token_sees_only_its_own_account(meta, error):
    assert error(meta.get("17841400000000002", meta.page_token())) == (100, 33)


def test_instagram_token_sees_only_its_own_account(meta, error):
    assert error(meta.get("17841400000000002", meta.ig_token())) == (100, 33)


def test_reading_without_permission_is_code_10(meta, error):
    answer = meta.get(CLAY, meta.user_token(scope="pages_show_list,instagram_basic"))

    assert answer.status_code == 403
    assert error(answer) == (10, None)
