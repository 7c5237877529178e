"""Measures the plan: server time and questions to the database, by number of posts.

    python -m bench.plan [posts ...]        default: 1000

Runs the real app on a new SQLite file, without a network between, as one signed-in person whose
posts lie one every 80 minutes from now on. The first figure is the whole page.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert

from app import create_app
from bench.page import Goal, Part, table
from bench.scale import Scale
from helpers import new_id
from models import Account, Media, Membership, Post, Publication, Slide, User, db
from ospost.config import Settings
from ospost.domain.schedule import fold_at, on_wall
from ospost.services import sessions
from ospost.services.database import writing
from tests.support import put_away

ROUNDS = 60
ZONE = "Europe/Berlin"
BATCH = 20_000
EVERY = timedelta(minutes=80)
POSTS, MOST_MS, MOST_QUERIES = 1_000, 60, 6

METHOD = (
    f"""Server time of the plan of a person with {POSTS:,} posts, asked {ROUNDS} times each way."""
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What one way of asking cost."""

    name: str
    p50: float  # milliseconds
    p95: float
    cpu: float  # p95 of the processor's own milliseconds, whatever else runs on the machine
    queries: int
    kilobytes: float


def part(_scale: Scale) -> Part:
    """Measure the plan of a person with 1,000 posts."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.from_env({"STATE_DIR": folder, "STORAGE_URL": f"{folder}/up"}))
        figures = measured(app, signed_in(app, POSTS))
        put_away(app)
    rows = [
        (
            one.name,
            f"{one.p50:.1f} ms",
            f"{one.p95:.1f} ms",
            f"{one.cpu:.1f} ms",
            one.queries,
            f"{one.kilobytes:.0f} KB",
        )
        for one in figures
    ]
    page = figures[0]
    goal = Goal(
        what=f"Plan page with {POSTS:,} posts",
        goal=f"≤ {MOST_MS} ms of server time at p95, ≤ {MOST_QUERIES} queries",
        measured=f"{page.p95:.1f} ms, {page.queries} queries",
        is_met=page.p95 <= MOST_MS and page.queries <= MOST_QUERIES,
    )
    head = ("asked for", "median", "p95", "CPU p95", "queries", "size")
    return Part(title="Plan page", method=METHOD, figures=table(head, rows), goals=(goal,))


def main(sizes: tuple[int, ...] = (1_000,)) -> None:
    """Print a line for each size and each way of asking."""
    print(
        f"{'posts':>9}  {'asked for':<24} {'p50 ms':>7} {'p95 ms':>7} {'CPU p95':>8} {'queries':>8} {'KB':>7}"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            app = create_app(
                Settings.from_env({"STATE_DIR": folder, "STORAGE_URL": f"{folder}/uploads"})
            )
            client = signed_in(app, size)
            for figure in measured(app, client):
                print(
                    f"{size:>9,}  {figure.name:<24} {figure.p50:>7.1f} {figure.p95:>7.1f}"
                    f" {figure.cpu:>8.1f} {figure.queries:>8} {figure.kilobytes:>7.1f}"
                )
            put_away(app)


def signed_in(app: Flask, posts: int) -> FlaskClient:
    """Fill the tables and sign the person in."""
    now = datetime.now(UTC)
    with app.app_context():
        with writing(db.session()) as session:
            user = User(name="bench", created_at=now)
            account = Account(
                ig_id="1", username="bench", login="facebook", connected_at=now, created_at=now
            )
            session.add_all([user, account])
            session.flush()
            session.add(Membership(user_id=user.id, account_id=account.id, created_at=now))
            media = [
                Media(
                    user_id=user.id,
                    storage_key=f"{no}",
                    format="JPEG",
                    byte_size=1,
                    sha256=f"{no:064x}",
                    width=1080,
                    height=1350,
                    created_at=now,
                )
                for no in range(100)
            ]
            session.add_all(media)
            session.flush()
            person, place, pictures = user.id, account.id, [item.id for item in media]
        for start in range(0, posts, BATCH):
            fill(range(start, min(posts, start + BATCH)), person, [place], pictures, now)
        secret = sessions.begin(db.session(), user_id=person, agent="", now=now, old_id=None)
        db.session.remove()
    client = app.test_client()
    client.set_cookie(app.config["SIGN_IN_COOKIE"], secret)
    return client


def fill(
    numbers: range,
    person: int,
    places: list[int],
    pictures: list[int],
    begin: datetime,
    *,
    every: timedelta = EVERY,
) -> None:
    """Insert a batch of scheduled posts, one *every* so often, on the accounts in turn."""
    now = datetime.now(UTC)
    rows = [(new_id(), begin + every * no, no) for no in numbers]
    with writing(db.session()) as session:
        session.execute(
            insert(Post),
            [
                {
                    "id": post_id,
                    "account_id": places[no % len(places)],
                    "user_id": person,
                    "caption": f"Number {no}: " + "words and more words " * random.randint(1, 20),
                    "due_at": due_at,
                    "wall_time": on_wall(due_at, ZONE).isoformat(timespec="seconds"),
                    "zone": ZONE,
                    "fold": fold_at(due_at, ZONE),
                    "created_at": now,
                    "updated_at": now,
                }
                for post_id, due_at, no in rows
            ],
        )
        session.execute(
            insert(Slide),
            [{"post_id": p, "no": 1, "media_id": pictures[no % 100]} for p, _, no in rows],
        )
        session.execute(
            insert(Publication),
            [
                {
                    "post_id": post_id,
                    "account_id": places[no % len(places)],
                    "state": "scheduled",
                    "due_at": due_at,
                    "next_at": due_at,
                    "updated_at": now,
                }
                for post_id, due_at, no in rows
            ],
        )


def measured(app: Flask, client: FlaskClient) -> list[Figure]:
    """Ask in each way, many times."""
    part = {"HX-Request": "true"}
    known = {"If-None-Match": ""}

    def ask_for_news() -> bytes:
        answer = client.get("/", headers=part | known)
        known["If-None-Match"] = answer.headers["ETag"]
        data: bytes = answer.data
        return data

    ask_for_news()
    ways: dict[str, Callable[[], bytes]] = {
        "page": lambda: client.get("/").data,
        "changing part": lambda: client.get("/", headers=part).data,
        "changing part, no news": ask_for_news,
        "JSON": lambda: client.get("/", headers={"Accept": "application/json"}).data,
    }
    return [figure(app, name, ask) for name, ask in ways.items()]


def figure(app: Flask, name: str, ask: Callable[[], bytes]) -> Figure:
    """Measure one way of asking."""
    seen: list[str] = []

    def note(*call: object) -> None:
        seen.append(str(call[2]).split(maxsplit=1)[0])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    size = len(ask())
    event.remove(engine, "before_cursor_execute", note)
    ask()
    times, works = [], []
    for _ in range(ROUNDS):
        started, began = time.perf_counter(), time.thread_time()
        ask()
        works.append((time.thread_time() - began) * 1000)
        times.append((time.perf_counter() - started) * 1000)
    return Figure(
        name=name,
        p50=statistics.median(times),
        p95=statistics.quantiles(times, n=20)[-1],
        cpu=statistics.quantiles(works, n=20)[-1],
        queries=len([word for word in seen if word != "BEGIN"]),
        kilobytes=size / 1000,
    )


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or (1_000,))
