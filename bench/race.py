"""Processes after the same posts: `python -m bench.race --database postgresql --posts 10000`."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.random_run import databases
from tests.databases import POSTGRESQL, SQLITE
from tests.faults.race import race


def main() -> None:
    """Print one row of figures; end with 1 when a promise was broken."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--database", choices=[SQLITE, POSTGRESQL], default=SQLITE)
    words.add_argument("--posts", type=int, default=10_000)
    words.add_argument("--accounts", type=int, default=200)
    words.add_argument("--processes", type=int, default=4)
    asked = words.parse_args()
    with databases(asked.database) as supply, tempfile.TemporaryDirectory() as folder:
        finish = race(
            Path(folder),
            next(supply),
            posts=asked.posts,
            accounts=asked.accounts,
            processes=asked.processes,
        )
    for line in finish.violations:
        print(line, file=sys.stderr)
    print("| database | processes | posts | live | doubled | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(
        f"| {asked.database} | {finish.owners} | {finish.posts} | {finish.live}"
        f" | {finish.doubled} | {finish.seconds:.0f} |"
    )
    sys.exit(1 if finish.violations else 0)


if __name__ == "__main__":
    main()
