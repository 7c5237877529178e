"""The disk stays bounded: files go when nobody needs them, and never before; and a word in time."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from helpers import utcnow
from models import Account, Media, Notice, Post, Publication, Rendition, Slide
from ospost.domain.retention import Use, original_may_go
from ospost.domain.space import GB, MB, Room, Space, room, size_label
from ospost.domain.states import State
from ospost.errors import NotFound
from ospost.imaging.values import Purpose
from ospost.services import disk, library, retention
from ospost.services.database import writing
from ospost.services.disk import Disk, NoRoom
from ospost.services.renditions import OriginalGone, find_or_make, recipe_for
from tests.machine.driving import Drive
from tests.support import Studio, folder_files, in_seconds, picture

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOW = utcnow()


def published(studio: Studio, drive: Drive, caption: str, **more: int) -> int:
    """A post that went out through the machine."""
    post_id = studio.post(caption, due_at=in_seconds(1), **more)
    drive.run(seconds=120)
    assert set(drive.states()) == {"published"}
    return post_id


def drop_renditions(studio: Studio, later: timedelta) -> int:
    return retention.drop_renditions(
        studio.run.sessions, storage=studio.run.storage, now=NOW + later
    )


def drop_originals(studio: Studio, later: timedelta) -> int:
    run = studio.run
    return retention.drop_originals(
        run.sessions, storage=run.storage, workshop=run.workshop, now=NOW + later
    )


def keep_days(studio: Studio, days: int | None) -> None:
    with studio.run.sessions() as session, writing(session):
        session.get_one(Account, studio.account_id).keep_originals_days = days


def media(studio: Studio) -> Media:
    with studio.run.sessions() as session:
        return session.scalars(select(Media)).one()


def purposes(studio: Studio) -> set[str]:
    with studio.run.sessions() as session:
        return set(session.scalars(select(Rendition.purpose)))


def also_in(studio: Studio, state: State | None, *, removed: bool = False) -> None:
    """Use the picture in another post: a draft when *state* is None."""
    with studio.run.sessions() as session, writing(session):
        post = Post(
            account_id=studio.account_id,
            user_id=studio.user_id,
            created_at=NOW,
            updated_at=NOW,
            removed_at=NOW if removed else None,
        )
        session.add(post)
        session.flush()
        session.add(Slide(post_id=post.id, no=1, media_id=session.scalars(select(Media.id)).one()))
        if state is not None:
            session.add(
                Publication(
                    post_id=post.id,
                    account_id=studio.account_id,
                    state=state.value,
                    due_at=NOW + 900 * DAY,
                    next_at=None,
                    published_at=NOW if state is State.PUBLISHED else None,
                    updated_at=NOW,
                )
            )


def test_pictures_for_instagram_go_48_hours_after_publishing_and_their_links_with_them(
    studio: Studio, drive: Drive, app: Flask
) -> None:
    published(studio, drive, "Once")
    fetched = next(iter(drive.live()))
    assert fetched is not None and "instagram" in purposes(studio)
    with studio.run.sessions() as session:
        row = session.scalars(
            select(Rendition).where(Rendition.purpose == Purpose.INSTAGRAM.value)
        ).one()

    assert drop_renditions(studio, 47 * HOUR) == 0
    assert studio.run.storage.exists(row.storage_key)
    assert drop_renditions(studio, 49 * HOUR) == 1

    assert not studio.run.storage.exists(row.storage_key)
    assert "instagram" not in purposes(studio)
    assert studio.run.storage.exists(media(studio).storage_key)


@pytest.mark.parametrize(
    "state", [State.SCHEDULED, State.READY, State.HELD, State.FAILED, State.UNKNOWN, State.REVIEW]
)
def test_a_picture_that_another_post_still_needs_stays(
    studio: Studio, drive: Drive, state: State
) -> None:
    published(studio, drive, "Once")
    keep_days(studio, 30)
    also_in(studio, state)

    assert drop_renditions(studio, 90 * DAY) == 0
    assert drop_originals(studio, 90 * DAY) == 0
    assert studio.run.storage.exists(media(studio).storage_key)


def test_a_dropped_picture_is_made_again_when_a_post_needs_it(studio: Studio, drive: Drive) -> None:
    published(studio, drive, "Once")
    drop_renditions(studio, 49 * HOUR)

    published(studio, drive, "Twice", media_id=media(studio).id)

    assert len(drive.live()) == 2


def test_originals_stay_for_ever_unless_the_account_says_otherwise(
    studio: Studio, drive: Drive
) -> None:
    published(studio, drive, "Once")

    assert drop_originals(studio, 3000 * DAY) == 0

    keep_days(studio, 30)
    assert drop_originals(studio, 29 * DAY) == 0
    assert drop_originals(studio, 31 * DAY) == 1
    kept = media(studio)
    assert kept.original_dropped_at is not None
    assert not studio.run.storage.exists(kept.storage_key)
    assert drop_originals(studio, 32 * DAY) == 0


def test_what_the_pages_show_stays_when_an_original_goes(studio: Studio, drive: Drive) -> None:
    published(studio, drive, "Once")
    keep_days(studio, 30)
    drop_renditions(studio, 31 * DAY)
    drop_originals(studio, 31 * DAY)

    run = studio.run
    for purpose in (Purpose.THUMB, Purpose.PREVIEW):
        with run.sessions() as session:
            kept = session.scalars(select(Media)).one()
            made = find_or_make(
                session,
                storage=run.storage,
                workshop=run.workshop,
                media=kept,
                recipe=recipe_for(purpose),
                now=NOW,
            )
            shown = library.kept_file(
                session,
                storage=run.storage,
                workshop=run.workshop,
                user_id=studio.user_id,
                key=made.storage_key,
                now=NOW,
            )
        assert run.storage.exists(shown.storage_key)
    with run.sessions() as session, pytest.raises(NotFound, match="not kept any more"):
        library.kept_file(
            session,
            storage=run.storage,
            workshop=run.workshop,
            user_id=studio.user_id,
            key=kept.storage_key,
            now=NOW,
        )


def test_a_post_with_a_picture_whose_original_is_gone_is_refused_in_words(
    studio: Studio, drive: Drive
) -> None:
    published(studio, drive, "Once")
    keep_days(studio, 30)
    drop_renditions(studio, 31 * DAY)
    drop_originals(studio, 31 * DAY)

    with studio.run.sessions() as session, pytest.raises(OriginalGone, match="Upload it again"):
        library.instagram_rendition(
            session,
            storage=studio.run.storage,
            workshop=studio.run.workshop,
            slide=session.scalars(select(Slide)).one(),
            now=NOW,
        )


@pytest.mark.parametrize(("state", "removed"), [(None, False), (State.PUBLISHED, False)])
def test_a_draft_or_a_post_of_today_keeps_the_original(
    studio: Studio, drive: Drive, state: State | None, removed: bool
) -> None:
    published(studio, drive, "Once")
    keep_days(studio, 30)
    with studio.run.sessions() as session, writing(session):
        for row in session.scalars(select(Publication)):
            row.published_at = NOW - 40 * DAY
    also_in(studio, state, removed=removed)

    assert drop_originals(studio, HOUR) == 0


def test_a_removed_draft_keeps_nothing(studio: Studio, drive: Drive) -> None:
    published(studio, drive, "Once")
    keep_days(studio, 30)
    also_in(studio, None, removed=True)

    assert drop_originals(studio, 31 * DAY) == 1


@pytest.mark.parametrize(
    ("uses", "may_go"),
    [
        ([], False),
        ([Use(is_removed=True, unfinished=0, published_at=NOW - 90 * DAY, keep_days=30)], False),
        ([Use(is_removed=False, unfinished=0, published_at=NOW - 30 * DAY, keep_days=30)], True),
        ([Use(is_removed=False, unfinished=0, published_at=NOW - 29 * DAY, keep_days=30)], False),
        ([Use(is_removed=False, unfinished=0, published_at=NOW - 90 * DAY, keep_days=None)], False),
        ([Use(is_removed=False, unfinished=1, published_at=None, keep_days=30)], False),
        ([Use(is_removed=False, unfinished=0, published_at=None, keep_days=30)], False),
        (
            [
                Use(is_removed=False, unfinished=0, published_at=NOW - 90 * DAY, keep_days=30),
                Use(is_removed=False, unfinished=0, published_at=NOW - 90 * DAY, keep_days=180),
            ],
            False,
        ),
    ],
)
def test_when_an_original_may_go(uses: list[Use], may_go: bool) -> None:
    assert original_may_go(uses, NOW) is may_go


@pytest.mark.parametrize(
    ("free", "total", "before", "expected"),
    [
        (30 * GB, 100 * GB, Room.PLENTY, Room.PLENTY),
        (4.9 * GB, 100 * GB, Room.PLENTY, Room.LITTLE),  # below a twentieth
        (3 * GB, 20 * GB, Room.PLENTY, Room.PLENTY),
        (1.9 * GB, 20 * GB, Room.PLENTY, Room.LITTLE),
        (2.3 * GB, 20 * GB, Room.LITTLE, Room.LITTLE),  # not over before a margin is free
        (2.5 * GB, 20 * GB, Room.LITTLE, Room.PLENTY),
        (499 * MB, 20 * GB, Room.LITTLE, Room.HARDLY_ANY),
        (550 * MB, 20 * GB, Room.HARDLY_ANY, Room.HARDLY_ANY),
        (700 * MB, 20 * GB, Room.HARDLY_ANY, Room.LITTLE),
        (100 * GB, 4000 * GB, Room.PLENTY, Room.PLENTY),  # a twentieth of it is still plenty
    ],
)
def test_when_room_is_little(free: float, total: int, before: Room, expected: Room) -> None:
    assert room(Space(free_bytes=int(free), total_bytes=total), before=before) is expected


def test_the_owner_is_told_once_on_each_level_and_when_it_is_over(studio: Studio) -> None:
    free = [int(1.9 * GB)]
    watched = Disk(
        places=(Path("/"),), look=lambda _: Space(free_bytes=free[0], total_bytes=20 * GB)
    )

    def told(*levels: float) -> list[tuple[str, bool]]:
        for level in levels:
            free[0] = int(level)
            disk.watch(studio.run.sessions, watched, NOW)
        with studio.run.sessions() as session:
            rows = session.scalars(select(Notice).order_by(Notice.severity))
            return [(row.severity, row.ended_at is not None) for row in rows]

    assert told(1.9 * GB, 1.8 * GB, 2.1 * GB) == [("warning", False)]
    assert told(0.4 * GB, 0.3 * GB) == [("problem", False), ("warning", True)]
    assert told(30 * GB) == [("problem", True), ("warning", True)]


def test_the_real_file_system_is_asked_and_the_tightest_counts(tmp_path: Path) -> None:
    real = Disk(places=(tmp_path, Path("/"))).tightest()
    assert 0 <= real.free_bytes <= real.total_bytes

    sizes = {tmp_path: 5, Path("/"): 3}
    found = Disk(
        places=tuple(sizes), look=lambda place: Space(free_bytes=sizes[place], total_bytes=9)
    )
    assert found.tightest().free_bytes == 3


def test_a_full_server_takes_no_file_and_says_why(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(studio.run.storage), "free_bytes", lambda _self: 299 * MB)
    root = Path(studio.run.storage.local_path("aa/bb")).parents[1]
    before = folder_files(root)

    with studio.run.sessions() as session, pytest.raises(NoRoom, match="takes no more files"):
        library.take_in(
            session,
            storage=studio.run.storage,
            workshop=studio.run.workshop,
            user_id=studio.user_id,
            stream=io.BytesIO(picture()),
            file_name="x.jpg",
            max_bytes=10 * MB,
            now=NOW,
        )

    assert folder_files(root) == before


def test_what_files_take_is_counted_for_a_person_and_for_all(studio: Studio, drive: Drive) -> None:
    published(studio, drive, "Once")
    original = media(studio).byte_size

    with studio.run.sessions() as session:
        mine = disk.used(session, user_id=studio.user_id)
        others = disk.used(session, user_id=studio.user_id + 1)
        assert disk.used(session) == mine
        assert disk.database_bytes(session) > 10_000

    assert (mine.originals, mine.original_count, mine.dropped_count) == (original, 1, 0)
    assert mine.renditions > 0
    assert (others.originals, others.renditions) == (0, 0)


@pytest.mark.parametrize(
    ("count", "label"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (31 * MB, "31 MB"),
        (2.5 * GB, "2.5 GB"),
    ],
)
def test_sizes_are_told_as_people_read_them(count: float, label: str) -> None:
    assert size_label(count) == label
