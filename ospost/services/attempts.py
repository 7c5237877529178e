"""Departures to Meta's dialogs: each may come back once, within 10 minutes, to the same browser."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from helpers import digest
from models import Invitation, OAuthAttempt
from ospost.services.database import writing
from ospost.services.signin_cases import Case, SignInFailed

LIVES = timedelta(minutes=10)
KEPT = timedelta(days=1)
STATE_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What a departure was bound to."""

    state_digest: str
    browser_digest: str
    login: str
    user_id: int | None
    invitation_id: int | None


def begin(
    session: Session,
    *,
    login: str,
    browser: str,
    user_id: int | None,
    invitation_id: int | None,
    now: datetime,
) -> str:
    """Note a departure and return its `state`, 256 random bits; old ones are cleared away."""
    state = secrets.token_urlsafe(STATE_BYTES)
    with writing(session):
        session.execute(delete(OAuthAttempt).where(OAuthAttempt.made_at < now - KEPT))
        if invitation_id is not None and session.get(Invitation, invitation_id) is None:
            invitation_id = None  # long over
        session.add(
            OAuthAttempt(
                state_digest=digest(state),
                browser_digest=digest(browser),
                login=login,
                user_id=user_id,
                invitation_id=invitation_id,
                made_at=now,
            )
        )
    return state


def consume(
    session: Session,
    *,
    login: str,
    state: str,
    browser: str,
    user_id: int | None,
    now: datetime,
) -> Attempt:
    """Use a `state` up, before anything is asked of Meta; SignInFailed if it must not count.

    A state that comes back in another browser, for another login, or for another person than the
    one who left is not used up by that.
    """
    with writing(session):
        attempt = session.get(OAuthAttempt, digest(state))
        if attempt is None or attempt.login != login or attempt.browser_digest != digest(browser):
            raise SignInFailed(Case.STATE_WRONG, login)
        if attempt.used_at is not None:
            raise SignInFailed(Case.STATE_USED, login)
        if now - attempt.made_at > LIVES:
            raise SignInFailed(Case.STATE_EXPIRED, login)
        if attempt.user_id != user_id:
            raise SignInFailed(Case.STATE_WRONG, login)
        attempt.used_at = now
        return Attempt(
            state_digest=attempt.state_digest,
            browser_digest=attempt.browser_digest,
            login=login,
            user_id=attempt.user_id,
            invitation_id=attempt.invitation_id,
        )


def settle(session: Session, attempt: Attempt, *, user_id: int) -> None:
    """Tie a departure that led to a person to them, so that it goes with them. Inside `writing`.

    The browser's other departures are dropped: its nonce changes when somebody signs in.
    """
    session.execute(
        delete(OAuthAttempt).where(
            OAuthAttempt.browser_digest == attempt.browser_digest,
            OAuthAttempt.state_digest != attempt.state_digest,
        )
    )
    session.execute(
        update(OAuthAttempt)
        .where(OAuthAttempt.state_digest == attempt.state_digest)
        .values(user_id=user_id)
    )
