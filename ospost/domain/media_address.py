"""Whether Meta can probably fetch pictures from an address; a guess that warns and never blocks."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from ospost.domain.findings import Finding, Severity

PRIVATE_ENDINGS = (
    ".localhost",
    ".local",
    ".lan",
    ".home",
    ".internal",
    ".intranet",
    ".home.arpa",
    ".test",
    ".invalid",
    ".onion",
)
"""Names that no public resolver knows. https://www.rfc-editor.org/rfc/rfc6761, rfc6762, rfc7686"""


def doubt(url: str) -> str:
    """Return a sentence on why Meta may not reach *url*, or '' when it looks public.

    https://developers.facebook.com/docs/instagram-platform/content-publishing ("media must be
    hosted on a publicly accessible server")
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    where = _doubt_host(host)
    if where:
        return f"{host or url} {where}, so Instagram probably cannot fetch photos from there."
    if parts.scheme != "https":
        return "The address does not begin with https, which Instagram may refuse."
    return ""


def _doubt_host(host: str) -> str:
    if not host:
        return "names no server"
    if host == "localhost" or host.endswith(PRIVATE_ENDINGS):
        return "is a name that only your own network knows"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "" if "." in host else "is a name that only your own network knows"
    return "" if address.is_global else "is an address inside your own network"


SET_ADDRESS = (
    "The owner of this server sets MEDIA_URL to a public https address; “Test” on the page of the"
    " Instagram account shows what Instagram says."
)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came back when this server fetched one of its own pictures by its public address."""

    trouble: str = ""  # how it failed without an answer: dns, no_listener, tls, deadline …
    status: int = 0
    location: str = ""  # the host that a redirect leads to
    content_type: str = ""
    length: str = ""  # as the header says; "" when there is none
    is_same: bool = False  # the picture arrived as it is stored
    addresses: tuple[str, ...] = ()  # what the name of the host stands for, seen from here


def look(
    url: str, fetched: Fetched | None, *, expected_bytes: int = 0, is_sandbox: bool = False
) -> list[Finding]:
    """Return hints on whether Instagram can fetch pictures from *url*, as far as seen from here.

    The practice Instagram fetches from this computer, so that there a private address is right.
    """
    doubts = []
    where = "" if is_sandbox else doubt(url)
    if where:
        doubts.append(where)
    if fetched is not None:
        host = (urlsplit(url).hostname or url).rstrip(".")
        if not is_sandbox and not where and _is_private(fetched.addresses):
            doubts.append(
                f"{host} stands for {', '.join(fetched.addresses[:3])} as seen from here, an"
                " address inside your own network; Instagram may see another one."
            )
        doubts += _what_came(host, fetched, expected_bytes)
    return [
        Finding(field="address", severity=Severity.HINT, message=words, remedy=SET_ADDRESS)
        for words in doubts
    ]


def _is_private(addresses: tuple[str, ...]) -> bool:
    try:
        return bool(addresses) and not any(
            ipaddress.ip_address(address.partition("%")[0]).is_global for address in addresses
        )
    except ValueError:
        return False


UNREACHED = {
    "dns": "The name {host} is not known to the DNS as seen from here.",
    "no_listener": (
        "Nobody answers at {host} as seen from here. Some networks do not let a server reach its"
        " own public address, so Instagram may get there all the same."
    ),
    "connect_timeout": (
        "{host} does not answer as seen from here. Some networks do not let a server reach its"
        " own public address, so Instagram may get there all the same."
    ),
    "tls": (
        "The certificate of {host} does not verify as seen from here: it is for another name, has"
        " ended, or its chain is incomplete."
    ),
    "deadline": "A photo did not arrive from {host} in time as seen from here.",
}


def _what_came(host: str, fetched: Fetched, expected_bytes: int) -> list[str]:
    if fetched.trouble:
        words = UNREACHED.get(fetched.trouble, "A photo could not be fetched whole from {host}.")
        return [words.format(host=host)]
    if 300 <= fetched.status < 400:
        to = f" to {fetched.location}" if fetched.location else ""
        return [f"{host} sends whoever fetches a photo on{to}; Instagram may not follow."]
    if fetched.status != 200:
        words = (
            f"{host} answers {fetched.status} instead of the photo; perhaps a login or a challenge"
            " page stands in front of it."
        )
        return [words]
    found = []
    if fetched.content_type != "image/jpeg":
        kind = fetched.content_type or "nothing"
        found.append(f"{host} calls the photo “{kind}”; Instagram expects image/jpeg.")
    if not fetched.length:
        found.append(f"{host} does not say how long the photo is, which Instagram may refuse.")
    elif fetched.length != str(expected_bytes):
        found.append(
            f"{host} says that the photo has {fetched.length} bytes; it has {expected_bytes}."
        )
    if not found and not fetched.is_same:
        found.append(f"The photo that came from {host} is not the one that was sent there.")
    return found
