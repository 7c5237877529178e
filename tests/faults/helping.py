"""What several faults need: both worlds, an heir for a dead worker, and one look at the outcome."""

from collections.abc import Callable

import pytest

from tests.faults.case import BOTH_WORLDS
from tests.machine.driving import Drive

IN_BOTH_WORLDS = pytest.mark.parametrize("used", BOTH_WORLDS, indirect=True)


def heir_of(drive: Drive, *, owner: str = "tests:2:b") -> Drive:
    """Return another worker on the same database, who lives at the same moment."""
    return Drive(drive.app, drive.world, owner=owner, ahead=drive.ahead)


def assert_live_once(drive: Drive) -> None:
    """The only post is live once, is known to be, and is linked to what is really there."""
    row = drive.row()
    captions = [media.caption for media in drive.live()]
    assert len(captions) == 1, (row.state, captions, drive.sentences())
    (media,) = drive.live()
    assert (row.state, row.ig_media_id) == ("published", media.id), drive.sentences()


def at(point: str, act: Callable[[], None], *, skip: int = 0) -> Callable[[str], None]:
    """Return a `reached` that acts once, when *point* is passed after *skip* times."""
    left = [skip + 1]

    def reached(moment: str) -> None:
        if moment == point and left[0]:
            left[0] -= 1
            if not left[0]:
                act()

    return reached
