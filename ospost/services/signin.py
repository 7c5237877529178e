"""From a sign-in at Meta to a person here: known, recognised, invited, or refused.

Nothing here calls Meta; `departures` and `arrivals` do that before.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from helpers import new_id
from models import Account, FoundAccount, Identity, Invitation, Membership, User
from ospost.domain.endings import LOOK_EVERY
from ospost.services import attempts, connections, invitations, keys, passed, people
from ospost.services.arrivals import Arrival, Found
from ospost.services.attempts import Attempt
from ospost.services.database import writing
from ospost.services.notices import Severity, raise_notice
from ospost.services.signin_cases import PLACES, Case, SignInFailed
from ospost.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Who signed in, and what comes next."""

    user_id: int
    must_choose: bool  # accounts were found that this person has neither added nor refused
    renewed: tuple[str, ...]  # usernames of accounts that are connected anew
    passed: int  # posts whose time has passed, which wait for this person's word
    trouble: SignInFailed | None  # they are in, but this sign-in cannot publish


def settle(
    session: Session,
    *,
    attempt: Attempt,
    arrival: Arrival,
    vault: Vault,
    signups: str,
    now: datetime,
) -> Outcome:
    """Sign the arriving person in and renew their accounts; SignInFailed leaves nothing behind.

    Who it is: the signed-in person who left for the dialog adds this login to themselves; else
    whoever signed in with this login before; else somebody recognised (see `_recognised`); else a
    newcomer. A newcomer is let in as the first person, with an invitation that still works, or
    when sign-ups are open, and only with an account to publish to. A person who is known is let in
    in any case, so that they can see their posts, mend things, or leave.
    """
    trouble = arrival.trouble()
    with writing(session):
        invitation = _invitation(session, attempt, now)
        identity = _identity(session, arrival)
        user = _known(session, attempt, identity, arrival, now)
        if user is None:
            user = _newcomer(session, attempt, arrival, invitation, trouble, signups, now)
        attempts.settle(session, attempt, user_id=user.id)
        identity = _keep(session, user, identity, arrival, vault, now)
        if invitation is not None:
            invitations.use(session, invitation, user_id=user.id, now=now)
        renewed: list[str] = []
        if not arrival.missing:
            _keep_found(session, user, identity, attempt, arrival, vault, now)
            renewed = _renew(session, user, identity, arrival, vault, now)
        offers = connections.offers(session, user.id)
        has_accounts = bool(people.accounts_of(session, user.id))
        waiting = passed.waiting(session, user.id)
    return Outcome(
        user_id=user.id,
        must_choose=bool(offers),
        renewed=tuple(renewed),
        passed=len(waiting),
        trouble=trouble if arrival.missing or not has_accounts else None,
    )


def _invitation(session: Session, attempt: Attempt, now: datetime) -> Invitation | None:
    if attempt.invitation_id is None:
        return None
    invitation = session.get(Invitation, attempt.invitation_id)
    if invitation is None or not invitations.works(invitation, now=now):
        raise SignInFailed(Case.INVITATION_OVER, attempt.login)
    return invitation


def _identity(session: Session, arrival: Arrival) -> Identity | None:
    return session.scalar(
        select(Identity).where(Identity.login == arrival.login, Identity.subject == arrival.subject)
    )


def _known(
    session: Session,
    attempt: Attempt,
    identity: Identity | None,
    arrival: Arrival,
    now: datetime,
) -> User | None:
    if attempt.user_id is not None:
        if identity is not None and identity.user_id != attempt.user_id:
            raise SignInFailed(Case.TAKEN, arrival.login)
        return people.person(session, attempt.user_id)
    if identity is not None:
        return people.person(session, identity.user_id)
    return None if attempt.invitation_id else _recognised(session, arrival, now)


def _recognised(session: Session, arrival: Arrival, now: datetime) -> User | None:
    """Return the person who now comes by their other login for the first time, if it is surely they.

    Only when all of this holds, so that nobody gains anything at Ospost that they do not fully
    control at Meta already: they never used this login here; every account that they have here is
    among those which this sign-in proved, with full control (Facebook: the task MANAGE on the
    Page; Instagram: being that account); and nobody else is a member of those accounts. Otherwise
    two persons stay two: nothing is merged by guess.
    """
    controlled = {found.ig_id for found in arrival.usable if found.has_full_control}
    rows = session.execute(
        select(Membership.user_id, Account.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Account.ig_id.in_(controlled))
    ).all()
    candidates = {user_id for user_id, _ in rows}
    if len(candidates) != 1 or arrival.missing:
        return None
    user = people.person(session, candidates.pop())
    theirs = people.accounts_of(session, user.id)
    if any(account.ig_id not in controlled for account in theirs):
        return None
    if any(identity.login == arrival.login for identity in user.identities):
        return None
    _tell(session, user, arrival, now)
    return user


def _tell(session: Session, user: User, arrival: Arrival, now: datetime) -> None:
    meta = PLACES[arrival.login]["meta"]
    raise_notice(
        session,
        key=f"login:{user.id}:{arrival.login}:{arrival.subject}",
        kind="account",
        severity=Severity.NEWS,
        user_id=user.id,
        title=f"{meta} was added to how you sign in",
        sentence=f"{arrival.name} signed in with {meta} and was recognised as you,"
        " since that login fully controls every Instagram account that you have here.",
        remedy="If that was not you, look at who has the password and which roles your"
        " Page gives to whom.",
        now=now,
    )


def _newcomer(
    session: Session,
    attempt: Attempt,
    arrival: Arrival,
    invitation: Invitation | None,
    trouble: SignInFailed | None,
    signups: str,
    now: datetime,
) -> User:
    is_first = people.is_empty(session)
    if not (is_first or invitation is not None or signups == "open"):
        raise SignInFailed(Case.NOT_INVITED, attempt.login)
    if trouble is not None:
        raise trouble
    user = User(
        name=arrival.name[:200], is_owner=is_first, timezone=arrival.timezone, created_at=now
    )
    session.add(user)
    session.flush()
    return user


def _keep(
    session: Session,
    user: User,
    identity: Identity | None,
    arrival: Arrival,
    vault: Vault,
    now: datetime,
) -> Identity:
    if identity is None:
        identity = Identity(
            id=new_id(),
            user_id=user.id,
            login=arrival.login,
            subject=arrival.subject,
            created_at=now,
        )
        session.add(identity)
    identity.name = arrival.name[:200]
    keys.seal(identity, arrival.token, vault)
    identity.token_expires_at = arrival.token_expires_at
    identity.data_access_expires_at = arrival.data_access_expires_at
    identity.granted = list(arrival.granted)
    identity.declined = list(arrival.declined)
    identity.renewed_at = now
    identity.look_at = now + LOOK_EVERY
    identity.trouble = ""
    user.name = user.name or identity.name
    session.flush()
    return identity


def _keep_found(
    session: Session,
    user: User,
    identity: Identity,
    attempt: Attempt,
    arrival: Arrival,
    vault: Vault,
    now: datetime,
) -> None:
    """Replace what this identity found before.

    An account that the person did not want at an earlier sign-in is not offered again (it gets no
    token) unless they set out for more accounts, signed in.
    """
    mine = FoundAccount.user_id == user.id, FoundAccount.login == arrival.login
    wanted = [found.key for found in arrival.found]
    theirs = {account.ig_id for account in people.accounts_of(session, user.id)}
    refused: set[str] = set()
    if attempt.user_id is None and theirs:
        refused = set(
            session.scalars(
                select(FoundAccount.found_key).where(
                    *mine, FoundAccount.token_sealed == "", FoundAccount.problem == ""
                )
            )
        )
        refused -= theirs
    session.execute(
        delete(FoundAccount).where(
            *mine,
            (FoundAccount.identity_id == identity.id) | FoundAccount.found_key.in_(wanted),
        )
    )
    for found in {found.key: found for found in arrival.found}.values():
        token = "" if found.problem or found.key in refused else found.token
        session.add(_row(user, identity, found, token, vault, now))
    session.flush()


def _row(
    user: User, identity: Identity, found: Found, token: str, vault: Vault, now: datetime
) -> FoundAccount:
    row = FoundAccount(
        id=new_id(),
        user_id=user.id,
        identity_id=identity.id,
        login=identity.login,
        found_key=found.key,
        ig_id=found.ig_id,
        app_scoped_id=found.app_scoped_id,
        username=found.username,
        name=found.name[:200],
        page_id=found.page_id,
        page_name=found.page_name[:200],
        problem=found.problem,
        token_sealed="",
        token_expires_at=found.token_expires_at,
        found_at=now,
    )
    if token:
        keys.seal(row, token, vault)
    return row


def _renew(
    session: Session,
    user: User,
    identity: Identity,
    arrival: Arrival,
    vault: Vault,
    now: datetime,
) -> list[str]:
    """Give the person's accounts among those found their new tokens; return the usernames."""
    mine = {account.ig_id: account for account in people.accounts_of(session, user.id)}
    renewed = []
    for found in arrival.usable:
        account = mine.get(found.ig_id)
        if account is not None and connections.may_replace_token(session, account, user.id):
            token = connections.Fresh.of(found, identity)
            connections.renew(session, account, token, vault=vault, now=now)
            renewed.append(account.username)
            session.execute(
                update(FoundAccount)
                .where(FoundAccount.user_id == user.id, FoundAccount.found_key == found.key)
                .values(token_sealed="")  # the account itself has it now
            )
    return renewed
