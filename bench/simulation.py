"""The seeded simulation of the machine's decisions, in batches that can be gone on with.

Run: `python -m bench.simulation --posts 1000000 --resume FILE --world both --processes 2`.

Each batch of worlds is one line of JSON in FILE; a run goes on where the file ends. World `refuses`
is a Meta that refuses to publish a used container, `copies` one that would make a copy.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.simulation.meta import Chaos
from tests.faults.simulation.rules import LATE, ROUGH
from tests.faults.simulation.world import POSTS, run

BATCH = 25  # worlds
WORLDS = {"refuses": Chaos(), "copies": Chaos(copies=True), "rough": ROUGH, "late": LATE}
OFFSET = {"refuses": 0, "copies": 1_000_000, "rough": 2_000_000, "late": 3_000_000}


@dataclass(frozen=True)
class Batch:
    """Some worlds of one kind, by the first seed."""

    world: str
    number: int

    @property
    def first_seed(self) -> int:
        """Seeds of different worlds never meet."""
        return OFFSET[self.world] + self.number * BATCH


def do(batch: Batch) -> dict[str, Any]:
    """Run one batch and say how it went."""
    begin, cpu = time.perf_counter(), time.process_time()
    total: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    bad: list[str] = []
    for seed in range(batch.first_seed, batch.first_seed + BATCH):
        result = run(seed, chaos=WORLDS[batch.world])
        outcomes += result.outcomes
        total.update(
            posts=result.posts,
            doubled=result.doubled,
            lost=result.lost,
            wrong=result.wrong,
            calls=result.calls,
        )
        if not result.is_well:
            bad.append(f"seed {seed}: {result.broken or 'see counts'}")
    return {
        "world": batch.world,
        "batch": batch.number,
        "seed": batch.first_seed,
        **{name: total[name] for name in ("posts", "doubled", "lost", "wrong", "calls")},
        "outcomes": dict(sorted(outcomes.items())),
        "broken": bad,
        "seconds": round(time.perf_counter() - begin, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
    }


def _written(path: Path) -> list[dict[str, Any]]:
    """Read the batches of an earlier run; a last line that was cut off does not count."""
    if not path.exists():
        return []
    found: list[dict[str, Any]] = []
    text = path.read_text(encoding="utf-8")
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    if text and not text.endswith("\n"):
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")
    return found


def _to_do(worlds: list[str], posts: int, done: list[dict[str, Any]]) -> Iterator[Batch]:
    """Yield the batches that are missing, the worlds taking turns."""
    known = {(line["world"], line["batch"]) for line in done}
    each = -(-posts // (len(worlds) * BATCH * POSTS))
    for number in range(each):
        for world in worlds:
            if (world, number) not in known:
                yield Batch(world, number)


def _results(batches: list[Batch], processes: int) -> Iterator[dict[str, Any]]:
    if processes == 1:
        yield from map(do, batches)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(do, batches)


def summary(lines: list[dict[str, Any]]) -> str:
    """Return a table of all batches, by world."""
    rows = [
        "| world | posts | doubled | lost | wrong | invariants broken | outcomes | posts per CPU second |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for world in WORLDS:
        mine = [line for line in lines if line["world"] == world]
        if not mine:
            continue
        total: Counter[str] = Counter()
        outcomes: Counter[str] = Counter()
        for line in mine:
            total.update({name: line[name] for name in ("posts", "doubled", "lost", "wrong")})
            outcomes.update(line["outcomes"])
        broken = sum(len(line["broken"]) for line in mine)
        seconds = sum(line["cpu_seconds"] for line in mine)
        ends = ", ".join(f"{name} {count:,}" for name, count in outcomes.most_common())
        rows.append(
            f"| {world} | {total['posts']:,} | {total['doubled']} | {total['lost']} |"
            f" {total['wrong']} | {broken} | {ends} | {total['posts'] / max(seconds, 0.01):,.0f} |"
        )
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, print the summary; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--posts", type=int, default=100_000, help="in all, over the worlds")
    parser.add_argument("--resume", type=Path, help="file with one line per batch")
    parser.add_argument("--world", choices=[*WORLDS, "both"], default="both")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args(arguments)
    worlds = ["refuses", "copies"] if chosen.world == "both" else [chosen.world]
    lines = _written(chosen.resume) if chosen.resume else []
    batches = list(_to_do(worlds, chosen.posts, lines))
    for line in _results(batches, chosen.processes):
        lines.append(line)
        if chosen.resume:
            with chosen.resume.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())
        for words in line["broken"]:
            print(f"{line['world']}: {words}", file=sys.stderr, flush=True)
    print(summary(lines))
    return 1 if any(line["broken"] for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
