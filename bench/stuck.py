"""Posts whose containers never finish, and what they cost the posts beside them.

Run: `python -m bench --only stuck`.
"""

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench import usual
from bench.page import Goal, Part, table
from bench.punctuality import moments
from bench.scale import Scale
from bench.stage import Stage, stage

MOST_MORE_MS = 1000

METHOD = """Image posts whose containers stay IN_PROGRESS for the whole run, all due (reels come with a
later version; the machine waits for both in the same way), and single image posts beside them, due
once all of those hang and are polled. Lateness as under punctuality, beside a run without the
stuck ones."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """How the good posts fared."""

    stuck: int
    polls_a_second: float
    late_ms: list[float]


def measure(stuck: int, scale: Scale) -> Beside:
    """Let good posts come due beside that many stuck ones."""
    posts = scale.beside_posts
    with stage(stuck + posts) as on:
        on.world.faults.add(endpoint="create", kind="stuck", caption_contains="Stuck")
        soon = datetime.now(UTC) + timedelta(seconds=5 + stuck * 0.05)
        for number in range(stuck):
            on.post(f"Stuck {number}", due_at=soon, account=posts + number)
        ahead_seconds = scale.ahead_seconds + stuck * 0.3
        due = moments(posts, scale.beside_seconds, ahead_seconds)
        for number, due_at in enumerate(due):
            on.post(f"Good {number}", due_at=due_at, account=number)
        on.serve()
        wait = ahead_seconds + scale.beside_seconds + 60
        on.plant.wait_for(lambda: on.live("Good") == posts, seconds=wait)
        hanging = sum(container.stuck for container in on.world.containers.values())
        return Beside(
            stuck=hanging,
            polls_a_second=_polls(on, min(due), max(due)),
            late_ms=on.late_ms("Good"),
        )


def _polls(on: Stage, begin: datetime, end: datetime) -> float:
    looks = [call for call in on.world.calls if call["endpoint"] == "status"]
    inside = [c for c in looks if begin.timestamp() <= c["at_ms"] / 1000 <= end.timestamp()]
    return len(inside) / max(1.0, (end - begin).total_seconds())


def by_usual_scheme(stuck: int) -> str:
    """Say what becomes of a good post that comes due 3 s after stuck ones."""
    due_at = datetime.now(UTC) + timedelta(seconds=5)
    wishes = [
        usual.Wish(account=number, caption=f"Stuck {number}", due_at=due_at)
        for number in range(stuck)
    ]
    good = usual.Wish(account=stuck, caption="Good", due_at=due_at + timedelta(seconds=3))
    outcome = usual.play([*wishes, good], accounts=stuck + 1, stuck="Stuck")
    end = outcome.end_of["Good"]
    return f"the good post is {end}" + (
        f", {outcome.late_ms[0] / 1000:.1f} s late" if outcome.late_ms else ""
    )


def part(scale: Scale) -> Part:
    """Measure with the stuck posts and without."""
    without, beside = measure(0, scale), measure(scale.stuck_posts, scale)
    usually = by_usual_scheme(scale.stuck_posts)
    more = max(beside.late_ms) - max(without.late_ms)
    rows = [
        (
            f"beside {run.stuck} stuck posts",
            f"{run.polls_a_second:.1f}",
            len(run.late_ms),
            f"{statistics.median(run.late_ms):.1f} ms",
            f"{max(run.late_ms):.1f} ms",
        )
        for run in (without, beside)
    ]
    head = ("", "status calls a second", "good posts", "late: median", "late: most")
    goal = Goal(
        what=f"Stuck: {scale.stuck_posts} image posts IN_PROGRESS (reels come later)",
        goal="a post beside them not a second later",
        measured=f"{more:+.1f} ms; the usual scheme: {usually}",
        is_met=more <= MOST_MORE_MS and beside.stuck >= scale.stuck_posts,
    )
    return Part(
        title="Stuck containers",
        method=METHOD,
        figures=f"{table(head, rows)}\n\nThe usual scheme: {usually}.",
        goals=(goal,),
    )
