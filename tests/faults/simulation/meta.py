"""A simulated Instagram: containers and media, lags, outages, and every way to lose an answer.

Times are seconds of virtual time. It keeps the truth: which post each media shows.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ospost.domain.finding_out import Status
from ospost.domain.matching import Candidate
from ospost.domain.meta_codes import Kind, lookup

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = 86_400.0
DEADLINE = 30.0
FALSE_ERRORS = tuple(
    lookup(code, subcode).kind for code, subcode in ((4, 2207051), (4, 2207051), (2, None), (1, 99))
)
USED = lookup(24, 2207008).kind


def moment(seconds: float) -> datetime:
    """Return the point in time *seconds* after the simulation's noon."""
    return NOON + timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Chaos:
    """How often what goes wrong; shares of calls, of steps or of worlds."""

    copies: bool = False  # a second publish of a used container makes a copy; else it is refused
    killed: float = 0.004  # of steps: kill -9 of the whole process
    stalled: float = 0.004  # of steps: this thread stops for 65 to 400 s
    frozen: float = 0.001  # of steps: the whole process stops for 12 to 400 s
    outage: float = 0.3  # of worlds: reads fail, once to three times, for a minute to two hours
    longest_outage: float = 7200.0
    unreadable: float = 0.03  # of reads
    cut_list: float = 0.02  # of lists: not read whole
    stale: float = 0.5  # of outages: for up to 28 s after it, reads show how it was before it
    create_fails: float = 0.03
    create_lost: float = 0.03
    bad_picture: float = 0.004
    breaks: float = 0.01  # of containers: ERROR some time after they were made
    lost: float = 0.03  # of publish calls: never carried out, no answer
    late: float = 0.03  # carried out up to 50 s later, no answer
    very_late: float = 0.0  # carried out 150 to 420 s later: beyond the quiet time
    answer_lost: float = 0.03
    slow: float = 0.01  # carried out, the answer comes after our deadline
    false_error: float = 0.02  # an error although it is live
    true_error: float = 0.01  # the same error, and it is not
    not_ready: float = 0.01
    token: float = 0.003
    quota: float = 0.003
    not_sent: float = 0.005
    status_lag: float = 0.3
    list_lag: float = 0.3
    twins: float = 0.15  # of posts: the same words as another post of the account
    together: float = 0.3  # of posts: due in the same second as another of the account
    people: float = 0.15  # of posts: somebody edits, moves or cancels it
    by_hand: float = 0.3  # of accounts: somebody posts there by hand as well
    skewed: float = 0.1  # of worlds: one clock is up to 30 s off
    restored: float = 0.03  # of worlds: an older copy of the database is put back
    away: float = 0.0  # of worlds: the whole server is down for longer than any grace
    wrong_clock: float = 0.03  # of worlds: the clock is minutes to an hour off, until it is set


class Container:
    """An upload, and what became of it."""

    __slots__ = (
        "account",
        "caption",
        "error_at",
        "id",
        "lag",
        "made",
        "post",
        "published",
        "ready",
        "revision",
    )

    def __init__(self, number: int, account: int, post: int, revision: int, caption: str) -> None:
        """Not ready before `ready` is set."""
        self.id, self.account, self.post = f"c{number}", account, post
        self.revision, self.caption = revision, caption
        self.made = self.ready = self.lag = 0.0
        self.error_at: float | None = None
        self.published: float | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A media with the truth about it: whose it is (0: somebody's own) and since when it shows."""

    seen_as: Candidate
    post: int
    at: float
    listed_at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back of a publish call after *wait* seconds; *media* None and *kind* None: none."""

    wait: float
    media_id: str | None = None
    kind: Kind | None = None
    http_status: int = 400
    sent: bool = True


class Meta:
    """The remote of one world."""

    def __init__(
        self,
        rng: random.Random,
        chaos: Chaos,
        *,
        later: Callable[[float, Callable[[], object]], None],
        went_live: Callable[[Container], None],
    ) -> None:
        """*later* runs something after some seconds; *went_live* is told of each publication."""
        self.rng, self.chaos, self._later, self._went_live = rng, chaos, later, went_live
        self.now = 0.0
        self.containers: dict[str, Container] = {}
        self.media: dict[int, list[Live]] = {}
        self.media_count = 0
        self.calls = 0
        self.outages: list[tuple[float, float]] = []
        self.stale: list[tuple[float, float, float]] = []
        if rng.random() < chaos.outage:
            self._plan_outages()

    def _plan_outages(self) -> None:
        begin = self.rng.uniform(0, 3000)
        for _ in range(self.rng.randint(1, 3)):
            end = begin + 60 + self.chaos.longest_outage * self.rng.random() ** 2
            self.outages.append((begin, end))
            if self.rng.random() < self.chaos.stale:
                self.stale.append((end, end + self.rng.uniform(5, 28), begin))
            begin = end + self.rng.uniform(1500, 5000)

    def latency(self) -> float:
        """How long a read takes."""
        return 0.1 + 0.9 * self.rng.random()

    def _as_of(self) -> float | None:
        """The moment whose data a read shows; None when it cannot be read."""
        self.calls += 1
        for begin, end in self.outages:
            if begin <= self.now < end:
                return None
        if self.rng.random() < self.chaos.unreadable:
            return None
        for begin, end, as_of in self.stale:
            if begin <= self.now < end:
                return as_of
        return self.now

    def create(self, account: int, post: int, revision: int, caption: str) -> Container | Kind:
        """Make a container, or say why not."""
        self.calls += 1
        lot, chaos = self.rng.random(), self.chaos
        if lot < chaos.create_fails:
            return Kind.FETCH_FAILED
        if lot < chaos.create_fails + chaos.bad_picture:
            return Kind.BAD_MEDIA
        made = Container(len(self.containers) + 1, account, post, revision, caption)
        made.made = self.now
        made.ready = self.now + self.rng.random() ** 3 * 60
        if self.rng.random() < chaos.breaks:
            made.error_at = self.now + self.rng.uniform(0, 1800)
        self.containers[made.id] = made
        return made

    def status(self, container_id: str) -> Status:
        """What a container says of itself."""
        at = self._as_of()
        if at is None:
            return Status.UNREADABLE
        found = self.containers[container_id]
        if found.published is not None and at - found.published >= found.lag:
            return Status.PUBLISHED
        if found.error_at is not None and at >= found.error_at and found.published is None:
            return Status.ERROR
        if at - found.made > DAY:
            return Status.EXPIRED
        return Status.FINISHED if at >= found.ready else Status.IN_PROGRESS

    def listed(self, account: int) -> tuple[list[Candidate], bool] | None:
        """The account's media, and whether the list was read whole; None: not read."""
        at = self._as_of()
        if at is None:
            return None
        seen = [live.seen_as for live in self.media.get(account, ()) if live.listed_at <= at]
        return seen, self.rng.random() >= self.chaos.cut_list

    def publish(self, container_id: str) -> Answer:
        """Take a publish call: decide what is done and when, and what comes back."""
        self.calls += 1
        chaos, rng, lot = self.chaos, self.rng, self.rng.random()
        found = self.containers.get(container_id)
        if found is None:
            return Answer(0.5, kind=USED)
        for share, fate in (
            (chaos.lost, self._lost),
            (chaos.late, self._late),
            (chaos.very_late, self._very_late),
            (chaos.answer_lost, self._answer_lost),
            (chaos.slow, self._slow),
            (chaos.false_error, self._false_error),
            (chaos.true_error, self._true_error),
            (chaos.not_ready, lambda _found: Answer(0.5, kind=Kind.NOT_READY)),
            (chaos.token, lambda _found: Answer(0.5, kind=Kind.TOKEN)),
            (chaos.quota, lambda _found: Answer(0.5, kind=Kind.QUOTA)),
            (chaos.not_sent, lambda _found: Answer(0.1, sent=False)),
        ):
            if lot < share:
                return fate(found)
            lot -= share
        done = self.carry_out(found)
        wait = 0.3 + 2.7 * rng.random()
        return Answer(wait, kind=done) if isinstance(done, Kind) else Answer(wait, media_id=done)

    def _lost(self, _found: Container) -> Answer:
        return Answer(DEADLINE)

    def _late(self, found: Container) -> Answer:
        self._later(self.rng.uniform(0, 50), lambda: self.carry_out(found))
        return Answer(self.rng.choice((0.5, DEADLINE)))  # cut off at once, or never answered

    def _very_late(self, found: Container) -> Answer:
        self._later(self.rng.uniform(150, 420), lambda: self.carry_out(found))
        return Answer(DEADLINE)

    def _answer_lost(self, found: Container) -> Answer:
        self.carry_out(found)
        return Answer(DEADLINE * self.rng.random())

    def _slow(self, found: Container) -> Answer:
        self._later(self.rng.uniform(0, 45), lambda: self.carry_out(found))
        return Answer(DEADLINE)

    def _false_error(self, found: Container) -> Answer:
        self.carry_out(found)
        return self._true_error(found)

    def _true_error(self, _found: Container) -> Answer:
        status = 500 if self.rng.random() < 0.3 else 400
        return Answer(1.0, kind=self.rng.choice(FALSE_ERRORS), http_status=status)

    def carry_out(self, found: Container) -> str | Kind:
        """Make *found* public, or refuse it; return the media's id or the kind of the refusal."""
        if found.published is not None and not self.chaos.copies:
            return USED
        if self.now - found.made > DAY:
            return USED
        broken = found.error_at is not None and self.now >= found.error_at
        if self.now < found.ready or broken and found.published is None:
            return Kind.NOT_READY
        if found.published is None:
            found.published = self.now
            if self.rng.random() < self.chaos.status_lag:
                found.lag = self.rng.uniform(0, 20)
        media_id = self.show(found.account, found.caption, post=found.post)
        self._went_live(found)
        return media_id

    def show(self, account: int, caption: str, *, post: int) -> str:
        """Put a media onto an account; post 0 is one that a person made by hand."""
        self.media_count += 1
        lag = self.rng.uniform(0, 60) if self.rng.random() < self.chaos.list_lag else 0.0
        seen_as = Candidate(
            media_id=f"m{self.media_count}",
            caption=caption,
            posted_at=moment(int(self.now)),  # Meta's lists know whole seconds
            is_carousel=False,
            is_video=False,
            child_count=0,
        )
        live = Live(seen_as, post, self.now, self.now + lag)
        self.media.setdefault(account, []).append(live)
        return seen_as.media_id
