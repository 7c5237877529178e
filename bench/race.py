"""Processes after the same posts: `python -m bench.race --database postgresql --posts 10000`."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
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
    words.add_argument("--out", type=Path, help="append a line of JSON")
    asked = words.parse_args()
    with databases(asked.database) as supply, tempfile.TemporaryDirectory() as folder:
        finish = race(
            Path(folder),
            next(supply),
            posts=asked.posts,
            accounts=asked.accounts,
            processes=asked.processes,
        )
    if asked.out:
        with asked.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"database": asked.database, **asdict(finish)}) + "\n")
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
