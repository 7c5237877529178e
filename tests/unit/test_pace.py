"""When things are tried again: never past the due moment, never faster than asked."""

from datetime import UTC, datetime, timedelta

import pytest

from ospost.domain import pace
from ospost.domain.timings import Timings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
T = Timings()
SECOND = timedelta(seconds=1)


def test_retries_double_up_to_a_quarter_of_an_hour() -> None:
    due_at = NOON + timedelta(hours=9)
    waits = [
        (pace.retry_at(n, due_at=due_at, now=NOON, timings=T, spread=0) - NOON).total_seconds()
        for n in range(1, 10)
    ]

    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_a_retry_is_never_put_past_a_due_moment_that_lies_ahead() -> None:
    due_at = NOON + 30 * SECOND

    assert pace.retry_at(5, due_at=due_at, now=NOON, timings=T, spread=1) == due_at
    assert pace.retry_at(5, due_at=NOON, now=NOON, timings=T, spread=0) == NOON + 160 * SECOND


def test_a_post_is_prepared_its_lead_ahead_and_a_near_one_at_once() -> None:
    far = NOON + timedelta(hours=2)

    assert pace.prepare_at(far, now=NOON, timings=T, is_video=False) == far - T.lead
    assert pace.prepare_at(far, now=NOON, timings=T, is_video=True) == far - 3 * T.lead
    assert pace.prepare_at(NOON + SECOND, now=NOON, timings=T, is_video=False) == NOON


def test_polls_slow_down_but_stay_quick_once_the_post_is_due() -> None:
    due_at = NOON + timedelta(hours=1)
    late = NOON + timedelta(hours=2)

    assert pace.poll_at(NOON, due_at=due_at, now=NOON, timings=T) == NOON + T.first_poll
    slow = pace.poll_at(NOON - timedelta(minutes=5), due_at=due_at, now=NOON, timings=T)
    assert slow == NOON + T.longest_poll
    past = pace.poll_at(NOON, due_at=due_at, now=late, timings=T)
    assert past == late + T.longest_poll_past_due


def test_a_poll_does_not_sleep_through_the_due_moment() -> None:
    due_at = NOON + 3 * SECOND

    assert pace.poll_at(NOON - timedelta(minutes=5), due_at=due_at, now=NOON, timings=T) == due_at


def test_looks_come_at_their_times_after_the_intent_and_then_every_half_hour() -> None:
    first = [pace.look_at(n, intent_at=NOON, now=NOON, timings=T) for n in range(len(T.looks))]
    slow = pace.look_at(len(T.looks), intent_at=NOON, now=NOON, timings=T)

    assert [(at - NOON).total_seconds() for at in first] == [5, 15, 30, 60, 120, 150, 180, 300, 600]
    assert slow == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(("count", "seconds"), [(0, 60), (1, 120), (2, 240), (4, 900), (9, 900)])
def test_throttling_without_a_word_doubles_from_a_minute_to_a_quarter_hour(
    count: int, seconds: int
) -> None:
    until = pace.throttle_until(count, asked=None, now=NOON, timings=T)

    assert until == NOON + seconds * SECOND


def test_what_meta_asks_for_wins_over_our_own_wait() -> None:
    asked = timedelta(minutes=42)

    assert pace.throttle_until(0, asked=asked, now=NOON, timings=T) == NOON + asked


def test_the_last_look_at_a_ready_post_lies_within_five_seconds_of_its_moment() -> None:
    due_at = NOON + timedelta(minutes=1)
    ahead = [
        due_at - pace.status_check_at(due_at, now=NOON, timings=T, number=n) for n in range(200)
    ]

    assert min(ahead) == 3 * SECOND
    assert max(ahead) < 5 * SECOND


def test_a_container_is_kept_only_if_it_still_lives_at_the_new_time() -> None:
    made = NOON

    assert pace.keeps_container(made, due_at=NOON + timedelta(hours=22), timings=T)
    assert not pace.keeps_container(made, due_at=NOON + timedelta(hours=23), timings=T)
    assert not pace.keeps_container(None, due_at=NOON, timings=T)


def test_everything_can_run_faster_but_network_deadlines_keep_a_second() -> None:
    fast = T.scaled(50)

    assert fast.lead == T.lead / 50
    assert fast.looks[0] == SECOND / 10
    assert fast.publish_deadline == SECOND
    assert T.scaled(1) is T
