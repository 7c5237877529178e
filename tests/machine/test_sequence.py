"""From scheduled to live, and what each trouble on the way turns into."""

from datetime import timedelta
from itertools import pairwise

import pytest

from models import Post
from ospost.services import publications
from ospost.services.database import writing
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds


def test_a_post_is_prepared_ahead_and_goes_out_at_its_moment(studio: Studio, drive: Drive) -> None:
    due_at = in_seconds(3600)
    studio.post("Morning glaze", due_at=due_at)

    drive.run(seconds=3000)
    assert drive.states() == ["ready"]
    assert drive.live() == []
    drive.run(seconds=3600)

    row = drive.row()
    (media,) = drive.live()
    assert row.state == "published"
    assert (row.ig_media_id, media.caption) == (media.id, "Morning glaze")
    assert row.sent_at is not None
    assert row.permalink.endswith(f"/p/{media.shortcode}/")
    assert drive.passed.count("intent") == 1


def test_the_machine_waits_for_a_slow_container_without_holding_on(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.container_seconds = 120
    studio.post("Slow", due_at=in_seconds(3600))

    drive.run(seconds=7200)

    assert drive.states() == ["published"]
    assert drive.passed.count("container_made") == 1


def test_a_container_that_nobody_came_to_ask_about_for_hours_is_asked_about_first(
    studio: Studio, drive: Drive
) -> None:
    """A crowd of posts, or a server that was off: waiting says nothing about a container."""
    studio.post("Left alone", due_at=in_seconds(600))
    drive.run(seconds=300, until="preparing")
    assert drive.states() == ["preparing"]

    drive.jump(2 * 3600)
    drive.run(seconds=300)

    assert drive.states() == ["published"]
    assert drive.passed.count("container_made") == 1


def test_a_container_that_does_not_come_to_an_end_gives_way_to_another(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "create", "stuck", count=1)
    studio.post("Stuck once", due_at=in_seconds(600))

    drive.run(seconds=3 * 3600)

    assert drive.states() == ["published"]
    assert drive.passed.count("container_made") == 2
    assert drive.causes().count("stuck") == 1


def test_an_old_container_that_reads_unfinished_once_is_not_thrown_away(
    studio: Studio, drive: Drive
) -> None:
    """Ready for half an hour; the last look before the post is due reads something else, once."""
    post_id = studio.post("Moved", due_at=in_seconds(60))
    drive.run(seconds=55, until="ready")
    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.retime(
            session,
            post,
            due_at=drive.now() + timedelta(hours=1),
            now=drive.now(),
            sentence="Moved.",
        )
    drive.run(seconds=60)
    fault(studio.world, "status", "stuck", count=1)

    drive.run(seconds=2 * 3600)

    assert drive.states() == ["published"]
    assert "unfinished" in drive.causes()
    assert drive.passed.count("container_made") == 1


def test_a_first_comment_follows_once(studio: Studio, drive: Drive) -> None:
    studio.post("With words", due_at=in_seconds(60), first_comment="More in the link")
    fault(studio.world, "comments", "lost_after", method="POST", count=1)

    drive.run(seconds=600)

    assert [comment.text for comment in studio.world.comments.values()] == ["More in the link"]
    assert "comment" in drive.causes()


@pytest.mark.parametrize(
    ("code", "subcode", "reason"),
    [(190, 463, "token"), (190, 460, "token"), (200, None, "permission"), (10, None, "permission")],
)
def test_a_dead_token_or_a_lost_right_holds_the_post_and_tells_its_people(
    studio: Studio, drive: Drive, code: int, subcode: int | None, reason: str
) -> None:
    fault(studio.world, "create", "error", code=code, subcode=subcode, count=9)
    studio.post("Held", due_at=in_seconds(60))

    drive.run(seconds=300)

    row = drive.row()
    assert (row.state, row.hold_reason) == ("held", reason)
    assert row.error and row.error["code"] == code and row.error["remedy"]
    assert drive.notices() == ["A post is waiting"]


def test_a_held_post_is_missed_when_its_grace_is_over(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "create", "error", code=190, subcode=463, count=9)
    studio.post("Too late", due_at=in_seconds(60))

    drive.run(seconds=8 * 3600)

    assert drive.states() == ["missed"]
    assert drive.live() == []
    assert drive.notices() == ["A post is waiting", "A post was missed"]


def test_a_picture_that_meta_will_never_take_fails_at_once_with_its_cause(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "create", "error", code=36003, subcode=2207009, count=1)
    studio.post("Odd shape", due_at=in_seconds(3600))

    drive.run(seconds=3000)

    row = drive.row()
    assert row.state == "failed"
    assert row.error and row.error["subcode"] == 2207009
    assert drive.notices() == ["A post could not be published"]


@pytest.mark.parametrize("kind", ["html_502", "lost_before", "truncated", "reset"])
def test_an_outage_while_preparing_eats_no_tries(studio: Studio, drive: Drive, kind: str) -> None:
    fault(studio.world, "create", kind, count=40)
    studio.post("After the outage", due_at=in_seconds(1800))

    drive.run(seconds=7200)

    assert drive.states() == ["published"]
    assert len(drive.live()) == 1


def test_a_full_quota_at_the_shot_waits_and_then_goes_out(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "publish", "error", code=9, subcode=2207042, count=1)
    studio.post("Tomorrow", due_at=in_seconds(60))

    drive.run(seconds=70, until="held")
    assert drive.row().hold_reason == "quota"

    drive.run(seconds=7200)
    assert drive.states() == ["published"]
    assert len(drive.live()) == 1


def test_a_post_waits_years_without_a_container(studio: Studio, drive: Drive) -> None:
    studio.post("Far away", due_at=in_seconds(3 * 365 * 86_400))

    drive.run(seconds=86_400)

    row = drive.row()
    assert (row.state, row.container_id) == ("scheduled", "")
    assert row.next_at == row.due_at - timedelta(minutes=15)


def test_a_rehearsal_stops_before_the_last_call(studio: Studio, drive: Drive) -> None:
    drive.tools.rehearse = True
    studio.post("Only rehearsed", due_at=in_seconds(60))

    drive.run(seconds=600)

    row = drive.row()
    assert (row.state, row.hold_reason) == ("held", "rehearsal")
    assert drive.live() == []


def test_posts_of_one_account_go_out_in_order_one_at_a_time(studio: Studio, drive: Drive) -> None:
    due_at = in_seconds(60)
    for number in range(5):
        studio.post(f"Number {number}", due_at=due_at + timedelta(milliseconds=number))

    drive.run(seconds=600)

    assert drive.states() == ["published"] * 5
    assert [media.caption for media in drive.live()] == [f"Number {n}" for n in range(5)]


def test_long_overdue_posts_are_spaced_by_a_minute(studio: Studio, drive: Drive) -> None:
    for number in range(3):
        studio.post(f"Number {number}", due_at=in_seconds(number))
    drive.jump(3600)

    drive.run(seconds=3600)

    assert drive.states() == ["published"] * 3
    sent = sorted(row.intent_at for row in drive.rows() if row.intent_at)
    gaps = [(b - a).total_seconds() for a, b in pairwise(sent)]
    assert all(gap >= 59 for gap in gaps)


def test_beyond_the_grace_a_post_is_missed_and_never_sent(studio: Studio, drive: Drive) -> None:
    studio.post("Yesterday", due_at=in_seconds(1))
    drive.jump(7 * 3600)

    drive.run(seconds=60)

    assert drive.states() == ["missed"]
    assert drive.notices() == ["A post was missed"]
    assert drive.live() == []
