"""What a sign-in brought home from Meta, before any of it is stored."""

from dataclasses import dataclass, field
from datetime import datetime

from ospost.services.signin_cases import Case, SignInFailed

NO_ACCOUNT = "no_account"
NO_RIGHT = "no_publish_task"


@dataclass(frozen=True, kw_only=True)
class Found:
    """An Instagram account that the person showed us, or a Page without a usable one."""

    ig_id: str = ""
    app_scoped_id: str = ""
    username: str = ""
    name: str = ""
    page_id: str = ""
    page_name: str = ""
    problem: str = ""  # NO_ACCOUNT, NO_RIGHT, or '' when it can be published to
    has_full_control: bool = False
    token: str = field(default="", repr=False)
    token_expires_at: datetime | None = None

    @property
    def key(self) -> str:
        """What this find is remembered by: the account, or the Page that has none."""
        return self.ig_id or f"page:{self.page_id}"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One person, by one login, with a long-lived token."""

    login: str
    subject: str
    name: str
    token: str = field(repr=False)
    token_expires_at: datetime | None
    data_access_expires_at: datetime | None
    granted: tuple[str, ...]
    declined: tuple[str, ...]
    missing: tuple[str, ...]  # permissions that publishing needs and that were not given
    found: tuple[Found, ...]
    timezone: str = "UTC"  # of the browser, where it said so

    @property
    def usable(self) -> tuple[Found, ...]:
        """The accounts for which Meta lets this person publish."""
        return tuple(found for found in self.found if not found.problem)

    def trouble(self) -> SignInFailed | None:
        """Return why nothing can be published with this sign-in; None when something can."""
        if self.missing:
            return SignInFailed(Case.PARTLY_REFUSED, self.login, missing=self.missing)
        if self.usable:
            return None
        blocked = [f.page_name or f.username for f in self.found if f.problem == NO_RIGHT]
        if blocked:
            return SignInFailed(Case.NO_RIGHT, self.login, names=blocked)
        if self.found:
            names = [found.page_name for found in self.found]
            return SignInFailed(Case.NO_ACCOUNT, self.login, names=names)
        return SignInFailed(Case.NO_PAGE, self.login)
