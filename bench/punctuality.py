"""How late the publish call leaves: single posts at random milliseconds, real processes.

The practice Instagram runs in this process and notes when each call arrives; Ospost runs as
`make serve` does. Run: `python -m bench --only punctuality`.
"""

import random
import statistics
from datetime import UTC, datetime, timedelta

from bench import usual
from bench.page import Goal, Part, table
from bench.scale import Scale
from bench.stage import percentile, stage

MOST_MS = 100

METHOD = """Single posts at random milliseconds, one per account, prepared ahead; a container takes
1 s, a publish call 300 ms. Ospost runs as `make serve` does, with its database on disk and full sync.
Measured is when the publish call arrives at the practice Instagram, less when the post was due.
Celery workers are not part of Ospost yet."""


def moments(posts: int, seconds: float, ahead_seconds: float) -> list[datetime]:
    """Return random moments, from so many seconds ahead on."""
    begin = datetime.now(UTC) + timedelta(seconds=ahead_seconds)
    return [begin + timedelta(seconds=random.uniform(0, seconds)) for _ in range(posts)]


def measure(scale: Scale, *, processes: int) -> list[float]:
    """Return in order how many milliseconds after their due time the calls arrived."""
    posts = scale.punctual_posts
    with stage(posts) as on:
        due = moments(posts, scale.punctual_seconds, scale.ahead_seconds + posts * 0.1)
        for number, due_at in enumerate(due):
            on.post(f"Post {number}", due_at=due_at, account=number)
        for _ in range(processes):
            on.serve()
        wait = (max(due) - datetime.now(UTC)).total_seconds() + 60
        on.plant.wait_for(lambda: on.live() == posts, seconds=wait)
        return on.late_ms()


def by_usual_scheme(posts: int, seconds: float) -> list[float]:
    """Return the same for the usual scheme."""
    wishes = [
        usual.Wish(account=number, caption=f"Post {number}", due_at=due_at)
        for number, due_at in enumerate(moments(posts, seconds, 3))
    ]
    return usual.play(wishes, accounts=posts).late_ms


def part(scale: Scale) -> Part:
    """Measure one process, two processes, and the usual scheme."""
    posts, seconds = scale.punctual_posts, scale.punctual_seconds
    found = {
        "Ospost": measure(scale, processes=1),
        "Ospost, two processes": measure(scale, processes=2),
        "the usual scheme": by_usual_scheme(posts, seconds),
    }
    rows = [
        (name, f"{len(late)} of {posts}", *(f"{value:,.1f} ms" for value in _figures(late)))
        for name, late in found.items()
    ]
    head = ("", "live", "median", "p99", "latest", "earliest")
    over = f"{posts} posts over {seconds:.0f} s:\n\n"
    ours = [found["Ospost"], found["Ospost, two processes"]]
    p99s = [percentile(late, 0.99) for late in ours]
    earliest = min(late[0] for late in ours)
    everything = all(len(late) == posts for late in ours)
    goal = Goal(
        what=f"Punctuality: {posts} prepared posts in {seconds:.0f} s",
        goal=f"p99 ≤ {MOST_MS} ms after due, never early",
        measured=f"p99 {p99s[0]:.1f} ms, with two processes {p99s[1]:.1f} ms; earliest"
        f" {earliest:+.1f} ms; the usual scheme {percentile(found['the usual scheme'], 0.99):,.0f} ms",
        is_met=max(p99s) <= MOST_MS and earliest >= 0 and everything,
    )
    return Part(title="Punctuality", method=METHOD, figures=over + table(head, rows), goals=(goal,))


def _figures(late: list[float]) -> tuple[float, float, float, float]:
    return statistics.median(late), percentile(late, 0.99), late[-1], late[0]
