"""What a person may do with a post in each state, and that pressing twice is doing it once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models import Event, Media, Post, Publication, db
from ospost.domain import permalinks
from ospost.domain.actions import ACTIONS, Action, actions_in, refusal_of
from ospost.domain.states import IN_DOUBT, HoldReason, State
from ospost.errors import Invalid
from tests.posts.conftest import Member, ahead, errors_of, force

REQUESTS: dict[Action, tuple[str, dict[str, str]]] = {
    Action.EDIT: ("edit", {"caption": "other words"}),
    Action.MOVE: ("move", {"date": "2031-02-01T10:00"}),
    Action.PUBLISH: ("publish", {}),
    Action.RETRY: ("retry", {}),
    Action.BY_HAND: ("by-hand", {}),
    Action.DUPLICATE: ("duplicate", {}),
    Action.SAY_LIVE: ("review", {"is_live": "yes"}),
    Action.SAY_NOT_LIVE: ("review", {"is_live": "no"}),
    Action.REMOVE: ("remove", {}),
}
LINK = "https://www.instagram.com/p/Cabc_D-ef1/"
STATES: list[tuple[State | None, str]] = [
    *((state, "") for state in ACTIONS if state is not State.HELD),
    *((State.HELD, reason.value) for reason in HoldReason),
]


def make(member: Member, state: State | None, reason: str, media_id: int) -> int:
    """Return a post that stands in *state*."""
    wish = "draft" if state is None else "schedule"
    post_id = member.schedule("2031-01-01T10:00", media_id=media_id, action=wish)
    if state is not None:
        force(member, post_id, state=state.value, hold_reason=reason, intent_at=None)
    return post_id


def ask(member: Member, action: Action, post_id: int) -> Any:
    path, fields = REQUESTS[action]
    return member.post(f"/post/{path}/{post_id}", json=fields)


def rows(member: Member, post_id: int) -> list[tuple[Any, ...]]:
    """Return all that a refused wish must leave as it is."""
    with member.app.app_context():
        found = select(Publication.state, Publication.fence, Publication.due_at)
        return [tuple(r) for r in db.session.execute(found.where(Publication.post_id == post_id))]


def causes(member: Member, post_id: int) -> list[str]:
    return [event["cause"] for event in member.json(f"/post/{post_id}")["events"]]


@pytest.mark.parametrize(("state", "reason"), STATES)
def test_each_wish_is_granted_or_refused_in_words_as_the_table_says(
    ada: Member, state: State | None, reason: str
) -> None:
    media_id = ada.upload()
    spare = make(ada, state, reason, media_id)
    possible = actions_in(state, reason)

    assert ada.json(f"/post/{spare}")["actions"] == sorted(possible)
    for action in Action:
        if action in possible:
            answer = ask(ada, action, make(ada, state, reason, media_id))
            assert answer.status_code in (200, 201), (action, answer.get_json())
        elif action is Action.PUBLISH and state in IN_DOUBT | {State.PUBLISHED}:
            before = rows(ada, spare)  # done already, so said again is no harm
            assert ask(ada, action, spare).status_code in (200, 409)
            assert rows(ada, spare) == before
        else:
            before = rows(ada, spare)
            answer = ask(ada, action, spare)
            assert (answer.status_code, answer.get_json()["detail"]) == (
                409,
                refusal_of(action, state, reason),
            ), action
            assert rows(ada, spare) == before


def test_nothing_tries_again_what_may_be_live() -> None:
    again = {Action.RETRY, Action.MOVE, Action.EDIT, Action.DUPLICATE, Action.PUBLISH}

    for state in (State.PUBLISHING, State.UNKNOWN, State.REVIEW):
        assert not again & actions_in(state)


@pytest.mark.parametrize("state", [State.PUBLISHING, State.UNKNOWN, State.REVIEW, State.FAILED])
def test_the_page_offers_what_the_table_has_and_nothing_else(ada: Member, state: State) -> None:
    post_id = make(ada, state, "", ada.upload())

    page = ada.get(f"/post/{post_id}").get_data(as_text=True)

    offered = {path for path, _ in REQUESTS.values() if f'action="/post/{path}/' in page}
    wanted = {REQUESTS[action][0] for action in actions_in(state)}
    if state is State.FAILED:
        wanted -= {"move", "publish", "edit"}  # a link, and "Retry" in the place of the others
        assert f'href="/post/edit/{post_id}"' in page
    assert offered == wanted


def test_a_retry_pressed_twice_is_one_and_tells_who_pressed(ada: Member) -> None:
    post_id = make(ada, State.FAILED, "", ada.upload())

    first, second = (ask(ada, Action.RETRY, post_id) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_json()["state"] == "scheduled"
    assert causes(ada, post_id).count("moved") == 1
    [*_, last] = second.get_json()["events"]
    assert (last["sentence"], last["by"]) == ("To be tried again at once.", "ada")
    page = ada.get(f"/post/{post_id}").get_data(as_text=True)
    assert "by ada" in page
    assert "<dt>by</dt>" not in page


def test_a_retry_at_a_time_is_planned_for_it_once(ada: Member) -> None:
    post_id = make(ada, State.MISSED, "", ada.upload())
    wish = {"date": "2031-03-01T08:30"}

    answers = [ada.post(f"/post/retry/{post_id}", json=wish) for _ in range(2)]
    past = ada.post(f"/post/retry/{make(ada, State.MISSED, '', ada.upload())}", json={
        "date": "2020-01-01T10:00"
    })  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json()["due_at"] == "2031-03-01T08:30:00.000Z"
    assert causes(ada, post_id).count("moved") == 1
    assert "date" in errors_of(past)


def test_a_time_that_cannot_be_comes_back_with_what_was_typed(ada: Member) -> None:
    post_id = make(ada, State.MISSED, "", ada.upload())

    answer = ada.post(f"/post/retry/{post_id}", {"date": "2020-01-01T10:00"}, page=True)

    assert answer.status_code == 422
    assert "2020-01-01T10:00" in answer.get_data(as_text=True)
    assert rows(ada, post_id)[0][0] == "missed"


@pytest.mark.parametrize("state", [State.READY, State.HELD, State.MISSED, State.REVIEW])
def test_what_a_person_posted_is_closed_with_its_link_and_never_sent(
    ada: Member, state: State
) -> None:
    post_id = make(ada, state, "token" if state is State.HELD else "", ada.upload())
    wish = {"permalink": "instagram.com/ada.makes/p/Cabc_D-ef1?igsh=tracking"}

    first, second = (ada.post(f"/post/by-hand/{post_id}", json=wish) for _ in range(2))

    post = second.get_json()
    assert (first.status_code, second.status_code) == (200, 200)
    assert (post["state"], post["permalink"], post["lateness_ms"]) == ("published", LINK, None)
    assert causes(ada, post_id).count("by_hand") == 1
    steps = [(e["from"], e["to"]) for e in post["events"] if e["cause"] in ("stopped", "by_hand")]
    before = [(state.value, "cancelled"), ("cancelled", "published")]
    assert steps == (before if state in (State.READY, State.HELD) else [(state.value, "published")])
    with ada.app.app_context():
        row = db.session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        assert (row.next_at, row.hold_reason, row.owner) == (None, "", "")


def test_a_link_that_is_no_post_is_refused_at_its_field_and_kept(ada: Member) -> None:
    post_id = make(ada, State.FAILED, "", ada.upload())
    bad = "https://www.instagram.com/ada.makes/"

    as_json = ada.post(f"/post/by-hand/{post_id}", json={"permalink": bad})
    page = ada.post(f"/post/by-hand/{post_id}", {"permalink": bad}, page=True)

    assert "permalink" in errors_of(as_json)
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert f'value="{bad}"' in text
    assert "That is no post." in text
    assert rows(ada, post_id)[0][0] == "failed"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (f"  {LINK}?igsh=x#y ", LINK),
        ("http://instagram.com/p/Cabc_D-ef1", LINK),
        ("https://www.instagram.com/reels/Cabc_D-ef1/", LINK.replace("/p/", "/reel/")),
        (
            "https://instagram.com/stories/ada.makes/3141592653589793/",
            "https://www.instagram.com/stories/ada.makes/3141592653589793/",
        ),
    ],
)
def test_a_link_is_kept_clean(typed: str, kept: str) -> None:
    assert permalinks.understand(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "https://instagram.com.evil.example/p/Cabc_D-ef1/",
        "https://evil.example/p/Cabc_D-ef1/",
        "https://www.instagram.com@evil.example/p/Cabc_D-ef1/",
        "https://www.instagram.com/explore/",
        "ftp://www.instagram.com/p/Cabc_D-ef1/",
        "https://[broken/p/Cabc_D-ef1/",
        "http://127.0.0.1:9/p/Cabc_D-ef1/",
        LINK + "x" * 600,
    ],
)
def test_a_link_to_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        permalinks.understand(typed)


def test_the_practice_instagram_has_links_of_its_own() -> None:
    link = "http://127.0.0.1:9/p/Cabc_D-ef1/"

    assert permalinks.understand(link, practice="127.0.0.1:9") == link


def test_a_copy_has_everything_but_the_time_and_is_made_once(ada: Member) -> None:
    post_id = ada.schedule(
        "2031-01-01T10:00",
        caption="Two  spaces\n#tag",
        alt_text="a lake",
        crop="0,0,1,0.9",
        first_comment="more in the comments",
    )
    page = ada.get(f"/post/{post_id}").get_data(as_text=True)
    form_id = page.partition('name="form_id" value="')[2].partition('"')[0]

    first, second = (
        ada.post(f"/post/duplicate/{post_id}", json={"form_id": form_id}) for _ in range(2)
    )
    other = ada.post(f"/post/duplicate/{post_id}", json={"form_id": form_id.replace("-1", "-2")})

    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert first.get_json()["originals_gone"] is False
    assert other.get_json()["id"] != first.get_json()["id"]
    copy, post = ada.json(first.get_json()["url"]), ada.json(f"/post/{post_id}")
    assert (copy["state"], copy["due_at"]) == ("draft", None)
    for name in ("caption", "first_comment", "kind", "account_id", "timezone", "slides"):
        assert copy[name] == post[name], name
    assert "-3" in ada.get(f"/post/{post_id}").get_data(as_text=True)


def test_a_copy_says_when_the_original_photo_is_gone(ada: Member) -> None:
    media_id = ada.upload()
    post_id = make(ada, State.PUBLISHED, "", media_id)
    gone = update(Media).where(Media.id == media_id).values(original_dropped_at=datetime.now(UTC))
    ada.run(lambda session: session.execute(gone))

    as_json = ada.post(f"/post/duplicate/{post_id}", json={})
    page = ada.post(f"/post/duplicate/{post_id}", {"form_id": "one"}, page=True)

    assert as_json.get_json()["originals_gone"] is True
    assert "was removed to save space" in ada.get(page.location).get_data(as_text=True)


def test_a_removed_copy_does_not_stand_in_the_way_of_another(ada: Member) -> None:
    post_id = make(ada, State.PUBLISHED, "", ada.upload())
    wish = {"form_id": f"copy-{post_id}-1"}
    first = ada.post(f"/post/duplicate/{post_id}", json=wish).get_json()["id"]
    ada.post(f"/post/remove/{first}")

    second = ada.post(f"/post/duplicate/{post_id}", json=wish)

    assert second.status_code == 201
    assert second.get_json()["id"] != first


@pytest.mark.parametrize(("word", "state"), [("yes", "published"), ("no", "scheduled")])
def test_the_answer_to_a_review_given_twice_counts_once(ada: Member, word: str, state: str) -> None:
    post_id = make(ada, State.REVIEW, "", ada.upload())
    wish = {"is_live": word, "permalink": LINK if word == "yes" else ""}

    answers = [ada.post(f"/post/review/{post_id}", json=wish) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].get_json()["state"] == state
    assert causes(ada, post_id).count("reviewed") == 1


def test_edit_and_retry_keeps_everything_but_a_time_that_has_passed(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", caption="kept", alt_text="a lake")
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    force(ada, post_id, state="missed", due_at=past)
    ada.run(lambda session: session.execute(
        update(Post).where(Post.id == post_id).values(due_at=past)
    ))  # fmt: skip

    page = ada.get(f"/post/edit/{post_id}").get_data(as_text=True)
    stale = ada.post(f"/post/edit/{post_id}", json={"caption": "new"})
    fresh = ada.post(f"/post/edit/{post_id}", json={"caption": "new", "date": ahead(days=2)})

    assert "kept" in page
    assert "a lake" in page
    assert "date" in errors_of(stale)
    assert (fresh.get_json()["state"], fresh.get_json()["caption"]) == ("scheduled", "new")
    assert fresh.get_json()["slides"][0]["alt_text"] == "a lake"


def test_no_name_stays_in_a_timeline_of_somebody_who_left(ada: Member) -> None:
    post_id = make(ada, State.FAILED, "", ada.upload())
    ask(ada, Action.RETRY, post_id)

    with ada.app.app_context():
        details = db.session.scalars(select(Event.detail)).all()

    assert "ada" not in str(details)
