"""Fetches a picture from its URL and refuses what Meta refuses.

Rules and codes: "Image specifications" of the IG User media page and the page of error codes:
JPEG, 8 MiB, ratio by the switches. What cannot be fetched or decoded is 9004/2207052.
"""

import hashlib
import io
import threading
import time
from dataclasses import dataclass

import requests
from PIL import Image

from sandbox.errors import GraphError, refusal
from sandbox.switches import Switches

AGENT = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
Image.init()  # so that every format below is known whatever else this process has opened
READABLE = tuple(
    name
    for name in ("JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
    if name in Image.OPEN
)
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for bytes that are no picture."""
MOST_PIXELS = 80_000_000
"""Our own bound against decompression bombs; Meta's is unknown."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A decoded picture: its format as Pillow names it, and its size in pixels."""

    format: str
    width: int
    height: int


class Inspector:
    """Decodes every distinct picture once; safe to share between threads."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = threading.Lock()
        self._known: dict[bytes, Picture] = {}

    def look(self, content: bytes, url: str) -> Picture:
        """The picture in *content*, wholly decoded; raises 9004/2207052."""
        key = hashlib.sha256(content).digest()
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = decode(content, url)
            with self._lock:
                if len(self._known) > 1000:
                    self._known.clear()
                self._known[key] = known
        return known


def fetch(url: str, switches: Switches) -> bytes:
    """GET the picture: no redirects, `fetch_seconds` in all, `max_image_bytes` at most."""
    if not url.lower().startswith(("http://", "https://")):
        raise not_media(url)
    deadline = time.monotonic() + switches.fetch_seconds
    try:
        with requests.Session() as session:
            session.trust_env = False
            return _download(session, url, deadline, switches)
    except requests.Timeout as error:
        raise refusal(-2, 2207003) from error
    except (requests.RequestException, UnicodeError) as error:
        raise not_media(url) from error


def _download(session: requests.Session, url: str, deadline: float, switches: Switches) -> bytes:
    content = bytearray()
    with session.get(
        url,
        stream=True,
        allow_redirects=False,
        timeout=switches.fetch_seconds,
        headers={"User-Agent": AGENT, "Accept": "image/*,*/*"},
    ) as answer:
        if answer.status_code != 200:
            raise not_media(url)
        for chunk in answer.iter_content(64 * 1024):
            content += chunk
            if len(content) > switches.max_image_bytes:
                raise refusal(36000, 2207004)
            if time.monotonic() > deadline:
                raise refusal(-2, 2207003)
    return bytes(content)


def decode(content: bytes, url: str) -> Picture:
    """Decode to the last pixel; a truncated file is no picture."""
    try:
        with Image.open(io.BytesIO(content), formats=READABLE) as image:
            if image.width * image.height > MOST_PIXELS:
                raise not_media(url)
            image.load()
            return Picture(
                format=image.format or "unknown",
                width=image.width,
                height=image.height,
            )
    except UNREADABLE as error:
        raise not_media(url) from error


def check(picture: Picture, switches: Switches, *, story: bool) -> None:
    """Refuse a wrong format (36001) or, outside stories, a wrong ratio (36003)."""
    if picture.format not in switches.image_formats:
        raise refusal(36001, 2207005, about=picture.format)
    ratio = picture.width / picture.height
    tolerance = switches.ratio_tolerance
    fits = switches.ratio_min - tolerance <= ratio <= switches.ratio_max + tolerance
    if not story and not fits:
        raise refusal(36003, 2207009, about=f"{picture.width}:{picture.height}")


def not_media(url: str) -> GraphError:
    """9004/2207052; the query of the URL is left out, since it may be signed."""
    return refusal(9004, 2207052, about=url.split("?", 1)[0])
