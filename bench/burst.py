"""Many posts due in one second: one per account, and on few accounts; beside bare calls.

Run: `python -m bench --only burst`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench import bare, usual
from bench.gauge import Gauge
from bench.page import Goal, Part, table
from bench.scale import Scale
from bench.stage import empty_database, publish_calls, stage
from tests.databases import SQLITE

THREADS = 32
MOST_RATIO = 1.25
MOST_MB = 220

METHOD = f"""Posts due in one and the same second, 300 ms a call, {THREADS} threads, prepared ahead.
Ospost runs as `make serve` does; seconds are from the due time to the last call's answer. Both
databases write with full sync. The bare loop publishes as many ready containers on as many threads
and runs right before. *CPU* is the processor time of Ospost's processes in the burst, by post, and
of the bare loop's process by call; the practice Instagram shares the same cores, so the ratio of
seconds depends on them. *Memory* is the sum of all of Ospost's processes (PSS) at its peak."""

FEW = """As above, on few accounts: each account's posts go one after the other, so the floor is the
calls of one account in a row, on as many threads as there are accounts."""


@dataclass(frozen=True, kw_only=True)
class Burst:
    """What one burst was like."""

    name: str
    posts: int
    live: int
    doubled: int
    seconds: float
    cpu_ms: float
    peak_mb: float
    bare: bare.Bare

    @property
    def ratio(self) -> float:
        """Seconds by those of the bare loop."""
        return self.seconds / self.bare.seconds

    @property
    def is_whole(self) -> bool:
        """Whether each post is to be seen once."""
        return self.live == self.posts and self.doubled == 0

    @property
    def is_met(self) -> bool:
        """Whether all are live, none doubled, and the last one in time."""
        return self.is_whole and self.ratio <= MOST_RATIO

    def row(self) -> tuple[object, ...]:
        """Return its line of the table."""
        return (
            self.name,
            f"{self.live} of {self.posts}",
            self.doubled,
            f"{self.seconds:.1f} s",
            f"{self.bare.seconds:.1f} s",
            f"{self.ratio:.2f}",
            f"{self.cpu_ms:.1f} ms",
            f"{self.bare.cpu_seconds / self.posts * 1000:.1f} ms",
            f"{self.peak_mb:.0f} MB",
        )


HEAD = ("", "live", "doubled", "last answer", "bare", "ratio", "CPU", "CPU, bare", "memory")


def measure(
    name: str, posts: int, *, accounts: int, ahead_seconds: float, kind: str = SQLITE
) -> Burst:
    """Let that many posts come due in one second, so long after the server's start at least."""
    floor = bare.measure(posts, threads=min(THREADS, accounts))
    with empty_database(kind) as database, stage(accounts, database=database) as on:
        ahead_seconds += posts * 0.15
        due_at = datetime.now(UTC) + timedelta(seconds=ahead_seconds)
        for number in range(posts):
            on.post(f"Burst {number}", due_at=due_at, account=number)
        pid = on.serve()
        with Gauge(pid) as gauge:
            on.plant.wait_for(
                lambda: on.live() == posts, seconds=ahead_seconds + floor.seconds * 4 + 60
            )
            gauge.sample()
            on.plant.wait_for(on.plant.all_live)
        calls = publish_calls(on.world)
        end = max(call["at_ms"] + call["took_ms"] for call in calls) / 1000
        return Burst(
            name=name,
            posts=posts,
            live=on.live(),
            doubled=on.doubled(),
            seconds=end - due_at.timestamp(),
            cpu_ms=gauge.cpu_between(due_at.timestamp(), end) / posts * 1000,
            peak_mb=gauge.peak_mb,
            bare=floor,
        )


def by_usual_scheme(posts: int, *, accounts: int) -> str:
    """Say what becomes of such a burst in the usual scheme."""
    due_at = datetime.now(UTC) + timedelta(seconds=5)
    wishes = [
        usual.Wish(account=number % accounts, caption=f"Burst {number}", due_at=due_at)
        for number in range(posts)
    ]
    outcome = usual.play(wishes, accounts=accounts)
    return (
        f"{outcome.ends['live']} of {posts} go out, the last {outcome.late_ms[-1] / 1000:.1f} s late;"
        f" {outcome.ends['dropped']} are dropped without a word"
    )


def part(scale: Scale) -> Part:
    """Measure one post per account, on each database."""
    posts = scale.burst_posts
    found = [
        measure(kind, posts, accounts=posts, ahead_seconds=scale.ahead_seconds, kind=kind)
        for kind in scale.burst_databases
    ]
    usually = by_usual_scheme(scale.usual_posts, accounts=scale.usual_posts)
    figures = table(HEAD, [burst.row() for burst in found])
    goals = [
        Goal(
            what=f"Burst: {posts:,} posts in one second, one per account ({burst.name})",
            goal=f"all live, none doubled, ≤ {MOST_RATIO} × a bare loop",
            measured=f"{burst.live} live, {burst.doubled} doubled, {burst.ratio:.2f} ×"
            f" ({burst.seconds:.1f} s), {burst.cpu_ms:.1f} ms CPU a post; the usual scheme:"
            f" {usually}",
            is_met=burst.is_met,
        )
        for burst in found
    ]
    goals.append(_memory(found[0]))
    return Part(
        title="Burst",
        method=METHOD,
        figures=f"{figures}\n\nThe usual scheme: {usually}.",
        goals=tuple(goals),
    )


def _memory(burst: Burst) -> Goal:
    return Goal(
        what=f"Memory in the burst ({burst.name})",
        goal=f"web and scheduler together ≤ {MOST_MB} MB",
        measured=f"{burst.peak_mb:.0f} MB",
        is_met=burst.peak_mb <= MOST_MB,
    )


def part_few(scale: Scale) -> Part:
    """Measure the same on few accounts."""
    posts, accounts = scale.few_posts, scale.few_accounts
    burst = measure(
        f"{accounts} accounts", posts, accounts=accounts, ahead_seconds=scale.ahead_seconds
    )
    usually = by_usual_scheme(posts, accounts=accounts)
    goal = Goal(
        what=f"Burst on few accounts: {posts} posts in one second, {accounts} accounts",
        goal=f"all live, ≤ {MOST_RATIO} × {posts // accounts} calls in a row",
        measured=f"{burst.live} live, {burst.doubled} doubled, {burst.ratio:.2f} ×"
        f" ({burst.seconds:.1f} s); the usual scheme: {usually}",
        is_met=burst.is_met,
    )
    return Part(
        title="Burst on few accounts",
        method=FEW,
        figures=f"{table(HEAD, [burst.row()])}\n\nThe usual scheme: {usually}.",
        goals=(goal,),
    )
