# ruff: noqa: DTZ001 - a wall clock has no offset, that is the point here
"""A wall clock and a zone name one moment, or say that they do not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ospost.domain.schedule import (
    LAST_DUE,
    WallKind,
    check_due,
    check_zone,
    day_label,
    fold_at,
    input_value,
    on_wall,
    parse_wall,
    resolve,
    wall_label,
    zone_names,
)
from ospost.errors import Invalid

ZONES = st.sampled_from(sorted(zone_names()))
WALLS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 11, 29)).map(
    lambda wall: wall.replace(microsecond=0)
)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def transitions() -> st.SearchStrategy[datetime]:
    """Walls of the hours in which clocks usually change, where mistakes would hide."""
    return st.builds(
        lambda day, minutes: datetime(2026, 1, 1) + timedelta(days=day, minutes=minutes),
        st.integers(0, 365 * 5),
        st.integers(0, 4 * 60),
    )


@settings(max_examples=1500, deadline=None)
@given(wall=WALLS | transitions(), zone=ZONES)
def test_a_fine_or_double_time_comes_back_as_it_was_typed(wall: datetime, zone: str) -> None:
    resolved = resolve(wall, zone)

    if resolved.kind is WallKind.MISSING:
        assert resolved.used_wall > wall
    else:
        assert resolved.used_wall == wall


@settings(max_examples=1500, deadline=None)
@given(wall=transitions(), zone=ZONES)
def test_the_kind_agrees_with_a_search_over_moments(wall: datetime, zone: str) -> None:
    around = wall.replace(tzinfo=UTC)
    quarter = timedelta(minutes=15)
    candidates = {around + step * quarter for step in range(-4 * 27, 4 * 27)}
    hits = sorted(m for m in candidates if on_wall(m, zone) == wall)

    resolved = resolve(wall, zone)

    counted = {0: WallKind.MISSING, 1: WallKind.FINE, 2: WallKind.DOUBLE}
    if zone != "Africa/Monrovia":  # every offset of these years is a multiple of 15 minutes
        assert resolved.kind is counted[len(hits)]
        assert [c.due_at for c in resolved.choices] == (hits if len(hits) == 2 else [])


@settings(max_examples=500, deadline=None)
@given(moment=st.datetimes(datetime(1900, 1, 3), datetime(2100, 1, 1)), zone=ZONES)
def test_every_moment_survives_the_way_to_the_wall_and_back(moment: datetime, zone: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)

    wall, fold = on_wall(moment, zone), fold_at(moment, zone)

    assert resolve(wall, zone, fold).due_at == moment


def test_the_first_of_two_is_the_default_and_both_are_named() -> None:
    resolved = resolve(datetime(2026, 10, 25, 2, 30), "Europe/Berlin")

    assert resolved.kind is WallKind.DOUBLE
    assert resolved.due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [(c.fold, c.label) for c in resolved.choices] == [
        (0, "the first 02:30 (summer time, UTC+2)"),
        (1, "the second 02:30 (UTC+1)"),
    ]
    assert resolve(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", 1).due_at == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_a_missing_time_takes_the_offset_before_the_gap_and_says_so() -> None:
    for fold in (None, 0, 1):
        resolved = resolve(datetime(2027, 3, 28, 2, 30), "Europe/Berlin", fold)

        assert resolved.kind is WallKind.MISSING
        assert resolved.due_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
        assert resolved.gap_label == "02:30 does not exist that night; we use 03:30"


def test_a_day_that_was_skipped_is_missing_and_names_the_day_that_is_used() -> None:
    resolved = resolve(datetime(2011, 12, 30, 12), "Pacific/Apia")

    assert resolved.kind is WallKind.MISSING
    assert resolved.gap_label.endswith("we use 12:00 on Saturday 31 December 2011")


@pytest.mark.parametrize(
    "zone", ["", "Berlin", "Europe/Atlantis", "America", "../etc/passwd", "europe/berlin", "\0"]
)
def test_an_unknown_zone_is_refused_at_its_field(zone: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_zone(zone)

    assert caught.value.complaints[0][0] == "timezone"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-02-30T10:00",
        "2026-11-27",
        "2026-11-27T24:00",
        "2026-11-27T18:00Z",
        "2026-11-27T18:00+01:00",
        "20261127T1800",
        "２０２６-11-27T18:00",
        "0000-01-01T00:00",
    ],
)
def test_what_is_not_a_wall_clock_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_wall(text)

    assert caught.value.complaints[0][0] == "date"


def test_the_edges_of_the_calendar_are_refused_and_never_overflow() -> None:
    for wall, zone in (
        (datetime(1, 1, 1), "Asia/Tokyo"),
        (datetime(9999, 12, 31, 23, 59), "America/New_York"),
    ):
        with pytest.raises(Invalid):
            resolve(wall, zone)
    with pytest.raises(Invalid):
        check_due(LAST_DUE + timedelta(seconds=1), NOW)
    for zone in zone_names():
        assert on_wall(LAST_DUE, zone).year == 9999


def test_up_to_two_minutes_ago_is_now_and_older_is_refused() -> None:
    later = NOW + timedelta(days=365 * 5000)

    assert check_due(later, NOW) == later
    assert check_due(NOW, NOW) == NOW
    assert check_due(NOW - timedelta(seconds=120), NOW) == NOW
    with pytest.raises(Invalid, match=r"2 minutes ago"):
        check_due(NOW - timedelta(seconds=121), NOW)


def test_labels_are_plain_english() -> None:
    wall = datetime(2026, 11, 27, 18, 0)

    assert wall_label(wall) == "Fri 27 Nov 2026, 18:00"
    assert wall_label(wall.replace(second=5)) == "Fri 27 Nov 2026, 18:00:05"
    assert day_label(wall) == "Friday 27 November 2026"
    assert input_value(wall) == "2026-11-27T18:00"
