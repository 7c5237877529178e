"""What a person or a program sent to be composed, as it came: texts, files, and what is absent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from models import Account, Media
from ospost.domain.findings import Finding, Severity
from ospost.domain.schedule import Resolved
from ospost.domain.states import Kind
from ospost.errors import Invalid

SCHEDULE, SAVE_DRAFT, NOW = "schedule", "draft", "now"
ACTIONS = (SCHEDULE, SAVE_DRAFT, NOW)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file of the form; a stream that was cut off because it is too large says so."""

    file_name: str
    stream: BinaryIO
    is_too_large: bool


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The fields of the compose form; None is a field that was not sent at all."""

    account_id: str | None = None
    media_ids: tuple[str, ...] | None = None
    uploads: tuple[Upload, ...] = ()
    crops: tuple[str, ...] | None = None
    alt_texts: tuple[str, ...] | None = None
    caption: str | None = None  # line ends as LF
    first_comment: str | None = None
    date: str | None = None
    timezone: str | None = None
    fold: str = ""
    kind: str = ""
    action: str = ""
    form_id: str = ""  # of one copy of the form, so that sending it twice is one post


@dataclass(kw_only=True)
class SlideWish:
    """One picture as it shall be posted."""

    media: Media
    slot: int  # its place among the fields `crop` and `alt_text`
    crop: str = ""  # normalised; "" is the whole picture
    alt_text: str = ""
    proposed_crop: str = ""  # the nearest legal cut, where one is needed and none was given


@dataclass(kw_only=True)
class Weighed:
    """What was typed, understood, with everything that is wrong with it."""

    action: str = SCHEDULE
    kind: Kind = Kind.IMAGE
    account: Account | None = None
    slides: list[SlideWish] = field(default_factory=list)
    caption: str = ""
    first_comment: str = ""
    date: str = ""
    timezone: str = ""
    fold: str = ""
    resolved: Resolved | None = None
    due_at: datetime | None = None
    form_id: str = ""
    complaints: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    status: int = 422  # of the answer when there are complaints

    @property
    def is_draft(self) -> bool:
        """Whether it is only put aside."""
        return self.action == SAVE_DRAFT

    def complain(self, error: Invalid) -> None:
        """Take the complaints of a rule that raised."""
        self.complaints += error.complaints
        if error.status != Invalid.status:
            self.status = error.status

    def take(self, findings: list[Finding]) -> None:
        """Sort findings into what stops the post and what only warns."""
        for found in findings:
            is_block = found.severity is Severity.BLOCK
            (self.complaints if is_block else self.warnings).append((found.field, found.message))
