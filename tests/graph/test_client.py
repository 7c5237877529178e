"""What leaves for Instagram, and what is made of the answers; against a scripted server."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from ospost.domain.meta_codes import Kind
from ospost.graph.client import (
    Access,
    ContainerCode,
    GraphClient,
    Login,
    Profile,
    PublishingLimit,
    SeenMedia,
)
from ospost.graph.errors import GraphError, NoAnswer, NotSent, Refused, Trouble
from ospost.graph.http import Http
from tests.graph.scripted import ScriptedServer, answer, each

SECRET = "app-secret"
FACEBOOK = Access(login=Login.FACEBOOK, ig_id="17841400000000001", token="EAA-token-facebook-0123")
INSTAGRAM = Access(
    login=Login.INSTAGRAM, ig_id="17841400000000002", token="IGAA-token-instagram-01"
)
PROOF = hmac.new(SECRET.encode(), FACEBOOK.token.encode(), hashlib.sha256).hexdigest()
POST = {
    "id": "17920238422030506",
    "caption": "Tea",
    "timestamp": "2026-11-20T09:00:01+0000",
    "media_type": "CAROUSEL_ALBUM",
    "media_product_type": "FEED",
    "permalink": "https://www.instagram.com/p/abc/",
    "children": {"data": [{"id": "1"}, {"id": "2"}]},
}


@pytest.fixture
def client(http: Http, server: ScriptedServer) -> GraphClient:
    return GraphClient(
        http,
        graph_url=f"{server.url}/graph.facebook.com",
        instagram_graph_url=f"{server.url}/graph.instagram.com",
        version="v26.0",
        app_secret=SECRET,
    )


def told(body: object) -> bytes:
    return answer(json.dumps(body))


def post(number: int, second: int) -> dict[str, str]:
    return {"id": str(number), "timestamp": f"2026-11-20T09:00:{second:02}+0000"}


def page(*posts: dict[str, str], after: str = "") -> bytes:
    paging = {"cursors": {"after": after}, "next": "https://x/?access_token=t"} if after else {}
    return told({"data": list(posts), "paging": paging})


def at(second: int) -> datetime:
    return datetime(2026, 11, 20, 9, 0, second, tzinfo=UTC)


# --- where tokens go


def test_access_hides_its_token() -> None:
    assert FACEBOOK.token not in repr(FACEBOOK)


def test_read_carries_the_token_in_a_header_and_the_proof_in_the_query(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"status_code": "FINISHED", "status": "Finished: ok", "id": "5"}))

    status = client.container_status(FACEBOOK, "5")

    request = server.requests[0]
    assert status.code is ContainerCode.FINISHED
    assert (request.method, request.path) == ("GET", "/graph.facebook.com/v26.0/5")
    assert request.headers["authorization"] == f"Bearer {FACEBOOK.token}"
    assert request.query == {"fields": "status_code,status", "appsecret_proof": PROOF}


def test_write_carries_token_and_proof_in_the_form(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"id": "5"}))

    client.comment(FACEBOOK, "17", "hi", send_allowed=lambda: True)

    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/graph.facebook.com/v26.0/17/comments")
    assert "authorization" not in request.headers
    assert request.form == {
        "message": "hi",
        "access_token": FACEBOOK.token,
        "appsecret_proof": PROOF,
    }


def test_instagram_tokens_go_to_their_own_host_without_a_proof(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"id": "5"}))

    client.comment(INSTAGRAM, "17", "hi", send_allowed=lambda: True)

    request = server.requests[0]
    assert request.target == "/graph.instagram.com/v26.0/17/comments"
    assert request.form == {"message": "hi", "access_token": INSTAGRAM.token}


def test_no_token_is_ever_in_a_url(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(told({"id": "5", "data": [], "user_id": "6", "timestamp": "x"}))
    calls = [
        lambda a: client.create_image_container(a, image_url="https://h/x.jpg", caption=""),
        lambda a: client.container_status(a, "5"),
        lambda a: client.publish(a, "5", send_allowed=lambda: True),
        lambda a: client.recent_media(a),
        lambda a: client.media(a, "5"),
        lambda a: client.publishing_limit(a),
        lambda a: client.comments(a, "5"),
        lambda a: client.comment(a, "5", "hi", send_allowed=lambda: True),
        lambda a: client.profile(a),
    ]

    for call in calls:
        for access in (FACEBOOK, INSTAGRAM):
            try:
                call(access)
            except NoAnswer:
                continue  # this one wants another answer; what was asked is all that matters

    assert len(server.requests) == 2 * len(calls)
    for request in server.requests:
        assert FACEBOOK.token not in request.target
        assert INSTAGRAM.token not in request.target
        if request.method == "POST":
            assert "fields" not in request.form


# --- containers and publishing


def test_caption_arrives_byte_for_byte(client: GraphClient, server: ScriptedServer) -> None:
    caption = "  Tê & 茶 #té+1%\n\n\tline\r\n‍👩‍👩‍👧 é e\u0301 = ?"
    server.behaviour = each(told({"id": "17889455560051444"}))

    made = client.create_image_container(
        FACEBOOK, image_url="https://h/m/x y.jpg?a=b&c", caption=caption, alt_text="A cup"
    )

    assert made == "17889455560051444"
    assert server.requests[0].path.endswith("/17841400000000001/media")
    assert server.requests[0].form == {
        "image_url": "https://h/m/x y.jpg?a=b&c",
        "caption": caption,
        "alt_text": "A cup",
        "access_token": FACEBOOK.token,
        "appsecret_proof": PROOF,
    }


def test_empty_texts_are_left_out(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(told({"id": "5"}))

    client.create_image_container(INSTAGRAM, image_url="https://h/x.jpg", caption="")

    assert set(server.requests[0].form) == {"image_url", "access_token"}


def test_item_of_a_carousel_has_no_caption(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(told({"id": "5"}))

    client.create_image_container(
        INSTAGRAM, image_url="https://h/x.jpg", caption="no", is_carousel_item=True
    )

    assert server.requests[0].form["is_carousel_item"] == "true"
    assert "caption" not in server.requests[0].form


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("IN_PROGRESS", ContainerCode.IN_PROGRESS),
        ("FINISHED", ContainerCode.FINISHED),
        ("PUBLISHED", ContainerCode.PUBLISHED),
        ("ERROR", ContainerCode.ERROR),
        ("EXPIRED", ContainerCode.EXPIRED),
        ("SOMETHING_NEW", ContainerCode.UNKNOWN),
        (None, ContainerCode.UNKNOWN),
    ],
)
def test_container_codes_are_known_or_unknown(
    client: GraphClient, server: ScriptedServer, code: str | None, expected: ContainerCode
) -> None:
    server.behaviour = each(told({"status_code": code, "id": "5"}))

    assert client.container_status(FACEBOOK, "5").code is expected


def test_failed_container_names_its_subcode(client: GraphClient, server: ScriptedServer) -> None:
    text = "Error: Media upload has failed with error code 2207026"
    server.behaviour = each(told({"status_code": "ERROR", "status": text, "id": "5"}))

    status = client.container_status(FACEBOOK, "5")

    assert (status.text, status.subcode) == (text, 2207026)


def test_publishing_returns_the_media_and_the_moment(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"id": "17920238422030506"}))
    before = datetime.now(UTC)

    published = client.publish(FACEBOOK, "5", send_allowed=lambda: True)

    assert published.media_id == "17920238422030506"
    assert before <= published.sent_at <= datetime.now(UTC)
    assert server.requests[0].path.endswith("/17841400000000001/media_publish")
    assert server.requests[0].form["creation_id"] == "5"


def test_publishing_that_is_not_allowed_any_more_sends_nothing(
    client: GraphClient, server: ScriptedServer
) -> None:
    with pytest.raises(NotSent) as refusal:
        client.publish(FACEBOOK, "5", send_allowed=lambda: False)

    assert refusal.value.held_back
    assert server.bytes_seen == 0


def test_publishing_answer_without_an_id_leaves_the_outcome_open(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"success": True}))

    with pytest.raises(NoAnswer) as doubt:
        client.publish(FACEBOOK, "5", send_allowed=lambda: True)

    assert doubt.value.trouble is Trouble.INCOMPLETE
    assert doubt.value.sent_at is not None


def test_refused_publishing_tells_kind_moment_and_nothing_secret(
    client: GraphClient, server: ScriptedServer
) -> None:
    message = f"Malformed access token {FACEBOOK.token}, proof {SECRET}"
    server.behaviour = each(
        answer(json.dumps({"error": {"message": message, "code": 190}}), status=400)
    )

    with pytest.raises(Refused) as refusal:
        client.publish(FACEBOOK, "5", send_allowed=lambda: True)

    assert refusal.value.kind is Kind.TOKEN
    assert refusal.value.sent_at is not None
    for text in (str(refusal.value), str(refusal.value.raw())):
        assert FACEBOOK.token not in text
        assert SECRET not in text


def test_publishing_uses_a_connection_opened_ahead(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(told({"id": "1"}))

    assert client.warm(FACEBOOK)
    client.publish(FACEBOOK, "5", send_allowed=lambda: True)

    assert server.connections == 1


# --- lists and nodes


def test_post_is_read_with_all_its_facts(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(told(POST))

    assert client.media(FACEBOOK, "17920238422030506") == SeenMedia(
        media_id="17920238422030506",
        caption="Tea",
        posted_at=at(1),
        media_type="CAROUSEL_ALBUM",
        product_type="FEED",
        permalink="https://www.instagram.com/p/abc/",
        child_count=2,
    )


def test_post_without_caption_and_link_is_read(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(told(post(7, 1)))

    seen = client.media(FACEBOOK, "7")

    assert (seen.caption, seen.permalink, seen.child_count) == ("", "", 0)


def test_list_that_ends_is_whole(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(page(post(2, 20), post(1, 10)))

    seen = client.recent_media(FACEBOOK, limit=10)

    assert [media.media_id for media in seen.items] == ["2", "1"]
    assert seen.is_whole
    assert server.requests[0].query["limit"] == "10"


def test_one_page_without_a_wanted_moment_is_not_whole_if_more_follow(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(page(post(2, 20), after="A"))

    assert not client.recent_media(FACEBOOK).is_whole
    assert len(server.requests) == 1


def test_list_is_read_back_to_the_wanted_moment(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(
        page(post(4, 40), after="A"),
        page(after="B"),
        page(post(3, 30), post(2, 5), after="C"),
        page(post(1, 1)),
    )

    seen = client.recent_media(FACEBOOK, since=at(10))

    assert [media.media_id for media in seen.items] == ["4", "3", "2"]
    assert seen.is_whole
    assert [request.query.get("after") for request in server.requests] == [None, "A", "B"]


def test_list_without_end_is_given_up_and_not_whole(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(page(post(4, 40), after="A"))

    assert not client.recent_media(FACEBOOK, since=at(10)).is_whole


@pytest.mark.parametrize("row", [{}, {"id": "1"}, {"id": "1", "timestamp": "soon"}])
def test_list_with_an_unreadable_post_is_unreadable(
    client: GraphClient, server: ScriptedServer, row: dict[str, str]
) -> None:
    server.behaviour = each(page(row))

    with pytest.raises(NoAnswer):
        client.recent_media(FACEBOOK)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"quota_usage": 2, "config": {"quota_total": 50, "quota_duration": 86400}},
            PublishingLimit(used=2, total=50, duration_seconds=86_400),
        ),
        ({"quota_usage": 0}, PublishingLimit(used=0, total=None, duration_seconds=86_400)),
    ],
)
def test_limit_is_read(
    client: GraphClient, server: ScriptedServer, body: object, expected: PublishingLimit
) -> None:
    server.behaviour = each(told({"data": [body]}))

    assert client.publishing_limit(FACEBOOK) == expected


def test_empty_limit_is_unreadable(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(told({"data": []}))

    with pytest.raises(NoAnswer):
        client.publishing_limit(FACEBOOK)


def test_comments_are_read_over_all_pages(client: GraphClient, server: ScriptedServer) -> None:
    first = {"id": "2", "text": "hi", "username": "a", "timestamp": "2026-11-20T09:00:01+0000"}
    server.behaviour = each(page(first, after="A"), page({"id": "1"}))

    comments = client.comments(FACEBOOK, "17")

    assert [(c.comment_id, c.text, c.username, c.posted_at) for c in comments] == [
        ("2", "hi", "a", at(1)),
        ("1", "", "", None),
    ]


def test_comments_without_end_are_unreadable(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(page({"id": "2"}, after="A"))

    with pytest.raises(NoAnswer):
        client.comments(FACEBOOK, "17")


def test_profile_is_read_by_each_logins_own_id(client: GraphClient, server: ScriptedServer) -> None:
    server.behaviour = each(
        told({"id": FACEBOOK.ig_id, "username": "clay", "name": "Clay"}),
        told({"id": "999", "user_id": INSTAGRAM.ig_id, "username": "ben"}),
    )

    assert client.profile(FACEBOOK) == Profile(
        ig_id=FACEBOOK.ig_id, username="clay", name="Clay", picture_url=""
    )
    assert client.profile(INSTAGRAM) == Profile(
        ig_id=INSTAGRAM.ig_id, username="ben", name="", picture_url=""
    )
    assert [r.path.rsplit("/", 1)[1] for r in server.requests] == [FACEBOOK.ig_id, "me"]


# --- clocks and limits


def test_clock_skew_is_unknown_before_the_first_answer(client: GraphClient) -> None:
    assert client.clock_skew() is None


def test_clock_skew_follows_our_clock_even_when_it_is_set_later(server: ScriptedServer) -> None:
    wall = [at(30)]
    boot = [100.0]
    http = Http(pool_size=1, now=lambda: wall[0], clock=lambda: boot[0])
    server.behaviour = each(answer("{}", Date="Fri, 20 Nov 2026 09:00:00 GMT"))
    http.call("GET", server.url, total_seconds=5)
    first = http.clock_skew()

    boot[0] += 7
    wall[0] = at(30).replace(hour=10)
    second = http.clock_skew()

    assert first is not None
    assert first.total_seconds() == 30
    assert second is not None
    assert second.total_seconds() == 3_600 + 30 - 7


def test_use_near_the_limit_is_logged_without_secrets(
    client: GraphClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = each(answer('{"id":"5"}', X_App_Usage='{"call_count":80}'))

    client.container_status(FACEBOOK, "5")

    record = next(record for record in caplog.records if record.name == "ospost.graph.remote")
    assert record.__dict__["percent"] == 80
    assert FACEBOOK.token not in caplog.text


def test_every_error_tells_a_sentence_and_a_remedy(
    client: GraphClient, server: ScriptedServer
) -> None:
    server.behaviour = each(answer("<html>", 502), answer('{"error":{"code":1}}', 500))

    for _ in range(2):
        with pytest.raises(GraphError) as error:
            client.media(FACEBOOK, "5")
        assert error.value.sentence.endswith(".")
        assert error.value.remedy.endswith(".")
        assert all(isinstance(v, str | int | None) for v in error.value.details().values())
