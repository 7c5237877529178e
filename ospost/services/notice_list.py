"""What one person is told in the app: how much is new, the list, and what they have read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, or_, select
from sqlalchemy.orm import Session, aliased

from helpers import distance
from models import Account, Membership, Notice, NoticeRead, Post
from ospost.services.database import writing
from ospost.services.notice_words import local, mended_at

PAGE = 50
MOST_COUNTED = 99
MOST_OPEN = 20_000  # are looked through for the bell


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeLine:
    """One notice as the list shows it."""

    id: int
    severity: str
    kind: str
    title: str
    sentence: str
    remedy: str
    username: str
    post_id: int | None  # None also when the post is not in Ospost any more
    mended_at: str  # the path of the page that helps; "" without one
    at: datetime
    at_label: str
    distance: str
    ended_label: str  # "" while it lasts
    is_read: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticePage:
    """A part of the list, the newest first."""

    lines: tuple[NoticeLine, ...]
    unread: int
    older: str  # where to go on; "" at the end


def unread(session: Session, user_id: int, *, is_owner: bool) -> int:
    """Return how many notices stand that the person has not read, at most 100."""
    # by key, since that is the index of what stands: this is asked with every page
    standing = select(Notice).where(Notice.ended_at.is_(None)).order_by(Notice.key).limit(MOST_OPEN)
    notice = aliased(Notice, standing.subquery())
    found = (
        select(notice.id)
        .where(is_for(user_id, is_owner, notice), ~_is_read_by(user_id, notice))
        .limit(MOST_COUNTED + 1)
    )
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def page(
    session: Session,
    *,
    user_id: int,
    is_owner: bool,
    zone: str,
    now: datetime,
    account_id: int | None = None,
    before: str = "",
) -> NoticePage:
    """Return the notices of one person, of one account if named; *before* goes on further down."""
    wanted = (
        select(
            Notice,
            Account.username,
            and_(Post.id.is_not(None), Post.removed_at.is_(None)).label("has_post"),
            NoticeRead.read_at,
        )
        .outerjoin(Account, Account.id == Notice.account_id)
        .outerjoin(Post, Post.id == Notice.post_id)
        .outerjoin(
            NoticeRead, and_(NoticeRead.notice_id == Notice.id, NoticeRead.user_id == user_id)
        )
        .where(is_for(user_id, is_owner))
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(PAGE + 1)
    )
    if account_id is not None:
        wanted = wanted.where(Notice.account_id == account_id)
    last = session.get(Notice, int(before)) if before.isdecimal() and len(before) < 17 else None
    if last is not None:
        wanted = wanted.where(
            or_(Notice.at < last.at, and_(Notice.at == last.at, Notice.id < last.id))
        )
    rows = session.execute(wanted).all()
    return NoticePage(
        lines=tuple(_line(row, zone, now) for row in rows[:PAGE]),
        unread=unread(session, user_id, is_owner=is_owner),
        older=str(rows[PAGE - 1][0].id) if len(rows) > PAGE else "",
    )


def mark_read(
    session: Session,
    *,
    user_id: int,
    is_owner: bool,
    now: datetime,
    ids: Collection[int] | None = None,
) -> int:
    """Note that the person has read these notices, or all of theirs; return how many were new."""
    new = select(Notice.id, literal(user_id), literal(now, NoticeRead.read_at.type)).where(
        is_for(user_id, is_owner), ~_is_read_by(user_id)
    )
    if ids is not None:
        new = new.where(Notice.id.in_(ids))
    with writing(session):
        count = session.scalar(select(func.count()).select_from(new.subquery())) or 0
        session.execute(insert(NoticeRead).from_select(["notice_id", "user_id", "read_at"], new))
    return count


def is_for(user_id: int, is_owner: bool, notice: type[Notice] = Notice) -> ColumnElement[bool]:
    """Which notices concern a person: their own, those of their accounts, the server's for its owner.

    Worded so that no database takes it for an index: nearly every notice is of an account and of
    nobody, and to gather and sort those is dearer than to walk down the list to the end of a page.
    """
    mine = select(Membership.account_id).where(Membership.user_id == user_id)
    is_shared: ColumnElement[bool] = notice.account_id.in_(mine)
    if is_owner:
        is_shared = or_(is_shared, notice.account_id.is_(None))
    return and_(
        func.coalesce(notice.user_id, user_id) == user_id,
        or_(notice.user_id.is_not(None), is_shared),
    )


def _is_read_by(user_id: int, notice: type[Notice] = Notice) -> ColumnElement[bool]:
    return exists().where(NoticeRead.notice_id == notice.id, NoticeRead.user_id == user_id)


def _line(row: Any, zone: str, now: datetime) -> NoticeLine:
    notice, username, has_post, read_at = row
    return NoticeLine(
        id=notice.id,
        severity=notice.severity,
        kind=notice.kind,
        title=notice.title,
        sentence=notice.sentence,
        remedy=notice.remedy,
        username=username or "",
        post_id=notice.post_id if has_post else None,
        mended_at=mended_at(notice.key, notice.account_id),
        at=notice.at,
        at_label=local(notice.at, zone),
        distance=distance(notice.at, now),
        ended_label=local(notice.ended_at, zone) if notice.ended_at else "",
        is_read=read_at is not None,
    )
