"""Posts of one account with the same words, due at nearly the same time."""

from datetime import timedelta

import pytest

from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds


@pytest.mark.parametrize("words", ["Good morning", " Good morning\n\u2003"], ids=["same", "edges"])
def test_a_post_waits_while_one_of_the_same_words_is_looked_for(
    studio: Studio, drive: Drive, words: str
) -> None:
    """The first call is lost and the second one's answer: its media must not be taken for both."""
    fault(studio.world, "publish", "lost_before", count=1)
    fault(studio.world, "publish", "lost_after", count=1)
    due_at = in_seconds(60)
    studio.post("Good morning", due_at=due_at)
    studio.post(words, due_at=due_at + timedelta(seconds=2))

    drive.run(seconds=3600)

    media_ids = {media.id for media in drive.live()}
    assert drive.states() == ["published", "published"]
    assert {row.ig_media_id for row in drive.rows()} == media_ids
    assert len(media_ids) == 2
    assert "held_twin" in drive.causes()


def test_other_words_do_not_wait(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "publish", "lost_before", count=1)
    due_at = in_seconds(60)
    studio.post("Good morning", due_at=due_at)
    studio.post("Good evening", due_at=due_at + timedelta(seconds=2))

    drive.run(seconds=90, until="published")

    assert drive.states() == ["unknown", "published"]
