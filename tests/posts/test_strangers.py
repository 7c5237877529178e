"""What belongs to others is not there, and their uploads are not even read."""

import socket
from collections.abc import Callable

import pytest

from tests.posts.conftest import JSON, Member, ahead, errors_of, join
from tests.support import served

CHANGES = ("edit", "remove", "publish", "move", "review")


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_strangers_post_is_404(ada: Member, berta: Member, change: str) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="mine")
    before = ada.json(f"/post/{post_id}")

    answer = berta.post(f"/post/{change}/{post_id}", json={"date": ahead(days=1), "caption": "x"})

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert ada.json(f"/post/{post_id}") == before


@pytest.mark.parametrize("url", ["/post/{0}", "/post/edit/{0}"])
def test_a_strangers_post_cannot_be_looked_at(ada: Member, berta: Member, url: str) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="secret plans")

    answer = berta.get(url.format(post_id))

    assert answer.status_code == 404
    assert "secret plans" not in answer.get_data(as_text=True)
    assert "secret plans" not in berta.get("/").get_data(as_text=True)


def test_ids_of_others_in_a_body_are_not_there_either(ada: Member, berta: Member) -> None:
    mine, theirs = berta.schedule("2031-01-01T10:00"), ada.schedule("2031-01-02T10:00")
    media_id = ada.upload()

    swap = berta.post("/post/swap", json={"a": mine, "b": theirs})
    place = {"index": 0, "id": theirs}
    reorder = berta.post("/", json={"account_id": ada.account_id, "start": place, "end": place})
    plan = berta.get(f"/?account={ada.account_id}", **JSON)
    stolen = berta.post("/post/add", json={"media_id": media_id, "date": ahead(days=1)})
    account = berta.post(
        "/post/add",
        json={"media_id": berta.upload(), "date": ahead(days=1), "account_id": ada.account_id},
    )

    assert (swap.status_code, reorder.status_code, plan.status_code) == (404, 404, 404)
    assert "no such photo" in errors_of(stolen)["media"]
    assert "cannot post to that" in errors_of(account)["account_id"]
    assert len(ada.json("/")["posts"]) == len(berta.json("/")["posts"]) == 1


def test_a_stranger_hears_404_before_the_upload_was_sent(ada: Member, berta: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    cookie = berta.client.get_cookie(berta.app.config["SIGN_IN_COOKIE"])
    assert cookie

    with served(berta.app) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall(
                f"POST /post/edit/{post_id} HTTP/1.1\r\nHost: localhost:5000\r\n"
                f"Cookie: {cookie.key}={cookie.value}\r\nAccept: application/json\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\n"
                "Content-Length: 100000000\r\n\r\n--x\r\n".encode()
            )
            first = line.recv(64)  # the rest of the body is never sent

    assert first.startswith(b"HTTP/1.1 404")


def test_pictures_are_for_members_only(
    ada: Member, berta: Member, enter: Callable[..., Member]
) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    [slide] = ada.json(f"/post/{post_id}")["slides"]
    partner = enter("partner", share=ada.account_id)

    for url in (slide["thumb_url"], slide["preview_url"]):
        assert ada.get(url).status_code == 200
        assert partner.get(url).status_code == 200
        assert berta.get(url).status_code == 404
        assert ada.app.test_client().get(url).status_code == 302


def test_members_of_one_account_work_on_the_same_posts(
    ada: Member, enter: Callable[..., Member]
) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="ours")
    partner = enter("partner", share=ada.account_id)

    answer = partner.post(f"/post/edit/{post_id}", json={"caption": "ours too"})

    assert answer.get_json()["caption"] == "ours too"
    assert [post["id"] for post in partner.json("/")["posts"]] == [post_id]


def test_a_post_moves_to_another_account_of_the_same_person(ada: Member, berta: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    join(ada, berta.account_id)

    ada.post(f"/post/edit/{post_id}", json={"account_id": berta.account_id})

    assert [post["id"] for post in berta.json("/")["posts"]] == [post_id]


def test_without_a_session_pages_redirect_and_programs_hear_401(ada: Member) -> None:
    browser = ada.app.test_client()

    for url in ("/", "/post/add", "/post/1"):
        assert browser.get(url).status_code == 302
        assert browser.get(url, headers=JSON).status_code == 401
