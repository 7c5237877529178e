"""Every file of the catalogue goes through the workshop; an independent reader looks at the result."""

import io
from pathlib import Path

import pytest
from PIL import Image

from ospost.domain.media_rules import output_size
from ospost.imaging.errors import BadPicture, Reason
from ospost.imaging.values import Purpose, Recipe
from ospost.imaging.workshop import Workshop
from tests.imaging import jpeg_reader
from tests.imaging.odd_files import CATALOGUE, Good, Odd

BASELINE = 0xC0
APP0, APP1, APP15, COMMENT = 0xE0, 0xE1, 0xEF, 0xFE
INSTAGRAM = Recipe(purpose=Purpose.INSTAGRAM)
REFUSED = [odd for odd in CATALOGUE if isinstance(odd.expected, Reason)]
TAKEN = [odd for odd in CATALOGUE if isinstance(odd.expected, Good)]


def put(folder: Path, odd: Odd) -> Path:
    """Write the file under its own misleading name."""
    path = folder / odd.name
    path.write_bytes(odd.build())
    return path


def assert_plain_baseline(data: bytes, size: tuple[int, int]) -> None:
    """Assert that nothing but a baseline picture of that size is in the file."""
    found = jpeg_reader.read(data)
    assert (found.frame, found.precision) == (BASELINE, 8)
    assert (found.width, found.height) == size
    assert found.sampling in (((2, 2), (1, 1), (1, 1)), ((1, 1), (1, 1), (1, 1)))
    assert not [code for code in found.markers if APP1 <= code <= APP15 or code == COMMENT]
    assert found.trailing == 0
    assert len(data) < 8_000_000


def assert_colours(data: bytes, good: Good) -> None:
    """Assert the colour in the middle of each quarter."""
    image = Image.open(io.BytesIO(data))
    assert image.mode == "RGB"
    places = [(x, y) for y in (1, 3) for x in (1, 3)]
    for (x, y), wanted in zip(places, good.colours, strict=True):
        found = image.getpixel((image.width * x // 4, image.height * y // 4))
        assert isinstance(found, tuple)
        distance = max(abs(a - b) for a, b in zip(found, wanted, strict=True))
        assert distance <= good.tolerance, (x, y, found, wanted)


@pytest.mark.parametrize("odd", TAKEN, ids=str)
def test_an_odd_but_sound_file_becomes_a_plain_picture(
    odd: Odd, workshop: Workshop, tmp_path: Path, out: Path
) -> None:
    good = odd.expected
    assert isinstance(good, Good)
    path = put(tmp_path, odd)
    original = path.read_bytes()

    facts = workshop.probe(path)
    made = workshop.render(path, INSTAGRAM, out / "made.jpg")

    assert (facts.format, facts.width, facts.height) == (good.format, *good.size)
    assert {name: getattr(facts, name) for name, _ in good.facts} == dict(good.facts)
    data = (out / "made.jpg").read_bytes()
    assert (made.width, made.height) == output_size(*good.size, None)
    assert made.byte_size == len(data)
    assert_plain_baseline(data, (made.width, made.height))
    assert b"SECRETCAM" not in data and b"script" not in data
    assert_colours(data, good)
    assert path.read_bytes() == original
    assert [file.name for file in out.iterdir()] == ["made.jpg"]


@pytest.mark.parametrize("odd", REFUSED, ids=str)
def test_a_hostile_file_is_refused_with_its_reason_and_leaves_nothing(
    odd: Odd, workshop: Workshop, tmp_path: Path, out: Path
) -> None:
    path = put(tmp_path, odd)

    with pytest.raises(BadPicture) as probing:
        workshop.probe(path)
    with pytest.raises(BadPicture) as rendering:
        workshop.render(path, INSTAGRAM, out / "made.jpg")

    assert (probing.value.reason, rendering.value.reason) == (odd.expected, odd.expected)
    assert len(probing.value.sentence) > 15 and "{" not in probing.value.sentence
    assert ": ." not in probing.value.sentence
    assert probing.value.complaints[0][0] == "media"
    assert list(out.iterdir()) == []


def test_the_catalogue_is_large_and_has_every_reason_a_file_can_have() -> None:
    reasons = {odd.expected for odd in REFUSED}

    assert len(CATALOGUE) >= 60
    assert reasons == set(Reason) - {Reason.TOO_SLOW, Reason.TOO_MUCH_MEMORY}


def test_a_foreign_format_is_named(workshop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "drawing.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n")

    with pytest.raises(BadPicture, match="EPS or PostScript"):
        workshop.probe(path)
