"""A sign-in that fails: the error that ends it and the case that it is."""

from collections.abc import Sequence

from ospost.errors import OspostError
from ospost.services.signin_words import PLACES, WORDS, Case, Next

__all__ = ["PLACES", "Case", "Next", "SignInFailed"]


class SignInFailed(OspostError):
    """A sign-in that ends on a page of its own; carries what that page must name."""

    def __init__(
        self,
        case: Case,
        login: str,
        *,
        names: Sequence[str] = (),
        missing: Sequence[str] = (),
        detail: str = "",
    ) -> None:
        """Take the names of Pages, the permissions that are missing, or Meta's own sentence."""
        self.case = case
        self.login = login
        self.missing = tuple(missing)
        self.words = WORDS[case]
        self._facts = {
            **PLACES[login],
            "names": ", ".join(names),
            "scopes": ", ".join(missing),
            "detail": detail or "It gave no reason.",
        }
        super().__init__(self.words.sentence.format(**self._facts))
        self.status = self.words.status
        self.title = self.words.title.format(**self._facts)

    @property
    def remedy(self) -> tuple[str, ...]:
        """What to do, step by step."""
        return tuple(step.format(**self._facts) for step in self.words.remedy)
