"""What saving, moving and “Check” tell of a post before its time, and that nothing typed is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from models import Account, Post
from ospost.services.checking import CheckLine
from tests.posts.conftest import Member, ahead, errors_of, file, force
from tests.support import picture


def change_account(member: Member, **values: Any) -> None:
    change = update(Account).where(Account.id == member.account_id).values(**values)
    member.run(lambda session: session.execute(change))


def limit_to(member: Member, total: int, *, used: int = 0) -> None:
    now = datetime.now(UTC)
    change_account(member, quota_total=total, quota_used=used, quota_read_at=now)


def stored(member: Member, post_id: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = member.run(
        lambda session: session.scalar(select(Post.findings).where(Post.id == post_id))
    )
    return [each for each in found if each["field"] != "address"]


def check(member: Member, post_id: int) -> list[dict[str, str]]:
    answer = member.post(f"/post/check/{post_id}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, str]] = answer.get_json()["findings"]
    return [each for each in found if each["field"] != "address"]


def test_a_post_beyond_the_days_limit_is_saved_and_told(ada: Member) -> None:
    limit_to(ada, 2)
    for hours in (20, 21):
        assert stored(ada, ada.schedule(ahead(hours=hours))) == []

    answer = ada.post(
        "/post/add",
        {"media_id": ada.upload(), "date": ahead(hours=22), "timezone": "UTC", "caption": "third"},
        page=True,
    )

    assert answer.status_code == 303
    page = ada.get(answer.location).get_data(as_text=True)
    assert "2 posts (2 planned) count before this post" in page  # the message, and the card
    assert page.count("Instagram allows 2 for this account") == 2
    (post_id,) = [post["id"] for post in ada.json("/")["posts"] if post["caption"] == "third"]
    (found,) = stored(ada, post_id)
    assert (found["what"], found["level"]) == ("Daily limit", "warn")
    assert "missed" in found["sentence"]
    assert "Choose a time with fewer posts around it." in found["remedy"]


def test_posts_behind_a_new_one_are_told_too_and_relieved_when_it_goes(ada: Member) -> None:
    limit_to(ada, 1)
    later = ada.schedule(ahead(hours=40))
    assert stored(ada, later) == []

    sooner = ada.schedule(ahead(hours=30))

    assert stored(ada, sooner) == []
    assert [each["field"] for each in stored(ada, later)] == ["limit"]
    ada.post(f"/post/move/{sooner}", {"date": ahead(hours=10)})
    assert stored(ada, later) == []
    ada.post(f"/post/move/{sooner}", {"date": ahead(hours=39)})
    assert [each["field"] for each in stored(ada, later)] == ["limit"]
    ada.post(f"/post/remove/{sooner}")
    assert stored(ada, later) == []


def test_two_posts_that_change_places_change_what_is_said_of_them(ada: Member) -> None:
    limit_to(ada, 1)
    first, second = ada.schedule(ahead(hours=10)), ada.schedule(ahead(hours=20))
    assert [bool(stored(ada, each)) for each in (first, second)] == [False, True]

    ada.post("/post/swap", {"a": first, "b": second})

    assert [bool(stored(ada, each)) for each in (first, second)] == [True, False]


def test_a_reordered_row_is_looked_over(ada: Member) -> None:
    limit_to(ada, 1)
    posts = [ada.schedule(ahead(hours=hours)) for hours in (10, 50, 60)]
    assert [bool(stored(ada, each)) for each in posts] == [False, False, True]
    order = {"start": {"index": 2, "id": posts[2]}, "end": {"index": 0, "id": posts[0]}}

    answer = ada.post("/", json={"account_id": ada.account_id, **order})

    assert answer.status_code == 200
    assert [bool(stored(ada, each)) for each in posts] == [False, True, False]


def test_an_unknown_limit_says_nothing_of_a_few_posts(ada: Member) -> None:
    for hours in (10, 11, 12):
        assert stored(ada, ada.schedule(ahead(hours=hours))) == []


def test_saving_tells_of_the_account_and_saves_all_the_same(ada: Member) -> None:
    change_account(
        ada,
        granted=["instagram_basic", "pages_show_list", "pages_read_engagement"],
        data_access_expires_at=datetime.now(UTC) + timedelta(days=1),
    )

    post_id = ada.schedule(ahead(days=3))

    sentences = [each["sentence"] for each in stored(ada, post_id)]
    assert "not given: instagram_content_publish" in sentences[0]
    assert "before the time of this post" in sentences[1]
    assert ada.json(f"/post/{post_id}")["state"] == "scheduled"


def test_the_check_of_a_post_says_what_stands_in_its_way_and_where_it_is_mended(
    ada: Member,
) -> None:
    post_id = ada.schedule(ahead(days=3))
    too_long = update(Post).where(Post.id == post_id).values(caption="x" * 2201)
    ada.run(lambda session: session.execute(too_long))
    change_account(ada, needs_reconnect=True)

    found = check(ada, post_id)

    assert [(each["field"], each["level"]) for each in found] == [
        ("caption", "stop"),
        ("account", "warn"),
    ]
    assert all(each["sentence"] and each["remedy"] for each in found)
    page = ada.get(f"/post/{post_id}").get_data(as_text=True)
    assert f'href="/post/edit/{post_id}#caption"' in page
    assert f'href="/accounts/{ada.account_id}"' in page
    assert "Checked just now." in page


def test_a_check_follows_what_was_mended(ada: Member) -> None:
    change_account(ada, needs_reconnect=True)
    post_id = ada.schedule(ahead(days=3))
    assert len(check(ada, post_id)) == 1
    change_account(ada, needs_reconnect=False)

    page = ada.post(f"/post/check/{post_id}", page=True)

    assert page.location == f"/post/{post_id}#check"
    assert stored(ada, post_id) == []


def test_a_post_that_is_out_has_nothing_to_check(ada: Member) -> None:
    post_id = ada.schedule(ahead(days=1))
    force(ada, post_id, state="published", next_at=None)

    assert ada.post(f"/post/check/{post_id}").status_code == 409
    assert 'id="check"' not in ada.get(f"/post/{post_id}").get_data(as_text=True)


def test_a_draft_is_checked_for_its_words_and_photo(ada: Member) -> None:
    draft = ada.post("/post/add", json={"action": "draft", "caption": "#a " * 31})

    found = check(ada, draft.get_json()["id"])

    assert sorted(each["field"] for each in found) == ["caption", "media"]


def test_the_form_is_checked_without_saving_and_keeps_all_that_was_typed(ada: Member) -> None:
    limit_to(ada, 1)
    ada.schedule(ahead(hours=20))
    fields = {
        "caption": "#a " * 6 + "<b>kept</b>",
        "first_comment": "kept too",
        "date": ahead(hours=22),
        "timezone": "UTC",
    }

    page = ada.post("/post/check", {**fields, "media": file(picture())}, page=True)
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    for words in (
        "Checked, not saved yet",
        "6 hashtags",
        "Instagram allows 1 for this account",
        "&lt;b&gt;kept&lt;/b&gt;",
        "kept too",
        f'value="{fields["date"]}"',
        'name="media_id" value="',
        'href="#caption"',
        "data-returned",
        'href="/post/add?without=',
    ):
        assert words in text
    assert len(ada.json("/")["posts"]) == 1


def test_the_form_is_checked_with_its_errors_at_their_fields(ada: Member) -> None:
    answer = ada.post("/post/check", {"caption": "x" * 2201, "date": "2020-01-01T10:00"}, page=True)

    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.count("2,201 characters") == 2  # in the list, and at the field
    assert "In its way" in text


def test_an_edit_is_checked_as_the_post_that_it_is(ada: Member) -> None:
    limit_to(ada, 1)
    post_id = ada.schedule(ahead(hours=20))

    answer = ada.post(f"/post/check?post={post_id}", json={"caption": "changed"})

    fields = [each["field"] for each in answer.get_json()["findings"]]
    assert "limit" not in fields  # it does not stand in its own way
    assert ada.json(f"/post/{post_id}")["caption"] == ""


def test_the_check_of_an_edit_says_that_the_post_stays_as_it_was(ada: Member) -> None:
    limit_to(ada, 1)
    ada.schedule(ahead(hours=1))
    post_id = ada.schedule(ahead(hours=22), caption="as it was")

    edit = {"caption": "#a " * 31, "date": ahead(hours=24), "timezone": "UTC"}
    page = ada.post(f"/post/check?post={post_id}", edit, page=True)

    text = page.get_data(as_text=True)
    section = text.partition('id="checked-title"')[2].partition("</section>")[0]
    assert "your changes are not saved yet" in section
    assert "Until you save them, the post stays as it was." in section
    assert "Change the caption." in section
    assert "At that time it would have to wait, and go out by" in section
    for words in ("Edit the post", "It will wait", "is due"):  # it is being edited, not planned
        assert words not in section, words
    assert ada.json(f"/post/{post_id}")["caption"] == "as it was"


def test_what_is_fine_is_said_as_is_true_of_a_draft_a_plan_and_a_form(ada: Member) -> None:
    media_id = ada.upload()
    draft = ada.post("/post/add", json={"action": "draft", "media_id": media_id}).get_json()["id"]
    planned = ada.schedule(ahead(days=1), media_id=media_id)
    form = {"caption": "", "date": ahead(days=2), "timezone": "UTC", "media_id": str(media_id)}

    of_draft = ada.get(f"/post/{draft}").get_data(as_text=True)
    of_plan = ada.get(f"/post/{planned}").get_data(as_text=True)
    of_form = ada.post("/post/check", form, page=True).get_data(as_text=True)

    for text in (of_draft, of_plan, of_form):
        assert "As far as can be seen nothing would stop it." in text
    only_a_draft = "It is a draft, so it goes out only when you schedule it."
    assert [only_a_draft in text for text in (of_draft, of_plan, of_form)] == [True, False, False]


def test_posts_of_others_are_not_checked(ada: Member, berta: Member) -> None:
    post_id = ada.schedule(ahead(days=1))

    assert berta.post(f"/post/check/{post_id}").status_code == 404
    for named in (str(post_id), "9" * 31, "0", "none"):
        assert berta.post(f"/post/check?post={named}", json={}).status_code == 404


def test_a_wrong_form_is_told_to_programs_with_level_and_remedy(ada: Member) -> None:
    answer = ada.post("/post/check", json={"caption": "x" * 2201, "date": ahead(days=1)})

    found = {each["field"]: each for each in answer.get_json()["findings"]}
    assert found["caption"]["level"] == "stop"
    assert found["caption"]["remedy"]
    assert found["media"]["sentence"] == "Choose a photo to post."
    refused = ada.post("/post/add", json={"caption": "x" * 2201, "date": ahead(days=1)})
    assert set(errors_of(refused)) == {"caption", "media"}
    assert set(CheckLine.__slots__) > set(found["caption"])
