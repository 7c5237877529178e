"""Lost answers, false answers and deaths: whatever happens, one post and the true media id."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ospost.domain.states import State
from ospost.services import publishing
from tests.machine.driving import Died, Drive, fault
from tests.processes.test_kill import POINTS as KILLED
from tests.support import Studio, in_seconds

WORLDS = ["refuse", "same_id", "duplicate"]


def assert_live_once(drive: Drive) -> None:
    """The post is live once, is known to be, and is linked to what is really there."""
    row = drive.row()
    (media,) = drive.live()
    assert row.state == "published", (row.state, drive.sentences())
    assert row.ig_media_id == media.id


LOST = [
    ("lost_after", {}),
    ("lost_before", {}),
    ("html_502", {}),
    ("truncated", {"effect": True}),
    ("reset", {"effect": True}),
    ("redirect", {}),
    ("late_effect", {"seconds": 50}),
    ("error_after", {"code": 4, "subcode": 2207051}),
    ("error_after", {"code": 1}),
    ("error_after", {"code": 2}),
    ("error", {"code": 2}),
    ("error", {"code": 4, "subcode": 2207051}),
    ("error", {"code": 80002}),
]


@pytest.mark.parametrize("used", WORLDS)
@pytest.mark.parametrize(("kind", "more"), LOST)
def test_whatever_becomes_of_the_answer_the_post_is_live_once(
    studio: Studio, drive: Drive, used: str, kind: str, more: dict[str, object]
) -> None:
    studio.world.switches.used_container = used
    fault(studio.world, "publish", kind, count=1, **more)
    studio.post("Only once", due_at=in_seconds(60))

    drive.run(seconds=3600)

    assert_live_once(drive)


@pytest.mark.parametrize("used", WORLDS)
def test_a_status_and_a_list_that_lag_do_not_lead_to_a_second_copy(
    studio: Studio, drive: Drive, used: str
) -> None:
    studio.world.switches.used_container = used
    studio.world.switches.status_lag = 100
    studio.world.switches.list_lag = 60
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Lagging", due_at=in_seconds(60))

    drive.run(seconds=3600)

    assert_live_once(drive)


def test_three_days_of_unreadable_containers_are_decided_by_the_list(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Read from the list", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    fault(studio.world, "status", "error", code=100, subcode=33)

    drive.run(seconds=3 * 86_400)

    assert_live_once(drive)


def test_what_nobody_can_tell_becomes_a_question_after_26_hours(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Nobody knows", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    fault(studio.world, "status", "error", code=100, subcode=33)
    fault(studio.world, "media", "error", code=100, subcode=33)

    drive.run(seconds=30 * 3600)

    assert drive.states() == ["review"]
    assert len(drive.live()) == 1
    assert "Please look on Instagram" in drive.notices()
    assert "We cannot tell yet whether a post is live" in drive.notices()


def test_a_post_made_by_hand_with_the_same_words_is_not_taken_for_ours(
    studio: Studio, drive: Drive
) -> None:
    """The list shows two that fit, the container says nothing: never choose, ask in the end."""
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Same words", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    fault(studio.world, "status", "error", code=100, subcode=33)
    copy_by_hand(drive)

    drive.run(seconds=30 * 3600)

    row = drive.row()
    assert (row.state, row.ig_media_id) == ("review", None)
    assert len(drive.live()) == 2


def copy_by_hand(drive: Drive) -> None:
    """Somebody posts the same picture and words in the app."""
    (media,) = drive.live()
    with drive.world.lock:
        drive.world.add_media(replace(media, id="18000000000000001", shortcode="byhand00001"))


def test_a_published_container_without_a_visible_media_is_live_and_looked_for(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.list_lag = 4 * 3600
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Hidden at first", due_at=in_seconds(60))

    drive.run(seconds=300)
    row = drive.row()
    assert (row.state, row.ig_media_id) == ("published", None)

    drive.run(seconds=8 * 3600)
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

    assert named == set(POINTS_IN_DOUBT)
    assert named == set(KILLED)


def test_a_stalled_worker_sends_nothing_after_its_two_seconds(studio: Studio, drive: Drive) -> None:
    studio.post("Stalled", due_at=in_seconds(60))
    drive.run(seconds=600, until="ready")
    stalls = [5.0]
    drive.tools.reached = lambda moment: (
        drive.jump(stalls.pop()) if moment == "fence_read" and stalls else None
    )

    drive.run(seconds=600)

    assert_live_once(drive)
    assert "not_sent" in drive.causes()


def test_a_late_answer_is_kept_although_somebody_else_has_the_row(
    studio: Studio, drive: Drive
) -> None:
    """The worker stalls after its call; another one looks, and both arrive at the same media."""
    studio.post("Twice found", due_at=in_seconds(60))
    heir = Drive(studio.app, studio.world, owner="tests:2:b")

    def stall(moment: str) -> None:
        if moment == "answered":
            drive.jump(400)
            heir.ahead = drive.ahead
            heir.run(seconds=30)

    drive.tools.reached = stall
    drive.run(seconds=600)

    assert_live_once(drive)


def test_the_states_that_are_not_open_have_no_next_moment(studio: Studio, drive: Drive) -> None:
    studio.post("Done", due_at=in_seconds(30))

    drive.run(seconds=600)

    row = drive.row()
    assert (row.state, row.next_at, row.owner) == (State.PUBLISHED.value, None, "")
