"""The clock that machines share: put right by the database's, never by a slow answer of it."""

from datetime import UTC, datetime, timedelta

from ospost.clock import SharedClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def reading(clock: SharedClock, *, theirs_ahead: timedelta, took: timedelta) -> timedelta:
    """Read the clock of a database that answers at the very end; return the correction."""
    theirs = NOON + took + theirs_ahead
    clock.compare(theirs, asked_at=NOON, answered_at=NOON + took)
    return clock.ahead


def test_an_answer_that_took_long_moves_no_clock_forward() -> None:
    clock = SharedClock(SECOND / 2)

    assert reading(clock, theirs_ahead=timedelta(), took=5 * SECOND) == timedelta()


def test_a_clock_that_is_wrong_is_put_right_and_never_ahead_of_the_database() -> None:
    for seconds in (-90, -2, 2, 90):
        clock = SharedClock(SECOND / 2)
        true = seconds * SECOND

        assert reading(clock, theirs_ahead=true, took=5 * SECOND) <= max(true, timedelta())
        assert reading(clock, theirs_ahead=true, took=SECOND / 100) == true
        assert reading(clock, theirs_ahead=true, took=8 * SECOND) == true
        assert reading(clock, theirs_ahead=timedelta(), took=SECOND / 100) == timedelta()
