"""Faults of long absence: a server that was down over many posts, and a mailbox that takes nothing."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from models import Post, Publication, Slide, User
from ospost.jobs.periodic import PERIODIC
from ospost.mail.smtp import Mail
from ospost.services import publications
from ospost.services.database import writing
from sandbox.people import add_accounts
from tests.machine.driving import Drive, fault
from tests.people.post_office import opened
from tests.support import Studio, in_seconds

POSTS, ACCOUNTS = 500, 5
DOWN = timedelta(hours=24)


def plan(desks: list[Studio], drive: Drive) -> datetime:
    """Spread the posts over the day to come, one account after the other; return its beginning."""
    begins = drive.now() + timedelta(minutes=1)
    with drive.session() as session, writing(session):
        media_id = desks[0].media(session).id
        for number in range(POSTS):
            desk = desks[number % ACCOUNTS]
            post = Post(
                account_id=desk.account_id,
                user_id=desks[0].user_id,
                caption=f"Number {number}",
                due_at=begins + DOWN * number / POSTS,
                zone="UTC",
                created_at=drive.now(),
                updated_at=drive.now(),
            )
            session.add(post)
            session.flush()
            session.add(Slide(post_id=post.id, no=1, media_id=media_id))
            publications.open_for(session, post, now=drive.now())
    return begins


@pytest.mark.fault(77, "down_over_500_due_times")
def test_a_server_that_was_down_over_500_posts_sends_what_is_not_too_late_in_order_and_spaced(
    studio: Studio, drive: Drive
) -> None:
    """A day without power: the last hour's posts go out, a minute apart; the others are missed."""
    studio.run.missed_after_seconds = 3600
    drive.tools.grace_seconds = 3600
    studio.world.switches.quota_total = 1000
    made = add_accounts(studio.world, count=ACCOUNTS - 1)
    desks = [studio]
    for account in made:
        desk = Studio(studio.app, studio.world, username=account.username)
        desks.append(desk.open(studio.user_id))
    begins = plan(desks, drive)

    drive.meet(begins + DOWN)
    back_at = drive.now()
    for minutes in range(10, 130, 10):
        drive.run(seconds=600)
        drive.meet(back_at + timedelta(minutes=minutes))

    rows = drive.rows()
    states = [row.state for row in rows]
    assert set(states) == {"missed", "published"}
    assert states.count("published") == len(drive.live()) == len({m.caption for m in drive.live()})
    grace = timedelta(hours=1)
    for row in rows:
        sent = row.intent_at
        assert (sent is not None) == (row.state == "published")
        assert sent is None or row.due_at <= sent <= row.due_at + grace
        assert row.state == "published" or row.due_at + grace < back_at + timedelta(hours=2)
    fresh = [row for row in rows if row.due_at > back_at - timedelta(minutes=40)]
    assert {row.state for row in fresh} == {"published"}
    for desk in desks:
        assert_in_order_and_spaced([row for row in rows if row.account_id == desk.account_id])


def assert_in_order_and_spaced(rows: list[Publication]) -> None:
    """One account's long overdue posts went out by due time, a minute apart."""
    late = timedelta(minutes=10)
    sent = sorted((row for row in rows if row.intent_at), key=lambda row: row.due_at)
    moments = [row.intent_at for row in sent if row.intent_at and row.intent_at - row.due_at > late]
    assert len(moments) > 1
    for before, moment in pairwise(moments):
        assert moment - before >= timedelta(seconds=59)


@pytest.mark.parametrize("hours", [23, 26])
@pytest.mark.fault(80, "clock_of_outbox_receiver / webhook_receiver_down")
def test_a_mailbox_that_takes_nothing_for_a_day_is_asked_for_24_hours_and_stops_no_post(
    studio: Studio, drive: Drive, hours: int
) -> None:
    with drive.session() as session, writing(session):
        owner = session.get_one(User, studio.user_id)
        owner.email, owner.email_confirmed_at = "ada@example.org", drive.now()
    fault(studio.world, "create", "error", code=36003, subcode=2207009, count=1)
    studio.post("Told of this one", due_at=in_seconds(60))
    studio.post("Undisturbed", due_at=in_seconds(7200))
    with opened() as office:
        studio.run.mail = Mail.from_url(office.url)
        deliver = next(job for job in PERIODIC if job.name == "notices")
        down_until = drive.now() + timedelta(hours=hours)
        while drive.now() < down_until + timedelta(hours=3):
            office.refuses = drive.now() < down_until
            drive.run(seconds=60)
            deliver.run(studio.run, drive.now())
            drive.meet(drive.now() + timedelta(minutes=4))

    assert sorted(drive.states()) == ["failed", "published"]
    assert len(office.mails) == (1 if hours < 24 else 0)
    assert drive.notices() == ["A post could not be published"]
