"""Who may touch what: every look-up of an account starts from the person."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, Membership, Post, User
from ospost.domain import schedule
from ospost.errors import Invalid, NotFound
from ospost.services.database import writing

LONGEST_NAME = 200


def person(session: Session, user_id: int) -> User:
    """Return the person; NotFound when they deleted their account meanwhile."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such person any more.")
    return found


def accounts_of(session: Session, user_id: int) -> list[Account]:
    """Return the accounts that the person may publish to, by username."""
    return list(
        session.scalars(
            select(Account)
            .join(Membership, Membership.account_id == Account.id)
            .where(Membership.user_id == user_id)
            .order_by(Account.username)
        )
    )


def account_for(session: Session, user_id: int, account_id: int) -> Account:
    """Return that account; NotFound unless the person is a member of it."""
    found = session.scalar(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id, Account.id == account_id)
    )
    if found is None:
        raise NotFound("There is no such Instagram account here.")
    return found


def may_touch_post(session: Session, user_id: int, post_id: int) -> bool:
    """Say whether the post belongs to an account of which the person is a member."""
    return bool(
        session.scalar(
            select(Post.id)
            .join(Membership, Membership.account_id == Post.account_id)
            .where(Membership.user_id == user_id, Post.id == post_id)
        )
    )


def members_of(session: Session, account_id: int) -> list[User]:
    """Return who may publish to that account, the longest member first."""
    return members_of_each(session, [account_id]).get(account_id, [])


def members_of_each(session: Session, account_ids: list[int]) -> dict[int, list[User]]:
    """Return who may publish to each of those accounts, the longest member first."""
    found: dict[int, list[User]] = {}
    rows = session.execute(
        select(Membership.account_id, User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id.in_(account_ids))
        .order_by(Membership.created_at, User.id)
    )
    for account_id, user in rows:
        found.setdefault(account_id, []).append(user)
    return found


def is_empty(session: Session) -> bool:
    """Say whether nobody has signed in to this instance yet."""
    return not session.scalar(select(func.count()).select_from(User))


def welcome(session: Session, *, user_id: int, now: datetime) -> None:
    """Note that the person has seen the first page."""
    with writing(session):
        user = person(session, user_id)
        user.welcomed_at = user.welcomed_at or now


def change(session: Session, *, user_id: int, name: str, language: str, timezone: str) -> None:
    """Store what a person says about themselves; Invalid for an unknown zone or too long a name."""
    schedule.check_zone(timezone)
    if len(name) > LONGEST_NAME:
        raise Invalid(("name", f"A name may have at most {LONGEST_NAME} characters."))
    with writing(session):
        user = person(session, user_id)
        user.name = name.strip()
        user.language = language
        user.timezone = timezone
