"""What the three recipes make of sound pictures."""

import io
import stat
from pathlib import Path

import pytest
from PIL import Image

from ospost.domain.media_rules import Crop
from ospost.imaging.errors import BadPicture, Reason
from ospost.imaging.values import Purpose, Recipe
from ospost.imaging.workshop import Workshop
from tests.imaging import jpeg_reader
from tests.imaging import makers as make

INSTAGRAM, THUMB, PREVIEW = (Recipe(purpose=purpose) for purpose in Purpose)
NEAR = 14


def put(folder: Path, name: str, data: bytes) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(data)
    return path


def colour(path: Path, x: float, y: float) -> tuple[int, ...]:
    """Return the colour at a place given in fractions."""
    with Image.open(path) as image:
        found = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(found, tuple)
    return found


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Return whether two colours look the same."""
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= NEAR


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "HEIF", "AVIF", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_cut_is_taken_from_the_upright_picture_whatever_its_turn(
    form: str, turn: int, workshop: Workshop, tmp_path: Path
) -> None:
    source = put(tmp_path, "source", make.turned(turn, form))
    quarters = {
        make.RED: Crop(0, 0, 0.5, 0.5),
        make.GREEN: Crop(0.5, 0, 0.5, 0.5),
        make.BLUE: Crop(0, 0.5, 0.5, 0.5),
        make.WHITE: Crop(0.5, 0.5, 0.5, 0.5),
    }

    for wanted, crop in quarters.items():
        recipe = Recipe(purpose=Purpose.INSTAGRAM, crop=crop)
        made = workshop.render(source, recipe, tmp_path / "made.jpg")

        assert (made.width, made.height) == (320, 256)
        places = [(x, y) for x in (0.04, 0.5, 0.94) for y in (0.04, 0.5, 0.94)]
        found = [colour(tmp_path / "made.jpg", x, y) for x, y in places]
        assert all(near(one, wanted) for one in found), (crop, found)


@pytest.mark.parametrize("turn", [1, 6])
def test_a_large_jpeg_is_cut_at_the_right_place_though_it_is_reduced_while_read(
    turn: int, workshop: Workshop, tmp_path: Path
) -> None:
    image = make.quarters((4000, 3200))
    stored = image.transpose(make.INVERSE[6]) if turn == 6 else image
    source = put(tmp_path, "a.jpg", make.jpeg(stored, exif=make.exif(turn)))
    crop = Crop(0.25, 0.25, 0.5, 0.5)

    made = workshop.render(source, Recipe(purpose=Purpose.INSTAGRAM, crop=crop), tmp_path / "b.jpg")

    assert (made.width, made.height) == (1440, 1152)
    edge = 4 / 1440
    assert near(colour(tmp_path / "b.jpg", 0.5 - edge, 0.5 - edge), make.RED)
    assert near(colour(tmp_path / "b.jpg", 0.5 + edge, 0.5 - edge), make.GREEN)
    assert near(colour(tmp_path / "b.jpg", 0.5 - edge, 0.5 + edge), make.BLUE)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((200, 160), (320, 256)),
        ((1000, 800), (1000, 800)),
        ((3000, 2400), (1440, 1152)),
        ((1080, 1350), (1080, 1350)),
        ((3024, 4032), (1440, 1920)),
    ],
)
def test_instagram_gets_320_to_1440_pixels_of_width(
    size: tuple[int, int], wanted: tuple[int, int], workshop: Workshop, tmp_path: Path
) -> None:
    source = put(tmp_path, "a.png", make.saved(make.flat((90, 40, 160), size=size), "PNG"))

    made = workshop.render(source, INSTAGRAM, tmp_path / "b.jpg")

    found = jpeg_reader.read((tmp_path / "b.jpg").read_bytes())
    assert (made.width, made.height) == (found.width, found.height) == wanted


def test_a_picture_that_would_be_too_heavy_is_pressed_until_it_fits(
    workshop: Workshop, tmp_path: Path
) -> None:
    source = put(tmp_path, "noise.png", make.saved(make.noise((1440, 5000)), "PNG"))

    made = workshop.render(source, INSTAGRAM, tmp_path / "b.jpg")

    assert 4_000_000 < made.byte_size <= 7_500_000
    assert (made.width, made.height) == (1440, 5000)


def test_a_strip_that_no_one_could_see_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    source = put(tmp_path, "strip.png", make.png_bits(8, 8000))

    with pytest.raises(BadPicture) as caught:
        workshop.render(source, INSTAGRAM, tmp_path / "b.jpg")

    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    assert not (tmp_path / "b.jpg").exists()


def test_a_16_bit_ramp_stays_even_from_black_to_white(workshop: Workshop, tmp_path: Path) -> None:
    source = put(tmp_path, "ramp.png", make.png_ramp_16(1024, 800))

    workshop.render(source, INSTAGRAM, tmp_path / "b.jpg")

    found = [colour(tmp_path / "b.jpg", step / 16 + 0.001, 0.5)[0] for step in range(16)]
    wanted = [round(255 * step / 16) for step in range(16)]
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= 4
    assert colour(tmp_path / "b.jpg", 0.999, 0.5)[0] >= 252


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((4000, 3000), (360, 270)), ((3000, 4000), (360, 480)), ((90, 90), (90, 90))],
)
def test_a_thumbnail_is_a_small_webp(
    size: tuple[int, int], wanted: tuple[int, int], workshop: Workshop, tmp_path: Path
) -> None:
    source = put(tmp_path, "a.jpg", make.jpeg(make.quarters(size), exif=make.exif(1)))

    made = workshop.render(source, THUMB, tmp_path / "b.webp")

    data = (tmp_path / "b.webp").read_bytes()
    assert data[8:12] == b"WEBP"
    assert b"EXIF" not in data and b"SECRETCAM" not in data
    assert (made.width, made.height) == wanted
    assert made.byte_size == len(data) <= 15_000


def test_a_grainy_photo_has_a_light_thumbnail_too(workshop: Workshop, tmp_path: Path) -> None:
    grain = Image.effect_noise((900, 1200), 35).convert("RGB")
    source = put(tmp_path, "a.jpg", make.jpeg(grain))
    usual = make.saved(grain.resize((360, 480)), "WEBP", quality=75)
    assert len(usual) > 15_000

    made = workshop.render(source, THUMB, tmp_path / "b.webp")

    assert made.byte_size <= 15_000


def test_a_thumbnail_shows_the_cut(workshop: Workshop, tmp_path: Path) -> None:
    source = put(tmp_path, "a.jpg", make.turned(6, "JPEG"))
    recipe = Recipe(purpose=Purpose.THUMB, crop=Crop(0, 0.5, 0.5, 0.5))

    workshop.render(source, recipe, tmp_path / "b.webp")

    assert near(colour(tmp_path / "b.webp", 0.5, 0.5), make.BLUE)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((4000, 500), (1440, 180)), ((500, 4000), (180, 1440)), ((300, 200), (300, 200))],
)
def test_a_preview_is_the_whole_picture_at_1440(
    size: tuple[int, int], wanted: tuple[int, int], workshop: Workshop, tmp_path: Path
) -> None:
    source = put(tmp_path, "a.png", make.saved(make.quarters(size), "PNG"))

    made = workshop.render(source, PREVIEW, tmp_path / "b.jpg")

    assert (made.width, made.height) == wanted
    assert jpeg_reader.read((tmp_path / "b.jpg").read_bytes()).frame == 0xC0
    assert near(colour(tmp_path / "b.jpg", 0.1, 0.1), make.RED)
    assert near(colour(tmp_path / "b.jpg", 0.9, 0.9), make.WHITE)


def test_a_preview_is_never_cut() -> None:
    with pytest.raises(ValueError, match="whole"):
        Recipe(purpose=Purpose.PREVIEW, crop=Crop(0, 0, 0.5, 0.5))


def test_what_is_made_is_private_and_replaces_what_was_there(
    workshop: Workshop, tmp_path: Path, out: Path
) -> None:
    source = put(tmp_path, "a.jpg", make.jpeg())
    target = put(out, "b.jpg", b"old")

    made = workshop.render(source, INSTAGRAM, target)
    again = workshop.render(source, INSTAGRAM, target)

    assert made == again
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [file.name for file in out.iterdir()] == ["b.jpg"]


def test_a_missing_file_or_folder_is_an_error_of_ours_and_the_next_job_works(
    workshop: Workshop, tmp_path: Path
) -> None:
    source = put(tmp_path, "a.jpg", make.jpeg())

    with pytest.raises(FileNotFoundError):
        workshop.probe(tmp_path / "nothing.jpg")
    with pytest.raises(FileNotFoundError):
        workshop.render(source, INSTAGRAM, tmp_path / "no folder" / "b.jpg")

    assert workshop.probe(source).byte_size == source.stat().st_size


def test_the_name_of_a_recipe_depends_on_all_that_changes_the_picture() -> None:
    crop = Crop(0.1, 0.1, 0.5, 0.5)
    recipes = [
        INSTAGRAM,
        THUMB,
        PREVIEW,
        Recipe(purpose=Purpose.INSTAGRAM, crop=crop),
        Recipe(purpose=Purpose.INSTAGRAM, crop=Crop(0.1, 0.1, 0.5, 0.500001)),
        Recipe(purpose=Purpose.THUMB, crop=crop),
    ]

    names = {recipe.digest(source) for recipe in recipes for source in ("a" * 64, "b" * 64)}

    assert len(names) == 12
    assert all(len(name) == 64 for name in names)
    assert INSTAGRAM.digest("a" * 64) == Recipe(purpose=Purpose.INSTAGRAM).digest("a" * 64)


def test_a_cut_of_everything_is_the_same_as_no_cut() -> None:
    whole = Recipe(purpose=Purpose.THUMB, crop=Crop.parse("0,0,1,1"))

    assert whole.digest("a" * 64) == THUMB.digest("a" * 64)


def test_letters_and_lines_keep_their_colour_edges(workshop: Workshop, tmp_path: Path) -> None:
    drawn = put(tmp_path, "a.png", make.saved(make.quarters(), "PNG"))
    photo = put(tmp_path, "a.jpg", make.jpeg())

    workshop.render(drawn, INSTAGRAM, tmp_path / "drawn.jpg")
    workshop.render(photo, INSTAGRAM, tmp_path / "photo.jpg")

    assert jpeg_reader.read((tmp_path / "drawn.jpg").read_bytes()).sampling[0] == (1, 1)
    assert jpeg_reader.read((tmp_path / "photo.jpg").read_bytes()).sampling[0] == (2, 2)


def test_the_maker_of_test_pictures_is_strict_itself() -> None:
    progressive = jpeg_reader.read(make.jpeg(progressive=True))
    with_secrets = jpeg_reader.read(make.jpeg(exif=make.exif(1)))

    assert progressive.frame == 0xC2
    assert 0xE1 in with_secrets.markers
    assert Image.open(io.BytesIO(make.turned(6, "JPEG"))).size == (320, 400)
