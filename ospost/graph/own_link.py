"""Fetches one of our own picture links over real HTTP, as Meta's fetcher would, seen from here.

Follows no redirect, asks no proxy, verifies the certificate, and ends within its deadline. The
address is always MEDIA_URL of this server's own settings, never one that somebody typed.
"""

import hashlib
import threading
from urllib.parse import urlsplit

from ospost.domain.media_address import Fetched
from ospost.graph.errors import NoAnswer, NotSent
from ospost.graph.exchange import AddressInfo
from ospost.graph.http import Http, system_resolver

HEADERS = {"Accept": "image/*", "User-Agent": "Ospost, looking at its own address"}
SECONDS = 8.0
SECONDS_TO_CONNECT = 4.0
LARGEST = 9_000_000  # a photo for Instagram has at most 8 MB


class OwnLink:
    """One fetch at a time in this process, over connections of its own."""

    def __init__(self, *, seconds: float = SECONDS, certificates: str | None = None) -> None:
        """Open nothing yet. *certificates*: a file of trusted authorities instead of the usual."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._seen: list[str] = []
        # Not the one for Meta: that compares our clock with the `Date` of whoever answers.
        self._http = Http(
            pool_size=1,
            connect_seconds=min(seconds, SECONDS_TO_CONNECT),
            largest_body=LARGEST,
            certificates=certificates,
            resolve=self._resolve,
        )

    def fetch(self, url: str, *, sha256: str) -> Fetched | None:
        """Fetch *url* and tell what came, whatever the network does; None while another runs."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            self._seen = []
            return self._fetch(url, sha256)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close all idle connections."""
        self._http.close()

    def _resolve(self, host: str, port: int) -> list[AddressInfo]:
        found = system_resolver(host, port)
        self._seen += [str(info[4][0]) for info in found]
        return found

    def _fetch(self, url: str, sha256: str) -> Fetched:
        try:
            answer = self._http.call(
                "GET", url, headers=HEADERS, total_seconds=self._seconds, fresh_within_seconds=0
            )
        except (NotSent, NoAnswer) as error:
            return Fetched(trouble=error.trouble.value, addresses=self._addresses())
        return Fetched(
            status=answer.status,
            location=urlsplit(answer.headers.get("location", "")).hostname or "",
            content_type=answer.headers.get("content-type", "").partition(";")[0].strip().lower(),
            length=answer.headers.get("content-length", ""),
            is_same=hashlib.sha256(answer.body).hexdigest() == sha256,
            addresses=self._addresses(),
        )

    def _addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._seen))
