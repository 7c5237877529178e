"""What Instagram takes as a picture: shape, size, and the part of a photo that is cut out.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
(image specifications).  The documentation allows 4:5 to 1.91:1; the 3:4 of the app is taken
through the API as well, so it is legal here, with a warning.
"""

import math
from dataclasses import dataclass

from ospost.domain.findings import Finding, Severity
from ospost.errors import Invalid

TALLEST, WIDEST = 0.75, 1.91
LEGAL_RATIO = (TALLEST, WIDEST)
RATIO_TOLERANCE = 0.005
TALLEST_DOCUMENTED = 0.8

NARROWEST_OUTPUT, WIDEST_OUTPUT = 320, 1440
NARROWEST_USABLE = 150

DIGITS = 6
DUST = 1e-6
BAD_CROP = (
    "The cut must be four numbers between 0 and 1 (left, top, width, height) inside the photo."
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A button of the crop dialog; *ratio* is width / height, None keeps the picture's own."""

    name: str
    label: str
    ratio: float | None


ORIGINAL = Shape(name="original", label="Original", ratio=None)
SQUARE = Shape(name="square", label="Square 1:1", ratio=1.0)
PORTRAIT = Shape(name="portrait", label="Portrait 4:5", ratio=0.8)
LANDSCAPE = Shape(name="landscape", label="Landscape 1.91:1", ratio=WIDEST)
SHAPES = (ORIGINAL, SQUARE, PORTRAIT, LANDSCAPE)


@dataclass(frozen=True)
class Crop:
    """A rectangle in fractions of the upright picture: left, top, width, height.

    Kept to six digits; a rectangle that leaves the picture by less than that is
    pushed back in.  Raises `Invalid` on field "crop" for anything else.
    """

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        """Round away float dust, refuse what does not lie in the picture."""
        x, w = _inside(self.x, self.w)
        y, h = _inside(self.y, self.h)
        for name, value in (("x", x), ("y", y), ("w", w), ("h", h)):
            object.__setattr__(self, name, value)

    @classmethod
    def parse(cls, text: str) -> "Crop":
        """Read "x,y,w,h"; raises `Invalid` on field "crop"."""
        parts = text.split(",")
        if len(parts) != len("xywh") or len(text) > 200:
            raise Invalid(("crop", BAD_CROP))
        try:
            x, y, w, h = (float(part) for part in parts)
        except ValueError as error:
            raise Invalid(("crop", BAD_CROP)) from error
        return cls(x, y, w, h)

    def __str__(self) -> str:
        """Return "x,y,w,h"; `parse` gives the same crop again."""
        return ",".join(_plain(value) for value in (self.x, self.y, self.w, self.h))

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut off."""
        return (self.x, self.y, self.w, self.h) == (0, 0, 1, 1)


def _inside(start: float, length: float) -> tuple[float, float]:
    """Return start and length of one side, both within 0..1."""
    if not (math.isfinite(start) and math.isfinite(length)):
        raise Invalid(("crop", BAD_CROP))
    if start < -DUST or length <= DUST or start + length > 1 + DUST:
        raise Invalid(("crop", BAD_CROP))
    start = round(max(start, 0.0), DIGITS) + 0.0  # "+ 0.0" makes a negative zero plain
    length = round(min(length, 1 - start), DIGITS)
    if length <= 0:
        raise Invalid(("crop", BAD_CROP))
    return start, length


def _plain(value: float) -> str:
    return f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")


def cut_size(width: int, height: int, crop: Crop | None) -> tuple[int, int]:
    """Return width and height in pixels of the part that *crop* keeps."""
    if crop is None:
        return width, height
    return max(1, round(width * crop.w)), max(1, round(height * crop.h))


def is_legal(ratio: float) -> bool:
    """Return whether Instagram takes a picture of this width / height in a feed post."""
    return TALLEST - RATIO_TOLERANCE - DUST <= ratio <= WIDEST + RATIO_TOLERANCE + DUST


def centred_cut(width: int, height: int, ratio: float) -> Crop:
    """Return the largest cut of width / height *ratio* around the middle of the picture."""
    share = ratio * height / width
    w, h = (share, 1.0) if share < 1 else (1.0, 1 / share)
    return Crop((1 - w) / 2, (1 - h) / 2, w, h)


def nearest_legal_cut(width: int, height: int) -> Crop | None:
    """Return the centred cut that keeps most of a picture too tall or too wide, else None."""
    ratio = width / height
    if is_legal(ratio):
        return None
    return centred_cut(width, height, TALLEST if ratio < TALLEST else WIDEST)


def output_size(width: int, height: int, crop: Crop | None) -> tuple[int, int]:
    """Return the pixels of the picture sent to Instagram: 320 to 1440 wide, height follows.

    A legal cut comes out within 0.75..1.91 exactly, so that rounding cannot lose a post.
    """
    cut_width, cut_height = cut_size(width, height, crop)
    out_width = min(max(cut_width, NARROWEST_OUTPUT), WIDEST_OUTPUT)
    out_height = max(1, round(out_width * cut_height / cut_width))
    if is_legal(cut_width / cut_height):
        lowest, highest = math.ceil(out_width / WIDEST), math.floor(out_width / TALLEST)
        out_height = min(max(out_height, lowest), highest)
    return out_width, out_height


def check_image(
    *, width: int, height: int, crop: Crop | None = None, frames: int = 1
) -> list[Finding]:
    """Return what is wrong with an upright picture of this size, cut like this."""
    cut_width, cut_height = cut_size(width, height, crop)
    found = [*_check_shape(cut_width / cut_height), *_check_width(cut_width)]
    if frames > 1:
        found.append(
            Finding(
                field="media",
                severity=Severity.WARN,
                message=f"This file holds {frames:,} images; only the first one is posted.",
            )
        )
    return found


def _check_shape(ratio: float) -> list[Finding]:
    if not is_legal(ratio):
        side = "tall" if ratio < TALLEST else "wide"
        message = (
            f"This photo is too {side} for Instagram, which takes shapes from 3:4 (portrait) "
            "to 1.91:1 (landscape). Please choose the part to show."
        )
        return [Finding(field="crop", severity=Severity.BLOCK, message=message)]
    if ratio < TALLEST_DOCUMENTED - RATIO_TOLERANCE - DUST:
        message = (
            "Taller than 4:5: accepted in practice, not in the documentation. "
            "4:5 is the safe choice."
        )
        return [Finding(field="crop", severity=Severity.WARN, message=message)]
    return []


def _check_width(width: int) -> list[Finding]:
    if width < NARROWEST_USABLE:
        message = (
            f"This is only {width} pixels wide. At least {NARROWEST_USABLE} are needed, "
            "1080 look good."
        )
        return [Finding(field="media", severity=Severity.BLOCK, message=message)]
    if width < NARROWEST_OUTPUT:
        message = (
            f"This is only {width} pixels wide and will be scaled up to {NARROWEST_OUTPUT}, "
            "so it will look soft."
        )
        return [Finding(field="media", severity=Severity.WARN, message=message)]
    return []
