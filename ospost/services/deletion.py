"""A person leaves: their work is stopped, their grants at Meta are taken back, their traces go.

What goes: the person, their sessions and logins, the library with all files, and every Instagram
account that nobody else here holds, with its posts. What stays: accounts with another member, with
all their posts. Posts that the leaving person wrote there stay too, since they are the other
members' plan; authorship and the pictures in them pass to the member who has been there longest.
Live posts stay on Instagram in any case.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from models import (
    Account,
    Identity,
    Media,
    Post,
    Publication,
    Rendition,
    Slide,
    User,
)
from ospost.domain.states import BEFORE_INTENT, State
from ospost.errors import Conflict, Invalid
from ospost.services import accounts, people, publications, traces
from ospost.services.database import writing
from ospost.services.revocations import Revoker
from ospost.storage.base import Storage
from ospost.vault import Vault

logger = logging.getLogger(__name__)

WORD = "DELETE"
LONGEST_WAIT = timedelta(seconds=35)
LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """What would go and what would stay, in numbers, for the page that asks."""

    posts: int
    planned: int
    live: int
    files: int
    gone: tuple[str, ...]  # usernames of accounts that go
    kept: tuple[str, ...]  # usernames of accounts that others keep


def preview(session: Session, user_id: int) -> Leaving:
    """Count what a deletion would take."""
    alone, shared = _accounts(session, user_id)
    mine = Post.account_id.in_([account.id for account in alone])
    open_states = [state.value for state in BEFORE_INTENT]
    return Leaving(
        posts=_count(session, select(func.count(Post.id)).where(mine)),
        planned=_count(session, _posts_in(open_states).where(mine)),
        live=_count(session, _posts_in([State.PUBLISHED.value]).where(mine)),
        files=_count(session, select(func.count(Media.id)).where(Media.user_id == user_id)),
        gone=tuple(account.username for account in alone),
        kept=tuple(account.username for account in shared),
    )


def delete_person(
    session: Session,
    *,
    user_id: int,
    confirm: str,
    vault: Vault,
    revoker: Revoker,
    storage: Storage,
    now: datetime,
) -> None:
    """Delete the person and all that is theirs; Invalid unless *confirm* is DELETE.

    Work that was not sent yet is cancelled. A post that is just going out is waited for, 35 s at
    most, outside any transaction. The grants at Meta are taken back before the answer; where Meta
    does not answer, one sealed `Revocation` stays for 7 days at most.
    """
    if confirm.strip() != WORD:
        raise Invalid(("confirm", f"Type {WORD} in capital letters to go on."))
    cancel_work(session, user_id, now=now)
    wait_for_shots(session, user_id)
    revoker.revoke_all(session, user_id=user_id, now=now)
    keys = _files(session, user_id)
    for key in keys:
        storage.delete(key)
    late = _erase(session, user_id, vault, now)
    traces.settle(session)
    for key in late - keys:  # uploaded meanwhile
        storage.delete(key)
    logger.info("a person deleted their account")


def cancel_work(session: Session, user_id: int, *, now: datetime) -> None:
    """Cancel what has not been sent yet, on the accounts that go."""
    with writing(session):
        alone, _ = _accounts(session, user_id)
        posts = session.scalars(
            select(Post)
            .join(Publication, Publication.post_id == Post.id)
            .where(
                Post.account_id.in_([account.id for account in alone]),
                Publication.state.in_([state.value for state in BEFORE_INTENT]),
            )
            .distinct()
        ).all()
        for post in posts:
            try:
                publications.cancel(session, post, cause="deleted", now=now)
            except Conflict:
                continue  # one of its frames is on its way; that is waited for


def wait_for_shots(session: Session, user_id: int) -> None:
    """Wait until no post of the accounts that go is just being sent, 35 s at most."""
    ends = time.monotonic() + LONGEST_WAIT.total_seconds()
    while _is_sending(session, user_id) and time.monotonic() < ends:
        time.sleep(LOOK_EVERY_SECONDS)


def _is_sending(session: Session, user_id: int) -> bool:
    """Look in a read of its own, since an open one would see the past."""
    session.rollback()
    tokens = select(Identity.id).where(Identity.user_id == user_id)
    alone, _ = _accounts(session, user_id)
    found = session.scalar(
        select(Publication.id)
        .join(Account, Account.id == Publication.account_id)
        .where(
            Publication.state == State.PUBLISHING.value,
            Account.id.in_([account.id for account in alone]) | Account.identity_id.in_(tokens),
        )
    )
    session.rollback()
    return found is not None


def _accounts(session: Session, user_id: int) -> tuple[list[Account], list[Account]]:
    """Return the person's accounts that nobody else holds, and those that others hold too."""
    alone: list[Account] = []
    shared: list[Account] = []
    for account in people.accounts_of(session, user_id):
        is_shared = len(people.members_of(session, account.id)) > 1
        (shared if is_shared else alone).append(account)
    return alone, shared


def _files(session: Session, user_id: int) -> set[str]:
    """Return the storage keys of the media that go, originals and renditions."""
    session.rollback()
    alone, _ = _accounts(session, user_id)
    stays = (
        select(Slide.media_id)
        .join(Post, Post.id == Slide.post_id)
        .where(Post.account_id.not_in([account.id for account in alone]))
    )
    ids = list(
        session.scalars(select(Media.id).where(Media.user_id == user_id, Media.id.not_in(stays)))
    )
    originals = session.scalars(select(Media.storage_key).where(Media.id.in_(ids)))
    renditions = session.scalars(select(Rendition.storage_key).where(Rendition.media_id.in_(ids)))
    return {*originals, *renditions}


def _erase(session: Session, user_id: int, vault: Vault, now: datetime) -> set[str]:
    """Delete the rows in one transaction; return the keys of all files that belong to them."""
    with writing(session):
        traces.overwrite(session)
        alone, shared = _accounts(session, user_id)
        for account in shared:
            heirs = [u for u in people.members_of(session, account.id) if u.id != user_id]
            accounts.leave(session, account, user_id=user_id, heirs=heirs, vault=vault, now=now)
        for account in alone:
            accounts.remove(session, account)
        for account in _accounts_with_traces(session, user_id):
            _hand_over(session, account, user_id)
        media = select(Media.id).where(Media.user_id == user_id)
        keys = {
            *session.scalars(select(Media.storage_key).where(Media.user_id == user_id)),
            *session.scalars(select(Rendition.storage_key).where(Rendition.media_id.in_(media))),
        }
        session.execute(delete(Media).where(Media.user_id == user_id))
        _pass_ownership_on(session, user_id)
        session.execute(delete(User).where(User.id == user_id))
    return keys


def _accounts_with_traces(session: Session, user_id: int) -> list[Account]:
    """Return the accounts of others in whose posts the person's words or pictures are."""
    return list(
        session.scalars(
            select(Account)
            .join(Post, Post.account_id == Account.id)
            .outerjoin(Slide, Slide.post_id == Post.id)
            .outerjoin(Media, Media.id == Slide.media_id)
            .where((Post.user_id == user_id) | (Media.user_id == user_id))
            .distinct()
        )
    )


def _hand_over(session: Session, account: Account, user_id: int) -> None:
    """Give the person's posts there, and the pictures in them, to the longest member."""
    heir = people.members_of(session, account.id)[0]
    used = (
        select(Slide.media_id)
        .join(Post, Post.id == Slide.post_id)
        .where(Post.account_id == account.id)
    )
    session.execute(
        update(Media).where(Media.user_id == user_id, Media.id.in_(used)).values(user_id=heir.id)
    )
    session.execute(
        update(Post)
        .where(Post.account_id == account.id, Post.user_id == user_id)
        .values(user_id=heir.id)
    )


def _pass_ownership_on(session: Session, user_id: int) -> None:
    """An instance without an owner could let nobody in: the longest known person takes it over."""
    if not people.person(session, user_id).is_owner:
        return
    heir = session.scalar(select(User).where(User.id != user_id).order_by(User.created_at, User.id))
    if heir is not None:
        heir.is_owner = True


def _posts_in(states: list[str]) -> Select[Any]:
    return (
        select(func.count(func.distinct(Post.id)))
        .join(Publication, Publication.post_id == Post.id)
        .where(Publication.state.in_(states))
    )


def _count(session: Session, query: Select[Any]) -> int:
    return int(session.scalar(query) or 0)
