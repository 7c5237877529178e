"""ICC profiles made by hand (ICC.1:2001-04), so that the tests know every number in them."""

import struct

D50 = (0.9642, 1.0, 0.8249)
# Columns of the matrices, adapted to D50.
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(value) for value in values)


def _gamma(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _text(words: str) -> bytes:
    return b"text" + bytes(4) + words.encode() + b"\0"


def _description(words: str) -> bytes:
    text = words.encode() + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(8 + 3 + 67)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, kind, space, connection
    )
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += b"".join(_fixed(value) for value in D50)
    return head.ljust(128, b"\0") + table + body


def matrix_profile(
    name: str, columns: tuple[tuple[float, float, float], ...], gamma: float
) -> bytes:
    """Return an RGB profile with these colorants and one gamma."""
    tags = {b"desc": _description(name), b"cprt": _text("none"), b"wtpt": _xyz(D50)}
    for letter, column in zip((b"r", b"g", b"b"), columns, strict=True):
        tags[letter + b"XYZ"] = _xyz(column)
        tags[letter + b"TRC"] = _gamma(gamma)
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    """Return a grey profile of this gamma."""
    tags = {b"desc": _description("grey"), b"cprt": _text("none"), b"wtpt": _xyz(D50)}
    return _profile(b"mntr", b"GRAY", b"XYZ ", tags | {b"kTRC": _gamma(gamma)})


def cmyk_profile() -> bytes:
    """Return a profile of a strange press: its full magenta ink prints as blue.

    White stays white and black stays black, so nobody can confuse it with a plain formula.
    """
    lab_white, lab_black, lab_blue = (255, 128, 128), (0, 128, 128), (75, 196, 16)
    table = b""
    for corner in range(16):  # cyan changes slowest
        cyan, magenta, yellow, black = (corner >> bit & 1 for bit in (3, 2, 1, 0))
        lab = lab_white
        if black or cyan or yellow:
            lab = lab_black
        elif magenta:
            lab = lab_blue
        table += bytes(lab)
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0))
    lut += b"".join(_fixed(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    lut += bytes(range(256)) * 4 + table + bytes(range(256)) * 3
    tags = {b"desc": _description("press"), b"cprt": _text("none"), b"wtpt": _xyz(D50)}
    return _profile(b"prtr", b"CMYK", b"Lab ", tags | {b"A2B0": lut})
