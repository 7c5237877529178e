"""What the machine tells of a post, and when that is over."""

import pytest
from sqlalchemy import select

from models import Notice, Post
from ospost.domain.states import HoldReason
from ospost.services import publications
from ospost.services.database import writing
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

REFUSED = {"code": 100, "subcode": 2207026}  # a format that Instagram does not take


def told(drive: Drive) -> list[tuple[str, bool]]:
    """Title of every notice in order, and whether it is over."""
    with drive.session() as session:
        rows = session.scalars(select(Notice).order_by(Notice.at, Notice.id))
        return [(row.title, row.ended_at is not None) for row in rows]


def keys(drive: Drive) -> list[str]:
    with drive.session() as session:
        return list(session.scalars(select(Notice.key).order_by(Notice.at, Notice.id)))


def act(drive: Drive, post_id: int, deed: str) -> None:
    """Do what a person can do to a post."""
    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        now = drive.now()
        if deed == "retime":
            publications.retime(session, post, due_at=now, now=now)
        elif deed == "cancel":
            publications.cancel(session, post, cause="removed", now=now)
        else:
            publications.content_changed(session, post, now=now)


def test_a_post_without_trouble_tells_nothing(studio: Studio, drive: Drive) -> None:
    studio.post("Fine", due_at=in_seconds(60))

    drive.run()

    assert told(drive) == []


def test_a_hold_is_told_once_however_often_it_is_met_and_is_over_when_it_is_live(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "error", code=9, subcode=2207042, count=3)
    studio.post("Later", due_at=in_seconds(60))

    drive.run(seconds=5 * 3600)

    assert drive.states() == ["published"]
    assert told(drive) == [("A post is waiting", True)]
    (row,) = drive.rows()
    assert keys(drive) == [f"post:{row.id}:meta_quota"]


def test_an_end_takes_the_place_of_what_was_told_before(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "publish", "error", code=9, subcode=2207042)
    studio.post("Never", due_at=in_seconds(60))

    drive.run(seconds=8 * 3600)

    assert drive.states() == ["missed"]
    assert told(drive) == [("A post is waiting", True), ("A post was missed", False)]


@pytest.mark.parametrize(("deed", "is_over"), [("retime", True), ("cancel", True), ("edit", False)])
def test_a_failure_is_over_when_a_person_takes_the_post_up_or_away(
    studio: Studio, drive: Drive, deed: str, is_over: bool
) -> None:
    fault(studio.world, "create", "error", **REFUSED)
    post_id = studio.post("Not like this", due_at=in_seconds(60))
    drive.run(until="failed")
    assert told(drive) == [("A post could not be published", False)]

    act(drive, post_id, deed)

    assert told(drive) == [("A post could not be published", is_over)]


def test_the_same_failure_after_another_try_is_told_anew(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "create", "error", **REFUSED)
    post_id = studio.post("Not like this", due_at=in_seconds(60))
    drive.run(until="failed")
    act(drive, post_id, "retime")

    drive.run(seconds=600, until="failed")

    assert told(drive) == [
        ("A post could not be published", True),
        ("A post could not be published", False),
    ]


def test_signing_in_again_ends_what_was_told_of_the_lost_connection(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "create", "error", code=190, subcode=460, count=1)
    studio.post("Waits", due_at=in_seconds(60))
    drive.run(seconds=30, until="held")
    assert told(drive)[0] == ("A post is waiting", False)

    with drive.session() as session, writing(session):
        account = drive.account()
        publications.release_held(session, account, reason=HoldReason.TOKEN, now=drive.now())

    assert told(drive)[0] == ("A post is waiting", True)
