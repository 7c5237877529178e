"""The tree of errors that a person can do something about.

OspostError
├── NotFound        the thing is not there, or is not theirs
├── Invalid         something typed or uploaded breaks a rule; names the field
├── Conflict        somebody or something was faster
├── Forbidden       theirs, but not in this way
└── Unavailable     a part of this server cannot work at present
"""


class OspostError(Exception):
    """Something that we can say in a sentence; the first argument is that sentence."""

    status = 500
    title = "Something went wrong"

    @property
    def sentence(self) -> str:
        """What happened and what to do, in words for the person."""
        return str(self.args[0]) if self.args else self.title


class NotFound(OspostError):
    """There is nothing here for this person."""

    status = 404
    title = "There is nothing here"


class Forbidden(OspostError):
    """Theirs, but this must not be done."""

    status = 403
    title = "That is not allowed"


class Conflict(OspostError):
    """The state has moved on; look again."""

    status = 409
    title = "It has changed meanwhile"


class Unavailable(OspostError):
    """A part of this server cannot work at present."""

    status = 503
    title = "Not available at the moment"


class Invalid(OspostError):
    """Input that breaks a rule; every complaint is a pair (field, message)."""

    status = 422
    title = "Please check what you typed"

    def __init__(self, *complaints: tuple[str, str]) -> None:
        """Take one or more pairs (field, message)."""
        super().__init__(" ".join(message for _, message in complaints))
        self.complaints = complaints
