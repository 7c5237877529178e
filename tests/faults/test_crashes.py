"""A worker dies between two steps; another one goes on, and the post is live once."""

from datetime import timedelta

import pytest

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
from tests.machine.driving import Died, Drive
from tests.support import Studio, in_seconds

pytestmark = [ON_BOTH, IN_BOTH_WORLDS]

SECOND = timedelta(seconds=1)


def seconds_late(drive: Drive) -> float:
    """How long after its moment the latest intent was."""
    row = drive.row()
    assert row.intent_at is not None
    return (row.intent_at - row.due_at).total_seconds()


def ready(studio: Studio, drive: Drive) -> None:
    """Bring a post to where only the shot is left, a moment before it is due."""
    due_at = in_seconds(60)
    studio.post("Survivor", due_at=due_at)
    drive.run(seconds=300, until="ready")
    drive.run(seconds=max(0.0, (due_at - drive.now()).total_seconds() - 1.5))
    drive.meet(due_at)
    assert drive.states() == ["ready"]


@pytest.mark.fault(1, "crash_before_claim_commit")
def test_a_claim_that_was_not_committed_leaves_the_row_to_the_next(
    studio: Studio, drive: Drive
) -> None:
    ready(studio, drive)

    def die() -> None:
        raise Died

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
