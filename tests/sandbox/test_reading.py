"""Media, lists, comments: what reads back, what can be changed and taken away."""

import re
from datetime import UTC, datetime

import pytest

CLAY = "17841400000000001"
ALL = (
    "instagram_basic,instagram_content_publish,pages_show_list,pages_read_engagement,"
    "instagram_manage_comments,instagram_manage_contents"
)
IG_ALL = (
    "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments"
)


@pytest.fixture
def token(meta):
    return meta.page_token(scope=ALL)


def test_media_reads_its_fields(meta, token):
    media = meta.live(token, caption="A bowl")
    fields = (
        "id,caption,media_type,media_product_type,permalink,shortcode,timestamp,username,owner,"
        "comments_count,like_count,is_comment_enabled,media_url"
    )

    found = meta.get(media, token, fields=fields).json()

    assert found["media_type"] == "IMAGE"
    assert found["media_product_type"] == "FEED"
    assert found["username"] == "clay.studio"
    assert found["owner"] == {"id": CLAY}
    assert found["comments_count"] == found["like_count"] == 0
    assert found["is_comment_enabled"] is True
    assert re.fullmatch(r"[A-Za-z0-9_-]{11}", found["shortcode"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", found["timestamp"])
    assert found["permalink"] == f"{meta.base}/p/{found['shortcode']}/"


def test_ids_look_as_metas_do(meta, token):
    container = meta.container(token)
    media = meta.publish(token, container).json()["id"]

    for found in (container, media):
        assert re.fullmatch(r"1[78]\d{15,16}", found)


def test_without_fields_a_media_reads_its_id(meta, token):
    media = meta.live(token)

    assert meta.get(media, token).json() == {"id": media}


def test_picture_reads_back_byte_for_byte(meta, token):
    media = meta.live(token)

    url = meta.get(media, token, fields="media_url").json()["media_url"]

    assert meta.http.get(url).content == meta.pictures.files["ok.jpg"]


def test_permalink_can_be_missing(meta, token):
    meta.world.switches.permalink = False

    found = meta.get(meta.live(token), token, fields="permalink,shortcode").json()

    assert "permalink" not in found
    assert "shortcode" in found


def test_single_picture_has_no_children(meta, token):
    media = meta.live(token)

    assert meta.get(media, token, fields="children{id}").json() == {"id": media}
    assert meta.get(f"{media}/children", token).json() == {"data": []}


def test_children_have_an_edge(meta, token):
    slides = [meta.container(token, is_carousel_item="true") for _ in range(2)]
    media = meta.live(token, media_type="CAROUSEL", children=",".join(slides))

    found = meta.get(f"{media}/children", token, fields="media_type").json()["data"]

    assert [child["media_type"] for child in found] == ["IMAGE", "IMAGE"]


def test_list_is_newest_first_without_slides(meta, token):
    slides = [meta.container(token, is_carousel_item="true") for _ in range(2)]
    meta.live(token, caption="one")
    meta.live(token, caption="two", media_type="CAROUSEL", children=",".join(slides))

    found = meta.get(f"{CLAY}/media", token, fields="caption").json()["data"]

    assert [media["caption"] for media in found] == ["two", "one"]


def test_list_pages_by_cursor(meta, token):
    for number in range(5):
        meta.live(token, caption=str(number))

    first = meta.get(f"{CLAY}/media", token, fields="caption", limit=2).json()
    after = first["paging"]["cursors"]["after"]
    meta.live(token, caption="new")
    second = meta.get(f"{CLAY}/media", token, fields="caption", limit=2, after=after).json()

    assert [m["caption"] for m in first["data"] + second["data"]] == ["4", "3", "2", "1"]


@pytest.mark.parametrize("form", ["unix", "text"])
def test_list_is_cut_by_since_and_until(meta, token, form):
    meta.live(token, caption="early")
    early = meta.world.now() + 1
    meta.control("POST", "clock", advance_s=3600)
    meta.live(token, caption="late")
    cut = int(early)
    if form == "text":
        cut = datetime.fromtimestamp(cut, UTC).isoformat()

    since = meta.get(f"{CLAY}/media", token, fields="caption", since=cut).json()["data"]
    until = meta.get(f"{CLAY}/media", token, fields="caption", until=cut).json()["data"]

    assert [m["caption"] for m in since] == ["late"]
    assert [m["caption"] for m in until] == ["early"]


def test_list_may_lag_behind(meta, token):
    meta.world.switches.list_lag = 60
    media = meta.live(token)

    assert meta.get(f"{CLAY}/media", token).json()["data"] == []
    assert meta.get(media, token).ok
    meta.control("POST", "clock", advance_s=61)
    assert meta.get(f"{CLAY}/media", token).json()["data"] == [{"id": media}]


def test_fresh_media_may_be_unreadable(meta, token, error):
    meta.world.switches.node_lag = 60
    made = meta.container(token)
    media = meta.publish(token, made).json()["id"]

    assert error(meta.get(media, token)) == (100, 33)
    meta.control("POST", "clock", advance_s=61)
    assert meta.get(media, token).ok


def test_media_of_others_is_out_of_sight(meta, token, error):
    media = meta.live(token)

    assert error(meta.get(media, meta.ig_token("17841400000000004"))) == (100, 33)


def test_delete_takes_a_media_away(meta, token, error):
    media = meta.live(token)

    assert meta.delete(media, token).json() == {"success": True, "deleted_id": media}

    assert error(meta.get(media, token)) == (100, 33)
    assert meta.get(f"{CLAY}/media", token).json() == {"data": []}


def test_delete_needs_its_permission(meta, token, error):
    media = meta.live(token)
    plain = meta.page_token(scope=ALL.removesuffix(",instagram_manage_contents"))
    meta.delete("me/permissions/instagram_manage_contents", meta.user_token())

    assert error(meta.delete(media, plain)) == (10, None)


def test_delete_does_not_exist_on_instagram(meta):
    token = meta.ig_token()

    found = meta.delete(meta.live(token), token).json()["error"]

    assert found["message"] == "Unsupported request - method type: delete"


def test_slide_cannot_be_deleted_alone(meta, token):
    slides = [meta.container(token, is_carousel_item="true") for _ in range(2)]
    media = meta.live(token, media_type="CAROUSEL", children=",".join(slides))
    child = meta.get(f"{media}/children", token).json()["data"][0]["id"]

    assert meta.delete(child, token).status_code == 400
    assert meta.delete(media, token).ok
    assert meta.state()["media"] == []


def test_comment_reads_back(meta, token):
    media = meta.live(token)

    comment = meta.post(f"{media}/comments", token, message="First!").json()["id"]

    fields = "text,username,from,parent_id,hidden"
    (found,) = meta.get(f"{media}/comments", token, fields=fields).json()["data"]
    assert found == {
        "id": comment,
        "text": "First!",
        "username": "clay.studio",
        "from": {"id": CLAY, "username": "clay.studio"},
        "hidden": False,
    }
    assert meta.get(media, token, fields="comments_count").json()["comments_count"] == 1


def test_comment_works_on_instagram(meta):
    token = meta.ig_token(scope=IG_ALL)

    assert meta.post(f"{meta.live(token)}/comments", token, message="Hi").json()["id"]


def test_comments_default_to_id_text_and_time(meta, token):
    media = meta.live(token)
    meta.post(f"{media}/comments", token, message="First!")

    (found,) = meta.get(f"{media}/comments", token).json()["data"]

    assert set(found) == {"id", "text", "timestamp"}


def test_comment_with_fields_is_refused_after_it_was_made(meta, token, error):
    media = meta.live(token)

    answer = meta.post(f"{media}/comments", token, message="First!", fields="id")

    assert answer.status_code == 400
    assert error(answer) == (20, 1772107)
    (found,) = meta.get(f"{media}/comments", token).json()["data"]
    assert found["text"] == "First!"


def test_comments_are_newest_first_and_fifty_a_page(meta, token):
    media = meta.live(token)
    for number in range(52):
        meta.post(f"{media}/comments", token, message=str(number))

    first = meta.get(f"{media}/comments", token, limit=100).json()

    assert [c["text"] for c in first["data"]] == [str(n) for n in range(51, 1, -1)]
    assert "next" in first["paging"]


def test_comment_needs_its_permission(meta, error):
    token = meta.ig_token()

    assert error(meta.post(f"{meta.live(token)}/comments", token, message="Hi")) == (10, None)


def test_comment_needs_a_message(meta, token, error):
    assert error(meta.post(f"{meta.live(token)}/comments", token)) == (100, None)


def test_reply_is_found_under_its_comment_only(meta, token):
    media = meta.live(token)
    comment = meta.post(f"{media}/comments", token, message="First!").json()["id"]

    reply = meta.post(f"{comment}/replies", token, message="Second").json()["id"]

    listed = meta.get(f"{media}/comments", token, fields="text,replies{text}").json()["data"]
    assert [c["text"] for c in listed] == ["First!"]
    assert [r["text"] for r in listed[0]["replies"]["data"]] == ["Second"]
    assert meta.get(reply, token, fields="parent_id").json()["parent_id"] == comment


def test_comment_can_be_deleted_with_its_replies(meta, token, error):
    media = meta.live(token)
    comment = meta.post(f"{media}/comments", token, message="First!").json()["id"]
    reply = meta.post(f"{comment}/replies", token, message="Second").json()["id"]

    assert meta.delete(comment, token).json() == {"success": True}

    assert error(meta.get(reply, token)) == (100, 33)
    assert meta.get(f"{media}/comments", token).json() == {"data": []}


def test_own_comment_stays_visible(meta, token):
    media = meta.live(token)
    comment = meta.post(f"{media}/comments", token, message="First!").json()["id"]

    assert meta.post(comment, token, hide="true").json() == {"success": True}

    assert meta.get(comment, token, fields="hidden").json()["hidden"] is False


def test_comments_can_be_switched_off(meta, token):
    media = meta.live(token)

    assert meta.post(media, token, comment_enabled="false").json() == {"success": True}

    assert meta.get(media, token, fields="is_comment_enabled").json()["is_comment_enabled"] is False
    assert meta.post(f"{media}/comments", token, message="Hi").status_code == 400


def test_stories_take_no_comments(meta, token):
    story = meta.live(token, media_type="STORIES")

    assert meta.post(f"{story}/comments", token, message="Hi").status_code == 400


@pytest.mark.parametrize(
    "text", ["x" * 301, "#a #b #c #d #e", "http://a.example http://b.example", "BUY NOW"]
)
def test_classic_comment_rules_are_a_switch(meta, token, text):
    media = meta.live(token)
    assert meta.post(f"{media}/comments", token, message=text).ok

    meta.world.switches.comment_rules = True

    assert meta.post(f"{media}/comments", token, message=text).status_code == 400
