"""Random posts through the real services, with faults, deaths and people, in virtual time."""

import pytest

from tests.faults.through_services import run_batch


@pytest.mark.parametrize("copies", [False, True], ids=["refuses", "copies"])
def test_random_posts_keep_every_promise(copies: bool) -> None:
    batch = run_batch(20 + copies, posts=100, copies=copies, death=0.01)

    assert not batch.broken
    assert (batch.doubled, batch.lost) == (0, 0)
    assert batch.deaths > 0, "nothing was tried"
    assert batch.states["published"] > 70
