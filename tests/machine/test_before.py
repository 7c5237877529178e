"""The check of a post when its preparation begins: kept with the post, told where somebody must act."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import Account, Notice, Post
from ospost.graph.own_link import OwnLink
from ospost.services import media_look
from ospost.services.database import writing
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds


def checked(drive: Drive) -> Post:
    with drive.session() as session:
        return session.scalars(select(Post)).one()


def change(drive: Drive, **values: Any) -> None:
    with drive.session() as session, writing(session):
        account = session.scalars(select(Account)).one()
        for name, value in values.items():
            setattr(account, name, value)


def notices(drive: Drive) -> list[tuple[str, str]]:
    with drive.session() as session:
        rows = session.scalars(select(Notice).order_by(Notice.at))
        return [(row.title, row.severity) for row in rows]


def test_a_post_is_checked_when_its_preparation_begins(studio: Studio, drive: Drive) -> None:
    studio.post("Checked", due_at=in_seconds(3600))
    drive.run(seconds=60)
    assert checked(drive).checked_at is None

    drive.run(seconds=3600, until="ready")

    found = checked(drive)
    assert found.checked_at is not None
    assert timedelta(minutes=14) < drive.row().due_at - found.checked_at < timedelta(minutes=16)
    assert found.findings == []
    assert notices(drive) == []


def test_the_address_is_fetched_from_once_for_all_posts(studio: Studio, drive: Drive) -> None:
    for number in range(3):
        studio.post(f"Number {number}", due_at=in_seconds(300))

    drive.run(seconds=120)

    with drive.session() as session:
        look = media_look.last(session, studio.run.media_url)
    assert look is not None
    assert (look.fetched.status, look.fetched.content_type) == (200, "image/jpeg")
    assert look.fetched.is_same
    assert look.fetched.length == str(look.expected_bytes)


def test_an_address_where_nobody_answers_is_a_hint_and_stops_nothing(
    studio: Studio, drive: Drive
) -> None:
    real = drive.tools.media_url
    drive.tools.media_url = "http://127.0.0.1:9"
    studio.post("Hinted", due_at=in_seconds(300))
    due = drive.machine.claim(threads=9, rest=9)
    for task in due:
        task.run()
    (found,) = checked(drive).findings
    assert (found["level"], found["field"]) == ("hint", "address")
    assert "Nobody answers at 127.0.0.1" in found["sentence"]
    assert notices(drive) == []

    drive.tools.media_url = real
    drive.run(seconds=900)

    assert drive.states() == ["published"]


def test_a_post_that_is_due_at_once_does_not_wait_for_a_look(studio: Studio, drive: Drive) -> None:
    drive.tools.own_link = OwnLink()  # one that was never asked
    studio.post("At once", due_at=in_seconds(5))

    drive.run(seconds=60)

    assert drive.states() == ["published"]
    with drive.session() as session:
        assert media_look.last(session, studio.run.media_url) is None


@pytest.mark.parametrize("hours", [1, 30])
def test_people_are_told_ahead_only_of_what_they_must_mend(
    studio: Studio, drive: Drive, hours: int
) -> None:
    """A limit that opens inside the grace mends itself; one that does not needs somebody."""
    studio.world.switches.quota_total = 1
    change(drive, grace_seconds=hours * 3600)
    studio.post("Takes the place", due_at=in_seconds(10))
    drive.run(seconds=60)
    studio.post("Finds none", due_at=in_seconds(1800))

    drive.run(seconds=1000)

    with drive.session() as session:
        post = session.scalars(select(Post).where(Post.caption == "Finds none")).one()
    assert [each["field"] for each in post.findings] == ["limit"]
    told = ("A post needs you before its time", "warning") in notices(drive)
    assert told == (hours == 1)


def test_a_consent_that_ends_before_the_post_is_told_while_there_is_time(
    studio: Studio, drive: Drive
) -> None:
    change(drive, data_access_expires_at=in_seconds(500))
    studio.post("Sign in first", due_at=in_seconds(800))

    drive.run(seconds=100)

    (found,) = checked(drive).findings
    assert (found["field"], found["level"]) == ("account", "warn")
    assert ("A post needs you before its time", "warning") in notices(drive)
