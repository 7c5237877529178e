"""Cuts, scales and turns a picture, decoding no more of it than the result needs."""

import math
from collections.abc import Callable

from PIL import Image, ImageFile

from ospost.domain.media_rules import Crop, cut_size, output_size
from ospost.imaging.colour import to_srgb, workable
from ospost.imaging.errors import BadPicture, Reason
from ospost.imaging.opening import JPEGS, Opened
from ospost.imaging.values import Limits, Purpose, Recipe

THUMB_WIDTH, THUMB_HEIGHT = 360, 480
PREVIEW_SIDE = 1440
LONGEST_OUTPUT = 10_000
GAP = 3.0  # how much larger than the result the quick first reduction stays
ONE_SIDE_AT_A_TIME = ("RGB", "L", "CMYK")

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

TO_STORED: dict[int, Callable[[float, float], tuple[float, float]]] = {
    # where a point of the upright picture lies in the stored one
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (y, 1 - x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (1 - y, x),
}


def target_size(width: int, height: int, recipe: Recipe) -> tuple[int, int]:
    """Return the size of the result for an upright picture of *width* x *height*."""
    if recipe.purpose is Purpose.INSTAGRAM:
        return output_size(width, height, recipe.crop)
    cut = cut_size(width, height, recipe.crop)
    if recipe.purpose is Purpose.THUMB:
        return _within(*cut, THUMB_WIDTH, THUMB_HEIGHT)
    return _within(*cut, PREVIEW_SIDE, PREVIEW_SIDE)


def _within(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    scale = min(1.0, most_width / width, most_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def shaped(source: Opened, recipe: Recipe, limits: Limits) -> Image.Image:
    """Return the upright sRGB picture that *recipe* asks for, at its final size."""
    facts = source.facts
    target = target_size(facts.width, facts.height, recipe)
    if max(target) > LONGEST_OUTPUT:
        raise BadPicture(Reason.TOO_MANY_PIXELS, "it is far too long and thin")
    size = target if source.turn < 5 else target[::-1]
    part = _as_stored(recipe.crop, source.turn)
    profile = source.image.info.get("icc_profile")

    draft(source.image, size, part, limits)
    source.image.load()
    image = workable(source.image)
    if part == WHOLE and image.mode in ONE_SIDE_AT_A_TIME:
        image = _scaled(image, (size[0], image.height), part)  # the same, in less memory
    else:
        image = _scaled(image, size, part)
    source.image.close()  # frees its pixels before the next copy is made
    if image.size != size:
        image = _scaled(image, size, WHOLE)
    if source.turn in TURNS:
        image = image.transpose(TURNS[source.turn])
    return to_srgb(image, profile)


def draft(image: ImageFile.ImageFile, size: tuple[int, int], part: Box, limits: Limits) -> None:
    """Let a JPEG decoder reduce while it reads, by 2, 4 or 8, never below what *size* needs.

    A small cut of a giant picture would need all of it: then it is reduced to the limit of
    pixels, and the cut is scaled up from there.
    """
    if image.format not in JPEGS:
        return
    wanted = [math.ceil(size[axis] / (part[axis + 2] - part[axis])) for axis in (0, 1)]
    wanted = [max(1, min(want, have)) for want, have in zip(wanted, image.size, strict=True)]
    reduction = min(have // want for want, have in zip(wanted, image.size, strict=True))
    least = math.sqrt(image.width * image.height / limits.pixels)
    if reduction < least:
        step = next((step for step in (2, 4) if step >= least), 8)
        wanted = [max(1, have // step) for have in image.size]
    image.draft(None, (wanted[0], wanted[1]))


def _scaled(image: Image.Image, size: tuple[int, int], part: Box) -> Image.Image:
    width, height = image.size
    box = (part[0] * width, part[1] * height, part[2] * width, part[3] * height)
    return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=GAP)


def _as_stored(crop: Crop | None, turn: int) -> Box:
    """Return left, top, right, bottom of the cut in fractions of the picture as it is stored."""
    if crop is None:
        return WHOLE
    place = TO_STORED.get(turn, TO_STORED[1])
    ones = place(crop.x, crop.y)
    others = place(crop.x + crop.w, crop.y + crop.h)
    left, right = sorted((ones[0], others[0]))
    top, bottom = sorted((ones[1], others[1]))
    return left, top, right, bottom
