"""Single-use links by which the owner lets another person in, for 7 days, until taken back."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from helpers import digest
from models import Invitation, Membership
from ospost.errors import Forbidden, NotFound
from ospost.services import people
from ospost.services.database import writing

LIVES = timedelta(days=7)
KEPT = timedelta(days=30)
SECRET_BYTES = 32


def make(session: Session, *, user_id: int, account_id: int | None, now: datetime) -> str:
    """Return the secret of a new link; *account_id* is what it shares, if the guest has rights on it.

    Only the owner of the instance may; NotFound for an account that is not theirs.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with writing(session):
        if not people.person(session, user_id).is_owner:
            raise Forbidden("Only the owner of this Ospost makes invitations.")
        if account_id is not None:
            people.account_for(session, user_id, account_id)
        session.execute(delete(Invitation).where(Invitation.expires_at < now - KEPT))
        session.add(
            Invitation(
                secret_digest=digest(secret),
                account_id=account_id,
                made_by=user_id,
                made_at=now,
                expires_at=now + LIVES,
            )
        )
    return secret


def listed(session: Session, *, user_id: int, now: datetime) -> list[Invitation]:
    """Return the person's invitations that still work, the newest first."""
    return list(
        session.scalars(
            select(Invitation)
            .where(
                Invitation.made_by == user_id,
                Invitation.used_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > now,
            )
            .order_by(Invitation.made_at.desc(), Invitation.id)
            .options(joinedload(Invitation.account))
        )
    )


def revoke(session: Session, *, user_id: int, invitation_id: int, now: datetime) -> None:
    """Take an invitation back; NotFound if it is not theirs or does not work any more."""
    with writing(session):
        invitation = session.get(Invitation, invitation_id)
        if invitation is None or invitation.made_by != user_id or not works(invitation, now=now):
            raise NotFound("There is no such invitation any more.")
        invitation.revoked_at = now


def find(session: Session, secret: str, *, now: datetime) -> Invitation | None:
    """Return the invitation behind a link, None when it is unknown or does not work any more."""
    invitation = session.scalar(
        select(Invitation).where(Invitation.secret_digest == digest(secret))
    )
    return invitation if invitation and works(invitation, now=now) else None


def works(invitation: Invitation, *, now: datetime) -> bool:
    """Say whether somebody may still come in by it."""
    return (
        invitation.used_at is None and invitation.revoked_at is None and now < invitation.expires_at
    )


def use(session: Session, invitation: Invitation, *, user_id: int, now: datetime) -> None:
    """Use it up. Inside `writing` only."""
    invitation.used_at = now
    invitation.used_by = user_id


def shares(session: Session, *, user_id: int, account_id: int) -> bool:
    """Say whether the person came in by an invitation that names this account.

    It stops counting once whoever made it is no member of the account any more.
    """
    return bool(
        session.scalar(
            select(Invitation.id)
            .join(
                Membership,
                (Membership.user_id == Invitation.made_by)
                & (Membership.account_id == Invitation.account_id),
            )
            .where(
                Invitation.used_by == user_id,
                Invitation.account_id == account_id,
                Invitation.revoked_at.is_(None),
            )
        )
    )
