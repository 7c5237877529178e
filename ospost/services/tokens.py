"""Keeping tokens alive, so that a post may be years away.

Instagram's tokens live 60 days and are refreshed every day from their second day on. Facebook's
long-lived user tokens are exchanged for new ones every week while they are valid, and both they
and the Page tokens, which have no end of their own, are looked at every day. Nothing here renews
the consent to read data, which lasts 90 days: only its person does, by signing in.
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
"""

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from models import Account, Identity, Instance, Publication
from ospost.domain.endings import LOOK_EVERY
from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import NEEDS_RECONNECT, OUTAGES
from ospost.domain.states import BEFORE_INTENT
from ospost.graph.errors import GraphError, Refused
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.instagram_login import InstagramLogin
from ospost.services import looks
from ospost.services.database import writing
from ospost.services.looks import Seen
from ospost.vault import Vault, VaultError

logger = logging.getLogger(__name__)

EXCHANGE_EVERY = timedelta(days=7)
LOOK_AGAIN = timedelta(minutes=10)  # after an outage
LEASE = timedelta(minutes=5)  # outlives the calls for one person
LONG_SLEEP = timedelta(hours=1)
SOON = timedelta(hours=1)
AT_ONCE = 200
ENOUGH_FAILURES = 3  # in a row; then the rest waits for the next round
LOOKED_AT = "tokens_looked_at"


def refresh_due(
    sessions: sessionmaker[Session],
    *,
    vault: Vault,
    facebook: FacebookLogin | None,
    instagram: InstagramLogin | None,
    now: datetime,
) -> int:
    """Look at every token whose look is due, and renew it if it is old enough; return how many were.

    After more than an hour in which nobody did so, the tokens of posts that come due soon are
    looked at in any case. A token that Meta calls invalid, twice where it can be asked, marks its
    accounts for reconnection; any other trouble is left for the next round.
    """
    with sessions() as session:
        if has_slept(session, now=now):
            _hurry(session, now)
        due = _due(session, now)
        count, failures = 0, Counter[str]()
        for identity_id, name in due:
            login = instagram if name == "instagram" else facebook
            if login is None or failures[name] >= ENOUGH_FAILURES:
                continue
            sealed = _claim(session, identity_id, now)
            if not sealed:
                continue
            seen = _look(session, vault, login, identity_id, sealed, now)
            failures[name] = 0 if seen.is_answered else failures[name] + 1
            is_kept = looks.keep(
                session,
                identity_id,
                sealed,
                seen,
                vault=vault,
                look_at=now + (LOOK_EVERY if seen.is_answered else LOOK_AGAIN),
                now=now,
            )
            count += is_kept and seen.token is not None
        with writing(session):
            session.merge(Instance(name=LOOKED_AT, value=now.isoformat()))
    return count


def has_slept(session: Session, *, now: datetime) -> bool:
    """Say whether nobody looked at tokens for more than an hour: a machine that was down or asleep."""
    value = session.scalar(select(Instance.value).where(Instance.name == LOOKED_AT))
    session.rollback()
    return value is not None and now - datetime.fromisoformat(value) > LONG_SLEEP


def _due(session: Session, now: datetime) -> list[tuple[int, str]]:
    is_due = or_(
        Identity.look_at <= now,
        and_(Identity.look_at.is_(None), Identity.renewed_at <= now - LOOK_EVERY),
    )
    wanted = (
        select(Identity.id, Identity.login)
        .where(Identity.token_sealed != "", is_due)
        .order_by(func.coalesce(Identity.look_at, Identity.renewed_at))
        .limit(AT_ONCE)
    )
    found = [(identity_id, login) for identity_id, login in session.execute(wanted)]
    session.rollback()  # no transaction stays open over a call
    return found


def _hurry(session: Session, now: datetime) -> None:
    """Let the tokens be looked at now that posts of the coming hour, or overdue ones, need."""
    needs_it = exists().where(
        Account.identity_id == Identity.id,
        Publication.account_id == Account.id,
        Publication.state.in_([state.value for state in BEFORE_INTENT]),
        Publication.due_at <= now + SOON,
    )
    with writing(session):
        session.execute(
            update(Identity)
            .where(Identity.token_sealed != "", needs_it)
            .values(look_at=now)
            .execution_options(synchronize_session=False)
        )


def _claim(session: Session, identity_id: int, now: datetime) -> str:
    """Take one person's token to look at, so that no other process does; return it, sealed."""
    with writing(session):
        return (
            session.scalar(
                update(Identity)
                .where(
                    Identity.id == identity_id,
                    or_(Identity.look_at.is_(None), Identity.look_at <= now),
                )
                .values(look_at=now + LEASE)
                .returning(Identity.token_sealed)
                .execution_options(synchronize_session=False)
            )
            or ""
        )


@dataclass(frozen=True, kw_only=True)
class _Facts:
    renewed_at: datetime
    expires_at: datetime | None


def _look(
    session: Session,
    vault: Vault,
    login: FacebookLogin | InstagramLogin,
    identity_id: int,
    sealed: str,
    now: datetime,
) -> Seen:
    """Ask Meta about one person's token and those of their Pages."""
    try:
        old = vault.open(sealed, table="identity", column="token_sealed", row_id=identity_id)
    except VaultError:
        logger.exception("a token does not open", extra={"identity": identity_id})
        return Seen(trouble="The stored token cannot be opened with this server's keys.")
    row = session.execute(
        select(Identity.renewed_at, Identity.token_expires_at).where(Identity.id == identity_id)
    ).one_or_none()
    session.rollback()
    if row is None:
        return Seen()
    facts = _Facts(renewed_at=row.renewed_at, expires_at=row.token_expires_at)
    if isinstance(login, InstagramLogin):
        return _look_by_instagram(login, old, facts, now)
    pages = looks.page_tokens(session, identity_id, vault)
    return _look_by_facebook(login, old, facts, pages, now)


def _look_by_instagram(login: InstagramLogin, old: str, facts: _Facts, now: datetime) -> Seen:
    """Refresh a token; one of less than a day, which Meta does not refresh, is only tried out."""
    try:
        if now - facts.renewed_at < LOOK_EVERY:
            login.person(old)
            return Seen()
        return Seen(token=login.refresh(old))
    except Refused as error:
        if error.kind not in NEEDS_RECONNECT:
            return _failed(error)
        return _confirmed(login, old, error)
    except GraphError as error:
        return _failed(error)


def _confirmed(login: InstagramLogin, old: str, refusal: Refused) -> Seen:
    """Believe that a token is dead only when a harmless read says so as well."""
    try:
        login.person(old)
    except Refused as error:
        if error.kind in NEEDS_RECONNECT:
            return Seen(trouble=error.known.sentence, is_dead=True)
        return _failed(error)
    except GraphError as error:
        return _failed(error)
    if refusal.kind is Kind.TOKEN:  # it works all the same
        return _failed(refusal)
    return Seen(trouble=refusal.known.sentence, is_dead=True)


def _look_by_facebook(
    login: FacebookLogin,
    old: str,
    facts: _Facts,
    pages: tuple[looks.PageToken, ...],
    now: datetime,
) -> Seen:
    """Exchange a user token that is a week old, and read what Meta says about it and its Pages.

    The death of the user token is not that of a Page token: each is asked about by itself.
    """
    token, trouble = None, ""
    try:
        if facts.expires_at is not None and facts.expires_at <= now:
            trouble = "Facebook's sign-in has expired; only signing in again renews it."
        elif now - facts.renewed_at >= EXCHANGE_EVERY:
            token = login.lengthen(old)
    except Refused as error:
        if error.kind not in NEEDS_RECONNECT:
            return _failed(error)
        trouble = error.known.sentence
    except GraphError as error:
        return _failed(error)
    try:
        own = login.inspect(token.value if token else old)
        told = tuple((page.account_id, page.sealed, login.inspect(page.token)) for page in pages)
    except GraphError as error:
        return replace(_failed(error), token=token)
    if not own.is_valid:
        trouble = trouble or "Facebook does not accept the sign-in any more."
    return Seen(
        token=token,
        trouble=trouble,
        data_access_expires_at=own.data_access_expires_at if own.is_valid else None,
        pages=told,
    )


def _failed(error: GraphError) -> Seen:
    """Note a trouble that says nothing of the token; after an outage it is looked at again soon."""
    told = {name: value for name, value in error.details().items() if name != "message"}
    logger.warning("a token could not be looked at", extra=told)
    is_answered = isinstance(error, Refused) and error.kind not in OUTAGES
    return Seen(trouble=error.sentence, is_answered=is_answered)
