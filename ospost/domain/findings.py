"""What a rule has to say about something that a person typed or uploaded, or that a post needs."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops the post, and whether we know at all."""

    BLOCK = "stop"
    WARN = "warn"
    HINT = "hint"  # seen from here only: it may be otherwise, and never stops anything


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One complaint: the field it belongs to and a sentence for the person.

    *remedy* says what to do where the sentence does not; *needs_person* marks what does not mend
    itself, so that somebody must act before the post is due.
    """

    field: str
    severity: Severity
    message: str
    remedy: str = ""
    needs_person: bool = False


def as_stored(finding: Finding) -> dict[str, str]:
    """Return *finding* as it is kept with a post, and as programs read it."""
    return {
        "field": finding.field,
        "level": finding.severity.value,
        "what": WHAT.get(finding.field, "Post"),
        "sentence": finding.message,
        "remedy": finding.remedy or REMEDIES.get(finding.field, ""),
    }


WHAT = {
    "media": "Photo",
    "crop": "Cut of the photo",
    "alt_text": "Description of the photo",
    "caption": "Caption",
    "first_comment": "First comment",
    "date": "Time",
    "account": "Instagram account",
    "limit": "Daily limit",
    "containers": "Daily limit of preparations",
    "address": "Address of the photos",
}
"""What each field is called on the screen."""

REMEDIES = {
    "media": "Choose a photo that fits.",
    "crop": "Choose the part to show.",
    "alt_text": "Shorten the description.",
    "caption": "Change the caption.",
    "first_comment": "Change the first comment.",
}
"""What to do where a rule says only what is wrong: in the form as on the page of a saved post."""
