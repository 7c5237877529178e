"""When an account's access to Instagram ends: what its card shows, and who is told how early.

Two things end. The token: Instagram's is renewed by `tokens`, a Page's has no end of its own. And
the consent to read data, 90 days after its person last gave it, which no machine renews.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, sessionmaker

from helpers import plural
from models import Account, Identity, Membership, Notice, Publication, User
from ospost.domain.endings import TOLD_DAYS_BEFORE, threshold
from ospost.domain.schedule import on_wall, wall_label
from ospost.domain.states import BEFORE_INTENT
from ospost.services.database import writing
from ospost.services.notices import Severity, end_notice, raise_notice

TOKEN, ACCESS, LOST = "token", "access", "lost"
FIRST_TOLD = timedelta(days=max(TOLD_DAYS_BEFORE))
SIGN_IN = "Sign in again on the page of this account; its posts are kept and go out on time."


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Something that ends by itself and that nothing but a person's sign-in renews."""

    what: str  # TOKEN, ACCESS
    at: datetime


def endings(account: Account, identity: Identity | None, *, can_renew: bool) -> list[Ending]:
    """Return what ends and is not renewed by this server.

    A token of Instagram Login counts only when its renewal failed, or when this server has no
    keys to try it with (*can_renew*).
    """
    found = []
    renews = account.login == "instagram" and can_renew
    has_failed = identity is None or bool(identity.trouble)
    if account.token_expires_at is not None and (not renews or has_failed):
        found.append(Ending(what=TOKEN, at=account.token_expires_at))
    if account.data_access_expires_at is not None:
        found.append(Ending(what=ACCESS, at=account.data_access_expires_at))
    return found


def tell_due(sessions: sessionmaker[Session], *, can_renew: bool, now: datetime) -> int:
    """Tell the people of accounts whose access ends in 14, 7, 3 or 1 days; return how many notices.

    One for each threshold and person, with the date in their zone. What was told and holds no more
    (renewed, or nearer by now) is ended.
    """
    with sessions() as session, writing(session):
        wanted: dict[str, tuple[Account, Ending, int, User]] = {}
        for account, identity in _ending_soon(session, now):
            for ending in endings(account, identity, can_renew=can_renew):
                days = threshold(ending.at, now=now)
                if days is not None:
                    for user in _members(session, account.id):
                        key = f"token:{account.id}:{ending.what}:{days}:{user.id}"
                        wanted[key] = (account, ending, days, user)
        for key in _open_keys(session):
            if key.split(":")[2] != LOST and key not in wanted:
                end_notice(session, key=key, now=now)
        return sum(_tell(session, key, *each, now=now) for key, each in wanted.items())


def lost(session: Session, account: Account, sentence: str, *, now: datetime) -> None:
    """Mark an account whose token is no good and tell its people; inside `writing` only."""
    if account.needs_reconnect:
        return
    account.needs_reconnect = True
    account.trouble = sentence
    account.trouble_at = now
    session.flush()
    waiting = _planned(session, account.id, after=None)
    rest = f" {_posts_are(waiting)} planned and will wait." if waiting else ""
    raise_notice(
        session,
        key=f"token:{account.id}:{LOST}",
        kind="token",
        severity=Severity.PROBLEM,
        title=f"@{account.username} is not connected any more",
        sentence=sentence + rest,
        remedy=SIGN_IN,
        now=now,
        account_id=account.id,
    )


def mended(session: Session, account: Account, *, now: datetime) -> None:
    """End all that was told of an account's access, which is good again; inside `writing` only."""
    for key in _open_keys(session, f"token:{account.id}:%"):
        end_notice(session, key=key, now=now)


def moment_words(moment: datetime, zone: str) -> str:
    """Return a moment on the wall of *zone*: 'Fri 27 Nov 2026, 18:00'."""
    return wall_label(on_wall(moment, zone).replace(second=0, microsecond=0))


def _ending_soon(session: Session, now: datetime) -> list[tuple[Account, Identity | None]]:
    soon = now + FIRST_TOLD
    rows = session.execute(
        select(Account, Identity)
        .outerjoin(Identity, Identity.id == Account.identity_id)
        .where(
            Account.needs_reconnect.is_(False),
            or_(Account.token_expires_at <= soon, Account.data_access_expires_at <= soon),
        )
        .order_by(Account.id)
    )
    return [(account, identity) for account, identity in rows]


def _members(session: Session, account_id: int) -> list[User]:
    return list(
        session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.account_id == account_id)
        )
    )


def _open_keys(session: Session, like: str = "token:%") -> list[str]:
    return list(
        session.scalars(select(Notice.key).where(Notice.key.like(like), Notice.ended_at.is_(None)))
    )


def _tell(
    session: Session,
    key: str,
    account: Account,
    ending: Ending,
    days: int,
    user: User,
    *,
    now: datetime,
) -> bool:
    when = f"{moment_words(ending.at, user.timezone)} ({user.timezone})"
    name = f"@{account.username}"
    if ending.what == TOKEN and days:
        title = f"The connection of {name} ends soon"
        sentence = f"It ends on {when}, and this server could not renew it."
    elif ending.what == TOKEN:
        title = f"The connection of {name} has ended"
        sentence = f"It ended on {when}, and this server could not renew it. Its posts wait."
    elif days:
        title = f"The consent for {name} ends soon"
        sentence = f"What you allowed at Facebook holds until {when}; after 90 days Facebook wants it anew."
    else:
        title = f"The consent for {name} has ended"
        sentence = (
            f"What you allowed at Facebook held until {when}. Instagram may refuse posts now."
        )
    planned = _planned(session, account.id, after=ending.at)
    if planned:
        sentence += f" {_posts_are(planned)} planned after this date."
    return raise_notice(
        session,
        key=key,
        kind="token",
        severity=Severity.WARNING if days else Severity.PROBLEM,
        title=title,
        sentence=sentence,
        remedy=SIGN_IN,
        now=now,
        account_id=account.id,
        user_id=user.id,
    )


def _posts_are(count: int) -> str:
    return f"{plural(count, 'post')} {'is' if count == 1 else 'are'}"


def _planned(session: Session, account_id: int, *, after: datetime | None) -> int:
    wanted = select(func.count(func.distinct(Publication.post_id))).where(
        Publication.account_id == account_id,
        Publication.state.in_([state.value for state in BEFORE_INTENT]),
    )
    if after is not None:
        wanted = wanted.where(Publication.due_at > after)
    return session.scalar(wanted) or 0
