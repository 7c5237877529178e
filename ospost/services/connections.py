"""The tie between an account here and Meta: who may add it, whose token it carries, how it is renewed."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from helpers import new_id
from models import Account, FoundAccount, Identity, Membership, Post, User
from ospost.domain.states import BEFORE_INTENT
from ospost.errors import Forbidden, Invalid, NotFound
from ospost.services import invitations, keys, passed, people, publications
from ospost.services.arrivals import Found
from ospost.services.database import writing
from ospost.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """A token for an account with the facts that came with it."""

    identity: Identity
    app_scoped_id: str
    username: str
    name: str
    page_id: str
    page_name: str
    token: str = field(repr=False)
    expires_at: datetime | None

    @classmethod
    def of(cls, found: Found, identity: Identity) -> "Fresh":
        """Take it from a sign-in."""
        return cls(
            identity=identity,
            app_scoped_id=found.app_scoped_id,
            username=found.username,
            name=found.name,
            page_id=found.page_id,
            page_name=found.page_name,
            token=found.token,
            expires_at=found.token_expires_at,
        )

    @classmethod
    def kept(cls, row: FoundAccount, identity: Identity, vault: Vault) -> "Fresh":
        """Take it from what an earlier sign-in found."""
        return cls(
            identity=identity,
            app_scoped_id=row.app_scoped_id,
            username=row.username,
            name=row.name,
            page_id=row.page_id,
            page_name=row.page_name,
            token=keys.open_token(row, vault),
            expires_at=row.token_expires_at,
        )


def offers(session: Session, user_id: int) -> list[FoundAccount]:
    """Return the accounts that the person may add now, by username."""
    return list(
        session.scalars(
            select(FoundAccount)
            .where(
                FoundAccount.user_id == user_id,
                FoundAccount.problem == "",
                FoundAccount.token_sealed != "",
                FoundAccount.ig_id.not_in(_of(user_id)),
            )
            .order_by(FoundAccount.username, FoundAccount.login)
        )
    )


def _had(session: Session, user_id: int) -> set[int]:
    """Return the ids of what was found and is the person's by now."""
    chosen = select(FoundAccount.id).where(FoundAccount.user_id == user_id)
    return set(session.scalars(chosen.where(FoundAccount.ig_id.in_(_of(user_id)))))


def _of(user_id: int) -> Select[str]:
    """Return the Instagram ids of the person's accounts, as a question."""
    return (
        select(Account.ig_id)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id)
    )


def hopeless(session: Session, user_id: int) -> list[FoundAccount]:
    """Return what was found and cannot be published to, with its `problem`."""
    return list(
        session.scalars(
            select(FoundAccount)
            .where(FoundAccount.user_id == user_id, FoundAccount.problem != "")
            .order_by(FoundAccount.page_name)
        )
    )


def choose(
    session: Session,
    *,
    user_id: int,
    found_ids: list[int],
    vault: Vault,
    signups: str,
    now: datetime,
) -> list[Account]:
    """Add the chosen accounts to the person; the others count as refused and lose their tokens.

    What the person has already is passed over: a form may come twice. NotFound for an id that was
    not offered to this person, Invalid when nothing is chosen and they have no account yet,
    Forbidden for an account that others here hold (see `may_join`); then nothing is added.
    """
    with writing(session):
        offered = {row.id: row for row in offers(session, user_id)}
        wanted = set(found_ids) - _had(session, user_id)
        if not offered.keys() >= wanted:
            raise NotFound("That account is not among those that were found. Sign in again.")
        if not found_ids and not people.accounts_of(session, user_id):
            raise Invalid(("account", "Choose at least one account."))
        chosen: dict[str, Account] = {}
        if found_ids and not wanted:
            return []
        for row in (offered[each] for each in dict.fromkeys(found_ids) if each in wanted):
            if row.ig_id not in chosen:  # found by both logins
                chosen[row.ig_id] = _add(session, user_id, row, vault, signups, now)
        for row in offered.values():
            if row.ig_id not in chosen:
                row.token_sealed = ""
    return list(chosen.values())


def may_join(session: Session, *, account: Account, user_id: int, signups: str) -> bool:
    """Say whether a person may become a further member of an account that others here hold.

    Meta let them publish to it at this sign-in, else it were not offered. Beyond that they need an
    invitation that names this account, or an instance that is open to everybody
    (`SIGNUPS=open`): with sign-ups closed a role at Meta alone opens nobody's plan here.
    """
    is_held = bool(people.members_of(session, account.id))
    return (
        not is_held
        or signups == "open"
        or invitations.shares(session, user_id=user_id, account_id=account.id)
    )


def may_replace_token(session: Session, account: Account, user_id: int) -> bool:
    """Say whether a member's new sign-in changes the token that the account publishes with.

    It does when the token is their own by either login, or lost. A working token of another member
    stays; the new one is kept beside it, for the day on which that member leaves.
    """
    if account.needs_reconnect or not account.token_sealed or account.identity_id is None:
        return True
    owner_id = session.scalar(select(Identity.user_id).where(Identity.id == account.identity_id))
    return owner_id in (None, user_id)


def renew(session: Session, account: Account, fresh: Fresh, *, vault: Vault, now: datetime) -> None:
    """Connect *account* anew and let go what waited for it; what is overdue by now is asked about.

    Inside `writing` only.
    """
    identity = fresh.identity
    has_moved = account.login != identity.login
    account.login = identity.login
    account.identity_id = identity.id
    account.app_scoped_id = fresh.app_scoped_id
    account.username = fresh.username or account.username
    account.name = fresh.name[:200]
    account.page_id = fresh.page_id
    account.page_name = fresh.page_name[:200]
    keys.seal(account, fresh.token, vault)
    account.token_expires_at = fresh.expires_at
    account.data_access_expires_at = identity.data_access_expires_at
    account.granted = list(identity.granted)
    account.declined = list(identity.declined)
    account.connected_at = now
    session.flush()
    if has_moved:
        _drop_containers(session, account, now)
    passed.reconnected(session, account, now=now)


def _drop_containers(session: Session, account: Account, now: datetime) -> None:
    """A container made by one login's app cannot be published by the other's."""
    posts = session.scalars(
        select(Post).where(Post.account_id == account.id, Post.removed_at.is_(None))
    )
    for post in posts:
        rows = post.publications
        if any(r.container_id for r in rows) and all(r.state in BEFORE_INTENT for r in rows):
            publications.content_changed(session, post, now=now)


def _add(
    session: Session,
    user_id: int,
    row: FoundAccount,
    vault: Vault,
    signups: str,
    now: datetime,
) -> Account:
    identity = session.get_one(Identity, row.identity_id)
    user = people.person(session, user_id)
    account = session.scalar(select(Account).where(Account.ig_id == row.ig_id))
    if account is None:
        account = _new_account(session, row, user, now)
    elif not may_join(session, account=account, user_id=user_id, signups=signups):
        raise Forbidden(
            f"@{row.username} belongs to somebody else here. Ask the owner of this Ospost for an"
            " invitation that names it."
        )
    session.add(Membership(user_id=user_id, account_id=account.id, created_at=now))
    if may_replace_token(session, account, user_id):
        renew(session, account, Fresh.kept(row, identity, vault), vault=vault, now=now)
        row.token_sealed = ""  # the account itself has it now
    return account


def _new_account(session: Session, row: FoundAccount, user: User, now: datetime) -> Account:
    account = Account(
        id=new_id(),
        ig_id=row.ig_id,
        username=row.username,
        login=row.login,
        timezone=user.timezone,
        connected_at=now,
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account
