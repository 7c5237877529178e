"""Counting a rolling day: what stands before a post, when there is room again, when to ask."""

from datetime import UTC, datetime, timedelta

import pytest

from ospost.domain.quota import DAY, MARGIN, Reading, load_at, next_look

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN_MINUTES = timedelta(minutes=10)


def hours(*ahead):
    """Moments so many hours from noon."""
    return [NOON + HOUR * each for each in ahead]


def test_what_is_used_now_is_worth_less_the_later_a_post_is_due():
    reading = Reading(used=5, total=50, read_at=NOON)
    own = hours(-23, -10, -2)

    counts = [
        (load.live, load.elsewhere)
        for load in (
            load_at(moment, reading=reading, own=own, planned=[])
            for moment in hours(0.5, 2, 20, 23.5, 25)
        )
    ]

    assert counts == [(3, 2), (2, 2), (1, 2), (0, 2), (0, 0)]


def test_planned_posts_count_while_they_are_in_the_window_that_ends_with_the_post():
    load = load_at(
        NOON + 30 * HOUR, reading=Reading(), own=[], planned=hours(1, 5.9, 6, 6.1, 29, 30, 31)
    )

    assert (load.live, load.planned, load.count) == (0, 3, 3)


def test_our_posts_since_the_reading_are_not_counted_twice():
    reading = Reading(used=4, total=50, read_at=NOON)  # 3 were read, 1 went out since

    assert reading.elsewhere(hours(-3, -2, -1, 0.5)) == 0
    assert reading.elsewhere(hours(-1, 0.5)) == 2
    assert Reading().elsewhere([]) == 0


@pytest.mark.parametrize(
    ("total", "opens"),
    [(5, 3), (4, 3), (3, 25), (2, 26), (1, 26.5), (0, None), (None, None)],
)
def test_a_post_that_finds_no_room_goes_out_when_enough_has_left(total, opens):
    load = load_at(
        NOON + 3 * HOUR,
        reading=Reading(total=total, used=0, read_at=NOON),
        own=[],
        planned=hours(1, 2, 2.5),
    )

    assert load.opens_at == (None if opens is None else NOON + HOUR * opens)


def test_posts_from_elsewhere_leave_a_day_after_they_were_read_at_the_latest():
    reading = Reading(used=3, total=3, read_at=NOON)

    load = load_at(NOON + HOUR, reading=reading, own=[], planned=[])

    assert (load.elsewhere, load.opens_at) == (3, NOON + DAY)


@pytest.mark.parametrize(
    ("used", "own", "asks_in"),
    [
        (3, (-20, -5, -1), 4 * HOUR + MARGIN),  # all ours: when the first leaves
        (4, (-20, -5, -1, -0.5), 19 * HOUR + MARGIN),  # two must leave
        (3, (-20, -5), TEN_MINUTES),  # one is from elsewhere: it may leave at any time
        (3, (-23.9, -5), 0.1 * HOUR + MARGIN),  # unless one of ours is sooner
        (3, (), TEN_MINUTES),
        (3, (-30, -29, -28), TEN_MINUTES),  # ours have left, and it is still used up
        (3, (-24 + 1 / 3600, -5, -1), HOUR / 3600 + MARGIN),
    ],
)
def test_a_used_up_limit_is_asked_about_when_that_is_worth_it(used, own, asks_in):
    at = next_look(used=used, total=3, own=hours(*own), now=NOON, window=DAY, recheck=TEN_MINUTES)

    assert abs(at - NOON - asks_in) < timedelta(seconds=1)


def test_a_limit_of_nothing_is_asked_about_again():
    at = next_look(used=0, total=0, own=[], now=NOON, window=DAY, recheck=TEN_MINUTES)

    assert at == NOON + TEN_MINUTES
