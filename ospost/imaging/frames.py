"""Counts the pictures in a file without decoding them, and stops at a limit."""

from typing import BinaryIO

from PIL import ImageFile

GIF_HEADER, GIF_EXTENSION, GIF_IMAGE = 13, 0x21, 0x2C


def count_frames(image: ImageFile.ImageFile, stream: BinaryIO, limit: int) -> int:
    """Return how many pictures the file holds; *limit* + 1 stands for "more than that"."""
    if image.format == "GIF":
        return max(1, _gif_frames(stream, limit))
    if image.format == "TIFF":
        return _tiff_frames(image, limit)
    return int(getattr(image, "n_frames", 1))


def _tiff_frames(image: ImageFile.ImageFile, limit: int) -> int:
    count = 1
    try:
        while count <= limit:
            image.seek(count)
            count += 1
    except EOFError:
        pass  # this is how Pillow says that there are no more
    image.seek(0)
    return count


def _gif_frames(stream: BinaryIO, limit: int) -> int:
    """Walk the blocks of a GIF (GIF89a specification, appendix A); the place is kept."""
    back = stream.tell()
    stream.seek(10)
    stream.seek(GIF_HEADER + _colour_table(stream.read(1)))
    count = 0
    while count <= limit and (kind := stream.read(1)):
        if kind[0] == GIF_IMAGE:
            count += 1
            descriptor = stream.read(9)
            stream.seek(_colour_table(descriptor[8:]) + 1, 1)
        elif kind[0] == GIF_EXTENSION:
            stream.seek(1, 1)
        else:
            break
        _skip_blocks(stream)
    stream.seek(back)
    return count


def _colour_table(flags: bytes) -> int:
    """Return the length of the colour table that a byte of flags announces."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _skip_blocks(stream: BinaryIO) -> None:
    while (length := stream.read(1)) and length[0]:
        stream.seek(length[0], 1)
