"""Real processes, killed at every commit point: one post, published once, with its true id."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.server import Running
from tests.processes.plant import Plant
from tests.support import MakeApp, Studio, in_seconds

pytestmark = pytest.mark.processes

POINTS = [
    "claimed",
    "preparing",
    "container_made",
    "container_saved",
    "polled",
    "ready",
    "intent",
    "fence_read",
    "answered",
    "recorded",
    "looked",
    "look_recorded",
    "comment_intent",
    "followed_up",
]
AFTER_A_LOST_ANSWER = ("looked", "look_recorded")


@pytest.fixture
def plant(tmp_path: Path, sandbox: Running) -> Iterator[Plant]:
    made = Plant(tmp_path, sandbox)
    yield made
    made.stop()


@pytest.fixture
def studio(plant: Plant, make_app: MakeApp) -> Studio:
    app = make_app(APP_URL=f"http://127.0.0.1:{plant.port}")
    return Studio(app, plant.world).open()


CASES = [(point, "duplicate") for point in POINTS] + [
    (point, "refuse") for point in POINTS[POINTS.index("intent") :]
]


@pytest.mark.parametrize(("point", "used"), CASES)
def test_killed_at_any_commit_point_it_goes_on_where_it_was(
    plant: Plant, studio: Studio, point: str, used: str
) -> None:
    plant.world.switches.used_container = used
    if point in AFTER_A_LOST_ANSWER:
        plant.world.faults.add(endpoint="publish", kind="lost_after", count=1)
    studio.post("Survivor", due_at=in_seconds(1.5), first_comment="Still here")

    process = plant.start(point=point, occurrence=2 if point == "claimed" else 1)
    assert process.wait(60) == -9
    plant.start()
    plant.wait_for(lambda: plant.all_live() and len(plant.world.comments) == 1)

    plant.assert_each_live_once(1)
    assert [comment.text for comment in plant.world.comments.values()] == ["Still here"]


@pytest.mark.parametrize("used", ["refuse", "duplicate"])
def test_twenty_lost_answers_end_in_twenty_posts(plant: Plant, studio: Studio, used: str) -> None:
    plant.world.switches.used_container = used
    plant.world.faults.add(endpoint="publish", kind="lost_after", count=20)
    for number in range(20):
        studio.post(f"Lost answer {number}", due_at=in_seconds(2))

    plant.start()
    plant.wait_for(plant.all_live, seconds=90)

    plant.assert_each_live_once(20)
    assert "failed" not in plant.states()


def test_sigterm_gives_back_what_was_not_sent_and_ends_in_order(
    plant: Plant, studio: Studio
) -> None:
    plant.world.faults.add(endpoint="publish", kind="slow", seconds=2, count=1)
    studio.post("In flight", due_at=in_seconds(3))
    studio.post("Not yet", due_at=in_seconds(3600))
    process = plant.start()
    plant.wait_for(lambda: "publishing" in plant.states())

    code = plant.term(process)

    rows = {row.due_at: row for row in plant.rows()}
    first, second = (rows[due_at] for due_at in sorted(rows))
    assert code == 0
    assert (first.state, first.owner) == ("published", "")
    assert (second.owner, second.next_at is not None) == ("", True)
    plant.start()
    plant.wait_for(lambda: plant.states().count("published") == 1)


def test_no_token_is_in_any_log_of_a_whole_run(plant: Plant, studio: Studio) -> None:
    plant.world.faults.add(
        endpoint="create", kind="error", code=190, subcode=463, account="clay.studio"
    )
    plant.world.faults.add(endpoint="publish", kind="lost_after", count=2)
    plant.world.faults.add(endpoint="status", kind="html_502", count=2)
    other = Studio(studio.app, plant.world, username="harbour.cafe").open(studio.user_id)
    for number in range(3):
        other.post(f"Quiet {number}", due_at=in_seconds(2))
    studio.post("Refused", due_at=in_seconds(2))

    process = plant.start()
    plant.wait_for(lambda: plant.states().count("published") >= 2 and len(plant.states()) == 4)
    plant.term(process)

    logs = plant.logs()
    assert "EAA" not in logs
    assert "access_token" not in logs
    assert "sandbox-facebook-secret" not in logs
    assert "/m/" not in logs
