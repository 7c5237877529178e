"""Makes real picture files, sound and spoilt, byte by byte where Pillow would not do it."""

import io
import random
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, WHITE = (230, 30, 30), (30, 180, 60), (30, 60, 220), (255, 255, 255)
BLACK, GREY = (0, 0, 0), (128, 128, 128)
ORIENTATION = 0x0112
INVERSE = {  # how the upright picture must be turned to be stored with that orientation
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters(size: tuple[int, int] = (400, 320)) -> Image.Image:
    """Return a picture that is red, green / blue, white in its four quarters."""
    width, height = size
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the file that Pillow makes."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image | None = None, **options: Any) -> bytes:
    """Return a JPEG, by default of the four quarters."""
    return saved(image or quarters(), "JPEG", **({"quality": 92} | options))


def flat(colour: Any, mode: str = "RGB", size: tuple[int, int] = (400, 320)) -> Image.Image:
    """Return a picture of one colour."""
    return Image.new(mode, size, colour)


def noise(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """Return a picture that no format can make small."""
    return Image.frombytes("RGB", size, random.Random(seed).randbytes(size[0] * size[1] * 3))


def exif(orientation: Any, **more: Any) -> bytes:
    """Return EXIF data with an orientation, a camera and a place on earth."""
    data = Image.Exif()
    data[ORIENTATION] = orientation
    data[0x010F] = "SECRETCAM"
    data[0x010E] = more.get("description", "at home")
    place = data.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 31.0, 12.0)
    return data.tobytes()


def turned(orientation: int, form: str, **options: Any) -> bytes:
    """Return the four quarters stored so that *orientation* makes them upright."""
    image, turn = quarters(), INVERSE[orientation]
    stored = image if turn is None else image.transpose(turn)
    if form == "TIFF":
        return saved(stored, form, tiffinfo={ORIENTATION: orientation}, **options)
    return saved(stored, form, exif=exif(orientation), **options)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    size: tuple[int, int], depth: int, colour: int, rows: bytes, *, before: bytes = b""
) -> bytes:
    """Return a PNG with these scan lines (each with its filter byte), *before* them more chunks."""
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + data + chunk(b"IEND", b"")


def png_claiming(width: int, height: int) -> bytes:
    """Return a PNG that claims to be huge and has next to nothing in it."""
    return png((width, height), 8, 2, bytes(1000))


def png_bits(width: int, height: int, row: bytes | None = None) -> bytes:
    """Return a black and white PNG, of noise unless its *row* is given."""
    length = (width + 7) // 8
    if row is None:
        source = random.Random(2)
        rows = b"".join(b"\0" + source.randbytes(length) for _ in range(height))
    else:
        rows = (b"\0" + row * length) * height
    return png((width, height), 1, 0, rows)


def png_ramp_16(width: int = 512, height: int = 400) -> bytes:
    """Return 16-bit grey that rises evenly from black to white."""
    row = b"".join(struct.pack(">H", x * 65535 // (width - 1)) for x in range(width))
    return png((width, height), 16, 0, (b"\0" + row) * height)


def png_rgb_16(width: int = 400, height: int = 320) -> bytes:
    """Return a 16-bit picture of one colour."""
    row = struct.pack(">HHH", 200 * 257, 100 * 257, 50 * 257) * width
    return png((width, height), 16, 2, (b"\0" + row) * height)


def text_bomb() -> bytes:
    """Return a PNG with a compressed text of 200 MB."""
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(b"A" * (1 << 20)) for _ in range(200)) + packer.flush()
    words = chunk(b"zTXt", b"Comment\0\0" + text)
    return png((400, 320), 8, 0, (b"\0" + bytes(400)) * 320, before=words)


def claimed_jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG whose header claims another size."""
    data = bytearray(jpeg(progressive=False))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def claimed_webp(width: int, height: int) -> bytes:
    """Return a WebP whose canvas is claimed to be huge."""
    inner = saved(quarters(), "WEBP", lossless=True)[12:]
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(count: int, size: tuple[int, int] = (400, 320), **options: Any) -> bytes:
    """Return a GIF of *count* pictures, the first one red, the others of all kinds."""
    first = flat(RED, size=size).quantize(4)
    more = [flat((n % 250, n // 250, 90), size=size).quantize(4) for n in range(1, count)]
    return saved(first, "GIF", save_all=True, append_images=more, optimize=False, **options)


def gif_of_many(count: int) -> bytes:
    """Return a tiny GIF with very many frames, written by hand."""
    head = b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    frame = b"," + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02\x02\x84\x51\x00"
    return head + frame * count + b";"


def mpo() -> bytes:
    """Return the two pictures of a 3D camera in one file."""
    return saved(quarters(), "MPO", save_all=True, append_images=[flat(GREY)])


def with_comment(data: bytes, comment: bytes) -> bytes:
    """Put a comment right behind the start of a JPEG."""
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


def with_exif(data: bytes, body: bytes) -> bytes:
    """Put raw EXIF bytes, right or wrong, behind the start of a JPEG."""
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 8) + b"Exif\0\0" + body + data[2:]


def cut(data: bytes, share: float = 0.6) -> bytes:
    """Return the beginning of a file."""
    return data[: int(len(data) * share)]


def spoilt_png() -> bytes:
    """Return a PNG whose compressed data are damaged."""
    data = bytearray(saved(quarters(), "PNG"))
    start = data.index(b"IDAT") + 8
    data[start : start + 64] = b"\xff" * 64
    return bytes(data)


def heif_16(size: tuple[int, int] = (400, 320)) -> bytes:
    """Return a HEIC with ten bits a channel."""
    colour = struct.pack("<HHH", 200 * 257, 100 * 257, 50 * 257)
    image = pillow_heif.from_bytes("RGB;16", size, colour * (size[0] * size[1]))
    buffer = io.BytesIO()
    image.save(buffer, quality=95)
    return buffer.getvalue()


def tiff(image: Image.Image, **options: Any) -> bytes:
    """Return a TIFF."""
    return saved(image, "TIFF", **options)


def looping_tiff() -> bytes:
    """Return a TIFF whose only directory says that it is followed by itself."""
    data = bytearray(tiff(quarters()))
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * entries, start)
    return bytes(data)


def big_endian_grey_16() -> bytes:
    """Return a TIFF of a big-endian machine: 16-bit grey of 100/255."""
    width, height = 400, 320
    pixels = struct.pack(">H", 100 * 257) * (width * height)
    tags = (
        (256, 3, 1, width << 16),
        (257, 3, 1, height << 16),
        (258, 3, 1, 16 << 16),
        (259, 3, 1, 1 << 16),
        (262, 3, 1, 1 << 16),
        (273, 4, 1, 8),
        (277, 3, 1, 1 << 16),
        (278, 3, 1, height << 16),
        (279, 4, 1, len(pixels)),
    )
    directory = struct.pack(">H", len(tags)) + b"".join(struct.pack(">HHII", *tag) for tag in tags)
    return b"MM\0*" + struct.pack(">I", 8 + len(pixels)) + pixels + directory + bytes(4)
