"""Thousands of posts on real processes that are killed hundreds of times, by seed.

Run: `python -m bench.random_run --database sqlite --posts 5000 --kills 500`. Each batch is judged
post by post; a broken promise is printed with its seed, and the exit code is 1 then.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.databases import POSTGRESQL, SQLITE, Database
from tests.faults.random_run import Outcome, RandomRun
from tests.postgresql import Cluster

BATCH_POSTS = 500
WORLDS = ("refuse", "duplicate")


@contextmanager
def databases(kind: str) -> Iterator[Iterator[Database]]:
    """Yield an endless supply of empty databases."""
    cluster = Cluster() if kind == POSTGRESQL else None

    def supply() -> Iterator[Database]:
        while True:
            url = cluster.new_database() if cluster else ""
            yield Database(kind, url, cluster)

    try:
        yield supply()
    finally:
        if cluster:
            cluster.remove()


def batches(kind: str, *, posts: int, kills: int, seed: int) -> Iterator[Outcome]:
    """Play batch after batch, both worlds in turn."""
    count = max(1, posts // BATCH_POSTS)
    with databases(kind) as supply:
        for number in range(count):
            with tempfile.TemporaryDirectory(prefix="ospost-random-") as folder:
                run = RandomRun(
                    Path(folder),
                    next(supply),
                    seed=seed + number,
                    posts=posts // count,
                    kills=kills // count,
                    used_container=WORLDS[number % 2],
                )
                yield run.run()


def main() -> None:
    """Print one row of figures; end with 1 when a promise was broken."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--database", choices=[SQLITE, POSTGRESQL], default=SQLITE)
    words.add_argument("--posts", type=int, default=5000)
    words.add_argument("--kills", type=int, default=500)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--out", type=Path, help="append a line of JSON for each batch")
    asked = words.parse_args()
    total: Counter[str] = Counter()
    states: Counter[str] = Counter()
    number = asked.seed
    for outcome in batches(asked.database, posts=asked.posts, kills=asked.kills, seed=asked.seed):
        line = {"database": asked.database, "seed": number, **asdict(outcome)}
        if asked.out:
            with asked.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        for words_of_it in outcome.violations:
            print(f"seed {number}: {words_of_it}", file=sys.stderr)
        total.update(
            posts=outcome.posts,
            kills=outcome.kills,
            faults=sum(outcome.faults.values()),
            doubled=outcome.doubled,
            lost=outcome.lost,
            broken=len(outcome.violations),
        )
        states.update(outcome.states)
        number += 1
    ends = ", ".join(f"{count} {state}" for state, count in states.most_common())
    print("| database | posts | kills | faults met | doubled | lost | ends |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {asked.database} | {total['posts']} | {total['kills']} | {total['faults']}"
        f" | {total['doubled']} | {total['lost']} | {ends} |"
    )
    sys.exit(1 if total["broken"] else 0)


if __name__ == "__main__":
    main()
