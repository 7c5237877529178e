"""What a claim, the plan page and doing nothing cost with few posts ahead and with very many.

Run: `python -m bench --only size`.
"""

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import insert, update

from bench.gauge import Gauge
from bench.page import Goal, Part, table
from bench.plan import BATCH, fill
from bench.scale import Scale
from bench.stage import Stage, stage
from models import Account, Media, Membership, Publication, User, db
from ospost.domain.timings import Timings
from ospost.services import sessions
from ospost.services.database import writing
from ospost.services.publishing import claims

MOST_RATIO, MOST_CPU = 1.5, 1.0
OWN_ACCOUNTS = 20  # of the person whose plan is read
OTHER_ACCOUNTS = 980
DUE = 10
FAR = timedelta(days=30)
WAYS = ("tick, nothing due", f"claim of {DUE}", "plan page")

METHOD = f"""Scheduled posts, all more than {FAR.days} days ahead, half of them of one person with
{OWN_ACCOUNTS} accounts, the rest on {OTHER_ACCOUNTS} accounts of others; SQLite, full sync. Medians of
calls that take turns between a small and a large database in one process. *Claim*: is anything
due, then the two claims, {DUE} posts due. *Plan page*: the whole answer to that person. *Idle*: the
processor time of `make serve` with nothing due, in the half minute that begins half a minute after
its start; the daily backup is not in it."""


@dataclass(kw_only=True)
class Sized:
    """One database, and what was measured on it."""

    on: Stage
    client: FlaskClient
    posts: int
    due_ids: list[int]
    times: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    idle_percent: float = 0.0

    def median(self, way: str) -> float:
        """Return the middle time in milliseconds."""
        return statistics.median(self.times[way])


def fill_up(on: Stage, posts: int) -> Sized:
    """Insert that many posts, and the few that will be due."""
    now = datetime.now(UTC)
    with on.app.app_context():
        own, others = _people(OWN_ACCOUNTS, now), _people(OTHER_ACCOUNTS, now)
        for start in range(0, posts, BATCH):
            numbers = range(start, min(posts, start + BATCH))
            half = numbers.start + len(numbers) // 2
            for part_of, (user, places, photos) in (
                (range(numbers.start, half), own),
                (range(half, numbers.stop), others),
            ):
                fill(part_of, user, places, photos, now + FAR, every=EVERY)
        user, places, photos = others
        with writing(db.session()) as session:
            first = session.query(Publication.id).order_by(Publication.id.desc()).limit(1)
            highest = first.scalar() or 0
        fill(range(DUE), user, places, photos, now + FAR, every=EVERY)
        secret = sessions.begin(db.session(), user_id=own[0], agent="", now=now, old_id=None)
        db.session.remove()
    client = on.app.test_client()
    client.set_cookie(on.app.config["SIGN_IN_COOKIE"], secret)
    due_ids = list(range(highest + 1, highest + 1 + DUE))
    return Sized(on=on, client=client, posts=posts, due_ids=due_ids)


EVERY = timedelta(minutes=7)


def _people(count: int, now: datetime) -> tuple[int, list[int], list[int]]:
    """Make a person with that many accounts and some photos; return the ids."""
    with writing(db.session()) as session:
        user = User(name="bench", created_at=now)
        session.add(user)
        session.flush()
        names = [f"bench.{user.id}.{number}" for number in range(count)]
        accounts = [
            Account(ig_id=name, username=name, login="facebook", connected_at=now, created_at=now)
            for name in names
        ]
        media = [
            Media(
                user_id=user.id,
                storage_key=f"{user.id}-{number}",
                format="JPEG",
                byte_size=1,
                sha256=f"{number:064x}",
                width=1080,
                height=1350,
                created_at=now,
            )
            for number in range(100)
        ]
        session.add_all([*accounts, *media])
        session.flush()
        ids = [account.id for account in accounts]
        session.execute(
            insert(Membership),
            [{"user_id": user.id, "account_id": place, "created_at": now} for place in ids],
        )
        return user.id, ids, [item.id for item in media]


def make_due(sized: Sized) -> None:
    """Let half of the few be shots that are due, the others be due for their preparation."""
    now = datetime.now(UTC)
    for ids, values in (
        (sized.due_ids[::2], {"state": "ready", "due_at": now, "next_at": now}),
        (sized.due_ids[1::2], {"state": "scheduled", "next_at": now}),
    ):
        with writing(db.session()) as session:
            session.execute(
                update(Publication).where(Publication.id.in_(ids)).values(owner="", **values)
            )


def put_off(sized: Sized) -> None:
    """Let nothing be due any more."""
    later = datetime.now(UTC) + FAR
    with writing(db.session()) as session:
        session.execute(
            update(Publication)
            .where(Publication.id.in_(sized.due_ids))
            .values(state="scheduled", owner="", due_at=later, next_at=later)
        )


def tick() -> bool:
    """Ask whether anything is due."""
    return claims.anything_due(db.session(), horizon=datetime.now(UTC))


def claim() -> None:
    """Claim as the machine does."""
    now = datetime.now(UTC)
    if not claims.anything_due(db.session(), horizon=now):
        raise RuntimeError("nothing was due")
    taken = [
        work
        for take in (claims.claim_shots, claims.claim_rest)
        for work in take(
            db.session(),
            owner="bench",
            horizon=now,
            most=24,
            now=now,
            timings=Timings(),
            grace_seconds=21_600,
        )
    ]
    if len(taken) != DUE:
        raise RuntimeError(f"{len(taken)} were claimed")


def one_round(sized: Sized) -> None:
    """Measure each way once."""
    with sized.on.app.app_context():
        _timed(sized, WAYS[0], tick)
        make_due(sized)
        _timed(sized, WAYS[1], claim)
        put_off(sized)
        db.session.remove()
    _timed(sized, WAYS[2], lambda: sized.client.get("/").data)


def _timed(sized: Sized, way: str, work: Callable[[], object]) -> None:
    begin = time.perf_counter()
    work()
    sized.times[way].append((time.perf_counter() - begin) * 1000)


def idle(sized: Sized, scale: Scale) -> float:
    """Return the per cent of one core that a server takes that has nothing to do."""
    pid = sized.on.serve()
    time.sleep(scale.settle_seconds)
    gauge = Gauge(pid)
    first = gauge.sample()
    time.sleep(scale.idle_seconds)
    last = gauge.sample()
    return (last.cpu_seconds - first.cpu_seconds) / (last.at - first.at) * 100


def part(scale: Scale) -> Part:
    """Measure both sizes in turns, then each idle."""
    with ExitStack() as stack:
        both = [fill_up(stack.enter_context(stage(2)), posts) for posts in scale.sizes]
        for _ in range(scale.rounds + 1):
            for sized in both:
                one_round(sized)
        for sized in both:
            for times in sized.times.values():
                del times[0]  # caches were cold
            sized.idle_percent = idle(sized, scale)
            sized.on.stop_servers()
    small, large = both
    rows = [
        (
            way,
            f"{small.median(way):.2f} ms",
            f"{large.median(way):.2f} ms",
            f"{_ratio(way, both):.2f}",
        )
        for way in WAYS
    ]
    rows.append(("idle CPU", f"{small.idle_percent:.2f} %", f"{large.idle_percent:.2f} %", ""))
    head = ("", f"{small.posts:,} posts", f"{large.posts:,} posts", "ratio")
    return Part(title="Size", method=METHOD, figures=table(head, rows), goals=_goals(both))


def _ratio(way: str, both: list[Sized]) -> float:
    return both[1].median(way) / both[0].median(way)


def _goals(both: list[Sized]) -> tuple[Goal, ...]:
    small, large = both
    ratios = {way: _ratio(way, both) for way in WAYS}
    return (
        Goal(
            what=f"Size: {large.posts:,} scheduled posts",
            goal=f"a claim and the plan page ≤ {MOST_RATIO} × their cost at {small.posts:,}",
            measured=", ".join(f"{way} {ratio:.2f} ×" for way, ratio in ratios.items()),
            is_met=max(ratios.values()) <= MOST_RATIO,
        ),
        Goal(
            what=f"Idle with {large.posts:,} scheduled posts",
            goal=f"CPU < {MOST_CPU:.0f} % of one core",
            measured=f"{large.idle_percent:.2f} %; with {small.posts:,} {small.idle_percent:.2f} %",
            is_met=large.idle_percent < MOST_CPU,
        ),
    )
