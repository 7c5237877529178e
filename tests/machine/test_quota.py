"""Instagram's daily limit: read, counted on, waited for, and never burnt by trying."""

from datetime import timedelta

from sqlalchemy import select

from models import Account
from ospost.services import quota
from ospost.services.database import writing
from sandbox.world import World
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

DAY = timedelta(hours=24)


def allow(drive: Drive, *, hours: float) -> None:
    """Let late posts of the account go out for so long."""
    with drive.session() as session, writing(session):
        session.scalars(select(Account)).one().grace_seconds = round(hours * 3600)


def publish_elsewhere(world: World, ig_id: str, *, hours_ago: float) -> None:
    """Something goes out by another program."""
    with world.lock:
        world.accounts[ig_id].published.append(world.now() - hours_ago * 3600)
        world.accounts[ig_id].published.sort()


def asked(world: World, endpoint: str) -> int:
    return [call["endpoint"] for call in world.calls].count(endpoint)


def test_posts_beyond_the_limit_wait_until_ours_leave_the_window_one_by_one(
    studio: Studio, drive: Drive
) -> None:
    allow(drive, hours=30)
    studio.world.switches.quota_total = 3
    for number in range(5):
        studio.post(f"Number {number}", due_at=in_seconds(60 + number * 600))

    drive.run(seconds=3000)
    assert drive.states() == ["published"] * 3 + ["held"] * 2
    reads = asked(studio.world, "limit")
    until = drive.rows()[3].hold_until
    first = drive.rows()[0].published_at
    assert until is not None
    assert first is not None
    assert timedelta(0) < until - (first + DAY) < timedelta(minutes=1)

    drive.run(seconds=30 * 3600)

    assert drive.states() == ["published"] * 5
    moments = [row.published_at for row in drive.rows() if row.published_at is not None]
    gaps = [later - earlier for earlier, later in zip(moments, moments[3:], strict=False)]
    assert all(gap >= DAY for gap in gaps)
    assert all(gap < DAY + timedelta(minutes=2) for gap in gaps)
    assert asked(studio.world, "publish") == 5  # none was tried in vain
    assert asked(studio.world, "limit") - reads < 12  # and not asked all day long


def test_posts_from_elsewhere_are_asked_about_every_ten_minutes(
    studio: Studio, drive: Drive
) -> None:
    studio.world.switches.quota_total = 2
    ig_id = drive.account().ig_id
    publish_elsewhere(studio.world, ig_id, hours_ago=23)
    publish_elsewhere(studio.world, ig_id, hours_ago=1)
    due_at = in_seconds(60)
    studio.post("In an hour", due_at=due_at)

    drive.run(seconds=100)
    assert (drive.states(), drive.row().hold_reason) == (["held"], "quota")
    drive.run(seconds=6 * 3600)

    assert drive.states() == ["published"]
    published_at = drive.row().published_at
    assert published_at is not None
    assert timedelta(minutes=59) <= published_at - due_at < timedelta(minutes=75)
    assert asked(studio.world, "publish") == 1


def test_a_post_for_which_no_room_comes_in_time_is_missed_with_the_reason(
    studio: Studio, drive: Drive
) -> None:
    allow(drive, hours=1)
    studio.world.switches.quota_total = 1
    studio.post("The one", due_at=in_seconds(60))
    studio.post("Too many", due_at=in_seconds(120))

    drive.run(seconds=7200)

    assert drive.states() == ["published", "missed"]
    assert "daily limit was used up" in drive.rows()[1].error["message"]
    assert asked(studio.world, "publish") == 1


def test_two_posts_that_wait_for_one_place_do_not_both_try(studio: Studio, drive: Drive) -> None:
    allow(drive, hours=30)
    studio.world.switches.quota_total = 1
    for number in range(3):
        studio.post(f"Number {number}", due_at=in_seconds(60))

    drive.run(seconds=25 * 3600)

    assert sorted(drive.states()) == ["held", "published", "published"]
    assert asked(studio.world, "publish") == 2


def test_a_reading_of_yesterday_does_not_hold_a_post_of_today(studio: Studio, drive: Drive) -> None:
    studio.post("Today", due_at=in_seconds(60))
    drive.run(seconds=600, until="ready")
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        account.quota_used = account.quota_total = 50
        account.quota_read_at = drive.now() - 2 * DAY

    drive.run(seconds=600)

    assert drive.states() == ["published"]
    assert drive.account().quota_used == 1


def test_a_limit_that_cannot_be_read_holds_nothing_back(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "limit", "html_502")
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        account.quota_used = account.quota_total = 50
    studio.post("Meta decides", due_at=in_seconds(60))

    drive.run(seconds=600)

    assert drive.states() == ["published"]


def test_what_is_left_of_the_day_is_counted_with_what_is_planned(
    studio: Studio, drive: Drive
) -> None:
    """Live, planned and from elsewhere: each while it counts."""
    due_at = in_seconds(60)
    publish_elsewhere(studio.world, drive.account().ig_id, hours_ago=2)
    studio.post("Live", due_at=due_at)
    drive.run(seconds=600)
    tomorrow = due_at + timedelta(hours=20)
    planned = studio.post("Planned", due_at=tomorrow)
    same_time = studio.post("Planned for the same time", due_at=tomorrow)

    def count(hours: float, *, post_id: int | None = None) -> tuple[int, int, int]:
        at = due_at + timedelta(hours=hours)
        with drive.session() as session:
            account = session.scalars(select(Account)).one()
            load = quota.day_of(session, account, until=at, now=drive.now()).load(
                at, post_id=post_id
            )
            return load.live, load.planned, load.elsewhere

    assert count(19) == (1, 0, 1)
    assert count(21) == (1, 2, 1)
    assert count(20, post_id=planned) == (1, 0, 1)
    assert count(20, post_id=same_time) == (1, 1, 1)
    assert count(20) == (1, 2, 1)  # one more for the same time stands behind them
    assert count(25) == (0, 2, 0)
    assert count(45) == (0, 0, 0)
