"""What became of the posts that were due while this server was off, in a sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ospost.domain.schedule import clock, on_wall, wall_label
from ospost.domain.states import State
from ospost.domain.wording import gap_words

SHORTEST = timedelta(minutes=1)
"""A shorter break is a restart; what was due in it is a little late, and its page says so."""

TOLD_FOR = timedelta(hours=24)

SENDING = (State.SCHEDULED, State.PREPARING, State.READY, State.PUBLISHING)


@dataclass(frozen=True, order=True)
class Outage:
    """A time in which no process of this instance published."""

    began_at: datetime
    ended_at: datetime

    @property
    def key(self) -> str:
        """A name for it that a person's browser can remember."""
        return f"{self.ended_at:%Y%m%d%H%M%S}"


def told(
    outage: Outage, became: dict[State, int], *, zone: str, gaps_seconds: frozenset[int]
) -> str:
    """Return what happened, in the clock of *zone*; "" when no post was due meanwhile.

    *became* counts the posts that were due by the state in which they are now; *gaps_seconds* are
    those of the accounts whose posts are being sent.
    """
    sending = sum(became.get(state, 0) for state in SENDING)
    parts = [
        _part(became.get(State.PUBLISHED, 0), "post went out late", "posts went out late"),
        _sending(sending, gaps_seconds),
        _part(became.get(State.UNKNOWN, 0), "is being looked for", "are being looked for"),
        _part(became.get(State.HELD, 0), "waits", "wait"),
        _part(became.get(State.MISSED, 0), "was missed", "were missed"),
        _part(became.get(State.FAILED, 0), "failed", "failed"),
        _part(became.get(State.REVIEW, 0), "needs your look", "need your look"),
    ]
    said = [part for part in parts if part]
    if not said:
        return ""
    if not became.get(State.PUBLISHED, 0):  # the first part names what is counted
        number, _, rest = said[0].partition(" ")
        said[0] = f"{number} {'post' if number == '1' else 'posts'} {rest}"
    began, ended = (on_wall(moment, zone) for moment in (outage.began_at, outage.ended_at))
    is_one_day = began.date() == ended.date()
    since = clock(began.replace(second=0, microsecond=0))
    until = clock(ended.replace(second=0, microsecond=0))
    if not is_one_day:
        since = wall_label(began.replace(second=0, microsecond=0))
        until = wall_label(ended.replace(second=0, microsecond=0))
    return f"This server was off from {since} to {until}. {', '.join(said)}."


def _part(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""


def _sending(count: int, gaps_seconds: frozenset[int]) -> str:
    if count <= 1 or len(gaps_seconds) != 1:
        return _part(count, "is being sent", "are being sent one after another")
    return f"{count} are being sent {gap_words(*gaps_seconds)}"
