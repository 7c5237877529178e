"""A worker stands still for longer than its lease: swapped out, suspended, starved."""

import pytest

from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once, calls, heir_of, once_at
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds

pytestmark = [ON_BOTH, IN_BOTH_WORLDS]


def stall_at(drive: Drive, point: str, seconds: float) -> Drive:
    """Let the worker stand still at *point*, while another one does all that is due; return that."""
    heir = heir_of(drive)

    def stall() -> None:
        drive.jump(seconds)
        heir.ahead = drive.ahead
        heir.run(seconds=30)
        drive.ahead = heir.ahead

    drive.tools.reached = once_at(point, stall)
    return heir


@pytest.mark.fault(13, "stall_before_send_beyond_lease")
def test_a_worker_that_wakes_up_with_its_finger_on_the_trigger_sends_nothing(
    studio: Studio, drive: Drive
) -> None:
    """The other one has seen the intent, looked, and found nothing; the first one must not send."""
    studio.post("Stalled", due_at=in_seconds(60))
    heir = stall_at(drive, "fence_read", 65)

    drive.run(seconds=65)

    assert "looked" in heir.passed
    assert calls(studio.world, "publish") == []
    drive.run(seconds=3600)
    assert_live_once(drive)
    assert len(calls(studio.world, "publish")) == 1


@pytest.mark.fault(14, "stall_after_send_beyond_lease")
@pytest.mark.parametrize("seconds", [65, 400], ids=["looked_for", "found"])
def test_an_answer_that_is_read_late_agrees_with_what_was_found_meanwhile(
    studio: Studio, drive: Drive, seconds: float
) -> None:
    studio.world.switches.list_lag = 200  # so that the first looks of the other one see nothing
    studio.world.switches.status_lag = 200
    studio.post("Twice found", due_at=in_seconds(60))
    heir = stall_at(drive, "answered", seconds)

    drive.run(seconds=3600)

    assert "looked" in heir.passed
    assert_live_once(drive)
    assert len(calls(studio.world, "publish")) == 1
    assert drive.causes().count("published") == 1


@pytest.mark.fault(15, "stall_in_prepare_beyond_lease")
@pytest.mark.parametrize("point", ["preparing", "container_made"])
def test_what_a_worker_prepared_too_slowly_is_not_taken(
    studio: Studio, drive: Drive, point: str
) -> None:
    studio.post("Slowly prepared", due_at=in_seconds(600))
    heir = stall_at(drive, point, 105)

    drive.run(seconds=3600)

    assert_live_once(drive)
    assert "container_saved" in heir.passed
    assert "container_saved" not in drive.passed
    assert len(studio.world.containers) == 2
