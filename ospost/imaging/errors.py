"""Why a picture was not taken, and what can go wrong with the workshop itself."""

from enum import StrEnum

from ospost.errors import Invalid, Unavailable


class Reason(StrEnum):
    """Why a file cannot be used."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TRUNCATED = "truncated"
    TOO_MANY_PIXELS = "too_many_pixels"
    BOMB = "bomb"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    BROKEN = "broken"


SENTENCES = {
    Reason.EMPTY: "This file is empty.",
    Reason.NOT_A_PICTURE: "This file is not a photo, whatever its name says.",
    Reason.UNSUPPORTED_FORMAT: (
        "This is {0}, which cannot be used here. "
        "Please save it as JPEG, PNG, WebP, HEIC, AVIF, GIF or TIFF."
    ),
    Reason.TRUNCATED: (
        "This photo ends too early: a part of the file is missing. Please upload it again."
    ),
    Reason.TOO_MANY_PIXELS: "This photo is too large: {0}.",
    Reason.BOMB: "This file was not opened, because it unpacks to far too much: {0}.",
    Reason.TOO_SLOW: "This photo took too long to read, so it was stopped.",
    Reason.TOO_MUCH_MEMORY: "This photo needs more memory than one photo may have.",
    Reason.BROKEN: "This photo is damaged and cannot be read.",
}


class BadPicture(Invalid):
    """A file that cannot become a picture on Instagram; *reason* says why.

    *detail* completes the sentence where it names a format or a number.  *cause* is what
    the decoder said, for the log only: it may hold bytes of the file.
    """

    def __init__(self, reason: Reason, detail: str = "", *, cause: str = "") -> None:
        """Make the complaint on field "media"."""
        super().__init__(("media", SENTENCES[reason].format(detail)))
        self.reason = reason
        self.detail = detail
        self.cause = cause


class WorkshopDied(Unavailable):
    """The process that reads pictures ended in the middle of a job; the file may be fine."""

    def __init__(self) -> None:
        """Say that trying again is right."""
        super().__init__("The part that reads photos stopped at work. Please try again.")


class WorkshopBusy(Unavailable):
    """Too many pictures are waiting."""

    def __init__(self) -> None:
        """Say that trying again later is right."""
        super().__init__("Many photos are waiting at present. Please try again in a minute.")
