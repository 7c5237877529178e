"""Writes the finished picture: a plain JPEG that Instagram takes, or a small WebP."""

import hashlib
import io
import os

from PIL import Image

from ospost.imaging.errors import BadPicture, Reason
from ospost.imaging.values import Purpose, Rendered

JPEG_QUALITIES = (90, 85, 80, 72, 64, 55, 45, 35, 25)
PREVIEW_QUALITY = 82
JPEG_AIM, JPEG_LIMIT = 7_500_000, 8_000_000  # bytes; Meta refuses above 8 MB
WEBP_QUALITIES = (75, 60, 45, 30, 15)
WEBP_AIM = 15_000
DRAWN = ("PNG", "GIF")  # lines and letters keep their colour edges with 4:4:4


def encode(image: Image.Image, purpose: Purpose, *, source_format: str) -> bytes:
    """Return the file for *purpose*; raises `BadPicture` when it can't be below 8 MB."""
    if purpose is Purpose.THUMB:
        return _webp(image)
    sampling = "4:4:4" if source_format in DRAWN else "4:2:0"
    if purpose is Purpose.PREVIEW:
        return _jpeg(image, PREVIEW_QUALITY, sampling)
    encoded = b""
    for quality in JPEG_QUALITIES:
        encoded = _jpeg(image, quality, sampling)
        if len(encoded) <= JPEG_AIM:
            return encoded
    if len(encoded) < JPEG_LIMIT:
        return encoded
    raise BadPicture(Reason.TOO_MANY_PIXELS, "no JPEG of it is below 8 MB")


def _jpeg(image: Image.Image, quality: int, sampling: str) -> bytes:
    """Return a baseline JPEG; nothing but pixels goes in, since the picture carries no info."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=sampling)
    return buffer.getvalue()


def _webp(image: Image.Image) -> bytes:
    encoded = b""
    for quality in WEBP_QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=4)
        encoded = buffer.getvalue()
        if len(encoded) <= WEBP_AIM:
            break
    return encoded


def write(encoded: bytes, path: str, size: tuple[int, int]) -> Rendered:
    """Write the file to a new *path*, on disk when this returns, readable by the owner only."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(encoded)
        file.flush()
        os.fsync(descriptor)
    digest = hashlib.sha256(encoded).hexdigest()
    return Rendered(width=size[0], height=size[1], byte_size=len(encoded), sha256=digest)
