"""Which format a file is, by its first bytes.  Its name is never asked."""

import struct
from dataclasses import dataclass

HEAD_BYTES = 4_096
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
AVIF_BRANDS = {b"avif", b"avis"}

STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
FOREIGN_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%!PS", "an EPS or PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "an EPS file"),
    (b"%PDF-", "a PDF file"),
    (b"II+\0", "a BigTIFF file"),
    (b"MM\0+", "a BigTIFF file"),
    (b"IIU\0", "a camera raw file"),
    (b"FUJIFILMCCD-RAW", "a camera raw file"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\0\0\0\x0cJXL \r\n", "a JPEG XL file"),
    (b"\0\0\0\x0cjP  \r\n", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"\x1aE\xdf\xa3", "a video (WebM or Matroska)"),
    (b"FLV\x01", "a video (FLV)"),
    (b"\0\0\x01\xba", "a video (MPEG)"),
    (b"gimp xcf", "a GIMP file"),
    (b"PK\x03\x04", "a ZIP or office file"),
    (b"\x1f\x8b", "a gzip file"),
)
RIFF_KINDS = {b"AVI ": "a video (AVI)", b"WAVE": "a sound file"}


@dataclass(frozen=True)
class Kind:
    """A format that the decoder is given, or the words for one that it is not."""

    format: str = ""
    foreign: str = ""


UNKNOWN = Kind()


def sniff(head: bytes) -> Kind:
    """Name the format of a file by its first *head* bytes; `UNKNOWN` when it is no picture."""
    for start, name in STARTS:
        if head.startswith(start):
            return Kind(foreign="a camera raw file") if head[8:10] == b"CR" else Kind(format=name)
    if head[:4] == b"RIFF":
        return _riff(head)
    if head[4:8] == b"ftyp":
        return _boxes(head)
    for start, words in FOREIGN_STARTS:
        if head.startswith(start):
            return Kind(foreign=words)
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return Kind(foreign="a BMP file")
    return Kind(foreign="an SVG file") if _is_svg(head) else UNKNOWN


def _riff(head: bytes) -> Kind:
    if head[8:12] == b"WEBP":
        return Kind(format="WEBP")
    words = RIFF_KINDS.get(head[8:12])
    return Kind(foreign=words) if words else UNKNOWN


def _boxes(head: bytes) -> Kind:
    """Tell HEIF, AVIF and videos apart by the brands of an ISO base media file."""
    length = min(struct.unpack(">I", head[:4])[0], len(head))
    major = head[8:12]
    brands = {major, *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if major in AVIF_BRANDS or (major in (b"mif1", b"msf1") and brands & AVIF_BRANDS):
        return Kind(format="AVIF")
    if major in HEIF_BRANDS or (major in (b"mif1", b"msf1") and brands & HEIF_BRANDS):
        return Kind(format="HEIF")
    if major == b"crx ":
        return Kind(foreign="a camera raw file")
    if major in (b"mif1", b"msf1", b"jpeg", b"j2ki", b"avci"):
        return Kind(foreign="a HEIF file with an unusual content")
    return Kind(foreign="a video (MP4 or MOV)")


def _is_svg(head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith(b"<") and b"<svg" in text


def webp_size(head: bytes) -> tuple[int, int] | None:
    """Return the canvas of a WebP file without the decoder, which takes memory for it at once."""
    chunk = head[12:16]
    if chunk == b"VP8X" and len(head) >= 30:
        width = int.from_bytes(head[24:27], "little") + 1
        return width, int.from_bytes(head[27:30], "little") + 1
    if chunk == b"VP8L" and len(head) >= 25:
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(head) >= 30:
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
