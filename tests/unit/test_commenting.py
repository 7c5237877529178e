"""How long a link and a first comment are tried, and when people hear of it."""

from datetime import UTC, datetime, timedelta

import pytest

from ospost.domain.commenting import MOST_TRIES, is_worth_telling, look_again_at, next_try_at
from ospost.domain.meta_codes import Kind
from ospost.domain.timings import Timings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
T = Timings()
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def wait(kind: Kind | None, tries: int, *, now: datetime = NOON) -> timedelta | None:
    at = next_try_at(kind, tries=tries, due_at=NOON, now=now, timings=T)
    return at and at - now


def test_tries_double_up_to_an_hour() -> None:
    waits = [wait(None, tries) for tries in range(1, 12)]

    assert waits == [10 * 2**n * SECOND for n in range(9)] + [HOUR, HOUR]


@pytest.mark.parametrize(
    "kind", [None, Kind.TOKEN, Kind.PERMISSION, Kind.TRANSIENT, Kind.THROTTLED]
)
def test_what_ends_by_itself_or_by_signing_in_is_waited_out_for_a_week(kind: Kind | None) -> None:
    assert wait(kind, 100, now=NOON + 7 * DAY - 2 * HOUR) == HOUR
    assert wait(kind, 100, now=NOON + 7 * DAY - HOUR / 2) is None


def test_a_server_that_was_off_for_a_month_tries_a_few_times() -> None:
    later = NOON + 30 * DAY

    assert wait(None, MOST_TRIES - 1, now=later) == HOUR
    assert wait(None, MOST_TRIES, now=later) is None


@pytest.mark.parametrize("kind", [Kind.BAD_TEXT, Kind.BAD_REQUEST, Kind.NOT_SUPPORTED])
def test_what_instagram_will_never_take_is_given_up_at_once(kind: Kind) -> None:
    assert wait(kind, 1) is None


def test_a_refusal_that_nobody_understands_is_tried_a_few_times() -> None:
    assert wait(Kind.OTHER, MOST_TRIES - 1) == HOUR
    assert wait(Kind.OTHER, MOST_TRIES) is None


def test_a_comment_is_not_written_again_before_two_looks_and_the_quiet_time() -> None:
    def look(looks: int, after: timedelta) -> timedelta | None:
        now = NOON + after
        at = look_again_at(looks, intent_at=NOON, now=now, timings=T)
        return at and at - NOON

    assert look(0, SECOND) == SECOND + T.comment_settle
    assert look(1, 20 * SECOND) == T.quiet
    assert look(0, 2 * T.quiet) == 2 * T.quiet + T.comment_settle
    assert look(1, T.quiet) is None


def test_people_hear_of_a_lost_connection_at_once_and_of_the_rest_after_a_while() -> None:
    assert is_worth_telling(Kind.TOKEN, tries=1)
    assert not is_worth_telling(None, tries=7)
    assert is_worth_telling(None, tries=8)
