"""The one way out to an address that a person typed.

Such an address may name anything, also this machine or its neighbours. So: https on its own port,
the name is looked up once and every address that it has must be public, the connection goes to
the address that was checked, no redirect is followed, and five seconds and 64 kB end it.
"""

import http.client
import ipaddress
import json
import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ospost.errors import Invalid, Unavailable

logger = logging.getLogger(__name__)

PORT = 443
DEADLINE_SECONDS = 5.0
MOST_BYTES = 64_000
LONGEST_URL = 2_000
MOST_ADDRESSES = 3  # of one name are tried
LONGEST_WAIT_SECONDS = 3600
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class BadAddress(Invalid):
    """An address to which nothing may be sent."""

    title = "That address cannot be used"


class NotDelivered(Unavailable):
    """The other side could not be reached, or did not take it."""

    title = "The message was not delivered"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the other side said."""

    status: int
    retry_after_seconds: int = 0


def look_up(host: str, port: int) -> list[str]:
    """Return every address of *host*."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether *address* is one of the open internet, also behind the ways to write IPv4 in IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is None and found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not (found.is_multicast or found.is_reserved)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Posts JSON to typed addresses; tests give it another port, look-up and trust."""

    port: int = PORT
    resolve: Callable[[str, int], list[str]] = look_up
    allows: Callable[[str], bool] = is_public
    context: ssl.SSLContext | None = None  # None: made for each message, they are few
    deadline_seconds: float = DEADLINE_SECONDS

    def check(self, url: str) -> str:
        """Return the host of *url*; BadAddress when it is none that we would ever call."""
        host = self._parts(url)[1]
        if _is_number(host) and not self.allows(host):
            raise _private(host)
        return host

    def post_json(self, url: str, body: dict[str, Any]) -> Answer:
        """Post *body*; BadAddress where that is not allowed, NotDelivered without an answer."""
        parts, host = self._parts(url)
        ends = time.monotonic() + self.deadline_seconds
        addresses = self._addresses(host, ends)
        try:
            sock = self._connected(addresses, ends)
        except OSError as error:
            raise _unreachable(host, error) from None
        context = self.context or ssl.create_default_context()
        secure = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        # a single timeout would let a slow sender begin anew with every byte
        stop = threading.Timer(max(0.0, ends - time.monotonic()), _shut, [secure])
        stop.daemon = True
        stop.start()
        try:
            return _exchange(secure, parts, host, json.dumps(body).encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreachable(host, error) from None
        finally:
            stop.cancel()
            secure.close()

    def _parts(self, url: str) -> tuple[SplitResult, str]:
        url = url.strip()
        is_plain = all("!" <= letter <= "~" and letter != "\\" for letter in url)
        try:
            parts = urlsplit(url)
            port = PORT if parts.port is None else parts.port
            host = (parts.hostname or "").encode("idna").decode().rstrip(".")
        except (ValueError, UnicodeError):
            is_plain, parts, port, host = False, urlsplit(""), 0, ""
        if not is_plain or not host or len(url) > LONGEST_URL:
            raise BadAddress(("url", "Paste the whole address, as https://hooks.example.org/…"))
        if parts.scheme != "https":
            raise BadAddress(("url", "The address must begin with https://."))
        if parts.username is not None or parts.password is not None:
            raise BadAddress(("url", "The address must not hold a name and a password."))
        if port != self.port:
            raise BadAddress(("url", "The address must be on the usual port of https, 443."))
        return parts, host

    def _addresses(self, host: str, ends: float) -> list[str]:
        """Look *host* up, once, within the deadline; every address must be allowed."""
        answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self.resolve(host, self.port))
            except (OSError, UnicodeError) as error:
                answer.put(OSError(str(error)))

        threading.Thread(target=ask, daemon=True).start()
        try:
            found = answer.get(timeout=max(0.01, ends - time.monotonic()))
        except queue.Empty:
            found = []
        if isinstance(found, OSError) or not found:
            raise NotDelivered(f"{host} was not found.")
        if not all(self.allows(address) for address in found):
            raise _private(host)
        return found[:MOST_ADDRESSES]

    def _connected(self, addresses: list[str], ends: float) -> socket.socket:
        trouble: OSError = TimeoutError()
        for address in addresses:
            left = ends - time.monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((address, self.port), timeout=left)
            except OSError as error:
                trouble = error
        raise trouble


def _is_number(host: str) -> bool:
    """Whether *host* is an address itself, not a name that has to be looked up."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _private(host: str) -> BadAddress:
    return BadAddress(("url", f"{host} is not an address of the public internet."))


def _exchange(secure: ssl.SSLSocket, parts: SplitResult, host: str, body: bytes) -> Answer:
    secure.do_handshake()
    connection = http.client.HTTPConnection(host)
    connection.sock = secure
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", "User-Agent": "Ospost", "Connection": "close"}
    connection.request("POST", path, body=body, headers=headers)
    answer = connection.getresponse()
    answer.read(MOST_BYTES)
    wait = answer.headers.get("Retry-After", "")
    seconds = int(wait) if wait.isascii() and wait.isdecimal() and len(wait) < 9 else 0
    return Answer(status=answer.status, retry_after_seconds=min(seconds, LONGEST_WAIT_SECONDS))


def _shut(secure: ssl.SSLSocket) -> None:
    try:  # not SSLSocket's own, which would pull the rug from under the thread that reads
        socket.socket.shutdown(secure, socket.SHUT_RDWR)
    except OSError:
        logger.debug("the connection was closed already")


def _unreachable(host: str, error: Exception) -> NotDelivered:
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotDelivered(f"{host} could not prove who it is (its certificate is not valid).")
    if isinstance(error, ConnectionRefusedError):
        return NotDelivered(f"{host} refused the connection.")
    return NotDelivered(f"{host} did not answer in time, or not as a web server does.")
