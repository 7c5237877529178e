"""A worker dies between two steps; another one goes on, and the post is live once."""

from datetime import timedelta

import pytest

from models import User
from ospost.mail.smtp import Mail
from ospost.services.database import writing
from ospost.services.deliveries import Carrier, deliver_due
from tests.databases import ON_BOTH
from tests.faults.helping import (
    IN_BOTH_WORLDS,
    assert_live_once,
    before_commit_of,
    calls,
    dies_at,
    engine_of,
    heir_of,
)
from tests.machine.driving import Died, Drive, fault
from tests.people.post_office import opened
from tests.support import Studio, in_seconds

pytestmark = [ON_BOTH, IN_BOTH_WORLDS]

SECOND = timedelta(seconds=1)


def die() -> None:
    """Be gone."""
    raise Died


def seconds_late(drive: Drive) -> float:
    """How long after its moment the latest intent was."""
    row = drive.row()
    assert row.intent_at is not None
    return (row.intent_at - row.due_at).total_seconds()


def ready(studio: Studio, drive: Drive) -> None:
    """Bring a post to where only the shot is left, a moment before it is due."""
    due_at = in_seconds(600)
    studio.post("Survivor", due_at=due_at)
    drive.run(seconds=600, until="ready")
    drive.run(seconds=max(0.0, (due_at - drive.now()).total_seconds() - 1.5))
    drive.meet(due_at)
    assert drive.states() == ["ready"]


@pytest.mark.fault(1, "crash_before_claim_commit")
def test_a_claim_that_was_not_committed_leaves_the_row_to_the_next(
    studio: Studio, drive: Drive
) -> None:
    ready(studio, drive)

    with before_commit_of(engine_of(drive), "UPDATE instance", die), pytest.raises(Died):
        drive.run(seconds=60)
    heir = heir_of(drive)
    assert drive.row().owner == ""

    heir.run(seconds=600)

    assert_live_once(heir)
    assert seconds_late(heir) < 5


@pytest.mark.fault(2, "crash_after_claim")
def test_a_claimed_row_is_taken_over_when_its_lease_ends(studio: Studio, drive: Drive) -> None:
    ready(studio, drive)

    heir = dies_at(drive, "claimed")
    assert drive.row().owner == drive.owner
    heir.run(seconds=3600)

    assert_live_once(heir)
    assert 55 <= seconds_late(heir) <= 60 + 5


@pytest.mark.fault(4, "crash_after_container_created_before_saved")
def test_a_container_that_nobody_wrote_down_is_left_and_another_one_made(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Survivor", due_at=in_seconds(600))

    heir = dies_at(drive, "container_made")
    (orphan,) = studio.world.containers
    heir.run(seconds=3600)

    assert_live_once(heir)
    assert len(studio.world.containers) == 2
    assert heir.row().container_id != orphan
    assert seconds_late(heir) < 2


@pytest.mark.fault(5, "crash_after_container_saved")
def test_a_container_that_was_written_down_is_used(studio: Studio, drive: Drive) -> None:
    studio.post("Survivor", due_at=in_seconds(600))

    heir = dies_at(drive, "container_saved")
    heir.run(seconds=3600)

    assert_live_once(heir)
    assert len(calls(studio.world, "create")) == 1
    assert seconds_late(heir) < 2


@pytest.mark.fault(7, "crash_after_intent_before_send")
def test_an_intent_without_a_call_is_proved_and_sent_with_the_same_container(
    studio: Studio, drive: Drive
) -> None:
    ready(studio, drive)
    container_id = drive.row().container_id

    heir = dies_at(drive, "fence_read")
    heir.run(seconds=3600)

    assert_live_once(heir)
    assert heir.row().container_id == container_id
    assert len(calls(studio.world, "create")) == len(calls(studio.world, "publish")) == 1
    assert seconds_late(heir) >= 150
    assert heir.causes().count("intent") == 2


@pytest.mark.fault(9, "crash_after_answer_before_commit")
def test_an_answer_that_was_not_written_down_is_found_by_looking(
    studio: Studio, drive: Drive
) -> None:
    ready(studio, drive)

    heir = dies_at(drive, "answered")
    heir.run(seconds=3600)

    assert_live_once(heir)
    assert len(calls(studio.world, "publish")) == 1


@pytest.mark.fault(10, "crash_after_commit_before_outbox_delivery")
@pytest.mark.parametrize("is_taken", [False, True], ids=["before", "after it was taken"])
def test_a_notice_of_a_server_that_died_comes_under_one_id(
    studio: Studio, drive: Drive, is_taken: bool
) -> None:
    """What was mailed and not written down is mailed again, as the same message."""
    with drive.session() as session, writing(session):
        user = session.get_one(User, studio.user_id)
        user.email, user.email_confirmed_at = "ada@example.org", drive.now()
    fault(studio.world, "create", "error", code=36003, subcode=2207009, count=1)
    studio.post("Odd shape", due_at=in_seconds(600))
    drive.run(seconds=300, until="failed")

    with opened() as office:
        mail = Mail.from_url(office.url, sender="Ospost <ospost@example.org>")
        carrier = Carrier(
            mail=mail, door=studio.run.door, vault=studio.run.vault, app_url="http://localhost"
        )
        drive.jump(60)
        if is_taken:
            dies = before_commit_of(engine_of(drive), "payload=", die)
            with dies, pytest.raises(Died):
                deliver_due(drive.tools.sessions, carrier, drive.now())
        for _ in range(3):
            drive.jump(600)
            deliver_due(drive.tools.sessions, carrier, drive.now())

    assert len(office.mails) == (2 if is_taken else 1)
    assert len({mail["Message-ID"] for mail in office.mails}) == 1
