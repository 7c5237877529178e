"""Anything at any time, and everybody at once, in small; `bench.random_run` and `bench.race` go on."""

from pathlib import Path

import pytest

from tests.databases import ON_BOTH, Database
from tests.faults.race import race
from tests.faults.random_run import RandomRun

pytestmark = pytest.mark.processes


@ON_BOTH
def test_whatever_happens_at_random_each_post_ends_once_or_with_a_reason(
    tmp_path: Path, database: Database
) -> None:
    run = RandomRun(tmp_path, database, seed=7, posts=60, kills=10, used_container="duplicate")

    outcome = run.run()

    assert outcome.violations == []
    assert (outcome.posts, outcome.doubled, outcome.lost) == (60, 0, 0)
    assert sum(outcome.faults.values()) > 5


@ON_BOTH
def test_four_processes_after_the_same_posts_publish_each_once(
    tmp_path: Path, database: Database
) -> None:
    finish = race(tmp_path, database, posts=200, accounts=40, processes=4)

    assert finish.violations == []
    assert (finish.live, finish.doubled, finish.owners) == (200, 0, 4)
