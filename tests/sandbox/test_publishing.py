"""Containers and publishing: the clock, the limits, the refusals."""

import threading

import pytest

CLAY = "17841400000000001"
PRINTS = "17841400000000003"
BEN = "1020000000000002"
DAY = 86_400


def status(meta, token, container):
    answer = meta.get(container, token, fields="status_code,status").json()
    return answer["status_code"]


@pytest.mark.parametrize("login", ["page", "user", "instagram"])
def test_picture_goes_live_with_every_kind_of_token(meta, login):
    token = {"page": meta.page_token, "user": meta.user_token, "instagram": meta.ig_token}[login]()

    container = meta.container(token, caption="Live!")
    assert status(meta, token, container) == "FINISHED"
    media = meta.publish(token, container).json()["id"]

    assert status(meta, token, container) == "PUBLISHED"
    assert meta.get(media, token, fields="caption").json()["caption"] == "Live!"


def test_me_stands_for_the_account_on_instagram(meta):
    token = meta.ig_token()

    assert meta.get(meta.live(token, "me"), token, fields="id").ok


def test_sdk_spelling_of_the_publish_edge_works_on_instagram(meta):
    token = meta.ig_token()

    answer = meta.post("me/mediapublish", token, creation_id=meta.container(token))

    assert answer.json()["id"]


def test_picture_is_fetched_for_real(meta):
    meta.pictures.requests.clear()

    meta.create(meta.ig_token(), image_url=meta.pictures.url("ok.jpg?v=1"))

    assert meta.pictures.requests == ["/ok.jpg?v=1"]


def test_container_is_in_progress_for_a_while(meta):
    meta.world.switches.container_seconds = 30
    token = meta.ig_token()
    container = meta.container(token)

    assert status(meta, token, container) == "IN_PROGRESS"
    meta.control("POST", "clock", advance_s=31)
    assert status(meta, token, container) == "FINISHED"


def test_container_can_stay_in_progress_for_some_polls(meta):
    meta.world.switches.container_polls = 2
    token = meta.ig_token()
    container = meta.container(token)

    states = [status(meta, token, container) for _ in range(3)]

    assert states == ["IN_PROGRESS", "IN_PROGRESS", "FINISHED"]


def test_status_text_says_the_same_in_words(meta):
    token = meta.ig_token()

    found = meta.get(meta.container(token), token, fields="status").json()["status"]

    assert found == "Finished: Media has been uploaded and it is ready to be published."


def test_without_fields_a_container_reads_its_id(meta):
    token = meta.ig_token()
    container = meta.container(token)

    assert meta.get(container, token).json() == {"id": container}


def test_publishing_too_early_is_9007(meta, error):
    meta.world.switches.container_seconds = 30
    token = meta.ig_token()

    answer = meta.publish(token, meta.container(token))

    assert error(answer) == (9007, 2207027)
    assert answer.json()["error"]["message"] == "Media ID is not available"


def test_container_expires_after_a_day(meta, error):
    token = meta.ig_token()
    container = meta.container(token)
    meta.control("POST", "clock", advance_s=DAY)

    assert status(meta, token, container) == "EXPIRED"
    assert error(meta.publish(token, container)) == (24, 2207008)


def test_unknown_container_is_24_2207008(meta, error):
    answer = meta.publish(meta.ig_token(), "17900000000000000")

    assert error(answer) == (24, 2207008)
    assert "creation id = 17900000000000000" in answer.json()["error"]["error_user_msg"]


def test_container_of_another_account_is_unknown(meta, error):
    token = meta.user_token()
    container = meta.container(token, CLAY)

    assert error(meta.publish(token, container, "17841400000000002")) == (24, 2207008)


def test_missing_creation_id_is_code_100(meta):
    found = meta.post("me/media_publish", meta.ig_token()).json()["error"]

    assert found["message"] == "(#100) The parameter creation_id is required"


def test_used_container_is_refused(meta, error):
    token = meta.ig_token()
    container = meta.container(token)
    meta.publish(token, container)

    assert error(meta.publish(token, container)) == (24, 2207008)
    assert len(meta.state()["media"]) == 1


def test_used_container_may_give_the_same_id(meta):
    meta.world.switches.used_container = "same_id"
    token = meta.ig_token()
    container = meta.container(token)

    ids = {meta.publish(token, container).json()["id"] for _ in range(2)}

    assert len(ids) == len(meta.state()["media"]) == 1


def test_used_container_may_publish_again(meta):
    meta.world.switches.used_container = "duplicate"
    token = meta.ig_token()
    container = meta.container(token)

    ids = {meta.publish(token, container).json()["id"] for _ in range(2)}

    assert len(ids) == len(meta.state()["media"]) == 2


def test_many_callers_publish_one_container_once(meta):
    token = meta.ig_token()
    container = meta.container(token)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(meta.publish(token, container).ok))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count(True) == 1
    assert len(meta.state()["media"]) == 1


def test_broken_container_is_not_publishable(meta, error):
    meta.world.switches.image_errors = "container"
    token = meta.ig_token()
    container = meta.container(token, image_url=meta.pictures.url("missing.jpg"))

    assert status(meta, token, container) == "ERROR"
    text = meta.get(container, token, fields="status").json()["status"]
    assert text == "Error: Media upload has failed with error code 2207052"
    assert error(meta.publish(token, container)) == (9007, 2207027)


def test_broken_container_may_be_24(meta, error):
    meta.world.switches.image_errors = "container"
    meta.world.switches.broken_container = "24"
    token = meta.ig_token()
    container = meta.container(token, image_url=meta.pictures.url("missing.jpg"))

    assert error(meta.publish(token, container)) == (24, 2207008)


def test_status_may_lag_behind(meta):
    meta.world.switches.status_lag = 60
    token = meta.ig_token()
    container = meta.container(token)
    meta.publish(token, container)

    assert status(meta, token, container) == "FINISHED"
    meta.control("POST", "clock", advance_s=61)
    assert status(meta, token, container) == "PUBLISHED"


def test_fresh_container_may_be_unreadable(meta, error):
    meta.world.switches.node_lag = 60
    token = meta.ig_token()

    assert error(meta.get(meta.container(token), token)) == (100, 33)


def test_limit_counts_what_went_live(meta):
    token = meta.ig_token()
    meta.live(token)

    found = meta.get("me/content_publishing_limit", token, fields="quota_usage,config").json()

    assert found == {
        "data": [{"quota_usage": 1, "config": {"quota_total": 50, "quota_duration": DAY}}]
    }
    assert meta.get("me/content_publishing_limit", token).json() == {"data": [{"quota_usage": 1}]}


def test_deleted_post_still_counts(meta):
    scope = "instagram_basic,instagram_content_publish,pages_show_list,pages_read_engagement,"
    token = meta.page_token(scope=scope + "instagram_manage_contents")
    media = meta.live(token)
    assert meta.delete(media, token).ok

    found = meta.get(f"{CLAY}/content_publishing_limit", token).json()

    assert found["data"] == [{"quota_usage": 1}]


def test_limit_since_is_at_most_a_day_old(meta, error):
    token = meta.ig_token()
    now = int(meta.world.now())

    assert meta.get("me/content_publishing_limit", token, since=now - 60).ok
    answer = meta.get("me/content_publishing_limit", token, since=now - 2 * DAY)
    assert error(answer) == (100, None)


def test_full_quota_is_9_2207042(meta, error):
    meta.world.switches.quota_total = 2
    token = meta.ig_token()
    meta.live(token)
    meta.live(token)
    container = meta.container(token)

    assert error(meta.publish(token, container)) == (9, 2207042)
    assert status(meta, token, container) == "FINISHED"


def test_quota_rolls_on(meta):
    meta.world.switches.quota_total = 1
    token = meta.ig_token()
    meta.live(token)
    meta.control("POST", "clock", advance_s=DAY + 1)

    assert meta.publish(token, meta.container(token)).ok


def test_quota_is_each_accounts_own(meta):
    meta.world.switches.quota_total = 1
    token = meta.user_token()
    meta.live(token, CLAY)

    harbour = "17841400000000002"
    assert meta.publish(token, meta.container(token, harbour), harbour).ok


def test_too_many_containers_a_day_are_refused(meta, error):
    meta.world.switches.containers_per_day = 2
    token = meta.ig_token()
    meta.container(token)
    meta.container(token)

    assert error(meta.create(token)) == (9, None)
    meta.control("POST", "clock", advance_s=DAY + 1)
    assert meta.create(token).ok


def test_role_without_publishing_is_code_200(meta, error):
    token = meta.user_token(BEN)

    answer = meta.create(token, PRINTS)

    assert answer.status_code == 403
    assert error(answer) == (200, None)


@pytest.mark.parametrize("dropped", ["instagram_content_publish", "pages_read_engagement"])
def test_missing_permission_is_code_10(meta, error, dropped):
    scopes = {
        "instagram_basic",
        "instagram_content_publish",
        "pages_show_list",
        "pages_read_engagement",
    }
    token = meta.page_token(scope=",".join(scopes - {dropped}))

    answer = meta.create(token)

    assert answer.status_code == 403
    assert error(answer) == (10, None)


def test_missing_permission_on_instagram_is_code_10(meta, error):
    token = meta.ig_token(scope="instagram_business_basic")

    assert error(meta.create(token)) == (10, None)


def test_restricted_account_is_25_2207050(meta, error):
    token = meta.ig_token()
    container = meta.container(token)
    meta.control("PATCH", "accounts/clay.studio", restricted=True)

    assert error(meta.create(token)) == (25, 2207050)
    assert error(meta.publish(token, container)) == (25, 2207050)


def test_carousel_goes_live_with_its_children_in_order(meta):
    token = meta.ig_token()
    children = [
        meta.container(token, is_carousel_item="true", alt_text=f"Slide {n}") for n in range(3)
    ]
    parent = meta.container(token, media_type="CAROUSEL", children=",".join(children), caption="3")
    media = meta.publish(token, parent).json()["id"]

    fields = "media_type,children{id,media_type,alt_text,permalink}"
    found = meta.get(media, token, fields=fields).json()

    assert found["media_type"] == "CAROUSEL_ALBUM"
    assert [c["alt_text"] for c in found["children"]["data"]] == ["Slide 0", "Slide 1", "Slide 2"]
    assert all("permalink" not in child for child in found["children"]["data"])
    assert status(meta, token, children[0]) == "PUBLISHED"


def test_carousel_counts_once(meta):
    token = meta.ig_token()
    children = [meta.container(token, is_carousel_item="true") for _ in range(2)]
    meta.live(token, media_type="CAROUSEL", children=",".join(children))

    assert meta.get("me/content_publishing_limit", token).json()["data"] == [{"quota_usage": 1}]


@pytest.mark.parametrize("count", [1, 11])
def test_carousel_has_two_to_ten_children(meta, error, count):
    token = meta.ig_token()
    child = meta.container(token, is_carousel_item="true")

    answer = meta.create(token, media_type="CAROUSEL", children=",".join([child] * count))

    assert error(answer) == (100, 2207028)


def test_carousel_waits_for_its_children(meta, error):
    meta.world.switches.container_seconds = 60
    token = meta.ig_token()
    children = [meta.container(token, is_carousel_item="true") for _ in range(2)]
    meta.world.switches.container_seconds = 0
    parent = meta.container(token, media_type="CAROUSEL", children=",".join(children))

    assert status(meta, token, parent) == "IN_PROGRESS"
    assert error(meta.publish(token, parent)) == (9007, 2207027)


def test_carousel_refuses_strange_children(meta, error):
    token = meta.ig_token()
    single = meta.container(token)

    answer = meta.create(token, media_type="CAROUSEL", children=f"{single},17900000000000000")

    assert error(answer) == (24, 2207006)


def test_child_cannot_be_published_alone(meta, error):
    token = meta.ig_token()

    answer = meta.publish(token, meta.container(token, is_carousel_item="true"))

    assert error(answer) == (100, None)


def test_story_is_found_under_stories_only(meta):
    token = meta.ig_token()
    media = meta.live(token, media_type="STORIES")

    stories = meta.get("me/stories", token, fields="media_product_type").json()["data"]

    assert stories == [{"media_product_type": "STORY", "id": media}]
    assert meta.get("me/media", token).json()["data"] == []
    meta.control("POST", "clock", advance_s=DAY + 1)
    assert meta.get("me/stories", token).json()["data"] == []


def test_unknown_media_type_is_2207023(meta, error):
    assert error(meta.create(meta.ig_token(), media_type="PANORAMA")) == (100, 2207023)
