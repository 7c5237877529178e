"""Faults that Meta names: limits, tokens, rights, files. What waits, what fails, who is told."""

from datetime import timedelta
from itertools import pairwise

import pytest

from models import Account
from ospost.services.database import writing
from sandbox import deeds
from sandbox.world import World
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once
from tests.faults.person import Person
from tests.faults.road import nobody
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

FETCH = {"code": 9004, "subcode": 2207052}


def seconds_between(world: World, endpoint: str) -> list[float]:
    """The gaps between the calls of one kind, by the world's clock."""
    at = [call["at_ms"] / 1000 for call in world.calls if call["endpoint"] == endpoint]
    return [later - earlier for earlier, later in pairwise(at)]


@pytest.mark.parametrize("code", [4, 17, 32, 613, 80002])
@pytest.mark.fault(50, "graph_4_17_32_613_80002_rate_limit")
def test_a_limit_is_waited_for_as_long_as_its_header_asks(
    studio: Studio, drive: Drive, code: int
) -> None:
    fault(studio.world, "create", "throttle", code=code, count=1, seconds=600)
    studio.post("Patience", due_at=in_seconds(300))

    drive.run(seconds=200, until="held")
    assert (drive.row().hold_reason, drive.row().tries) == ("throttled", 0)
    drive.run(seconds=3600)

    assert_live_once(drive)
    assert drive.row().tries == 0
    (gap,) = seconds_between(studio.world, "create")
    assert 600 <= gap < 620
    assert drive.account().throttled_until is None


@pytest.mark.fault(50, "graph_4_17_32_613_80002_rate_limit")
def test_a_limit_without_a_time_is_asked_after_ever_more_slowly(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "create", "error", code=80002, count=6)
    studio.post("More patience", due_at=in_seconds(300))

    drive.run(seconds=3 * 3600)

    assert_live_once(drive)
    gaps = seconds_between(studio.world, "create")
    assert [round(gap / 60) for gap in gaps] == [1, 2, 4, 8, 15, 15]
    assert drive.notices() == []


@ON_BOTH
@pytest.mark.fault(51, "graph_190_token_expired_before_shot")
def test_a_dead_token_holds_the_post_until_its_person_signs_in_again(person: Person) -> None:
    drive = person.drive
    person.studio.post("After signing in", due_at=in_seconds(60))
    person.studio.post("Too far off", due_at=in_seconds(30 * 3600))
    deeds.end_tokens(person.world, {"person": person.name}, subcode=463)

    drive.run(seconds=3 * 3600)
    held = drive.rows()[0]
    assert (held.state, held.hold_reason) == ("held", "token")
    assert held.error and held.error["code"] == 190 and held.error["remedy"]
    assert drive.notices() == ["A post is waiting"]
    person.sign_in()
    drive.run(seconds=600)

    first, second = drive.rows()
    (media,) = drive.live()
    assert (first.state, first.ig_media_id) == ("published", media.id)
    assert second.state == "scheduled"
    assert drive.passed.count("intent") == 1


@IN_BOTH_WORLDS
@pytest.mark.parametrize("kind", ["error", "error_after"])
@pytest.mark.fault(52, "graph_190_at_shot")
def test_a_token_that_dies_at_the_shot_is_followed_by_a_look_before_it_is_sent_again(
    person: Person, kind: str
) -> None:
    """Even where Meta says 190 and published it all the same."""
    drive = person.drive
    fault(person.world, "publish", kind, code=190, subcode=463, count=1)
    person.studio.post("Looked at first", due_at=in_seconds(60))
    drive.run(seconds=120, until="held")
    assert drive.row().hold_reason == "token"
    asked = len(person.world.calls)

    person.sign_in()
    drive.run(seconds=600)

    assert_live_once(drive)
    after = [call["endpoint"] for call in list(person.world.calls)[asked:]]
    assert "status" in after
    assert ("publish" in after) is (kind == "error")
    if kind == "error":
        assert after.index("status") < after.index("publish")


@pytest.mark.parametrize("code", [10, 200])
@pytest.mark.fault(53, "graph_10_200_permission")
def test_a_missing_right_holds_the_post_and_says_what_to_do(person: Person, code: int) -> None:
    drive = person.drive
    fault(person.world, "create", "error", code=code, count=1)
    person.studio.post("With your leave", due_at=in_seconds(60))

    drive.run(seconds=3600)
    row = drive.row()
    assert (row.state, row.hold_reason) == ("held", "permission")
    assert row.error and row.error["code"] == code and row.error["remedy"]
    assert drive.notices() == ["A post is waiting"]
    person.sign_in()
    drive.run(seconds=600)

    assert_live_once(drive)


@pytest.mark.fault(54, "graph_9007_not_ready")
def test_not_ready_after_finished_is_answered_by_the_same_container(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "error", code=9007, subcode=2207027, count=5)
    studio.post("Patience", due_at=in_seconds(60))

    drive.run(seconds=600)

    assert_live_once(drive)
    assert drive.passed.count("container_made") == 1
    gaps = seconds_between(studio.world, "publish")
    waits = drive.tools.timings.not_ready_waits
    assert all(gap >= wait.total_seconds() for gap, wait in zip(gaps, waits, strict=True))


@pytest.mark.parametrize(("failures", "state"), [(3, "published"), (4, "failed")])
@pytest.mark.fault(55, "graph_9004_2207052_media_fetch")
def test_a_picture_that_meta_cannot_fetch_is_offered_three_times_more(
    studio: Studio, drive: Drive, failures: int, state: str
) -> None:
    fault(studio.world, "create", "error", **FETCH, count=failures)
    studio.post("Fetched at last, or never", due_at=in_seconds(1800))

    drive.run(seconds=3600)

    gaps = seconds_between(studio.world, "create")
    row = drive.row()
    assert row.state == state
    assert len(gaps) == 3
    assert 10 <= gaps[0] < 15 and gaps[1] >= 20 and gaps[2] >= 40
    if state == "failed":
        assert row.error and row.error["subcode"] == FETCH["subcode"] and row.error["remedy"]
        assert drive.notices() == ["A post could not be published"]


@pytest.mark.fault(82, "public_media_url_unreachable_for_meta")
def test_a_server_that_meta_cannot_reach_fails_with_that_cause(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Behind a wall", due_at=in_seconds(1800))
    with nobody() as port:
        drive.tools.media_url = f"http://127.0.0.1:{port}"
        drive.run(seconds=3600)

    row = drive.row()
    assert row.state == "failed"
    assert row.error and (row.error["code"], row.error["subcode"]) == (9004, 2207052)
    assert drive.notices() == ["A post could not be published"]
    assert len(seconds_between(studio.world, "create")) == 3


@pytest.mark.parametrize("where", ["create", "container"])
@pytest.mark.parametrize(("code", "subcode"), [(352, 2207026), (100, 2207023)])
@pytest.mark.fault(56, "graph_2207026_2207023_bad_media")
def test_a_file_that_instagram_will_never_take_fails_at_once(
    studio: Studio, drive: Drive, where: str, code: int, subcode: int
) -> None:
    if where == "create":
        fault(studio.world, "create", "error", code=code, subcode=subcode)
    else:
        fault(studio.world, "create", "container_error", subcode=subcode)
    studio.post("Never", due_at=in_seconds(1800))

    drive.run(seconds=1200)

    row = drive.row()
    assert row.state == "failed"
    assert row.error and row.error["subcode"] == subcode
    assert row.error["message"] and row.error["remedy"]
    assert drive.notices() == ["A post could not be published"]
    assert [call["endpoint"] for call in studio.world.calls].count("create") == 1


@pytest.mark.parametrize(("grace_hours", "state"), [(6, "missed"), (30, "published")])
@pytest.mark.fault(57, "quota_100_per_day_reached")
def test_what_is_over_the_days_limit_waits_until_the_window_frees_or_is_missed(
    studio: Studio, drive: Drive, grace_hours: int, state: str
) -> None:
    studio.world.switches.quota_total = 3
    with drive.session() as session, writing(session):
        session.get_one(Account, studio.account_id).grace_seconds = grace_hours * 3600
    for number in range(4):
        studio.post(f"Number {number}", due_at=in_seconds(60 + number * 60))

    drive.run(seconds=1200)
    assert drive.states() == ["published"] * 3 + ["held"]
    held = drive.rows()[3]
    assert (held.hold_reason, held.tries) == ("quota", 0)
    drive.run(seconds=36 * 3600)

    rows = drive.rows()
    assert rows[3].state == state
    assert len(drive.live()) == (4 if state == "published" else 3)
    if state == "published":
        first, last = rows[0].intent_at, rows[3].intent_at
        assert first and last and last - first >= timedelta(hours=24)
    else:
        assert "A post was missed" in drive.notices()
