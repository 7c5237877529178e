"""Small pure functions on time and text that several layers need."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def milliseconds_between(earlier: datetime, later: datetime) -> int:
    """Return whole milliseconds from *earlier* to *later*, negative when it is before."""
    return round((later - earlier) / timedelta(milliseconds=1))


def new_id() -> int:
    """Return a random positive id that JavaScript can hold exactly (below 2**53)."""
    return secrets.randbits(52) + 1


def digest(secret: str) -> str:
    """Return the SHA-256 of a high-entropy secret, as hex: how we store what we only compare."""
    return hashlib.sha256(secret.encode()).hexdigest()


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return '1 post' or '2 posts'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shorten(text: str, length: int) -> str:
    """Return *text* on one line, cut to *length* code points with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def distance(moment: datetime, now: datetime) -> str:
    """Return how far *moment* is, in words: 'in 4 days', '2 hours ago', 'now'."""
    seconds = (moment - now).total_seconds()
    size = abs(seconds)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if size >= length * (2 if unit == "day" else 1) or unit == "second":
            count = round(size / length)
            break
    if not count:
        return "now"
    return f"in {plural(count, unit)}" if seconds > 0 else f"{plural(count, unit)} ago"


BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """Return a User-Agent header in words that a person knows: 'Firefox on Windows'."""
    browser = next((name for part, name in BROWSERS if part in agent), "")
    browser = browser or ("Safari" if "Safari" in agent else "A browser")
    system = next((name for part, name in SYSTEMS if part in agent), "")
    return f"{browser} on {system}" if system else browser
