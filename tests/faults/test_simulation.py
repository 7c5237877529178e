"""The machine's own decisions in virtual time: whole it breaks nothing, without a rule it does."""

from pathlib import Path

import pytest

from bench import simulation
from tests.faults.simulation.meta import Chaos
from tests.faults.simulation.rules import LATE, ROUGH, RULES
from tests.faults.simulation.world import POSTS, run

WORLDS = {"refuses": Chaos(), "copies": Chaos(copies=True), "rough": ROUGH, "late": LATE}
MOST = 120
"""In how many worlds the absence of a rule must have shown."""


@pytest.mark.parametrize("world", WORLDS)
def test_no_post_is_lost_doubled_or_misnamed(world: str) -> None:
    posts = 2000 if world in ("refuses", "copies") else 400
    for seed in range(posts // POSTS):
        result = run(seed, chaos=WORLDS[world])

        assert result.is_well, result
        assert result.outcomes["published"] > POSTS / 2, "the world is too hostile to say anything"


@pytest.mark.parametrize("rule", RULES)
def test_without_any_one_rule_the_same_posts_go_wrong(rule: str) -> None:
    cut = RULES[rule]
    seeds = range(cut.first_seed, cut.first_seed + MOST)
    broken = next(
        (s for s in seeds if not run(s, chaos=cut.chaos, decisions=cut.decisions).is_well), None
    )

    assert broken is not None, f"nothing went wrong in {MOST * POSTS} posts"
    for seed in range(max(cut.first_seed, broken - 2), broken + 1):
        assert run(seed, chaos=cut.chaos).is_well, seed


def test_the_same_seed_is_the_same_world() -> None:
    assert run(11, chaos=ROUGH) == run(11, chaos=ROUGH)


def test_a_long_run_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "batches.jsonl"
    words = ["--resume", str(file), "--world", "copies", "--posts"]
    simulation.main([*words, "1000"])
    first = file.read_text()
    file.write_text(first + '{"world": "cop')  # cut off by a power failure

    assert simulation.main([*words, "2000"]) == 0

    assert file.read_text().startswith(first)
    assert "| copies | 2,000 | 0 | 0 | 0 | 0 |" in capsys.readouterr().out
