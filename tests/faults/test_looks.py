"""Faults of what Instagram shows afterwards: containers and lists that lag, lie, or say nothing."""

from dataclasses import replace

import pytest

from models import Account
from ospost.services.database import writing
from sandbox.things import Container, Media
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

HOUR = 3600.0
UNREADABLE = {"code": 100, "subcode": 33}
BY_HAND = "18000000000000001"


def shoot_into_the_dark(studio: Studio, drive: Drive, caption: str = "Who knows") -> int:
    """One post whose answer was lost after it went live; the machine is about to look."""
    fault(studio.world, "publish", "lost_after", count=1)
    post_id = studio.post(caption, due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    return post_id


def copy_by_hand(drive: Drive, *, seconds: float = 0) -> Media:
    """Somebody posts the same picture and words in the app, that much later."""
    (ours,) = drive.live()
    moment = ours.timestamp + seconds
    copy = replace(ours, id=BY_HAND, shortcode="byhand00001", timestamp=moment, container_id="")
    with drive.world.lock:
        return drive.world.add_media(copy)


def publish_calls(drive: Drive) -> int:
    """How often Instagram was asked to publish."""
    return [call["endpoint"] for call in drive.world.calls].count("publish")


@ON_BOTH
@IN_BOTH_WORLDS
@pytest.mark.fault(58, "status_100_33_for_3_days")
def test_containers_that_cannot_be_read_for_days_are_decided_by_the_list(
    studio: Studio, drive: Drive
) -> None:
    shoot_into_the_dark(studio, drive)
    fault(studio.world, "status", "error", **UNREADABLE)

    drive.run(seconds=72 * HOUR)

    assert_live_once(drive)
    assert publish_calls(drive) == 1


@IN_BOTH_WORLDS
@pytest.mark.parametrize("is_live", [True, False])
@pytest.mark.fault(58, "status_100_33_for_3_days")
def test_what_neither_container_nor_list_can_tell_becomes_a_question(
    studio: Studio, drive: Drive, is_live: bool
) -> None:
    fault(studio.world, "publish", "lost_after" if is_live else "lost_before", count=1)
    studio.post("Nobody knows", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    fault(studio.world, "status", "error", **UNREADABLE)
    fault(studio.world, "media", "error", **UNREADABLE)

    drive.run(seconds=72 * HOUR)

    assert drive.states() == ["review"]
    assert publish_calls(drive) == 1
    assert len(drive.live()) == is_live
    assert drive.notices() == [
        "We cannot tell yet whether a post is live",
        "Please look on Instagram",
    ]


@IN_BOTH_WORLDS
@pytest.mark.fault(59, "status_lags (FINISHED after publish)")
def test_a_container_that_reads_finished_after_it_was_published_is_not_published_again(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.status_lag = 24 * HOUR
    studio.world.switches.list_lag = 100
    shoot_into_the_dark(studio, drive)

    drive.run(seconds=HOUR)

    assert_live_once(drive)
    assert publish_calls(drive) == 1


@IN_BOTH_WORLDS
@pytest.mark.fault(60, "list_lags_or_empty")
def test_a_live_post_that_no_list_shows_is_looked_for_until_it_shows(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.list_lag = 4 * HOUR
    shoot_into_the_dark(studio, drive)

    drive.run(seconds=300)
    row = drive.row()
    assert (row.state, row.ig_media_id) == ("published", None)
    drive.run(seconds=8 * HOUR)

    assert_live_once(drive)
    assert publish_calls(drive) == 1
    assert drive.row().permalink


@pytest.mark.fault(60, "list_lags_or_empty")
def test_a_list_that_stays_empty_ends_in_a_post_that_is_live_without_a_link(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.list_lag = 72 * HOUR
    shoot_into_the_dark(studio, drive)

    drive.run(seconds=40 * HOUR)

    row = drive.row()
    assert (row.state, row.ig_media_id, row.next_at) == ("published", None, None)
    assert "no_link" in drive.causes()
    assert publish_calls(drive) == 1


@IN_BOTH_WORLDS
@pytest.mark.parametrize(
    ("hours", "expected"),
    [(-2.0, "published"), (0.0, "review")],
    ids=["long before", "beside"],
)
@pytest.mark.fault(61, "list_has_equal_caption_from_hand_made_post")
def test_a_post_made_by_hand_with_the_same_words_is_told_apart_or_left_to_a_person(
    studio: Studio, drive: Drive, hours: float, expected: str
) -> None:
    """The container says nothing; a twin from before the intent cannot be ours, one beside may."""
    shoot_into_the_dark(studio, drive, "Same words")
    fault(studio.world, "status", "error", **UNREADABLE)
    (ours,) = drive.live()
    copy_by_hand(drive, seconds=hours * HOUR)

    drive.run(seconds=30 * HOUR)

    row = drive.row()
    assert row.state == expected
    assert row.ig_media_id == (ours.id if expected == "published" else None)
    assert publish_calls(drive) == 1


@ON_BOTH
@pytest.mark.fault(61, "list_has_equal_caption_from_hand_made_post")
def test_posts_of_ours_with_the_same_words_are_linked_one_to_one(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "lost_after", count=3)
    for number in range(3):
        studio.post("Good morning", due_at=in_seconds(60 + 20 * number))

    drive.run(seconds=2 * HOUR)

    rows, live = drive.rows(), sorted(drive.live(), key=lambda media: media.timestamp)
    assert [row.state for row in rows] == ["published"] * 3
    linked = [row.ig_media_id for row in rows]
    assert set(linked) <= {*(media.id for media in live), None}
    assert len(live) == 3
    assert publish_calls(drive) == 3


@pytest.mark.fault(61, "list_has_equal_caption_from_hand_made_post")
def test_a_carousel_with_the_same_words_is_not_taken_for_a_picture(
    studio: Studio, drive: Drive
) -> None:
    shoot_into_the_dark(studio, drive, "Same words")
    fault(studio.world, "status", "error", **UNREADABLE)
    (ours,) = drive.live()
    copy_by_hand(drive).media_type = "CAROUSEL_ALBUM"

    drive.run(seconds=HOUR)

    assert (drive.row().state, drive.row().ig_media_id) == ("published", ours.id)


def container(drive: Drive) -> Container:
    """The latest container."""
    return list(drive.world.containers.values())[-1]


@IN_BOTH_WORLDS
@pytest.mark.parametrize("seen", ["at the last look", "9007", "24"])
@pytest.mark.fault(62, "container_error_after_finished")
def test_a_container_that_breaks_after_it_was_finished_is_made_anew(
    studio: Studio, drive: Drive, seen: str
) -> None:
    """Found broken at the last look before the moment, or only when it is published."""
    studio.post("Twice made", due_at=in_seconds(60))
    drive.run(seconds=40, until="ready")
    if seen != "at the last look":
        studio.world.switches.broken_container = seen
        drive.meet(drive.row().due_at)
    container(drive).error_subcode = 2207032

    drive.run(seconds=HOUR)

    assert_live_once(drive)
    assert drive.passed.count("container_made") == 2
    assert "unknown" not in drive.causes()
    assert drive.notices() == []


@ON_BOTH
@pytest.mark.parametrize(("grace_hours", "state"), [(6, "missed"), (30, "published")])
@pytest.mark.fault(63, "container_expired_24_h (long outage)")
def test_a_container_that_is_too_old_after_an_outage_is_made_anew_or_the_post_is_missed(
    studio: Studio, drive: Drive, grace_hours: int, state: str
) -> None:
    with drive.session() as session, writing(session):
        session.get_one(Account, studio.account_id).grace_seconds = grace_hours * 3600
    studio.post("A day late", due_at=in_seconds(60))
    drive.run(seconds=40, until="ready")

    drive.jump(25 * HOUR)
    drive.run(seconds=HOUR)

    assert drive.states() == [state]
    assert len(drive.live()) == (state == "published")
    assert drive.passed.count("container_made") == (2 if state == "published" else 1)
    assert drive.notices() == ([] if state == "published" else ["A post was missed"])


@pytest.mark.fault(63, "container_expired_24_h (long outage)")
def test_a_container_that_meta_gave_up_early_is_made_anew_at_the_shot(
    studio: Studio, drive: Drive, used: str
) -> None:
    studio.post("Early end", due_at=in_seconds(60))
    drive.run(seconds=40, until="ready")
    drive.meet(drive.row().due_at)
    studio.world.switches.container_lifetime = 1
    (shot,) = drive.take_shots()
    shot.run()
    studio.world.switches.container_lifetime = 86_400
    container(drive).created_at -= 86_400

    drive.run(seconds=HOUR)

    assert_live_once(drive)
    assert drive.passed.count("container_made") == 2
    assert "unknown" not in drive.causes()


@ON_BOTH
@pytest.mark.fault(64, "used_container_refused_second_time")
@pytest.mark.parametrize("used", ["refuse"], indirect=True)
def test_a_container_refused_as_used_is_a_sign_that_the_post_is_live(
    studio: Studio, drive: Drive
) -> None:
    """Everything lags so long that it is sent again; the refusal does not make a new container."""
    studio.world.switches.status_lag = studio.world.switches.list_lag = HOUR
    shoot_into_the_dark(studio, drive)

    drive.run(seconds=24 * HOUR)

    assert_live_once(drive)
    assert publish_calls(drive) >= 2
    assert drive.passed.count("container_made") == 1
    assert "meta_container_gone" not in drive.causes()


@ON_BOTH
@pytest.mark.parametrize("used", ["duplicate"], indirect=True)
@pytest.mark.fault(65, "used_container_publishes_again (pessimistic mock)")
def test_a_container_that_would_be_published_twice_is_never_sent_while_its_post_is_live(
    studio: Studio, drive: Drive
) -> None:
    """The list stays blind for hours and reads fail now and then: PUBLISHED alone is enough."""
    studio.world.switches.status_lag = 100
    studio.world.switches.list_lag = 6 * HOUR
    fault(studio.world, "status", "error", **UNREADABLE, skip=2, count=2)
    fault(studio.world, "media", "html_502", skip=2, count=2)
    shoot_into_the_dark(studio, drive)

    drive.run(seconds=24 * HOUR)

    assert_live_once(drive)
    assert publish_calls(drive) == 1
