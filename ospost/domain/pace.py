"""When to try, poll and look again: pure functions of what has happened and the timings."""

from datetime import datetime, timedelta

from ospost.domain.timings import Timings


def retry_at(
    tries: int, *, due_at: datetime, now: datetime, timings: Timings, spread: float
) -> datetime:
    """Return when to prepare again after *tries* failures (1 for the first).

    Doubles from the first wait to the longest, with *spread* (0..1) of jitter on top, and is never
    put past the due moment while that lies ahead.
    """
    doublings: int = 2 ** min(tries - 1, 20)
    wait = min(timings.longest_retry, timings.first_retry * doublings)
    at = now + wait * (1 + 0.1 * spread)
    return min(at, due_at) if due_at > now else at


def poll_at(since: datetime, *, due_at: datetime, now: datetime, timings: Timings) -> datetime:
    """Return when to ask a container again that was made at *since* and is not finished."""
    longest = timings.longest_poll if now < due_at else timings.longest_poll_past_due
    wait = min(longest, max(timings.first_poll, now - since))
    at = now + wait
    return min(at, due_at) if now < due_at - timings.first_poll else at


def look_at(looks: int, *, intent_at: datetime, now: datetime, timings: Timings) -> datetime:
    """Return when to look again after *looks* looks at a post whose latest intent is *intent_at*."""
    if looks < len(timings.looks):
        return max(intent_at + timings.looks[looks], now + timings.first_poll)
    return now + timings.slow_look


def throttle_until(
    count: int, *, asked: timedelta | None, now: datetime, timings: Timings
) -> datetime:
    """Return until when to leave Meta alone: what it *asked* for, else a minute, doubling."""
    doubling = min(timings.longest_throttle, timings.first_throttle * 2 ** min(count, 10))
    return now + (asked if asked else doubling)


def prepare_at(due_at: datetime, *, now: datetime, timings: Timings, is_video: bool) -> datetime:
    """Return when work on a post begins: its lead before it is due, or at once."""
    lead = timings.lead * (timings.lead_factor_video if is_video else 1)
    return max(now, due_at - lead)


def status_check_at(due_at: datetime, *, now: datetime, timings: Timings, number: int) -> datetime:
    """Return when a ready post is looked at once more, or its due time when that is too near.

    *number* spreads the checks of posts that come due together over two seconds.
    """
    spread = timings.status_check_ahead * (number % 64) / 96
    at = due_at - timings.status_check_ahead - spread
    return at if at > now else due_at


def is_too_late(due_at: datetime, *, grace: timedelta, now: datetime) -> bool:
    """Say whether a post that has not been sent must not be sent any more."""
    return now > due_at + grace


def keeps_container(made_at: datetime | None, *, due_at: datetime, timings: Timings) -> bool:
    """Say whether a container made at *made_at* is still good at a new due time."""
    return made_at is not None and made_at + timings.container_life > due_at
