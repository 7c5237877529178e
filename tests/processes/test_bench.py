"""The benchmarks work: what they run is real, what they say is what they found."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bench import burst, results, usual
from bench.page import Goal, Part, written
from bench.scale import QUICK
from tests.support import in_seconds


@pytest.mark.processes
def test_a_tiny_burst_goes_out_whole_from_the_production_server() -> None:
    found = burst.measure("tiny", 3, accounts=2, ahead_seconds=QUICK.ahead_seconds)

    assert (found.live, found.doubled) == (3, 0)
    assert found.is_whole
    assert found.cpu_ms > 0 < found.bare.cpu_seconds
    assert found.peak_mb > 20  # of all its processes, an interpreter alone takes half of that
    assert not replace(found, live=2).is_met
    assert not replace(found, doubled=1).is_met


@pytest.mark.processes
def test_the_usual_scheme_drops_what_its_threads_cannot_begin_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(usual, "THREADS", 2)
    monkeypatch.setattr(usual, "SLEEP_SECONDS", 1.5)
    due_at = in_seconds(2)
    wishes = [usual.Wish(account=no, caption=f"Post {no}", due_at=due_at) for no in range(3)]

    outcome = usual.play(wishes, accounts=3)

    assert outcome.ends == Counter(live=2, dropped=1)
    assert len(outcome.late_ms) == 2


def test_long_runs_are_added_up_and_judged(tmp_path: Path) -> None:
    clean = {"database": "sqlite", "posts": 5000, "kills": 500, "lost": 0, "violations": []}
    doubled = {"database": "postgresql", "posts": 9000, "kills": 900, "doubled": 1}
    simulated = {"world": "copies", "posts": 700, "wrong": 2, "broken": ["seed 1"]}
    lines = [json.dumps(line) for line in (clean, doubled, simulated, simulated)]
    (tmp_path / "random.jsonl").write_text("\n".join([*lines[:2], '{"posts": 12']))
    (tmp_path / "simulation.jsonl").write_text("\n".join(lines[2:]))
    race = {"posts": 10_000, "live": 10_000, "owners": 4}
    races = [{**race, "database": "sqlite"}, {**race, "database": "postgresql", "owners": 3}]
    (tmp_path / "race.jsonl").write_text("\n".join(json.dumps(line) for line in races))

    found = results.totals(tmp_path)
    verdicts = {kind: results.goal(kind, found).is_met for kind in ("sqlite", "postgresql")}

    assert found["simulation", "copies"]["posts"] == 1400
    assert found["simulation", "copies"]["broken"] == 2
    assert found["random", "sqlite"]["batches"] == 1
    assert verdicts == {"sqlite": True, "postgresql": False}
    assert results.goal("sqlite", {}).is_met is None
    assert results.race_goal("sqlite", found).is_met is True
    assert results.race_goal("postgresql", found).is_met is False  # one of the four never ran
    assert results.race_goal("sqlite", {}).is_met is None


def test_the_page_says_of_every_goal_whether_it_is_met() -> None:
    goals = tuple(
        Goal(what=f"Goal {met}", goal="≤ 1", measured="2", is_met=met)
        for met in (True, False, None)
    )
    page = written([Part(title="A part", method="How.", figures="| x |", goals=goals)], begun="M.")

    assert "| Goal True | ≤ 1 | 2 | yes |" in page
    assert "| Goal False | ≤ 1 | 2 | **no** |" in page
    assert "| Goal None | ≤ 1 | 2 | – |" in page
    assert "## A part\n\nHow.\n\n| x |" in page
