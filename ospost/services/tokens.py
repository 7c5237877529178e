"""Keeping tokens alive, so that a post may be years away.

Instagram's tokens live 60 days and can be renewed from their second day on; Facebook's long-lived
user tokens are exchanged for new ones while they are valid, and Page tokens do not expire.
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Account, Identity
from ospost.domain.meta_codes import Kind
from ospost.graph.errors import GraphError, Refused
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.instagram_login import InstagramLogin
from ospost.services.database import writing
from ospost.vault import Vault, VaultError

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
        wanted = select(Identity.id, Identity.login, Identity.token_sealed).where(
            Identity.token_sealed != "",
            Identity.token_expires_at < now + RENEW_BEFORE,
            Identity.token_expires_at > now,
            Identity.renewed_at < now - SOONEST,
        )
        due = session.execute(wanted).all()
        session.rollback()  # no transaction stays open over a call
        count = 0
        for identity_id, name, sealed in due:
            login = instagram if name == "instagram" else facebook
            if login is not None:
                count += _renew(session, vault, login, identity_id, sealed, now)
        return count


def _renew(
    session: Session,
    vault: Vault,
    login: FacebookLogin | InstagramLogin,
    identity_id: int,
    sealed: str,
    now: datetime,
) -> bool:
    try:
        old = vault.open(sealed, table="identity", column="token_sealed", row_id=identity_id)
        new = login.refresh(old) if isinstance(login, InstagramLogin) else login.lengthen(old)
    except VaultError:
        logger.exception("a token does not open", extra={"identity": identity_id})
        return False
    except Refused as error:
        if error.kind is Kind.TOKEN:
            _mark(session, identity_id, sealed, error.sentence, now)
        return False
    except GraphError:
        logger.warning("a token could not be renewed", extra={"identity": identity_id})
        return False
    with writing(session):
        fresh = session.get(Identity, identity_id, populate_existing=True)
        if fresh is None or fresh.token_sealed != sealed:
            return False  # the person left, or signed in again meanwhile
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


def _mark(session: Session, identity_id: int, sealed: str, sentence: str, now: datetime) -> None:
    with writing(session):
        identity = session.get(Identity, identity_id, populate_existing=True)
        if identity is None or identity.token_sealed != sealed:
            return
        for account in session.scalars(select(Account).where(Account.identity_id == identity_id)):
            account.needs_reconnect = True
            account.trouble = sentence
            account.trouble_at = now
