"""Composing a post: what is saved, and what is said."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.posts.conftest import Member, ahead, errors_of, file, join
from tests.support import picture

CAPTION = "  Zoë 👩‍👩‍👧 <script>alert(1)</script> & “quotes”\r\n\r\n#été @you\t \n"


def test_a_scheduled_post_is_kept_as_it_was_typed(ada: Member) -> None:
    answer = ada.post(
        "/post/add",
        {
            "media": file(picture()),
            "caption": CAPTION,
            "date": "2031-11-27T18:00",
            "timezone": "Europe/Berlin",
            "alt_text": "A lake\r\nat dusk",
        },
    )

    made = answer.get_json()
    assert answer.status_code == 201
    assert made == {"id": made["id"], "url": f"/post/{made['id']}"}
    post = ada.json(made["url"])
    assert post["caption"] == CAPTION.replace("\r\n", "\n")
    assert post["due_at"] == "2031-11-27T17:00:00.000Z"
    assert (post["state"], post["kind"], post["prepared"]) == ("scheduled", "image", False)
    assert post["account_id"] == ada.account_id
    assert (post["published_at"], post["ig_media_id"], post["error"]) == (None, None, None)
    assert [slide["alt_text"] for slide in post["slides"]] == ["A lake\nat dusk"]
    assert post["frames"] == [{"no": 1, "state": "scheduled", "ig_media_id": None}]
    assert post["events"][0]["cause"] == "scheduled"


def test_form_multipart_and_json_take_the_same_fields(ada: Member) -> None:
    media_id = ada.upload()
    fields = {"media_id": media_id, "caption": "one", "date": "2031-01-01T10:00"}

    by_form = ada.post("/post/add", fields)
    by_json = ada.post("/post/add", json=fields)
    by_parts = ada.post("/post/add", {**fields, "media_id": "", "media": file(picture())})

    posts = [ada.json(answer.get_json()["url"]) for answer in (by_form, by_json, by_parts)]
    assert {(post["caption"], post["due_at"]) for post in posts} == {
        ("one", "2031-01-01T10:00:00.000Z")
    }


def test_an_empty_caption_is_valid(ada: Member) -> None:
    post_id = ada.schedule(ahead(days=1))

    assert ada.json(f"/post/{post_id}")["caption"] == ""
    assert "Photo without words" in ada.get("/").get_data(as_text=True)


def test_saving_opens_the_plan_at_that_day_and_says_when(berta: Member) -> None:
    media_id = berta.upload()
    date = (datetime.now(UTC) + timedelta(days=4, hours=1)).strftime("%Y-%m-%dT12:00")

    answer = berta.post("/post/add", {"media_id": media_id, "date": date}, page=True)

    assert answer.status_code == 303
    assert answer.location.startswith(f"/?date={date[:10]}")
    page = berta.get(answer.location).get_data(as_text=True)
    assert "Europe/Berlin, in " in page
    assert "Open the post</a>" in page


def test_every_rule_is_told_at_once_and_everything_typed_is_kept(ada: Member) -> None:
    answer = ada.post(
        "/post/add",
        {
            "media": file(picture(400, 1200)),
            "caption": "#a " * 31 + "<b>kept</b>",
            "alt_text": "x" * 1001,
            "date": "2020-01-01T10:00",
            "timezone": "Europe/Atlantis",
            "kind": "reel",
            "first_comment": "kept too",
        },
        page=True,
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in (
        "31 hashtags",
        "1,001 characters",
        "time zone is not known",
        "Reels come later",
        "too tall",
        "&lt;b&gt;kept&lt;/b&gt;",
        "kept too",
        'value="2020-01-01T10:00"',
        'name="media_id" value="',
        'name="crop" value="0,0.',
    ):
        assert words in page
    assert ada.json("/")["posts"] == []


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"caption": "x" * 2201}, "caption", "2,201 characters"),
        ({"caption": "@a " * 21}, "caption", "21 mentions"),
        ({"caption": "a\x00b"}, "caption", "broken character"),
        ({"date": ""}, "date", "Choose a date"),
        ({"date": "tomorrow"}, "date", "2026-11-27T18:00"),
        ({"date": "9999-12-31T23:59"}, "date", "9999"),
        ({"date": "0001-01-01T00:00"}, "date", "ago"),
        ({"timezone": "Berlin"}, "timezone", "not known"),
        ({"account_id": "12345"}, "account_id", "cannot post to that"),
        ({"media_id": "12345"}, "media", "no such photo"),
        ({"media_id": "../etc"}, "media", "no such photo"),
        ({"media_id": None}, "media", "Choose a photo"),
        ({"kind": "carousel"}, "kind", "come later"),
        ({"kind": "story"}, "kind", "come later"),
        ({"kind": "poem"}, "kind", "no such kind"),
        ({"crop": "0,0,2,1"}, "crop", "four numbers"),
        ({"crop": "0,0,0.01,0.9"}, "crop", "too tall"),
        ({"alt_text": "x" * 1001}, "alt_text", "1,001"),
        ({"action": "explode"}, "action", "no such action"),
        ({"caption": {"a": 1}}, "caption", "Send a text"),
    ],
)
def test_each_rule_speaks_at_its_field(ada: Member, fields: dict, field: str, words: str) -> None:
    wanted = {"media_id": ada.upload(), "date": ahead(days=1), **fields}

    answer = ada.post("/post/add", json=wanted)

    assert answer.status_code == 422
    assert words in errors_of(answer)[field]
    assert ada.json("/")["posts"] == []


def test_several_pictures_are_refused_as_a_carousel(ada: Member) -> None:
    answer = ada.post(
        "/post/add", json={"media_id": [ada.upload(), ada.upload()], "date": ahead(days=1)}
    )

    assert "one photo" in errors_of(answer)["kind"]


def test_a_picture_that_must_be_cut_is_proposed_and_taken_the_second_time(ada: Member) -> None:
    media_id = ada.upload(picture(900, 1600))
    fields = {"media_id": media_id, "date": ahead(days=1)}

    asked = ada.post("/post/add", json=fields)
    proposed = asked.get_json()["errors"][-1]["message"].split()[-1]
    taken = ada.post("/post/add", json={**fields, "crop": proposed})

    assert (asked.status_code, taken.status_code) == (422, 201)
    [slide] = ada.json(taken.get_json()["url"])["slides"]
    assert slide["crop"] == proposed
    assert ada.get(slide["thumb_url"]).mimetype == "image/webp"


def test_a_time_just_past_is_now_and_an_older_one_is_refused(ada: Member) -> None:
    media_id = ada.upload()
    just_past = (datetime.now(UTC) - timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%S")

    taken = ada.post("/post/add", json={"media_id": media_id, "date": just_past})
    refused = ada.post("/post/add", json={"media_id": media_id, "date": ahead(minutes=-4)})

    due_at = datetime.fromisoformat(ada.json(taken.get_json()["url"])["due_at"])
    assert abs((datetime.now(UTC) - due_at).total_seconds()) < 30
    assert "has passed" in errors_of(refused)["date"]


def test_a_double_time_asks_for_one_of_two(berta: Member) -> None:
    fields = {"media_id": berta.upload(), "date": "2031-10-26T02:30"}

    asked = berta.post("/post/add", json=fields)
    page = berta.post("/post/add", fields, page=True).get_data(as_text=True)
    first, second = (berta.post("/post/add", json={**fields, "fold": fold}) for fold in ("0", "1"))

    assert "comes twice that night" in errors_of(asked)["date"]
    assert "the first 02:30 (summer time, UTC+2)" in page
    assert "the second 02:30 (UTC+1)" in page
    due = [berta.json(answer.get_json()["url"])["due_at"] for answer in (first, second)]
    assert due == ["2031-10-26T00:30:00.000Z", "2031-10-26T01:30:00.000Z"]


def test_a_missing_time_says_which_is_used_and_asks_to_agree(berta: Member) -> None:
    fields = {"media_id": berta.upload(), "date": "2031-03-30T02:30"}

    asked = berta.post("/post/add", json=fields)
    page = berta.post("/post/add", fields, page=True).get_data(as_text=True)
    agreed = berta.post("/post/add", json={**fields, "fold": "0"})

    assert "does not exist that night; we use 03:30" in errors_of(asked)["date"]
    assert 'name="fold" value="0"' in page
    assert berta.json(agreed.get_json()["url"])["due_at"] == "2031-03-30T01:30:00.000Z"


def test_a_draft_may_be_unfinished_and_is_scheduled_later(ada: Member) -> None:
    draft = ada.post("/post/add", json={"action": "draft", "caption": "half a thou"})
    post_id = draft.get_json()["id"]
    before = ada.json(f"/post/{post_id}")

    missing = ada.post(f"/post/edit/{post_id}", json={"date": ahead(days=2)})
    done = ada.post(f"/post/edit/{post_id}", json={"date": ahead(days=2), "media_id": ada.upload()})

    assert (before["state"], before["due_at"], before["frames"]) == ("draft", None, [])
    assert "Choose a photo" in errors_of(missing)["media"]
    assert done.get_json()["state"] == "scheduled"
    assert done.get_json()["caption"] == "half a thou"


def test_many_hashtags_warn_and_do_not_block(ada: Member) -> None:
    answer = ada.post(
        "/post/add",
        {"media_id": ada.upload(), "caption": "#a " * 6, "date": ahead(days=1)},
        page=True,
    )

    assert answer.status_code == 303
    assert "6 hashtags" in ada.get(answer.location).get_data(as_text=True)


def test_the_sample_picture_is_offered_and_taken_in_once(ada: Member) -> None:
    first = ada.get("/post/add?sample=1").get_data(as_text=True)
    second = ada.get("/post/add?sample=1").get_data(as_text=True)

    ids = [page.split('name="media_id" value="')[1].split('"')[0] for page in (first, second)]
    assert ids[0] == ids[1] != ""
    answer = ada.post("/post/add", json={"media_id": ids[0], "date": ahead(days=1)})
    assert answer.status_code == 201


def test_someone_with_several_accounts_must_choose(ada: Member, berta: Member) -> None:
    join(ada, berta.account_id)

    answer = ada.post("/post/add", json={"media_id": ada.upload(), "date": ahead(days=1)})

    assert "Choose the Instagram account" in errors_of(answer)["account_id"]
