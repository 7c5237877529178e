"""What the long runs found, from the lines that they wrote: `bench/results/*.jsonl`.

These take hours and are not part of `make bench`: `bench.random_run --out FILE`,
`bench.race --out FILE`, `bench.simulation --resume FILE` and `bench.through_services --resume FILE`
write a line of JSON for each batch, and all of them count in the same words.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.page import Goal, Part, table
from bench.scale import Scale
from tests.databases import POSTGRESQL, SQLITE

FOLDER = Path(__file__).resolve().parent / "results"
COUNTED = ("posts", "live", "owners", "kills", "deaths", "doubled", "lost", "wrong")
BROKEN = ("broken", "violations")
WANTED_POSTS, WANTED_KILLS = 5_000, 500
WANTED_RACE, WANTED_OWNERS = 10_000, 4

METHOD = """Sums of runs of hours, which `make bench` does not repeat; the lines they wrote are in
[`bench/results`](../bench/results). *Lost* is a post without an end, *doubled* one that is to be seen
twice, *broken* a promise that did not hold, whichever."""

Group = tuple[str, str]  # of which file, on which database or in which world


def totals(folder: Path = FOLDER) -> dict[Group, Counter[str]]:
    """Add up the batches of each run, by database or world."""
    found: dict[Group, Counter[str]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in _lines(path):
            group = (path.stem, str(line.get("database") or line.get("world") or ""))
            found.setdefault(group, Counter()).update(_counts(line))
    return found


def part(_scale: Scale) -> Part:
    """Show what is there."""
    found = totals()
    rows = [
        (f"{run} ({where})" if where else run, *(f"{sums[name]:,}" for name in _COLUMNS))
        for (run, where), sums in found.items()
    ]
    head = ("run", *_COLUMNS)
    return Part(
        title="Long runs",
        method=METHOD,
        figures=table(head, rows) if rows else "None are kept yet.",
        goals=(
            *(goal(kind, found) for kind in (SQLITE, POSTGRESQL)),
            *(race_goal(kind, found) for kind in (SQLITE, POSTGRESQL)),
        ),
    )


_COLUMNS = ("batches", "posts", "kills", "deaths", "doubled", "lost", "wrong", "broken")


def goal(kind: str, found: dict[Group, Counter[str]]) -> Goal:
    """Say whether the random runs on that database are long enough and clean."""
    mine = _sum(sums for (_, where), sums in found.items() if where == kind and sums["kills"])
    is_clean = mine["lost"] == mine["doubled"] == mine["broken"] == 0
    is_long = mine["posts"] >= WANTED_POSTS and mine["kills"] >= WANTED_KILLS
    measured = (
        f"{mine['posts']:,} posts, {mine['kills']:,} kills: {mine['lost']} lost,"
        f" {mine['doubled']} doubled (a run of its own)"
    )
    return Goal(
        what=f"Random faults, real processes ({kind})",
        goal=f"{WANTED_POSTS:,} posts, {WANTED_KILLS} kills: none lost, none doubled",
        measured=measured if mine["posts"] else "no run is kept yet",
        is_met=is_clean and is_long if mine["posts"] else None,
    )


def race_goal(kind: str, found: dict[Group, Counter[str]]) -> Goal:
    """Say whether the race on that database had enough runners, and one winner for each post."""
    mine = found.get(("race", kind), Counter())
    is_clean = mine["live"] == mine["posts"] and mine["doubled"] == mine["broken"] == 0
    is_long = mine["posts"] >= WANTED_RACE * mine["batches"]
    has_all = mine["owners"] >= WANTED_OWNERS * mine["batches"]
    return Goal(
        what=f"Race for the same posts ({kind})",
        goal=f"{WANTED_RACE:,} posts, {WANTED_OWNERS} processes: each live once",
        measured=f"{mine['posts']:,} posts, {mine['live']:,} live, {mine['doubled']} doubled"
        f" (a run of its own)"
        if mine["posts"]
        else "no run is kept yet",
        is_met=is_clean and is_long and has_all if mine["posts"] else None,
    )


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _counts(line: dict[str, Any]) -> dict[str, int]:
    counted = {name: int(line.get(name, 0)) for name in COUNTED}
    broken = sum(len(line.get(name, ())) for name in BROKEN)
    return {**counted, "broken": broken, "batches": 1}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines that are whole; the last of a run that was cut off may not be."""
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and "posts" in line:
            yield line
