"""Opens a picture for the child: one known format, within the limits, not decoded before."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO

from PIL import Image, ImageFile, PngImagePlugin

from ospost.imaging.endings import ends_early
from ospost.imaging.errors import BadPicture, Reason
from ospost.imaging.frames import count_frames
from ospost.imaging.sniff import HEAD_BYTES, sniff, webp_size
from ospost.imaging.values import Facts, Limits

PLUGINS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
}
JPEGS = ("JPEG", "MPO")
UPRIGHT_WHEN_LOADED = ("TIFF", "HEIF")  # their decoders apply the turn themselves
ORIENTATION, BITS_PER_SAMPLE, NEW_SUBFILE, DNG_VERSION = 0x0112, 258, 254, 0xC612
LARGEST_METADATA = 1 << 20
BOMB_PIXELS_PER_BYTE = 100
NO_ROOM = ("memory", "allocat")
WEBP_BYTES_PER_PIXEL = 16  # measured: two canvases, the answer and Pillow's copy of it

ImageFile.LOAD_TRUNCATED_IMAGES = False
PngImagePlugin.MAX_TEXT_CHUNK = LARGEST_METADATA
PngImagePlugin.MAX_TEXT_MEMORY = 4 * LARGEST_METADATA


@dataclass(frozen=True)
class Opened:
    """An open picture and what is known of it; *turn* is still to be applied once it is loaded."""

    image: ImageFile.ImageFile
    facts: Facts
    turn: int


@contextmanager
def opened(path: str, limits: Limits) -> Iterator[Opened]:
    """Open the picture at *path*; raises `BadPicture` for all that is not one, also inside."""
    with open(path, "rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        head = stream.read(HEAD_BYTES)
        name = _format_of(head)
        _check_webp(head, size, limits)
        with _explained(stream, name), _open(stream, name, limits) as image:
            yield Opened(image, *_facts(image, stream, size, limits))


def _format_of(head: bytes) -> str:
    if not head:
        raise BadPicture(Reason.EMPTY)
    kind = sniff(head)
    if kind.foreign:
        raise BadPicture(Reason.UNSUPPORTED_FORMAT, kind.foreign)
    if not kind.format:
        raise BadPicture(Reason.NOT_A_PICTURE)
    return kind.format


@contextmanager
def _explained(stream: BinaryIO, name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into the reason: hostile bytes can raise anything."""
    try:
        yield
    except BadPicture:
        raise
    except MemoryError as error:
        raise BadPicture(Reason.TOO_MUCH_MEMORY) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(Reason.BOMB, "too many pixels") from error
    except Exception as error:
        reason = _reason(error, stream, name)
        detail = "the notes in it are packed too tightly" if reason is Reason.BOMB else ""
        raise BadPicture(reason, detail, cause=repr(error)[:300]) from error


def _reason(error: Exception, stream: BinaryIO, name: str) -> Reason:
    words = str(error).lower()
    if "decompressed data too large" in words or "max_text" in words:
        return Reason.BOMB
    if ends_early(stream, name):
        return Reason.TRUNCATED
    return Reason.TOO_MUCH_MEMORY if any(word in words for word in NO_ROOM) else Reason.BROKEN


def _open(stream: BinaryIO, name: str, limits: Limits) -> ImageFile.ImageFile:
    """Give the decoder of this format, and no other, the file."""
    if name == "HEIF":
        heif = import_module("pillow_heif")
        heif.register_heif_opener(thumbnails=False, decode_threads=1)
    else:
        import_module(PLUGINS[name])
    Image.MAX_IMAGE_PIXELS = limits.jpeg_pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    return Image.open(stream, formats=(name,))


def _check_webp(head: bytes, size: int, limits: Limits) -> None:
    canvas = webp_size(head) if head[8:12] == b"WEBP" else None
    if canvas:
        _check_pixels(*canvas, limit=limits.pixels, byte_size=size)
        if canvas[0] * canvas[1] * WEBP_BYTES_PER_PIXEL > limits.memory:
            raise BadPicture(Reason.TOO_MUCH_MEMORY)


def _check_pixels(width: int, height: int, *, limit: int, byte_size: int) -> None:
    pixels = width * height
    if pixels <= limit:
        return
    if pixels > BOMB_PIXELS_PER_BYTE * byte_size:
        raise BadPicture(Reason.BOMB, f"{width:,} × {height:,} pixels out of {byte_size:,} bytes")
    megapixels = f"{pixels / 1e6:,.0f} megapixels, and {limit / 1e6:,.0f} are the most"
    raise BadPicture(Reason.TOO_MANY_PIXELS, megapixels)


def _check(image: ImageFile.ImageFile, byte_size: int, limits: Limits) -> None:
    """Refuse by what the header says, before a pixel is decoded."""
    width, height = image.size
    is_jpeg = image.format in JPEGS
    limit = limits.jpeg_pixels if is_jpeg else limits.pixels
    _check_pixels(width, height, limit=limit, byte_size=byte_size)
    if max(width, height) > limits.side:
        detail = f"{max(width, height):,} pixels long, and {limits.side:,} are the most"
        raise BadPicture(Reason.TOO_MANY_PIXELS, detail)
    if is_jpeg and image.info.get("progressive"):
        coefficients = 2 * width * height * len(image.getbands())  # libjpeg keeps them all
        if coefficients > limits.memory * 3 // 4:
            raise BadPicture(Reason.TOO_MUCH_MEMORY)
    if image.mode in ("I", "F"):
        raise BadPicture(Reason.UNSUPPORTED_FORMAT, "a photo with 32 bits per colour")
    if _is_raw(image):
        raise BadPicture(Reason.UNSUPPORTED_FORMAT, "a camera raw file")


def _is_raw(image: ImageFile.ImageFile) -> bool:
    """Return whether this TIFF is the small preview in a camera's raw file."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    return DNG_VERSION in tags or tags.get(NEW_SUBFILE) == 1


def _facts(
    image: ImageFile.ImageFile, stream: BinaryIO, byte_size: int, limits: Limits
) -> tuple[Facts, int]:
    """Return the facts and the turn that is still to be applied after decoding."""
    _check(image, byte_size, limits)
    frames = count_frames(image, stream, limits.frames)
    if frames > limits.frames:
        raise BadPicture(Reason.BOMB, f"it holds more than {limits.frames:,} images")
    orientation = _orientation(image)
    turn = 1 if image.format in UPRIGHT_WHEN_LOADED else orientation
    width, height = image.size if turn < 5 else image.size[::-1]
    facts = Facts(
        format=str(image.format),
        width=width,
        height=height,
        orientation=orientation,
        frames=frames,
        mode=image.mode,
        bits=_bits(image, stream),
        has_alpha=image.has_transparency_data,
        has_profile=bool(image.info.get("icc_profile")),
        byte_size=byte_size,
    )
    return facts, turn


def _orientation(image: ImageFile.ImageFile) -> int:
    """Return 1 to 8; broken or oversized EXIF data count as none."""
    if image.format == "PNG":
        image.load()  # its EXIF data may stand behind the pixels
    if image.format == "HEIF":
        found = image.info.get("original_orientation")
    elif len(image.info.get("exif") or b"") > LARGEST_METADATA:
        return 1
    else:
        try:
            found = image.getexif().get(ORIENTATION)
        except Exception:  # noqa: BLE001  rubbish in EXIF may raise anything, the picture is fine
            return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _bits(image: ImageFile.ImageFile, stream: BinaryIO) -> int:
    """Return the bits per channel in the file; decoded are 8."""
    if image.format == "PNG":
        at = stream.tell()
        stream.seek(24)  # the bit depth in IHDR
        depth = stream.read(1)[0]
        stream.seek(at)
        return depth
    if image.format == "TIFF":
        found = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (1,))
        return int(max(found)) if found else 1
    return int(image.info.get("bit_depth", 8))
