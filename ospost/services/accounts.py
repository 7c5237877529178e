"""Instagram accounts as their people keep them: settings, health, disconnecting."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models import Account, FoundAccount, Identity, Membership, Post, Publication, User
from ospost.domain import schedule
from ospost.domain.states import BEFORE_INTENT, IN_DOUBT, State
from ospost.errors import Conflict, Invalid
from ospost.graph import scopes
from ospost.services import account_dates, connections, people, publications
from ospost.services.database import writing
from ospost.vault import Vault

SHORTEST_GRACE = 60
LONGEST_GRACE = 30 * 86_400
ENDS_SOON = "The connection ends soon. Sign in again to renew it."

LOST = "Whoever connected it has left this Ospost. Sign in again to keep its posts on time."


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A permission that was not given, and what does not work without it."""

    permission: str
    purpose: str
    is_needed: bool


@dataclass(frozen=True, kw_only=True)
class Health:
    """How an account stands, in words for its person."""

    is_well: bool
    sentence: str
    only_ends: bool  # nothing but what the dates of the card say already
    granted: tuple[str, ...]
    missing: tuple[Missing, ...]
    waiting: int  # posts that have not gone out
    members: tuple[str, ...]


def health(session: Session, account: Account, *, now: datetime) -> Health:
    """Say how the account stands."""
    return health_of(session, [account], now=now)[0][1]


def health_of(
    session: Session, accounts: list[Account], *, now: datetime
) -> list[tuple[Account, Health]]:
    """Say how each account stands, in three questions however many there are."""
    ids = [account.id for account in accounts]
    waiting = _waiting(session, ids)
    members = people.members_of_each(session, ids)
    identities = account_dates.identities_of(session, accounts)
    return [
        (
            account,
            _health(
                account,
                identities.get(account.identity_id or 0),
                waiting.get(account.id, 0),
                members.get(account.id, []),
                now,
            ),
        )
        for account in accounts
    ]


def _health(
    account: Account, identity: Identity | None, waiting: int, members: list[User], now: datetime
) -> Health:
    missing = missing_permissions(account)
    sentence = _sentence(account, identity, missing, now)
    return Health(
        is_well=not sentence,
        sentence=sentence or "Works.",
        only_ends=sentence == ENDS_SOON,
        granted=tuple(str(name) for name in account.granted),
        missing=missing,
        waiting=waiting,
        members=tuple(user.name or "Somebody" for user in members),
    )


def missing_permissions(account: Account | Identity) -> tuple[Missing, ...]:
    """Return what was not granted, with what each missing permission switches off."""
    granted = {str(name) for name in account.granted}
    return tuple(
        Missing(permission=scope.name, purpose=scope.purpose, is_needed=scope.is_needed)
        for scope in scopes.of(account.login)
        if scope.name not in granted and (scope.is_needed or scope.name in account.declined)
    )


def _sentence(
    account: Account, identity: Identity | None, missing: tuple[Missing, ...], now: datetime
) -> str:
    if account.needs_reconnect:
        return account.trouble or "The connection ended. Sign in again to keep its posts on time."
    if account.trouble:
        return account.trouble
    if any(lack.is_needed for lack in missing):
        return "A permission that publishing needs is missing. Sign in again and allow it."
    if account_dates.soonest(account, identity, now=now) is not None:
        return ENDS_SOON
    return ""


def _waiting(session: Session, account_ids: list[int]) -> dict[int, int]:
    """Count the posts that still have to go out, by account."""
    counted = session.execute(
        select(Publication.account_id, func.count(func.distinct(Publication.post_id)))
        .where(
            Publication.account_id.in_(account_ids),
            Publication.state.in_([state.value for state in BEFORE_INTENT]),
        )
        .group_by(Publication.account_id)
    )
    return {account_id: count for account_id, count in counted}


def change(
    session: Session,
    *,
    user_id: int,
    account_id: int,
    timezone: str,
    rehearse: bool,
    grace_seconds: int | None,
    now: datetime,
) -> Account:
    """Store an account's settings. Posts that are planned keep the time and zone they were given."""
    schedule.check_zone(timezone)
    if grace_seconds is not None and not SHORTEST_GRACE <= grace_seconds <= LONGEST_GRACE:
        raise Invalid(("grace", "Choose between a minute and 30 days."))
    with writing(session):
        account = people.account_for(session, user_id, account_id)
        account.timezone = timezone
        account.timezone_confirmed_at = now
        account.grace_seconds = grace_seconds
        if account.rehearse != rehearse:
            publications.rehearse_account(session, account, on=rehearse, now=now)
    return account


def confirm_zone(session: Session, *, user_id: int, timezone: str, now: datetime) -> None:
    """Take the zone that the person confirmed for themselves and for accounts without one."""
    schedule.check_zone(timezone)
    with writing(session):
        people.person(session, user_id).timezone = timezone
        for account in people.accounts_of(session, user_id):
            if account.timezone_confirmed_at is None:
                account.timezone = timezone
                account.timezone_confirmed_at = now


def disconnect(
    session: Session, *, user_id: int, account_id: int, vault: Vault, now: datetime
) -> bool:
    """Take the account from the person; return whether it is gone from this instance altogether.

    With other members it stays with its posts, and publishes by a token of one of them. Without,
    it goes with its posts and its token; live posts stay on Instagram. Conflict while a post is on
    its way or is being looked for, since its outcome would be lost.
    """
    with writing(session):
        account = people.account_for(session, user_id, account_id)
        others = [u for u in people.members_of(session, account.id) if u.id != user_id]
        if others:
            leave(session, account, user_id=user_id, heirs=others, vault=vault, now=now)
            return False
        refuse_while_in_doubt(session, account)
        remove(session, account)
    return True


def refuse_while_in_doubt(session: Session, account: Account) -> None:
    """Raise Conflict while a post of the account may just be going out."""
    states = [state.value for state in IN_DOUBT]
    if session.scalar(
        select(Publication.id).where(
            Publication.account_id == account.id, Publication.state.in_(states)
        )
    ):
        raise Conflict("A post is going out right now. Try again in a few minutes.")


def remove(session: Session, account: Account) -> None:
    """Delete the account with its posts. Inside `writing` only; media stay in the library."""
    session.execute(delete(Post).where(Post.account_id == account.id))
    session.execute(delete(Account).where(Account.id == account.id))


def leave(
    session: Session,
    account: Account,
    *,
    user_id: int,
    heirs: list[User],
    vault: Vault,
    now: datetime,
) -> None:
    """End one membership; the account goes on with a token of the others, or asks for one."""
    session.execute(
        delete(Membership).where(Membership.user_id == user_id, Membership.account_id == account.id)
    )
    owner_id = session.scalar(select(Identity.user_id).where(Identity.id == account.identity_id))
    if owner_id not in (None, user_id):
        return
    row = session.scalar(
        select(FoundAccount)
        .where(
            FoundAccount.ig_id == account.ig_id,
            FoundAccount.user_id.in_([heir.id for heir in heirs]),
            FoundAccount.token_sealed != "",
        )
        .order_by(FoundAccount.found_at.desc())
    )
    if row is not None:
        identity = session.get_one(Identity, row.identity_id)
        fresh = connections.Fresh.kept(row, identity, vault)
        connections.renew(session, account, fresh, vault=vault, now=now)
        row.token_sealed = ""
        return
    account.identity_id = None
    account.token_sealed = ""
    account.needs_reconnect = True
    account.trouble = LOST
    account.trouble_at = now


def sent_posts(session: Session, account_id: int) -> int:
    """Return how many posts of the account are live."""
    return (
        session.scalar(
            select(func.count(func.distinct(Publication.post_id))).where(
                Publication.account_id == account_id,
                Publication.state == State.PUBLISHED.value,
            )
        )
        or 0
    )


def pause(session: Session, user_id: int, account_id: int | None, now: datetime) -> list[str]:
    """Stop one account of the person, or all; return the usernames."""
    with writing(session):
        stopped = _meant(session, user_id, account_id)
        for account in stopped:
            publications.pause(session, account, now=now)
        return [account.username for account in stopped]


def resume(session: Session, user_id: int, account_id: int | None, now: datetime) -> list[str]:
    """Let one account of the person go on, or all; return the usernames."""
    with writing(session):
        going = [a for a in _meant(session, user_id, account_id) if a.paused_at is not None]
        for account in going:
            publications.resume(session, account, now=now)
        return [account.username for account in going]


def _meant(session: Session, user_id: int, account_id: int | None) -> list[Account]:
    if account_id is None:
        return people.accounts_of(session, user_id)
    return [people.account_for(session, user_id, account_id)]
