"""Thousands of random posts through the real services, in batches with a database each.

Run: `python -m bench.through_services --posts 20000 [--resume FILE] [--processes 2]`. Batches take
turns between a Meta that refuses a used container and one that would copy it.
"""

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.faults.through_services import run_batch

POSTS = 200


def do(seed: int) -> dict[str, Any]:
    """Run one batch."""
    logging.disable(logging.CRITICAL)
    copies = bool(seed % 2)
    batch = run_batch(seed, posts=POSTS, copies=copies)
    return {"world": "copies" if copies else "refuses", **asdict(batch)}


def _results(seeds: list[int], processes: int) -> Iterator[dict[str, Any]]:
    if processes == 1:
        yield from map(do, seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(do, seeds)


def _summary(lines: list[dict[str, Any]]) -> str:
    states: Counter[str] = Counter()
    for line in lines:
        states.update(line["states"])
    ends = ", ".join(f"{name} {count:,}" for name, count in states.most_common())
    posts, seconds = sum(line["posts"] for line in lines), sum(line["seconds"] for line in lines)
    return (
        f"{posts:,} posts in {len(lines)} databases, {sum(line['deaths'] for line in lines):,}"
        f" deaths, {sum(line['calls'] for line in lines):,} calls: {ends}; doubled"
        f" {sum(line['doubled'] for line in lines)}, lost {sum(line['lost'] for line in lines)},"
        f" broken promises {sum(len(line['broken']) for line in lines)};"
        f" {posts / max(seconds, 0.01):.1f} posts/s"
    )


def main() -> int:
    """Run what is missing and print a summary; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--resume", type=Path, help="file with one line per batch")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    lines: list[dict[str, Any]] = []
    if chosen.resume and chosen.resume.exists():
        lines = [json.loads(line) for line in chosen.resume.read_text("utf-8").splitlines()]
    done = {line["seed"] for line in lines}
    seeds = [seed for seed in range(-(-chosen.posts // POSTS)) if seed not in done]
    for line in _results(seeds, chosen.processes):
        lines.append(line)
        if chosen.resume:
            with chosen.resume.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        for words in line["broken"]:
            print(f"seed {line['seed']}: {words}", file=sys.stderr, flush=True)
    print(_summary(lines))
    return 1 if any(line["broken"] or line["doubled"] or line["lost"] for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
