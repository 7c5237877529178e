"""Faults that people make: they change, remove and send posts in the very moment they go out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import Account, Media, Post, Publication, User
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once, once_at
from tests.faults.person import Person
from tests.machine.driving import Drive, fault
from tests.support import in_seconds

OK = (200, 302, 303)


def words(person: Person, post_id: int, caption: str) -> dict[str, str]:
    """The form that gives a post other words."""
    with person.drive.session() as session:
        post = session.get_one(Post, post_id)
        media_id = post.slides[0].media_id
        return {
            "caption": caption,
            "media_id": str(media_id),
            "date": post.wall_time,
            "timezone": post.zone,
            "account_id": str(post.account_id),
            "action": "schedule",
        }


def ready(person: Person, caption: str, *, seconds: float = 60) -> int:
    """A post that waits for its moment, with its container finished."""
    post_id = person.studio.post(caption, due_at=in_seconds(seconds))
    person.drive.run(seconds=seconds - 10, until="ready")
    assert person.drive.states()[-1] == "ready"
    return post_id


@ON_BOTH
@pytest.mark.fault(66, "user_edits_between_ready_and_due")
def test_words_that_change_before_the_moment_are_the_ones_that_go_out(person: Person) -> None:
    post_id = ready(person, "Old words", seconds=600)

    form = words(person, post_id, "New words")
    assert person.send(f"/post/edit/{post_id}", **form) in OK
    person.drive.run(seconds=1200)

    assert_live_once(person.drive)
    assert [media.caption for media in person.drive.live()] == ["New words"]
    assert person.drive.passed.count("container_made") == 2


MOMENTS = [("intent", 409), ("fence_read", 409), ("answered", 409), (None, 200)]
"""Where the machine stands when the person acts; None: between the claim and the intent."""


def act_at(person: Person, moment: str | None, path: str, form: dict[str, str]) -> int:
    """Let the person act at one moment of the shot; return what they were answered."""
    drive, answers = person.drive, []
    drive.meet(drive.row().due_at)
    (shot,) = drive.take_shots()
    if moment is None:
        answers.append(person.send(path, **form))
    else:
        drive.tools.reached = once_at(moment, lambda: answers.append(person.send(path, **form)))
    shot.run()
    (answer,) = answers
    return answer


@ON_BOTH
@pytest.mark.parametrize(("moment", "answer"), MOMENTS)
@pytest.mark.fault(67, "user_edit_races_with_intent")
def test_an_edit_at_the_moment_of_the_shot_wins_whole_or_is_told_that_it_lost(
    person: Person, moment: str | None, answer: int
) -> None:
    post_id = ready(person, "Old words")
    form = words(person, post_id, "New words")

    assert act_at(person, moment, f"/post/edit/{post_id}", form) == answer
    person.drive.run(seconds=1200)

    assert_live_once(person.drive)
    expected = "Old words" if answer == 409 else "New words"
    assert [media.caption for media in person.drive.live()] == [expected]
    with person.drive.session() as session:
        assert session.get_one(Post, post_id).caption == expected


@ON_BOTH
@pytest.mark.parametrize(("moment", "answer"), MOMENTS)
@pytest.mark.fault(68, "user_cancels_races_with_intent")
def test_a_removal_at_the_moment_of_the_shot_wins_whole_or_is_told_that_it_lost(
    person: Person, moment: str | None, answer: int
) -> None:
    post_id = ready(person, "Stay or go")

    told = act_at(person, moment, f"/post/remove/{post_id}", {})
    person.drive.run(seconds=1200)

    assert told == answer
    is_live = answer == 409
    assert len(person.drive.live()) == is_live
    assert person.drive.states() == (["published"] if is_live else ["cancelled"])


@ON_BOTH
@IN_BOTH_WORLDS
@pytest.mark.fault(69, "user_double_clicks_publish_now + scheduler")
def test_four_clicks_and_two_schedulers_at_once_are_one_shot(person: Person) -> None:
    post_id = ready(person, "Once is enough", seconds=600)
    path = f"/post/publish/{post_id}"
    browsers = [person.other_window() for _ in range(4)]
    workers = [person.drive, Drive(person.studio.app, person.world, owner="tests:2:b")]
    workers[1].ahead = person.drive.ahead
    together = threading.Barrier(6)

    def click(browser: int) -> int:
        together.wait()
        return person.send(path, browsers[browser])

    def work(worker: int) -> None:
        together.wait()
        for _ in range(20):
            for task in workers[worker].machine.claim(threads=4, rest=4):
                task.run()

    with ThreadPoolExecutor(6) as pool:
        clicks = [pool.submit(click, number) for number in range(4)]
        for job in [pool.submit(work, number) for number in range(2)]:
            job.result()
        answers = [job.result() for job in clicks]
    person.drive.run(seconds=600)

    assert_live_once(person.drive)
    assert [call["endpoint"] for call in person.world.calls].count("publish") == 1
    assert any(answer in OK for answer in answers)
    assert set(answers) <= {*OK, 409}


@ON_BOTH
@pytest.mark.parametrize("is_sent", [True, False], ids=["in flight", "before the intent"])
@pytest.mark.fault(70, "account_disconnected_or_deleted_mid_flight")
def test_a_person_who_leaves_while_a_post_goes_out_leaves_nothing_behind(
    person: Person, is_sent: bool
) -> None:
    """In flight it is waited for, and live; before its intent it never goes out."""
    ready(person, "The last one")
    drive = person.drive
    fault(person.world, "publish", "slow_after", seconds=1, count=1)
    drive.meet(drive.row().due_at)
    (shot,) = drive.take_shots()
    under_way = threading.Event()
    drive.tools.reached = once_at("fence_read", under_way.set)
    thread = threading.Thread(target=shot.run)
    if is_sent:
        thread.start()
        assert under_way.wait(10)

    answer = person.send("/account/delete", confirm="DELETE")
    if not is_sent:
        thread.start()
    thread.join(20)

    assert answer in (*OK, 204)
    assert len(drive.live()) == is_sent
    with drive.session() as session:
        left = [
            session.scalar(select(func.count()).select_from(table))
            for table in (User, Account, Post, Publication, Media)
        ]
    assert left == [0] * 5


@pytest.mark.fault(70, "account_disconnected_or_deleted_mid_flight")
def test_an_account_that_is_disconnected_in_flight_keeps_what_instagram_confirmed(
    person: Person,
) -> None:
    ready(person, "On its way")
    drive = person.drive
    answers: list[int] = []
    path = f"/accounts/{person.studio.account_id}/disconnect"
    drive.meet(drive.row().due_at + timedelta(seconds=1))
    (shot,) = drive.take_shots()
    drive.tools.reached = once_at("fence_read", lambda: answers.append(person.send(path)))

    shot.run()
    drive.run(seconds=600)

    assert len(drive.live()) == 1
    assert answers and answers[0] < 500
    assert drive.states() in (["published"], [])
