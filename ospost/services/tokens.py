"""Keeping tokens alive, so that a post may be years away.

Instagram's tokens live 60 days and can be renewed from their second day on; Facebook's long-lived
user tokens are exchanged for new ones while they are valid, and Page tokens do not expire.
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, sessionmaker

from models import Account, Identity
from ospost.domain.meta_codes import Kind
from ospost.graph.errors import GraphError, Refused
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.instagram_login import InstagramLogin
from ospost.services.database import writing
from ospost.vault import Vault

logger = logging.getLogger(__name__)

RENEW_BEFORE = timedelta(days=53)  # a week after it was made, of 60 days
SOONEST = timedelta(days=1)


def refresh_due(
    sessions: sessionmaker[Session],
    *,
    vault: Vault,
    facebook: FacebookLogin | None,
    instagram: InstagramLogin | None,
    now: datetime,
) -> int:
    """Renew every token that is old enough; return how many were renewed.

    A token that Meta calls invalid marks its accounts for reconnection; any other trouble is left
    for the next hour.
    """
    with sessions() as session:
        due = session.scalars(
            select(Identity).where(
                Identity.token_sealed != "",
                Identity.token_expires_at < now + RENEW_BEFORE,
                Identity.token_expires_at > now,
                Identity.renewed_at < now - SOONEST,
                or_(Identity.login == "instagram", Identity.login == "facebook"),
            )
        ).all()
        session.rollback()
        count = 0
        for identity in due:
            login = instagram if identity.login == "instagram" else facebook
            if login is not None:
                count += _renew(session, vault, login, identity, now)
        return count


def _renew(
    session: Session,
    vault: Vault,
    login: FacebookLogin | InstagramLogin,
    identity: Identity,
    now: datetime,
) -> bool:
    old = vault.open(
        identity.token_sealed, table="identity", column="token_sealed", row_id=identity.id
    )
    try:
        new = login.refresh(old) if isinstance(login, InstagramLogin) else login.lengthen(old)
    except Refused as error:
        if error.kind is Kind.TOKEN:
            _mark(session, identity, error.sentence, now)
        return False
    except GraphError:
        logger.warning("a token could not be renewed", extra={"identity": identity.id})
        return False
    with writing(session):
        fresh = session.get_one(Identity, identity.id)
        fresh.token_sealed = vault.seal(
            new.value, table="identity", column="token_sealed", row_id=fresh.id
        )
        fresh.token_expires_at = new.expires_at
        fresh.renewed_at = now
        if fresh.login == "instagram":
            _give_to_accounts(session, vault, fresh, new.value, new.expires_at)
    return True


def _give_to_accounts(
    session: Session, vault: Vault, identity: Identity, token: str, expires_at: datetime | None
) -> None:
    """An account of the Instagram login publishes with its person's own token."""
    accounts = select(Account).where(
        Account.identity_id == identity.id, Account.login == "instagram"
    )
    for account in session.scalars(accounts):
        account.token_sealed = vault.seal(
            token, table="account", column="token_sealed", row_id=account.id
        )
        account.token_expires_at = expires_at


def _mark(session: Session, identity: Identity, sentence: str, now: datetime) -> None:
    with writing(session):
        for account in session.scalars(select(Account).where(Account.identity_id == identity.id)):
            account.needs_reconnect = True
            account.trouble = sentence
            account.trouble_at = now
