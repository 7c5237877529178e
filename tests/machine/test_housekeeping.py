"""What piles up is dropped when it is over, and nothing else is."""

import io
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from helpers import utcnow
from models import LoginSession, Media, OAuthAttempt, Outbox, Post, Publication, Rendition, Slide
from ospost.services import housekeeping
from ospost.services.database import writing
from tests.support import Studio, in_seconds

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOW = utcnow()


def keep(studio: Studio, *rows: object) -> None:
    with studio.run.sessions() as session, writing(session):
        session.add_all(rows)


def count(studio: Studio, table: type) -> int:
    with studio.run.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def tidy(studio: Studio, now: datetime = NOW) -> int:
    return housekeeping.tidy(studio.run.sessions, storage=studio.run.storage, now=now)


@pytest.mark.parametrize(("age", "kept"), [(DAY - HOUR, 1), (DAY + HOUR, 0)])
def test_a_sign_in_that_was_never_finished_is_kept_for_a_day(
    studio: Studio, age: timedelta, kept: int
) -> None:
    attempt = OAuthAttempt(
        state_digest="s", browser_digest="b", login="facebook", made_at=NOW - age
    )
    keep(studio, attempt)

    tidy(studio)

    assert count(studio, OAuthAttempt) == kept


@pytest.mark.parametrize(
    ("created", "ended", "kept"),
    [
        (14 * DAY, None, 1),
        (16 * DAY, None, 0),
        (5 * DAY, DAY - HOUR, 1),
        (5 * DAY, DAY + HOUR, 0),
    ],
)
def test_a_browser_session_is_dropped_when_it_has_ended_or_is_too_old(
    studio: Studio, created: timedelta, ended: timedelta | None, kept: int
) -> None:
    row = LoginSession(
        secret_digest="d",
        user_id=studio.user_id,
        created_at=NOW - created,
        seen_at=NOW,
        ended_at=NOW - ended if ended else None,
    )
    keep(studio, row)

    tidy(studio)

    assert count(studio, LoginSession) == kept


@pytest.mark.parametrize(
    ("age", "is_due", "kept"), [(89 * DAY, False, 1), (91 * DAY, False, 0), (91 * DAY, True, 1)]
)
def test_a_notice_is_kept_for_90_days_and_until_it_is_delivered(
    studio: Studio, age: timedelta, is_due: bool, kept: int
) -> None:
    keep(studio, Outbox(at=NOW - age, kind="notice", next_at=NOW if is_due else None))

    tidy(studio)

    assert count(studio, Outbox) == kept


@pytest.mark.parametrize(("age", "kept"), [(29 * DAY, 1), (31 * DAY, 0)])
def test_a_removed_post_can_be_taken_back_for_30_days(
    studio: Studio, age: timedelta, kept: int
) -> None:
    post_id = studio.post("Removed", due_at=in_seconds(60))
    with studio.run.sessions() as session, writing(session):
        session.get_one(Post, post_id).removed_at = NOW - age

    tidy(studio)

    assert [count(studio, table) for table in (Post, Publication, Slide)] == [kept] * 3


def test_a_post_that_was_not_removed_stays_with_its_picture_for_ever(studio: Studio) -> None:
    studio.post("Far away", due_at=in_seconds(60))
    with studio.run.sessions() as session:
        key = session.scalars(select(Media.storage_key)).one()

    dropped = tidy(studio, NOW + 1000 * DAY)

    assert dropped == 0
    assert (count(studio, Post), count(studio, Media)) == (1, 1)
    assert studio.run.storage.exists(key)


@pytest.mark.parametrize(("later", "kept"), [(2 * DAY - HOUR, 1), (2 * DAY + HOUR, 0)])
def test_a_picture_that_no_post_uses_goes_after_two_days_with_its_files(
    studio: Studio, later: timedelta, kept: int
) -> None:
    storage = studio.run.storage
    with studio.run.sessions() as session, writing(session):
        media = studio.media(session)
        derived = storage.new_key(".jpg")
        storage.write(derived, io.BytesIO(b"derived"), max_bytes=100)
        rendition = Rendition(
            media_id=media.id,
            recipe="r",
            purpose="instagram",
            storage_key=derived,
            byte_size=7,
            sha256="0",
            width=1,
            height=1,
            created_at=NOW,
        )
        session.add(rendition)
        keys = [media.storage_key, derived]

    dropped = tidy(studio, NOW + later)

    assert (count(studio, Media), count(studio, Rendition)) == (kept, kept)
    assert dropped == 1 - kept
    assert [storage.exists(key) for key in keys] == [bool(kept)] * 2
