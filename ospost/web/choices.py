"""What people choose from in our forms: time zones, graces, languages."""

from functools import cache

from helpers import plural
from ospost.domain import schedule

NOT_PLACES = ("Etc/", "SystemV/", "posix/", "right/")

GRACES: tuple[tuple[str, str], ...] = (
    ("600", "not at all (10 minutes at most)"),
    ("3600", "1 hour"),
    ("21600", "6 hours"),
    ("86400", "24 hours"),
)
"""How late a post may still go out: seconds and words."""


def grace_words(seconds: int) -> str:
    """Return a grace in whole hours or minutes: '6 hours'."""
    hours, rest = divmod(seconds, 3600)
    return plural(hours, "hour") if hours and not rest else plural(seconds // 60, "minute")


LANGUAGES: tuple[tuple[str, str], ...] = (("en", "English"),)
"""The languages that our pages are written in."""


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """Return the zones worth choosing from, UTC first."""
    places = (
        zone for zone in schedule.zone_names() if "/" in zone and not zone.startswith(NOT_PLACES)
    )
    return (("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in sorted(places)))


def zones_with(zone: str) -> tuple[tuple[str, str], ...]:
    """Return the choices, with *zone* among them even if it is an old name."""
    offered = zones()
    return offered if any(zone == value for value, _ in offered) else ((zone, zone), *offered)
