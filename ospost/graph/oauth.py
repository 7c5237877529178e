"""What both logins have in common: tokens, and why signing in failed.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ospost.domain.meta_codes import Kind
from ospost.graph import wire
from ospost.graph.errors import Refused
from ospost.graph.remote import Reply

SIGN_IN_SECONDS = 20  # a person waits


class Reason(StrEnum):
    """Why Meta refused a step of signing in."""

    CODE_USED = "code_used"
    CODE_EXPIRED = "code_expired"
    REDIRECT_MISMATCH = "redirect_mismatch"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - the name of a reason
    UNKNOWN_APP = "unknown_app"
    NOT_A_TESTER = "not_a_tester"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - the name of a reason
    OTHER = "other"


WORDS: dict[Reason, tuple[str, str]] = {
    Reason.CODE_USED: (
        "This sign-in was already completed once.",
        "Start signing in again, and open the page only once.",
    ),
    Reason.CODE_EXPIRED: ("This sign-in took too long.", "Start signing in again."),
    Reason.REDIRECT_MISMATCH: (
        "Meta does not know the address to which this server wants to be called back.",
        "The owner of this server pastes the exact address into the app's settings at Meta.",
    ),
    Reason.WRONG_SECRET: (
        "Meta says that the app secret in this server's settings is wrong.",
        "The owner of this server copies the app secret anew from the settings at Meta.",
    ),
    Reason.UNKNOWN_APP: (
        "Meta does not know the app whose id stands in this server's settings.",
        "The owner of this server checks the app id; each of the two logins has its own.",
    ),
    Reason.NOT_A_TESTER: (
        "Instagram does not let this app use the account yet.",
        "Accept the tester invitation in Instagram's settings, then sign in again.",
    ),
    Reason.TOKEN_EXPIRED: (
        "The sign-in is no longer valid.",
        "Start signing in again.",
    ),
}

SUBCODES = {
    36007: Reason.CODE_EXPIRED,
    36008: Reason.REDIRECT_MISMATCH,
    36009: Reason.CODE_USED,
}
UNKNOWN_APP_CODE = 101
PHRASES: tuple[tuple[str, Reason], ...] = (
    ("code has been used", Reason.CODE_USED),
    ("was already used", Reason.CODE_USED),
    ("code has expired", Reason.CODE_EXPIRED),
    ("redirect_uri", Reason.REDIRECT_MISMATCH),
    ("client secret", Reason.WRONG_SECRET),
    ("client_secret", Reason.WRONG_SECRET),
    ("invalid platform app", Reason.UNKNOWN_APP),
    ("unsupported request - method type", Reason.NOT_A_TESTER),
    ("insufficient developer role", Reason.NOT_A_TESTER),
)
"""Parts of messages, in lower case: the host of Instagram's codes sends no subcodes."""


class OAuthFailure(Refused):
    """Meta refused a step of signing in; `reason` says why."""

    title = "Signing in did not work"

    def __init__(self, refused: Refused) -> None:
        """Take over what *refused* says."""
        super().__init__(
            code=refused.code,
            subcode=refused.subcode,
            message=refused.message,
            error_type=refused.error_type,
            user_title=refused.user_title,
            user_message=refused.user_message,
            fbtrace_id=refused.fbtrace_id,
            http_status=refused.http_status,
            retry_after_seconds=refused.retry_after_seconds,
        )
        self.sent_at = refused.sent_at
        self.reason = reason_of(refused)
        sentence, self.remedy = WORDS.get(self.reason, (self.known.sentence, self.known.remedy))
        self.args = (sentence,)


def reason_of(refused: Refused) -> Reason:
    """Classify by subcode, then by the message, then by the kind of the error."""
    if refused.subcode in SUBCODES:
        return SUBCODES[refused.subcode]
    low = refused.message.lower()
    for phrase, reason in PHRASES:
        if phrase in low:
            return reason
    if refused.code == UNKNOWN_APP_CODE:
        return Reason.UNKNOWN_APP
    return Reason.TOKEN_EXPIRED if refused.kind is Kind.TOKEN else Reason.OTHER


@contextmanager
def signing_in() -> Iterator[None]:
    """Turn a refusal inside into an OAuthFailure."""
    try:
        yield
    except Refused as refused:
        raise OAuthFailure(refused) from refused


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token, and until when it works; None when Meta does not say or sets no end."""

    value: str = field(repr=False)
    expires_at: datetime | None
    lasts: timedelta | None = None  # from the call on


def token_in(reply: Reply) -> Token:
    """Read a token answer; `expires_in` is seconds and may be missing."""
    seconds = wire.whole(reply.body.get("expires_in"))
    lasts = timedelta(seconds=seconds) if seconds else None
    expires_at = reply.sent_at + lasts if lasts else None
    return Token(value=reply.id("access_token"), expires_at=expires_at, lasts=lasts)


def clean_code(code: str) -> str:
    """Cut off the fragment that Meta's redirects may carry behind the code."""
    return code.removesuffix("#_=_").removesuffix("#_")
