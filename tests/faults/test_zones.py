"""Faults of wall clocks: times that come twice or never, in every zone, and rules that change."""

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata

from models import Post
from ospost.domain import schedule
from ospost.domain.schedule import WallKind, on_wall, resolve, zone_names
from ospost.services import zones
from ospost.services.database import writing
from tests.databases import ON_BOTH
from tests.faults.helping import assert_live_once
from tests.faults.person import Person
from tests.machine.driving import Drive
from tests.support import Studio

FOLDS = pytest.mark.fault(74, "dst_gap / dst_fold in all zones")
FROM, TO = datetime(2026, 11, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def changes(zone: str) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Every moment at which the zone's offset changes, with the offsets before and after."""
    known = ZoneInfo(zone)

    def at(moment: datetime) -> timedelta:
        return moment.astimezone(known).utcoffset() or timedelta()

    day = FROM
    while day < TO:
        following = day + timedelta(days=1)
        if at(day) != at(following):
            low, high = day, following
            while high - low > SECOND:
                middle = low + (high - low) / 2
                low, high = (middle, high) if at(middle) == at(day) else (low, middle)
            moment = high.replace(microsecond=0)
            yield moment, at(moment - SECOND), at(moment)
        day = following


@FOLDS
def test_in_every_zone_a_time_that_comes_twice_or_never_means_the_moment_that_is_shown() -> None:
    """Minute by minute over each change of the next two years, and one second on either side."""
    seen = {WallKind.DOUBLE: 0, WallKind.MISSING: 0}
    for zone in sorted(zone_names()):
        for moment, before, after in changes(zone):
            size, naive = abs(after - before), moment.replace(tzinfo=None)
            kind = WallKind.MISSING if after > before else WallKind.DOUBLE
            first = naive + (min(after, before))
            for offset in (timedelta(), size / 2, size - SECOND):
                wall = first + offset
                found = resolve(wall, zone)
                assert found.kind is kind, (zone, wall)
                seen[kind] += 1
                if kind is WallKind.MISSING:
                    assert found.due_at == (wall - before).replace(tzinfo=UTC)
                    assert found.used_wall == wall + size
                    assert found.gap_label
                else:
                    later = resolve(wall, zone, 1)
                    assert found.due_at == (wall - before).replace(tzinfo=UTC)
                    assert later.due_at - found.due_at == size
                    assert on_wall(found.due_at, zone) == on_wall(later.due_at, zone) == wall
                    assert [choice.due_at for choice in found.choices] == [
                        found.due_at,
                        later.due_at,
                    ]
            for wall in (first - SECOND, first + size):
                found = resolve(wall, zone)
                assert found.kind is WallKind.FINE, (zone, wall)
                assert on_wall(found.due_at, zone) == wall
    assert min(seen.values()) > 1000


def next_change(zone: str, *, is_gap: bool) -> datetime:
    """Where the next gap or fold begins, by the wall: at the smaller of the two offsets."""
    for moment, before, after in changes(zone):
        if (after > before) is is_gap and moment > datetime.now(UTC) + timedelta(days=1):
            return moment.replace(tzinfo=None) + min(before, after)
    raise AssertionError(zone)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("fold", [None, 0, 1], ids=["gap", "first", "second"])
@FOLDS
def test_a_post_at_an_odd_time_goes_out_once_at_the_moment_that_its_page_shows(
    person: Person, zone: str, fold: int | None
) -> None:
    wall = next_change(zone, is_gap=fold is None) + timedelta(minutes=10)
    with person.drive.session() as session, writing(session):
        media_id = person.studio.media(session).id
    form = {"caption": "Odd", "media_id": str(media_id), "date": wall.isoformat(), "timezone": zone}
    form |= {"account_id": str(person.studio.account_id)}
    asked = person.send("/post/add", **form)
    assert asked in (400, 422)
    assert person.send("/post/add", **form, fold=str(fold or 0)) == 201
    drive = person.drive
    shown = drive.row().due_at
    assert shown == resolve(wall, zone, fold).due_at

    drive.meet(shown - timedelta(minutes=20))
    drive.run(seconds=3600)

    assert_live_once(drive)
    (media,) = drive.live()
    assert 0 <= media.timestamp - shown.timestamp() < 2


@pytest.fixture
def other_rules(tmp_path: Path) -> Iterator[None]:
    """Berlin keeps winter time for ever: the rules of Lagos under its name."""
    folder = tmp_path / "zones"
    (folder / "Europe").mkdir(parents=True)
    source = Path(tzdata.__file__).parent / "zoneinfo" / "Africa" / "Lagos"
    before = zoneinfo.TZPATH

    def take_up(paths: tuple[str, ...]) -> None:
        zoneinfo.reset_tzpath(paths)
        ZoneInfo.clear_cache()
        schedule._zone.cache_clear()
        zones.rules_in_force.cache_clear()

    shutil.copy(source, folder / "Europe" / "Berlin")
    take_up((str(folder), *before))
    yield
    take_up(before)


@ON_BOTH
@pytest.mark.fault(75, "tzdata_update_moves_future_offset")
def test_new_rules_move_what_is_planned_to_its_time_on_the_wall_and_tell_its_people(
    studio: Studio, drive: Drive, request: pytest.FixtureRequest
) -> None:
    year = datetime.now(UTC).year + 1
    wall = schedule.parse_wall(f"{year}-07-01T18:00")
    planned = {
        "summer": resolve(wall, "Europe/Berlin").due_at,
        "winter": resolve(schedule.parse_wall(f"{year}-01-15T18:00"), "Europe/Berlin").due_at,
        "elsewhere": resolve(wall, "Europe/Paris").due_at,
    }
    ids = {name: studio.post(name, due_at=due_at) for name, due_at in planned.items()}
    with drive.session() as session, writing(session):
        for name, post_id in ids.items():
            post = session.get_one(Post, post_id)
            post.zone = "Europe/Paris" if name == "elsewhere" else "Europe/Berlin"
            post.wall_time = on_wall(planned[name], post.zone).isoformat(timespec="seconds")
    assert zones.follow_rules(drive.tools.sessions, now=drive.now()) == 0

    request.getfixturevalue("other_rules")
    moved = [zones.follow_rules(drive.tools.sessions, now=drive.now()) for _ in range(2)]

    due = {row.post_id: row.due_at for row in drive.rows()}
    assert moved == [1, 0]
    assert due[ids["summer"]] == planned["summer"] + timedelta(hours=1)
    assert due[ids["winter"]] == planned["winter"]
    assert due[ids["elsewhere"]] == planned["elsewhere"]
    assert drive.notices() == ["Posts follow the new rules of their time zone"]
    drive.meet(due[ids["summer"]] - timedelta(minutes=20))
    drive.run(seconds=1800)
    assert "summer" in {media.caption for media in drive.live()}
