"""Tells a file that was cut off from one that is damaged inside, once it could not be read."""

import struct
from collections.abc import Callable
from typing import BinaryIO

TAIL = 64


def ends_early(stream: BinaryIO, name: str) -> bool:
    """Return whether the file of format *name* stops before its own structure says."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return CHECKS[name](stream, size)


def _jpeg(stream: BinaryIO, size: int) -> bool:
    stream.seek(max(0, size - TAIL))
    return b"\xff\xd9" not in stream.read()


def _gif(stream: BinaryIO, size: int) -> bool:
    stream.seek(max(0, size - TAIL))
    return not stream.read().rstrip(b"\0").endswith(b";")


def _png(stream: BinaryIO, size: int) -> bool:
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if stream.seek(length + 4, 1) > size:
            return True
        if kind == b"IEND":
            return False
    return True


def _webp(stream: BinaryIO, size: int) -> bool:
    stream.seek(4)
    return int.from_bytes(stream.read(4), "little") + 8 > size


def _boxes(stream: BinaryIO, size: int) -> bool:
    """Walk the outer boxes of an ISO base media file (HEIF, AVIF)."""
    seen_data, at = False, 0
    while at < size:
        stream.seek(at)
        head = stream.read(16)
        if len(head) < 8:
            return True
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        seen_data = seen_data or kind == b"mdat"
        if length == 0:
            break
        if length < 8 or at + length > size:
            return bool(length >= 8)
        at += length
    return not seen_data


def _tiff(stream: BinaryIO, size: int) -> bool:
    """Return whether the first directory or its strips lie beyond the end."""
    order = "<" if stream.read(2) == b"II" else ">"
    stream.seek(4)
    offset = int.from_bytes(stream.read(4), "little" if order == "<" else "big")
    stream.seek(offset)
    count = stream.read(2)
    if len(count) < 2:
        return True
    (entries,) = struct.unpack(order + "H", count)
    return offset + 2 + 12 * entries > size or _strips_end(stream, order, entries) > size


def _strips_end(stream: BinaryIO, order: str, entries: int) -> int:
    """Return where the last strip or tile ends, as far as single values tell."""
    starts, lengths = 0, 0
    for _ in range(entries):
        tag, kind, count, value = struct.unpack(order + "HHII", stream.read(12))
        if kind == 3 and order == ">":
            value >>= 16
        if tag in (273, 324):
            starts = value if count == 1 else value + 4 * count
        elif tag in (279, 325):
            lengths = value if count == 1 else 0
    return starts + lengths


CHECKS: dict[str, Callable[[BinaryIO, int], bool]] = {
    "JPEG": _jpeg,
    "GIF": _gif,
    "PNG": _png,
    "WEBP": _webp,
    "HEIF": _boxes,
    "AVIF": _boxes,
    "TIFF": _tiff,
}
