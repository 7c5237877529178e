"""Taking grants back at Meta when a person leaves; tried for 7 days where Meta does not answer."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from helpers import new_id
from models import Identity, Revocation
from ospost.domain.meta_codes import Kind
from ospost.graph.errors import GraphError, Refused
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.instagram_login import InstagramLogin
from ospost.services import keys
from ospost.services.database import writing
from ospost.vault import Vault

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
AT_ONCE = 20

PROMISED = frozenset({"facebook"})
"""Logins whose grants Meta documents a call for, so that it is tried until it works. With Instagram
Login the token is forgotten here, and the person removes the app in Instagram's settings."""


@dataclass(frozen=True, kw_only=True)
class Revoker:
    """What is needed to take a grant back."""

    vault: Vault
    facebook: FacebookLogin | None
    instagram: InstagramLogin | None

    def revoke_all(self, session: Session, *, user_id: int, now: datetime) -> None:
        """Take back every grant of the person; note those that can still be taken back later.

        Calls Meta, so never inside a transaction. The notes name nobody: a login, a sealed token.
        """
        session.rollback()
        rows = session.scalars(select(Identity).where(Identity.user_id == user_id)).all()
        tokens = [(row.login, keys.open_token(row, self.vault)) for row in rows if row.token_sealed]
        session.rollback()
        for login, token in tokens:
            if not self.is_gone(login, token) and login in PROMISED:
                self._note(session, login, token, now)

    def is_gone(self, login: str, token: str) -> bool:
        """Take one grant back; False when Meta did not say that it is gone."""
        client = self.facebook if login == "facebook" else self.instagram
        if client is None:
            return False
        try:
            return client.revoke(token)
        except Refused as error:
            return error.kind is Kind.TOKEN  # ended already
        except GraphError:
            return False

    def _note(self, session: Session, login: str, token: str, now: datetime) -> None:
        row = Revocation(id=new_id(), login=login, made_at=now, next_at=now + FIRST_WAIT)
        keys.seal(row, token, self.vault)
        with writing(session):
            session.add(row)


def retry_revocations(
    session_factory: sessionmaker[Session],
    *,
    vault: Vault,
    facebook: FacebookLogin | None,
    instagram: InstagramLogin | None,
    now: datetime,
) -> int:
    """Try again what is due; return how many grants are gone. After 7 days the token is dropped."""
    revoker = Revoker(vault=vault, facebook=facebook, instagram=instagram)
    with session_factory() as session:
        rows = session.scalars(
            select(Revocation).where(Revocation.next_at <= now).limit(AT_ONCE)
        ).all()
        due = [(row.id, row.login, keys.open_token(row, vault)) for row in rows]
        session.rollback()
        gone = 0
        for row_id, login, token in due:
            is_gone = revoker.is_gone(login, token)
            gone += is_gone
            _settle(session, row_id, is_gone=is_gone, now=now)
    return gone


def _settle(session: Session, row_id: int, *, is_gone: bool, now: datetime) -> None:
    with writing(session):
        row = session.get(Revocation, row_id)
        if row is None:
            return
        row.tries += 1
        row.next_at = now + min(FIRST_WAIT * 2 ** min(row.tries, 10), LONGEST_WAIT)
        if is_gone or now - row.made_at >= KEPT:
            if not is_gone:
                logger.warning("a grant at Meta could not be taken back within 7 days")
            session.delete(row)
