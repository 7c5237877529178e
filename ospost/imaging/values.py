"""What the workshop is asked for, what it may use, and what it answers."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from ospost.domain.media_rules import Crop

RECIPE_VERSION = 1  # raise it when the same recipe makes another picture


class Purpose(StrEnum):
    """What a derived picture is for."""

    INSTAGRAM = "instagram"  # baseline JPEG, sRGB, 320 to 1440 wide, below 8 MB
    THUMB = "thumb"  # WebP within 360 x 480 for the grid
    PREVIEW = "preview"  # JPEG of the whole upright picture, long side 1440, for the crop dialog


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a derived picture is made; a preview shows the whole picture and takes no crop."""

    purpose: Purpose
    crop: Crop | None = None

    def __post_init__(self) -> None:
        """Refuse a cut preview: the crop dialog needs the whole picture."""
        if self.purpose is Purpose.PREVIEW and self.crop is not None:
            raise ValueError("a preview shows the whole picture")

    @property
    def suffix(self) -> str:
        """The ending of the file that this recipe makes."""
        return ".webp" if self.purpose is Purpose.THUMB else ".jpg"

    def digest(self, source_sha256: str) -> str:
        """Return a hex name for the picture that this recipe makes of that source."""
        cut = "" if self.crop is None or self.crop.is_whole else str(self.crop)
        words = ("picture", str(RECIPE_VERSION), self.purpose, cut, source_sha256)
        return hashlib.sha256("|".join(words).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a file is.  *width* and *height* are of the upright picture, in pixels.

    *orientation* is the turn that the file asked for (1 to 8, as in EXIF), *bits* is per channel.
    """

    format: str
    width: int
    height: int
    orientation: int
    frames: int
    mode: str
    bits: int
    has_alpha: bool
    has_profile: bool
    byte_size: int


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A derived picture that lies at the path it was asked for."""

    width: int
    height: int
    byte_size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one job may use."""

    pixels: int = 64_000_000  # decoded at once
    jpeg_pixels: int = 300_000_000  # in a JPEG file, which is reduced while it is read
    side: int = 50_000
    frames: int = 1_000
    memory: int = 1_280 << 20  # bytes of address space of the child
    output: int = 64 << 20  # bytes of a file that the child writes
    seconds: float = 20.0
