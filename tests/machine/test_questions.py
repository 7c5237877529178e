"""Asking Instagram about an account: its limit behind the pages, and a test that publishes nothing."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from models import Account, Media
from ospost.graph.client import Access
from ospost.graph.values import PublishingLimit
from ospost.logs import fields_of
from ospost.services import questions
from ospost.services.database import writing
from ospost.services.questions import Answers
from tests.machine.driving import Died, Drive, fault
from tests.support import Studio, in_seconds

POINTS = ("test_container_made", "test_polled", "asked")
"""The commit points of a question about an account."""


def press(studio: Studio, drive: Drive) -> bool:
    """Somebody presses “Test”."""
    with drive.session() as session:
        with writing(session):
            media_id = session.scalar(select(Media.id)) or studio.media(session).id
        return questions.start_test(
            session,
            user_id=studio.user_id,
            account_id=studio.account_id,
            media_id=media_id,
            now=drive.now(),
        )


def look(drive: Drive) -> bool:
    """Somebody opens the page of the accounts."""
    with drive.session() as session:
        accounts = list(session.scalars(select(Account)))
        return questions.want_limits(session, accounts, now=drive.now())


def told(drive: Drive) -> Answers:
    return questions.answers(drive.account(), now=drive.now(), is_sandbox=True)


def test_instagram_fetches_the_test_photo_and_nothing_is_published(
    studio: Studio, drive: Drive
) -> None:
    assert press(studio, drive)
    assert (told(drive).test, told(drive).is_busy) == ("testing", True)

    drive.run()

    host = studio.run.media_url.removeprefix("http://")
    assert told(drive).test == "ok"
    assert told(drive).sentence == f"Practice Instagram fetched the test photo from {host}."
    assert not told(drive).is_busy
    assert (len(studio.world.containers), drive.live()) == (1, [])


def test_a_photo_that_takes_its_time_is_waited_for_without_a_thread(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.container_seconds = 40
    press(studio, drive)

    drive.run(seconds=10)
    assert told(drive).test == "testing"

    drive.run()
    assert told(drive).test == "ok"
    assert len(studio.world.containers) == 1


def test_a_photo_that_instagram_cannot_fetch_is_told_in_its_words(
    studio: Studio, drive: Drive
) -> None:
    drive.tools.media_url = "http://127.0.0.1:9"  # nobody listens there
    press(studio, drive)

    drive.run()

    assert told(drive).test == "failed"
    assert told(drive).sentence
    assert told(drive).remedy
    assert "9004" in told(drive).details.values()
    assert (drive.account().test_outcome or {})["subcode"] == 2207052


def test_a_container_that_ends_in_an_error_is_told(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "create", "container_error", subcode=2207026)
    press(studio, drive)

    drive.run()

    assert told(drive).test == "failed"
    assert "2207026" in told(drive).details["text"]


def test_silence_is_tried_again_and_then_called_unclear(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "create", "lost_before", count=2)
    press(studio, drive)
    drive.run()
    assert told(drive).test == "ok"

    fault(studio.world, "create", "lost_before")
    press(studio, drive)
    drive.run()

    assert told(drive).test == "unclear"
    assert "Test" in told(drive).remedy


def test_a_dead_token_shows_in_the_test_and_on_the_account(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "create", "error", code=190, subcode=460)
    press(studio, drive)

    drive.run()

    assert told(drive).test == "failed"
    assert drive.account().needs_reconnect


def test_pressing_twice_is_one_test(studio: Studio, drive: Drive) -> None:
    assert [press(studio, drive), press(studio, drive)] == [True, False]

    drive.run()

    assert len(studio.world.containers) == 1
    assert press(studio, drive)  # when it is over, another may begin


@pytest.mark.parametrize("moment", POINTS)
def test_a_test_goes_on_after_its_process_was_killed(
    studio: Studio, drive: Drive, moment: str
) -> None:
    drive.die_at = moment
    press(studio, drive)
    with pytest.raises(Died):
        drive.run()
    assert told(drive).test == "testing"

    second = Drive(studio.app, studio.world, owner="tests:2:b", ahead=drive.ahead)
    second.run(seconds=200)

    assert told(second).test == "ok"
    assert drive.live() == []


def test_a_slow_worker_cannot_write_over_the_one_that_took_over(
    studio: Studio, drive: Drive
) -> None:
    press(studio, drive)
    (slow,) = drive.machine.claim(threads=9, rest=9)
    drive.jump(101)  # its lease has run out
    drive.run()
    assert told(drive).test == "ok"
    before = drive.account().test_outcome

    slow.run()

    assert drive.account().test_outcome == before
    assert drive.account().ask_at is None


def test_a_test_that_nobody_runs_is_over_after_ten_minutes(studio: Studio, drive: Drive) -> None:
    press(studio, drive)
    drive.jump(599)
    assert told(drive).test == "testing"

    drive.jump(2)

    assert told(drive).test == "unclear"
    assert press(studio, drive)


def test_a_container_that_never_finishes_ends_the_test_all_the_same(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "create", "stuck")
    press(studio, drive)

    drive.run()

    assert told(drive).test == "unclear"
    assert (drive.account().test_outcome or {})["state"] == "unclear"
    assert drive.account().ask_at is None


def test_looking_at_an_account_reads_its_limit_behind_the_page(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.quota_total = 100
    assert told(drive).limit == "not read yet"

    assert look(drive)
    assert told(drive).is_reading
    drive.run()

    assert told(drive).limit == "0 of 100 in 24 hours, read just now"
    drive.jump(180)
    assert told(drive).limit == "0 of 100 in 24 hours, read 3 minutes ago"
    assert not look(drive)  # fresh enough
    drive.jump(121)
    assert look(drive)


def test_a_limit_that_cannot_be_read_is_asked_when_somebody_looks_again(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "limit", "html_502", count=1)
    look(drive)
    drive.run()
    assert told(drive).limit == "not read yet"
    assert not told(drive).is_busy

    look(drive)
    drive.run()

    assert told(drive).limit.startswith("0 of 50 in 24 hours")


@pytest.mark.parametrize("ask", [press, lambda _studio, drive: look(drive)], ids=["test", "limit"])
def test_a_connection_that_a_question_finds_lost_is_told(
    studio: Studio, drive: Drive, ask: Callable[[Studio, Drive], bool]
) -> None:
    for endpoint in ("create", "limit"):
        fault(studio.world, endpoint, "error", code=190, subcode=460)

    ask(studio, drive)
    drive.run()

    assert drive.account().needs_reconnect
    assert drive.notices() == ["@clay.studio is not connected any more"]


@pytest.mark.parametrize("endpoint", ["create", "limit"])
def test_one_wrong_word_in_a_storm_disconnects_no_account(
    studio: Studio, drive: Drive, endpoint: str
) -> None:
    drive.tools.breaker.stormy("facebook", now=drive.now())
    fault(studio.world, endpoint, "error", code=190, subcode=460, count=1)

    press(studio, drive)
    drive.run()

    assert not drive.account().needs_reconnect


def answers_of(drive: Drive, account_id: int) -> Answers:
    with drive.session() as session:
        account = session.get_one(Account, account_id)
        return questions.answers(account, now=drive.now(), is_sandbox=True)


def test_a_fault_of_this_server_is_told_once_and_asked_ever_more_rarely(
    studio: Studio,
    drive: Drive,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The limit of one account cannot be asked for a day; the other account does not notice."""
    other = Studio(studio.app, studio.world, username="harbour.cafe").open(studio.user_id)
    asked, read = [], drive.tools.graph.publishing_limit

    def fail_for_one(access: Access) -> PublishingLimit:
        with drive.session() as session:
            ours = session.get_one(Account, studio.account_id).ig_id
        if access.ig_id == ours:
            asked.append(drive.now())
            raise OSError("nobody thought of this")
        return read(access)

    monkeypatch.setattr(drive.tools.graph, "publishing_limit", fail_for_one)
    look(drive)
    drive.run(seconds=86_400)

    gaps = [later - sooner for sooner, later in pairwise(asked)]
    assert gaps[0] < timedelta(seconds=30)
    assert gaps[:6] == sorted(gaps[:6])
    assert min(gaps[8:]) > timedelta(minutes=14)
    assert 80 < len(asked) < 120
    (record,) = {record for record in caplog.records if record.exc_info}
    seen = answers_of(drive, studio.account_id)
    assert "could not be asked" in seen.limit
    assert str(fields_of(record)["reference"]) in seen.limit
    assert not seen.is_busy
    assert answers_of(drive, other.account_id).limit.startswith("0 of 50 in 24 hours")

    monkeypatch.undo()
    drive.run(seconds=7200)
    assert answers_of(drive, studio.account_id).limit.startswith("0 of 50 in 24 hours, read")
    assert "could not be asked" not in answers_of(drive, studio.account_id).limit


def test_a_test_that_meets_a_fault_of_this_server_ends_unclear(
    studio: Studio, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(moment: str) -> None:
        if moment == "test_polled":
            raise OSError("nobody thought of this")

    drive.tools.reached = fail
    press(studio, drive)

    drive.run(seconds=599)

    assert (told(drive).test, told(drive).is_busy) == ("unclear", False)
    assert "could not be asked" in told(drive).sentence
    (record,) = {record for record in caplog.records if record.exc_info}
    assert str(fields_of(record)["reference"]) in told(drive).sentence
    assert len(studio.world.containers) == 1


def test_questions_do_not_delay_a_post(studio: Studio, drive: Drive) -> None:
    due_at = in_seconds(60)
    studio.post("On time", due_at=due_at)
    press(studio, drive)
    look(drive)

    drive.run(seconds=120)

    (row,) = drive.rows()
    assert row.state == "published"
    assert row.sent_at is not None
    assert row.sent_at - due_at < timedelta(seconds=5)
    assert told(drive).test == "ok"
