"""What a look at a person's tokens saw, and how it is kept: for them, their accounts and spares."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, FoundAccount, Identity
from ospost.domain.meta_codes import lookup
from ospost.domain.reactions import NEEDS_RECONNECT
from ospost.graph.facebook_login import TokenFacts
from ospost.graph.oauth import Token
from ospost.services import expiry, keys, passed
from ospost.services.database import writing
from ospost.vault import Vault, VaultError


@dataclass(frozen=True, kw_only=True)
class PageToken:
    """The token of a Page, opened for a look."""

    account_id: int
    sealed: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What Meta said. Without anything set: that the token works."""

    token: Token | None = None  # the renewed one
    trouble: str = ""  # why it was not renewed, or what is wrong, in a sentence
    is_dead: bool = False  # Meta said twice that the token is no good
    is_answered: bool = True  # False: an outage, look again soon
    data_access_expires_at: datetime | None = None
    pages: tuple[tuple[int, str, TokenFacts], ...] = ()  # account, its token sealed, what is said


def page_tokens(session: Session, identity_id: int, vault: Vault) -> tuple[PageToken, ...]:
    """Return the Page tokens with which a person's accounts publish; those that open."""
    rows = session.execute(
        select(Account.id, Account.token_sealed).where(
            Account.identity_id == identity_id,
            Account.login == "facebook",
            Account.token_sealed != "",
        )
    ).all()
    session.rollback()  # no transaction stays open over a call
    found = []
    for account_id, sealed in rows:
        try:
            token = vault.open(sealed, table="account", column="token_sealed", row_id=account_id)
        except VaultError:
            continue  # the machine holds its posts, and says so
        found.append(PageToken(account_id=account_id, sealed=sealed, token=token))
    return tuple(found)


def keep(
    session: Session,
    identity_id: int,
    sealed: str,
    seen: Seen,
    *,
    vault: Vault,
    look_at: datetime,
    now: datetime,
) -> bool:
    """Write down what was seen of the token *sealed*; False when another one stands there by now."""
    with writing(session):
        identity = session.get(Identity, identity_id, populate_existing=True)
        if identity is None or identity.token_sealed != sealed:
            return False  # the person left, or signed in again meanwhile
        before = identity.trouble
        identity.look_at = look_at
        identity.trouble = seen.trouble
        if seen.data_access_expires_at is not None:
            identity.data_access_expires_at = seen.data_access_expires_at
        if seen.token is not None:
            _renewed(session, identity, seen.token, vault=vault, before=before, now=now)
        if seen.is_dead:
            _lost(session, identity, seen.trouble, now)
        for account_id, page_sealed, facts in seen.pages:
            account = session.get(Account, account_id, populate_existing=True)
            if account is not None and account.token_sealed == page_sealed:
                _page_seen(session, account, facts, now)
    return True


def _renewed(
    session: Session,
    identity: Identity,
    token: Token,
    *,
    vault: Vault,
    before: str,
    now: datetime,
) -> None:
    keys.seal(identity, token.value, vault)
    identity.token_expires_at = now + token.lasts if token.lasts else None
    identity.renewed_at = now
    if identity.login != "instagram":
        return
    # An account of the Instagram login publishes with its person's own token; a spare is kept for
    # the day on which the account needs it.
    for account in _accounts(session, identity):
        keys.seal(account, token.value, vault)
        account.token_expires_at = identity.token_expires_at
        if account.needs_reconnect and before and account.trouble == before:
            passed.reconnected(session, account, now=now)  # Meta takes back what it said of it
    spares = select(FoundAccount).where(
        FoundAccount.identity_id == identity.id, FoundAccount.token_sealed != ""
    )
    for spare in session.scalars(spares):
        keys.seal(spare, token.value, vault)
        spare.token_expires_at = identity.token_expires_at
        spare.renewed_at = now


def _lost(session: Session, identity: Identity, sentence: str, now: datetime) -> None:
    for account in _accounts(session, identity):
        expiry.lost(session, account, sentence, now=now)


def _page_seen(session: Session, account: Account, facts: TokenFacts, now: datetime) -> None:
    if not facts.is_valid:
        known = lookup(facts.error_code, facts.error_subcode, facts.error_message)
        if known.kind in NEEDS_RECONNECT:
            expiry.lost(session, account, known.sentence, now=now)
        return
    account.token_expires_at = facts.expires_at
    if facts.data_access_expires_at is not None:
        account.data_access_expires_at = facts.data_access_expires_at


def _accounts(session: Session, identity: Identity) -> list[Account]:
    """Return the accounts that publish with this person's own token."""
    return list(
        session.scalars(
            select(Account)
            .where(Account.identity_id == identity.id, Account.login == identity.login)
            .execution_options(populate_existing=True)
        )
    )
