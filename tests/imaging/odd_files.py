"""A catalogue of odd and hostile files, each with what must become of it."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from ospost.imaging.errors import Reason
from tests.imaging import makers as make
from tests.imaging.makers import BLUE, GREEN, GREY, RED, WHITE
from tests.imaging.profiles import ADOBE, P3, cmyk_profile, grey_profile, matrix_profile

Colour = tuple[int, int, int]
QUARTERS = (RED, GREEN, BLUE, WHITE)  # top left, top right, bottom left, bottom right


@dataclass(frozen=True)
class Good:
    """A file that is taken: its facts, and the colours in the middle of its four quarters."""

    format: str
    colours: tuple[Colour, Colour, Colour, Colour] = QUARTERS
    size: tuple[int, int] = (400, 320)
    tolerance: int = 10
    facts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Odd:
    """One file of the catalogue, by the name that somebody might give it."""

    name: str
    build: Callable[[], bytes]
    expected: Good | Reason

    def __str__(self) -> str:
        return self.name


def one(colour: Colour) -> tuple[Colour, Colour, Colour, Colour]:
    """Return the same colour four times."""
    return (colour,) * 4


def _half_transparent(mode: str = "RGBA") -> Image.Image:
    """Return red over its whole left half, nothing at all over the right one."""
    image = make.flat((*RED, 255), "RGBA")
    image.paste((0, 0, 0, 0), (200, 0, 400, 320))
    return image.convert(mode)


def _palette(transparent: bool = False) -> bytes:
    image = make.quarters().quantize(8)
    if not transparent:
        return make.saved(image, "PNG")
    return make.saved(image, "PNG", transparency=image.getpixel((10, 10)))


def _colour_key() -> bytes:
    return make.saved(make.quarters(), "PNG", transparency=BLUE)


def _animated(form: str, **options: Any) -> bytes:
    rest = [make.flat(GREY), make.flat(BLUE)]
    return make.saved(make.quarters(), form, save_all=True, append_images=rest, **options)


def _dng() -> bytes:
    return make.tiff(make.quarters(), tiffinfo={50706: b"\x01\x04\x00\x00"})


def _raw_preview() -> bytes:
    return make.tiff(make.quarters(), tiffinfo={254: 1})


def _two_pages() -> bytes:
    pages = [make.flat(GREY)]
    return make.tiff(make.quarters(), save_all=True, append_images=pages)


def _facts(**facts: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(facts.items())


JPEGS = [
    *(
        Odd(f"jpeg, turn {turn}.jpg", lambda turn=turn: make.turned(turn, "JPEG"), good)
        for turn in range(1, 9)
        if (good := Good("JPEG", facts=_facts(orientation=turn)))
    ),
    Odd("progressive.jpg", lambda: make.jpeg(progressive=True), Good("JPEG")),
    Odd("4-4-4.jpg", lambda: make.jpeg(subsampling=0), Good("JPEG")),
    Odd("rubbish in exif.jpg", lambda: make.with_exif(make.jpeg(), b"\xff" * 500), Good("JPEG")),
    Odd(
        "exif that points outside.jpg",
        lambda: make.with_exif(make.jpeg(), b"II*\0\xff\xff\xff\x7f"),
        Good("JPEG"),
    ),
    Odd("turn 99.jpg", lambda: make.jpeg(exif=make.exif(99)), Good("JPEG")),
    Odd(
        "large exif.jpg",
        lambda: make.jpeg(exif=make.exif(1, description="x" * 60_000)),
        Good("JPEG"),
    ),
    Odd("grey.jpg", lambda: make.jpeg(make.flat(90, "L")), Good("JPEG", one((90, 90, 90)))),
    Odd(
        "grey, linear profile.jpg",
        lambda: make.jpeg(make.flat(128, "L"), icc_profile=grey_profile(1.0)),
        Good("JPEG", one((188, 188, 188)), facts=_facts(has_profile=True, mode="L")),
    ),
    Odd(
        "display p3 red.jpg",
        lambda: make.jpeg(
            make.flat((200, 60, 60)), icc_profile=matrix_profile("Display P3", P3, 2.2)
        ),
        Good("JPEG", one((219, 37, 49)), tolerance=6, facts=_facts(has_profile=True)),
    ),
    Odd(
        "adobe rgb green.jpg",
        lambda: make.jpeg(
            make.flat((120, 180, 120)), icc_profile=matrix_profile("Adobe RGB", ADOBE, 2.2)
        ),
        Good("JPEG", one((81, 181, 117)), tolerance=6, facts=_facts(has_profile=True)),
    ),
    Odd(
        "cmyk.jpg",
        lambda: make.jpeg(make.flat((0, 255, 255, 0), "CMYK")),
        Good("JPEG", one((255, 0, 0)), facts=_facts(mode="CMYK")),
    ),
    Odd(
        "cmyk with profile.jpg",
        lambda: make.jpeg(make.flat((0, 255, 0, 0), "CMYK"), icc_profile=cmyk_profile()),
        Good("JPEG", one((0, 0, 255)), tolerance=12, facts=_facts(mode="CMYK")),
    ),
    Odd(
        "rubbish as profile.jpg",
        lambda: make.jpeg(icc_profile=b"no profile" * 90),
        Good("JPEG", facts=_facts(has_profile=True)),
    ),
    Odd(
        "profile of other colours.jpg",
        lambda: make.jpeg(icc_profile=cmyk_profile()),
        Good("JPEG"),
    ),
    Odd(
        "script in a comment.jpg",
        lambda: make.with_comment(make.jpeg(), b"<script>alert(1)</script>"),
        Good("JPEG"),
    ),
    Odd("zip behind it.jpg", lambda: make.jpeg() + b"PK\x03\x04" + bytes(5000), Good("JPEG")),
    Odd("two pictures.mpo", make.mpo, Good("MPO", facts=_facts(frames=2))),
    Odd(
        "70 megapixels.jpg",
        lambda: make.jpeg(make.flat(RED, size=(10_000, 7_000)), quality=10),
        Good("JPEG", one(RED), size=(10_000, 7_000)),
    ),
    Odd("cut off.jpg", lambda: make.cut(make.jpeg(make.noise((400, 320)))), Reason.TRUNCATED),
    Odd("header only.jpg", lambda: make.jpeg()[:150], Reason.TRUNCATED),
    Odd("three bytes.jpg", lambda: b"\xff\xd8\xff", Reason.TRUNCATED),
    Odd("claims 65500 x 65500.jpg", lambda: make.claimed_jpeg(65_500, 65_500), Reason.BOMB),
]

PNGS = [
    Odd("plain.png", lambda: make.saved(make.quarters(), "PNG"), Good("PNG")),
    Odd("turn 6.png", lambda: make.turned(6, "PNG"), Good("PNG", facts=_facts(orientation=6))),
    Odd(
        "half transparent.png",
        lambda: make.saved(_half_transparent(), "PNG"),
        Good("PNG", (RED, WHITE, RED, WHITE), facts=_facts(has_alpha=True)),
    ),
    Odd(
        "grey with alpha.png",
        lambda: make.saved(make.flat((100, 0), "LA"), "PNG"),
        Good("PNG", one(WHITE), facts=_facts(has_alpha=True)),
    ),
    Odd("palette.png", _palette, Good("PNG", facts=_facts(mode="P", has_alpha=False))),
    Odd(
        "palette with a hole.png",
        lambda: _palette(True),
        Good("PNG", (WHITE, GREEN, BLUE, WHITE), facts=_facts(mode="P", has_alpha=True)),
    ),
    Odd("colour key.png", _colour_key, Good("PNG", (RED, GREEN, WHITE, WHITE))),
    Odd(
        "16-bit grey ramp.png",
        make.png_ramp_16,
        Good(
            "PNG",
            ((64,) * 3, (191,) * 3, (64,) * 3, (191,) * 3),
            size=(512, 400),
            tolerance=3,
            facts=_facts(bits=16),
        ),
    ),
    Odd(
        "16-bit colour.png",
        make.png_rgb_16,
        Good("PNG", one((200, 100, 50)), tolerance=4, facts=_facts(bits=16)),
    ),
    Odd("black and white.png", lambda: make.png_bits(400, 320, b"\xff"), Good("PNG", one(WHITE))),
    Odd("animated.png", lambda: _animated("PNG"), Good("PNG", facts=_facts(frames=3))),
    Odd(
        "display p3.png",
        lambda: make.saved(
            make.flat((200, 60, 60)), "PNG", icc_profile=matrix_profile("Display P3", P3, 2.2)
        ),
        Good("PNG", one((219, 37, 49)), tolerance=4, facts=_facts(has_profile=True)),
    ),
    Odd(
        "narrow.png",
        lambda: make.saved(make.quarters((200, 160)), "PNG"),
        Good("PNG", size=(200, 160)),
    ),
    Odd(
        "cut off.png", lambda: make.cut(make.saved(make.noise((400, 320)), "PNG")), Reason.TRUNCATED
    ),
    Odd("damaged inside.png", make.spoilt_png, Reason.BROKEN),
    Odd("signature only.png", lambda: b"\x89PNG\r\n\x1a\n", Reason.TRUNCATED),
    Odd("no width.png", lambda: make.png((0, 320), 8, 2, bytes(400)), Reason.BROKEN),
    Odd("text of 200 MB.png", make.text_bomb, Reason.BOMB),
    Odd("13000 x 13000 nothing.png", lambda: make.png_bits(13_000, 13_000, b"\0"), Reason.BOMB),
    Odd("claims 400 megapixels.png", lambda: make.png_claiming(20_000, 20_000), Reason.BOMB),
    Odd("claims 3900 megapixels.png", lambda: make.png_claiming(65_000, 60_000), Reason.BOMB),
    Odd("70 megapixels.png", lambda: make.png_bits(10_000, 7_000), Reason.TOO_MANY_PIXELS),
    Odd("60000 x 2.png", lambda: make.png_bits(60_000, 2), Reason.TOO_MANY_PIXELS),
]

OTHERS = [
    Odd("lossy.webp", lambda: make.saved(make.quarters(), "WEBP", quality=95), Good("WEBP")),
    Odd(
        "alpha.webp",
        lambda: make.saved(_half_transparent(), "WEBP", lossless=True),
        Good("WEBP", (RED, WHITE, RED, WHITE), facts=_facts(has_alpha=True)),
    ),
    Odd(
        "animated.webp",
        lambda: _animated("WEBP", lossless=True),
        Good("WEBP", facts=_facts(frames=3)),
    ),
    Odd("turn 8.webp", lambda: make.turned(8, "WEBP", lossless=True), Good("WEBP")),
    Odd("cut off.webp", lambda: make.cut(make.saved(make.quarters(), "WEBP")), Reason.TRUNCATED),
    Odd("claims 13000 x 13000.webp", lambda: make.claimed_webp(13_000, 13_000), Reason.BOMB),
    Odd("one picture.gif", lambda: make.saved(make.quarters(), "GIF"), Good("GIF")),
    Odd("300 pictures.gif", lambda: make.gif(300), Good("GIF", one(RED), facts=_facts(frames=300))),
    Odd(
        "transparent.gif",
        lambda: make.saved(_half_transparent(), "GIF"),
        Good("GIF", (RED, WHITE, RED, WHITE), facts=_facts(has_alpha=True)),
    ),
    Odd("5000 pictures.gif", lambda: make.gif_of_many(5_000), Reason.BOMB),
    Odd(
        "cut off.gif", lambda: make.cut(make.saved(make.noise((400, 320)), "GIF")), Reason.TRUNCATED
    ),
    Odd(
        "claims 65535 x 65535.gif",
        lambda: b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + make.gif(1)[13:],
        Reason.BOMB,
    ),
    Odd("lzw.tiff", lambda: make.tiff(make.quarters(), compression="tiff_lzw"), Good("TIFF")),
    *(
        Odd(
            f"turn {turn}, packed.tiff",
            lambda turn=turn: make.turned(turn, "TIFF", compression="tiff_lzw"),
            good,
        )
        for turn in (2, 5, 6)
        if (good := Good("TIFF", facts=_facts(orientation=turn)))
    ),
    Odd("turn 8, plain.tiff", lambda: make.turned(8, "TIFF"), Good("TIFF")),
    Odd(
        "cmyk.tiff",
        lambda: make.tiff(make.flat((255, 0, 0, 0), "CMYK")),
        Good("TIFF", one((0, 255, 255)), facts=_facts(mode="CMYK")),
    ),
    Odd(
        "big-endian 16-bit grey.tiff",
        make.big_endian_grey_16,
        Good("TIFF", one((100, 100, 100)), tolerance=3, facts=_facts(bits=16)),
    ),
    Odd("two pages.tiff", _two_pages, Good("TIFF", facts=_facts(frames=2))),
    Odd(
        "lab.tiff",
        lambda: make.tiff(make.flat((128, 128, 128), "LAB")),
        Good("TIFF", one((119, 119, 119))),
    ),
    Odd("directory in a loop.tiff", make.looping_tiff, Good("TIFF")),
    Odd("float.tiff", lambda: make.tiff(make.flat(0.5, "F")), Reason.UNSUPPORTED_FORMAT),
    Odd("raw.dng", _dng, Reason.UNSUPPORTED_FORMAT),
    Odd("raw preview.nef", _raw_preview, Reason.UNSUPPORTED_FORMAT),
    Odd("cut off.tiff", lambda: make.cut(make.big_endian_grey_16()), Reason.TRUNCATED),
    *(
        Odd(f"turn {turn}.heic", lambda turn=turn: make.turned(turn, "HEIF", quality=95), good)
        for turn in range(1, 9)
        if (good := Good("HEIF", facts=_facts(orientation=turn)))
    ),
    Odd("10 bits.heic", make.heif_16, Good("HEIF", one((200, 100, 50)), facts=_facts(bits=10))),
    Odd(
        "display p3.heic",
        lambda: make.saved(
            make.flat((200, 60, 60)), "HEIF", icc_profile=matrix_profile("Display P3", P3, 2.2)
        ),
        Good("HEIF", one((219, 37, 49)), tolerance=8, facts=_facts(has_profile=True)),
    ),
    Odd(
        "alpha.heic",
        lambda: make.saved(_half_transparent(), "HEIF", quality=95),
        Good("HEIF", (RED, WHITE, RED, WHITE), facts=_facts(has_alpha=True)),
    ),
    Odd(
        "cut off.heic",
        lambda: make.cut(make.saved(make.noise((400, 320)), "HEIF")),
        Reason.TRUNCATED,
    ),
    Odd("plain.avif", lambda: make.saved(make.quarters(), "AVIF", quality=95), Good("AVIF")),
    Odd("turn 6.avif", lambda: make.turned(6, "AVIF", quality=95), Good("AVIF")),
    Odd("turn 7.avif", lambda: make.turned(7, "AVIF", quality=95), Good("AVIF")),
    Odd(
        "cut off.avif",
        lambda: make.cut(make.saved(make.noise((400, 320)), "AVIF")),
        Reason.TRUNCATED,
    ),
]

STRANGERS = [
    Odd("empty.jpg", lambda: b"", Reason.EMPTY),
    Odd("text.jpg", lambda: b"Dear diary, today I took no picture.\n" * 20, Reason.NOT_A_PICTURE),
    Odd("page.jpg", lambda: b"<!doctype html><script>alert(1)</script>", Reason.NOT_A_PICTURE),
    Odd("zeros.png", lambda: bytes(10_000), Reason.NOT_A_PICTURE),
    Odd("noise.heic", lambda: make.noise((40, 40)).tobytes(), Reason.NOT_A_PICTURE),
    Odd(
        "eps as.png",
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n",
        Reason.UNSUPPORTED_FORMAT,
    ),
    Odd(
        "svg as.png",
        lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        Reason.UNSUPPORTED_FORMAT,
    ),
    Odd("pdf as.jpg", lambda: b"%PDF-1.7\n" + bytes(300), Reason.UNSUPPORTED_FORMAT),
    Odd(
        "video as.jpg",
        lambda: struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"mp42") + bytes(900),
        Reason.UNSUPPORTED_FORMAT,
    ),
    Odd("windows.bmp", lambda: make.saved(make.quarters(), "BMP"), Reason.UNSUPPORTED_FORMAT),
    Odd("archive.jpg", lambda: b"PK\x03\x04" + bytes(300), Reason.UNSUPPORTED_FORMAT),
    Odd("photoshop.psd", lambda: b"8BPS\0\x01" + bytes(300), Reason.UNSUPPORTED_FORMAT),
    Odd("new.jxl", lambda: b"\xff\x0a" + bytes(300), Reason.UNSUPPORTED_FORMAT),
    Odd("old.jp2", lambda: make.saved(make.quarters(), "JPEG2000"), Reason.UNSUPPORTED_FORMAT),
    Odd("sound.webp", lambda: b"RIFF\0\x01\0\0WAVEfmt " + bytes(300), Reason.UNSUPPORTED_FORMAT),
]

CATALOGUE = JPEGS + PNGS + OTHERS + STRANGERS
