"""What a rule has to say about something that a person typed or uploaded."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops the post."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One complaint: the field it belongs to and a sentence for the person."""

    field: str
    severity: Severity
    message: str
