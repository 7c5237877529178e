"""Whether Meta can probably fetch pictures from an address; a guess that warns and never blocks."""

import ipaddress
from urllib.parse import urlsplit

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
        return f"{host or url} {where}, so Instagram probably cannot fetch pictures from there."
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
