"""Reads the structure of a JPEG (ITU-T T.81, annex B) without any picture library."""

import struct
from dataclasses import dataclass

STANDALONE = {0x01, *range(0xD0, 0xD8)}
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


@dataclass(frozen=True)
class Structure:
    """What the markers say."""

    markers: tuple[int, ...]
    frame: int
    precision: int
    width: int
    height: int
    sampling: tuple[tuple[int, int], ...]
    trailing: int


def read(data: bytes) -> Structure:
    """Walk all markers; raises ValueError where the standard is broken."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("no start of image")
    at, markers, frame = 2, [], None
    while True:
        if data[at] != 0xFF:
            raise ValueError(f"no marker at {at}")
        code = data[at + 1]
        markers.append(code)
        if code == 0xD9:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        if code in FRAMES:
            frame = (code, data[at + 4 : at + 2 + length])
        at += 2 + length
        if code == 0xDA:
            at = _past_the_scan(data, at)
    if frame is None:
        raise ValueError("no frame")
    code, body = frame
    precision, height, width, parts = struct.unpack_from(">BHHB", body)
    sampling = tuple((body[7 + 3 * n] >> 4, body[7 + 3 * n] & 15) for n in range(parts))
    return Structure(tuple(markers), code, precision, width, height, sampling, len(data) - at - 2)


def _past_the_scan(data: bytes, at: int) -> int:
    """Return where the next real marker stands."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] != 0 and data[at + 1] not in STANDALONE:
            return at
        at += 2
