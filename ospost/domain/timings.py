"""Every duration of the publishing machine, in one value.

Tests run it at a fiftieth, the simulation in virtual time; nothing else in the machine knows how
long anything takes.
"""

from dataclasses import dataclass, fields, replace
from datetime import timedelta

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Durations of the machine, at full length; `scaled` gives a faster one."""

    # the driver
    tick: timedelta = SECOND
    claim_ahead: timedelta = SECOND
    beat: timedelta = 5 * SECOND
    silent_after: timedelta = 10 * SECOND  # a node that has not beaten for so long is dead
    lease: timedelta = MINUTE  # outlives every call but the next
    create_lease: timedelta = 100 * SECOND  # Meta fetches the picture inside that call
    drain: timedelta = 35 * SECOND

    # preparing
    lead: timedelta = 15 * MINUTE
    lead_factor_video: int = 3
    first_poll: timedelta = SECOND / 2
    longest_poll: timedelta = 30 * SECOND
    longest_poll_past_due: timedelta = 10 * SECOND
    status_check_ahead: timedelta = 3 * SECOND
    first_retry: timedelta = 10 * SECOND
    longest_retry: timedelta = 15 * MINUTE
    container_life: timedelta = 23 * HOUR  # Meta's 24 h less a margin
    stuck_after: timedelta = 30 * MINUTE  # IN_PROGRESS longer than this is tried anew
    fetch_tries: int = 3

    # the shot
    send_within: timedelta = 2 * SECOND  # from reading the fence to the first byte
    publish_deadline: timedelta = 30 * SECOND
    not_ready_waits: tuple[timedelta, ...] = (
        3 * SECOND,
        5 * SECOND,
        10 * SECOND,
        10 * SECOND,
        10 * SECOND,
    )

    # finding out
    looks: tuple[timedelta, ...] = tuple(
        SECOND * s for s in (5, 15, 30, 60, 120, 150, 180, 300, 600)
    )
    slow_look: timedelta = 30 * MINUTE
    quiet: timedelta = 150 * SECOND
    between_absent_looks: timedelta = 30 * SECOND
    tell_after: timedelta = 10 * MINUTE
    give_up_looking: timedelta = 26 * HOUR
    match_before_intent: timedelta = (
        90 * SECOND
    )  # a clock a minute off, and whole seconds of Meta's
    twin_recheck: timedelta = 30 * SECOND

    # lateness
    late_is_spaced_after: timedelta = 10 * MINUTE
    late_spacing: timedelta = MINUTE
    first_throttle: timedelta = MINUTE
    longest_throttle: timedelta = 15 * MINUTE
    blocked_wait: timedelta = HOUR
    quota_recheck: timedelta = 10 * MINUTE

    # outages
    breaker_failures: int = 5
    breaker_wait: timedelta = MINUTE
    storm: timedelta = 10 * MINUTE  # so long after a fault of Meta's a dead token is doubted
    wake_look: timedelta = (
        30 * SECOND
    )  # after a long sleep, how long posts wait for a look at tokens
    expired_recheck: timedelta = HOUR  # of a token that is over by its date

    # after publishing
    comment_settle: timedelta = 10 * SECOND
    comment_longest_wait: timedelta = HOUR
    comment_patience: timedelta = 168 * HOUR  # after that nobody waits for a first comment
    call: timedelta = 20 * SECOND  # total deadline of a read
    create_call: timedelta = 90 * SECOND  # shorter than its lease

    # clocks
    clock_step: timedelta = 5 * SECOND
    clock_skew: timedelta = MINUTE
    clock_tolerance: timedelta = SECOND / 2  # between this machine's clock and the database's
    clock_recheck: timedelta = MINUTE

    def scaled(self, divisor: float) -> "Timings":
        """Return the same machine *divisor* times faster.

        What waits for a computer or a network keeps a floor, since a loaded machine is not faster.
        """
        if divisor == 1:
            return self
        changed: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, timedelta):
                changed[field.name] = max(FLOORS.get(field.name, timedelta()), value / divisor)
            elif isinstance(value, tuple):
                changed[field.name] = tuple(item / divisor for item in value)
        return replace(self, **changed)  # type: ignore[arg-type]  # names come from fields()


FLOORS = {
    "tick": SECOND / 20,
    "claim_ahead": SECOND / 20,
    "beat": SECOND / 4,
    "silent_after": SECOND * 3 / 2,
    "clock_tolerance": SECOND / 2,
    "first_retry": SECOND / 2,
} | dict.fromkeys(
    ("send_within", "publish_deadline", "call", "create_call", "lease", "create_lease", "drain"),
    SECOND,
)
"""How short each may become when the machine is sped up."""
