"""What a person may do with a post in each state, and that pressing twice is doing it once."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models import Event, Media, Post, Publication, Slide, db
from ospost.domain import permalinks
from ospost.domain.actions import ACTIONS, Action, actions_in, refusal_of
from ospost.domain.states import IN_DOUBT, HoldReason, State
from ospost.domain.wording import lateness_words
from ospost.errors import Invalid
from ospost.services import publications
from ospost.services.database import writing
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
    *((State.HELD, reason.value) for reason in (HoldReason.TOKEN, HoldReason.ASK)),
]


def make(member: Member, state: State | None, reason: str, media_id: int) -> int:
    """Return a post that stands in *state*; straight into the tables, as it is wanted often."""
    now = datetime.now(UTC)
    post = Post(
        account_id=member.account_id,
        user_id=member.user_id,
        caption="words",
        wall_time="2031-01-01T10:00:00",
        zone="UTC",
        created_at=now,
        updated_at=now,
        slides=[Slide(no=1, media_id=media_id)],
    )
    with member.app.app_context(), writing(db.session()) as session:
        session.add(post)
        session.flush()
        if state is not None:
            post.due_at = datetime(2031, 1, 1, 10, tzinfo=UTC)
            publications.open_for(session, post, now=now)
            [shot] = post.publications
            shot.state, shot.hold_reason = state.value, reason
        return post.id


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


def test_each_wish_is_granted_or_refused_in_words_as_the_table_says(ada: Member) -> None:
    media_id = ada.upload()
    for state, reason in STATES:
        spare = make(ada, state, reason, media_id)
        possible = actions_in(state, reason)
        assert ada.json(f"/post/{spare}")["actions"] == sorted(possible)
        before = rows(ada, spare)
        for action in Action:
            case = (state, reason, action)
            if action in possible:
                answer = ask(ada, action, make(ada, state, reason, media_id))
                assert answer.status_code in (200, 201), (case, answer.get_json())
                continue
            answer = ask(ada, action, spare)
            if action is Action.PUBLISH and state in IN_DOUBT:
                assert answer.status_code == 200, case  # it is under way, as was wished
            else:
                told = (answer.status_code, answer.get_json().get("detail"))
                assert told == (409, refusal_of(action, state, reason)), case
            assert rows(ada, spare) == before, case


def test_nothing_tries_again_what_may_be_live() -> None:
    again = {Action.RETRY, Action.MOVE, Action.EDIT, Action.DUPLICATE, Action.PUBLISH}

    for state in (State.PUBLISHING, State.UNKNOWN, State.REVIEW):
        assert not again & actions_in(state)


def test_every_hold_has_its_reason_not_to_be_tried_now() -> None:
    said = {reason: refusal_of(Action.RETRY, State.HELD, reason) for reason in HoldReason}

    tried = {HoldReason.ASK, HoldReason.REHEARSAL, HoldReason.BLOCKED}
    assert {reason for reason, words in said.items() if not words} == tried
    assert refusal_of(Action.RETRY, State.HELD, "") not in said.values()


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


@pytest.mark.parametrize(
    ("state", "code", "subcode", "main"),
    [
        (State.FAILED, 9004, 2207052, "Retry now"),  # Meta could not fetch the photo
        (State.FAILED, 36003, 2207009, "Edit and retry"),  # it takes no such shape
        (State.FAILED, None, None, "Edit and retry"),  # our own photo is gone
        (State.MISSED, None, None, "Retry at…"),
        (State.SCHEDULED, None, None, None),
    ],
)
def test_the_likeliest_remedy_is_the_one_main_button(
    ada: Member, state: State, code: int | None, subcode: int | None, main: str | None
) -> None:
    post_id = make(ada, state, "", ada.upload())
    force(ada, post_id, error={"code": code, "subcode": subcode, "message": "", "remedy": ""})

    page = ada.get(f"/post/{post_id}").get_data(as_text=True)

    actions = page.partition('<div class="o-actions">')[2].partition('id="check"')[0]
    shown = re.sub(r'<form class="o-menu__panel".*?</form>', "", actions, flags=re.DOTALL)
    found = re.findall(
        r'(?:o-menu--main"[^>]*>\s*<summary|class="btn btn-primary")[^>]*>.*?</svg>([^<]+)<',
        shown,
        flags=re.DOTALL,
    )
    assert found == ([main] if main else [])


def test_the_plan_and_the_page_call_trying_again_the_same(ada: Member) -> None:
    media_id = ada.upload()
    for state in (State.FAILED, State.MISSED):
        post_id = make(ada, state, "", media_id)
        plan = ada.get("/").get_data(as_text=True)
        page = ada.get(f"/post/{post_id}").get_data(as_text=True)
        card = plan.partition(f'id="post-{post_id}"')[2].partition('id="post-')[0]
        card = card.partition("<h2")[0]
        for label in ("Retry at…", "Retry now"):
            assert label in card and label in page, (state, label)
        assert ">Move<" not in card and ">Post now<" not in card
        ada.post(f"/post/remove/{post_id}")


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
    assert f'hx-get="/post/{post_id}"' in text and 'data-module="live"' not in text
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
    other = ada.post(
        f"/post/duplicate/{post_id}", json={"form_id": form_id.removesuffix("-1") + "-2"}
    )

    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert first.get_json()["originals_gone"] is False
    assert other.get_json()["id"] != first.get_json()["id"]
    copy, post = ada.json(first.get_json()["url"]), ada.json(f"/post/{post_id}")
    assert (copy["state"], copy["due_at"]) == ("draft", None)
    for name in ("caption", "first_comment", "kind", "account_id", "timezone", "slides"):
        assert copy[name] == post[name], name
    assert f"{form_id.removesuffix('-1')}-3" in ada.get(f"/post/{post_id}").get_data(as_text=True)


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


def test_a_post_that_is_tried_again_says_when_and_which_try_it_is(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    error = {"message": "Instagram could not download the file.", "code": 9004}
    soon = datetime(2030, 12, 31, 9, 5, tzinfo=UTC)

    force(ada, post_id, state="preparing", tries=2, error=error, next_at=soon, owner="")
    waiting = ada.get(f"/post/{post_id}").get_data(as_text=True)
    plan = ada.get("/?date=2031-01-01").get_data(as_text=True)
    force(ada, post_id, owner="somebody")
    working = ada.get(f"/post/{post_id}").get_data(as_text=True)

    for page in (waiting, plan):
        assert "could not download the file. Trying again at 09:05, third try." in page
    assert "Trying again now, third try." in working


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (12, "12 ms after its time"),
        (9_999, "9,999 ms after its time"),
        (34_400, "34 s after its time"),
        (720_000, "12 min after its time"),
        (11_100_000, "3 h 5 min after its time"),
        (7_200_000, "2 h after its time"),
    ],
)
def test_lateness_is_said_in_a_unit_that_a_person_grasps(milliseconds: int, words: str) -> None:
    assert lateness_words(milliseconds) == words


def test_a_live_post_says_how_late_it_was(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    sent_at = datetime(2031, 1, 1, 13, 5, tzinfo=UTC)
    force(ada, post_id, state="published", sent_at=sent_at, published_at=sent_at)

    assert "3 h 5 min after its time" in ada.get(f"/post/{post_id}").get_data(as_text=True)


def test_the_numbers_of_a_refusal_are_one_click_away(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    error = {"message": "It was refused.", "remedy": "Do this.", "code": 9004, "fbtrace_id": "AbC"}
    force(ada, post_id, state="failed", error=error)

    page = ada.get(f"/post/{post_id}").get_data(as_text=True)

    box = page.partition('<details id="answer">')[2].partition("</details>")[0]
    assert "<dd>9004</dd>" in box
    assert "<dd>AbC</dd>" in box
    assert "It was refused." in page and "Do this." in page


def test_a_post_that_is_asked_about_leads_to_the_question(ada: Member) -> None:
    media_id = ada.upload()
    asked = make(ada, State.HELD, "ask", media_id)
    other = make(ada, State.HELD, "token", media_id)

    assert 'href="/accounts/passed"' in ada.get(f"/post/{asked}").get_data(as_text=True)
    assert 'href="/accounts/passed"' not in ada.get(f"/post/{other}").get_data(as_text=True)
