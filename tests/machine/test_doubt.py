"""Lost answers, false answers and deaths: whatever happens, one post and the true media id."""

import re
from pathlib import Path

import pytest

from ospost.domain.states import State
from ospost.services import publishing
from tests.machine.driving import Died, Drive, fault
from tests.machine.test_questions import POINTS as POINTS_OF_QUESTIONS
from tests.processes.test_kill import POINTS as KILLED
from tests.support import Studio, in_seconds


def assert_live_once(drive: Drive) -> None:
    """The post is live once, is known to be, and is linked to what is really there."""
    row = drive.row()
    (media,) = drive.live()
    assert row.state == "published", (row.state, drive.sentences())
    assert row.ig_media_id == media.id


@pytest.mark.parametrize("kind", ["lost_after", "lost_before"])
def test_a_meta_that_answers_a_second_call_with_the_first_ones_id_is_told_from_a_copy(
    studio: Studio, drive: Drive, kind: str
) -> None:
    """A third way in which Instagram may treat a container that it published before."""
    studio.world.switches.used_container = "same_id"
    studio.world.switches.status_lag = studio.world.switches.list_lag = 400
    fault(studio.world, "publish", kind, count=1)
    studio.post("Only once", due_at=in_seconds(60))

    drive.run(seconds=3600)

    assert_live_once(drive)


POINTS = {
    "claimed": 5,
    "preparing": 1,
    "container_made": 1,
    "container_saved": 1,
    "polled": 2,
    "ready": 2,
    "intent": 1,
    "fence_read": 1,
    "answered": 1,
    "recorded": 1,
    "comment_intent": 1,
    "followed_up": 2,
}
"""The commit points of a post with a first comment, and how often each is passed."""
POINTS_IN_DOUBT = {**POINTS, "claimed": 6, "looked": 1, "look_recorded": 1}
"""The same after a lost answer whose post is live."""


def each_time(points: dict[str, int]) -> list[tuple[str, int]]:
    """Return every time that every point is reached."""
    return [(point, time) for point, times in points.items() for time in range(times)]


@pytest.mark.parametrize("used", ["refuse", "duplicate"])
@pytest.mark.parametrize(("point", "occurrence"), each_time(POINTS))
def test_a_worker_that_dies_at_any_point_leaves_one_post(
    studio: Studio, drive: Drive, point: str, occurrence: int, used: str
) -> None:
    studio.world.switches.used_container = used
    studio.post("Survivor", due_at=in_seconds(60), first_comment="Still here")
    drive.die_at, drive.die_after = point, occurrence
    with pytest.raises(Died):
        drive.run(seconds=600)
    heir = Drive(studio.app, studio.world, owner="tests:2:b", ahead=drive.ahead)

    heir.run(seconds=7200)

    assert_live_once(heir)
    comments = [comment.text for comment in studio.world.comments.values()]
    assert comments == ["Still here"]


@pytest.mark.parametrize("used", ["refuse", "duplicate"])
@pytest.mark.parametrize(("point", "occurrence"), each_time(POINTS_IN_DOUBT))
def test_a_worker_that_dies_after_a_lost_answer_leaves_one_post(
    studio: Studio, drive: Drive, point: str, occurrence: int, used: str
) -> None:
    studio.world.switches.used_container = used
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Survivor", due_at=in_seconds(60), first_comment="Still here")
    drive.die_at, drive.die_after = point, occurrence
    with pytest.raises(Died):
        drive.run(seconds=600)
    heir = Drive(studio.app, studio.world, owner="tests:2:b", ahead=drive.ahead)

    heir.run(seconds=7200)

    assert_live_once(heir)
    comments = [comment.text for comment in studio.world.comments.values()]
    assert comments == ["Still here"]


def test_every_commit_point_of_the_machine_has_its_deaths() -> None:
    named = {
        point
        for path in Path(publishing.__file__).parent.glob("*.py")
        for point in re.findall(r'\breached\("(\w+)"\)', path.read_text())
    }

    assert named == {*POINTS_IN_DOUBT, *POINTS_OF_QUESTIONS}
    assert named == {*KILLED, *POINTS_OF_QUESTIONS}


def test_the_states_that_are_not_open_have_no_next_moment(studio: Studio, drive: Drive) -> None:
    studio.post("Done", due_at=in_seconds(30))

    drive.run(seconds=600)

    row = drive.row()
    assert (row.state, row.next_at, row.owner) == (State.PUBLISHED.value, None, "")
