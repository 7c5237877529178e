"""What Instagram takes as a picture."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ospost.domain import media_rules
from ospost.domain.findings import Severity
from ospost.domain.media_rules import (
    Crop,
    centred_cut,
    check_image,
    cut_size,
    is_legal,
    nearest_legal_cut,
    output_size,
)
from ospost.errors import Invalid

SIDES = st.integers(min_value=1, max_value=60_000)


def severities(field: str, **picture: int | Crop | None) -> list[Severity]:
    """Return how bad the findings on one field are."""
    found = check_image(**picture)  # type: ignore[arg-type]  # the keywords of check_image
    return [finding.severity for finding in found if finding.field == field]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0,0,1,1", Crop(0, 0, 1, 1)),
        ("0.1,0.2,0.3,0.4", Crop(0.1, 0.2, 0.3, 0.4)),
        (" .5, .5 ,.5,5e-1", Crop(0.5, 0.5, 0.5, 0.5)),
        ("-0.0000001,0,1.0000001,1", Crop(0, 0, 1, 1)),
        ("0.1,0,0.9000004,1", Crop(0.1, 0, 0.9, 1)),
        ("-0,0,1,1", Crop(0, 0, 1, 1)),
        ("0.30000000000000004,0,0.7,1", Crop(0.3, 0, 0.7, 1)),
    ],
)
def test_a_cut_is_read_and_float_dust_is_wiped_off(text: str, wanted: Crop) -> None:
    assert Crop.parse(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",,,",
        "0,0,1",
        "0,0,1,1,1",
        "a,b,c,d",
        "nan,0,1,1",
        "0,0,nan,1",
        "0,0,inf,1",
        "-inf,0,1,1",
        "1e999,0,1,1",
        "0,0,0,1",
        "0,0,1,0",
        "0,0,-1,1",
        "0.5,0,0.6,1",
        "0,0.5,1,0.6",
        "-0.1,0,1,1",
        "1,0,0.1,1",
        "0,0,1.1,1",
        "0,0,0.0000004,1",
        "0;0;1;1",
        "0,0,1,1" + " " * 300,
        "0x0,0,1,1",
        "0,0,1,1\0",
    ],
)
def test_rubbish_is_refused_on_the_field_crop(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        Crop.parse(text)

    assert [field for field, _ in caught.value.complaints] == ["crop"]


@given(st.text(max_size=30))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        crop = Crop.parse(text)
    except Invalid:
        return
    assert crop.x >= 0 and crop.x + crop.w <= 1 + 1e-9


@given(*[st.floats(min_value=0, max_value=1)] * 4)
def test_a_cut_survives_being_written_and_read(x: float, y: float, w: float, h: float) -> None:
    try:
        crop = Crop(x, y, w * (1 - x), h * (1 - y))
    except Invalid:
        return
    assert Crop.parse(str(crop)) == crop


def test_a_cut_is_written_short() -> None:
    assert str(Crop(0, 0.125, 1, 0.5)) == "0,0.125,1,0.5"


@pytest.mark.parametrize(
    ("width", "height", "wanted"),
    [
        (1080, 1350, None),
        (1080, 1080, None),
        (3024, 4032, None),
        (1910, 1000, None),
        (745, 1000, None),
        (1915, 1000, None),
        (1080, 1920, Crop(0, 0.125, 1, 0.75)),
        (4000, 1000, Crop(0.26125, 0, 0.4775, 1)),
    ],
)
def test_the_nearest_legal_cut_is_centred_and_only_where_needed(
    width: int, height: int, wanted: Crop | None
) -> None:
    assert nearest_legal_cut(width, height) == wanted


@given(SIDES, SIDES)
def test_after_the_nearest_cut_a_picture_of_some_size_is_legal(width: int, height: int) -> None:
    crop = nearest_legal_cut(width, height)
    cut_width, cut_height = cut_size(width, height, crop)

    if crop is None:
        assert is_legal(width / height)
    elif min(cut_width, cut_height) >= 200:  # below that a pixel is a large part of the whole
        assert is_legal(cut_width / cut_height)
        assert crop.w == 1 or crop.h == 1
        assert math.isclose(crop.x, (1 - crop.w) / 2, abs_tol=1e-6)
        assert math.isclose(crop.y, (1 - crop.h) / 2, abs_tol=1e-6)


@given(st.integers(150, 20_000), st.integers(150, 20_000))
def test_a_legal_picture_comes_out_legal_to_the_pixel(width: int, height: int) -> None:
    crop = nearest_legal_cut(width, height)
    cut_width, cut_height = cut_size(width, height, crop)

    out_width, out_height = output_size(width, height, crop)

    assert 320 <= out_width <= 1440
    if is_legal(cut_width / cut_height):
        assert 0.75 <= out_width / out_height <= 1.91


@pytest.mark.parametrize(
    ("picture", "crop", "wanted"),
    [
        ((4032, 3024), None, (1440, 1080)),
        ((3024, 4032), None, (1440, 1920)),
        ((1080, 1350), None, (1080, 1350)),
        ((200, 250), None, (320, 400)),
        ((4000, 3000), Crop(0.25, 0, 0.5, 1), (1440, 2160)),
        ((1000, 1000), Crop(0, 0, 0.5, 0.5), (500, 500)),
        ((1440, 5000), None, (1440, 5000)),
    ],
)
def test_the_width_sent_is_320_to_1440_and_the_height_follows(
    picture: tuple[int, int], crop: Crop | None, wanted: tuple[int, int]
) -> None:
    assert output_size(*picture, crop) == wanted


@pytest.mark.parametrize("shape", media_rules.SHAPES, ids=lambda shape: shape.name)
def test_every_button_of_the_crop_dialog_gives_a_legal_picture(shape: media_rules.Shape) -> None:
    ratio = shape.ratio or 4000 / 3000
    crop = centred_cut(4000, 3000, ratio)

    width, height = cut_size(4000, 3000, crop)

    assert width / height == pytest.approx(ratio, abs=0.001)
    assert severities("crop", width=4000, height=3000, crop=crop) == []


@pytest.mark.parametrize(
    ("width", "height", "wanted"),
    [
        (744, 1000, [Severity.BLOCK]),
        (745, 1000, [Severity.WARN]),
        (750, 1000, [Severity.WARN]),
        (794, 1000, [Severity.WARN]),
        (800, 1000, []),
        (1080, 1351, []),
        (1000, 1000, []),
        (1915, 1000, []),
        (1916, 1000, [Severity.BLOCK]),
        (1080, 1920, [Severity.BLOCK]),
    ],
)
def test_the_shape_is_judged_with_a_little_tolerance(
    width: int, height: int, wanted: list[Severity]
) -> None:
    assert severities("crop", width=width, height=height) == wanted


@pytest.mark.parametrize(
    ("width", "wanted"),
    [(149, [Severity.BLOCK]), (150, [Severity.WARN]), (319, [Severity.WARN]), (320, [])],
)
def test_a_picture_of_few_pixels_is_warned_of_and_a_tiny_one_stopped(
    width: int, wanted: list[Severity]
) -> None:
    assert severities("media", width=width, height=width) == wanted


def test_what_counts_is_what_the_cut_leaves() -> None:
    cut = Crop(0, 0, 0.25, 1)

    assert severities("media", width=1000, height=250) == []
    assert severities("media", width=1000, height=250, crop=cut) == [Severity.WARN]
    assert severities("crop", width=1000, height=250) == [Severity.BLOCK]
    assert severities("crop", width=1000, height=250, crop=cut) == []


def test_messages_say_what_to_do_in_plain_words() -> None:
    tall, tiny = check_image(width=100, height=1000)
    (three_to_four,) = check_image(width=3024, height=4032)

    assert "too tall" in tall.message and "choose the part" in tall.message
    assert "100 pixels" in tiny.message
    assert "accepted in practice, not in the documentation" in three_to_four.message


def test_a_moving_picture_is_warned_to_stand_still() -> None:
    (finding,) = check_image(width=800, height=800, frames=12)

    assert (finding.field, finding.severity) == ("media", Severity.WARN)
    assert "12 images" in finding.message
