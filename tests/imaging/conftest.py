from collections.abc import Iterator
from pathlib import Path

import pytest

from ospost.imaging.workshop import Workshop


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """One workshop for all, as in the product."""
    with Workshop() as one:
        yield one


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder of its own for what is made, so that a test can say that nothing is left in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
