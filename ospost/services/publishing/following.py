"""After a post is live: its link, and its first comment, each with an intent of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Followup, Publication
from ospost.domain.commenting import is_worth_telling, look_again_at, next_try_at
from ospost.domain.matching import same_words
from ospost.domain.meta_codes import Kind
from ospost.domain.shooting import may_send
from ospost.domain.states import State
from ospost.graph.client import Access
from ospost.graph.errors import GraphError, NotSent, Refused
from ospost.graph.values import SeenComment
from ospost.services.database import writing
from ospost.services.notices import end_notice
from ospost.services.publishing.rows import LostFence, Note, Work, append, load
from ospost.services.publishing.telling import key_of, notify
from ospost.services.publishing.tools import Stopwatch, Tools

DETAILS, FIRST_COMMENT = "details", "first_comment"
WAITS, MISSING = "comment_waits", "comment_missing"
BY_HAND = "Look at the post on Instagram, and write the comment there if it is not below it."


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One claimed follow-up."""

    id: int
    kind: str
    fence: int
    intent_at: datetime | None
    looks: int
    tries: int
    work: Work


def claim(
    session: Session, *, owner: str, most: int, now: datetime, lease: timedelta, grace_seconds: int
) -> list[Errand]:
    """Take follow-ups that are due."""
    if most <= 0:
        return []
    wanted = (
        select(Followup.id)
        .where(Followup.next_at <= now)
        .order_by(Followup.next_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("wanted")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    with writing(session, beside=True):
        rows = list(
            session.execute(
                update(Followup)
                .where(Followup.id.in_(select(wanted.c.id)))
                .values(fence=Followup.fence + 1, owner=owner, next_at=now + lease)
                .returning(Followup)
            ).scalars()
        )
        ids = [row.publication_id for row in rows]
        works = {work.id: work for work in load(session, ids, grace_seconds=grace_seconds)}
        return [
            _errand(row, works[row.publication_id]) for row in rows if row.publication_id in works
        ]


def _errand(row: Followup, work: Work) -> Errand:
    return Errand(
        id=row.id,
        kind=row.kind,
        fence=row.fence,
        intent_at=row.intent_at,
        looks=row.looks,
        tries=row.tries,
        work=work,
    )


def run(tools: Tools, session: Session, errand: Errand) -> None:
    """Do one follow-up; what fails is tried again, and never touches the post itself."""
    try:
        access = tools.access(errand.work)
        if errand.kind == DETAILS:
            _details(tools, session, errand, access)
        else:
            _comment(tools, session, errand, access)
    except GraphError as error:
        if errand.kind == DETAILS:
            _details_later(tools, session, errand, _kind_of(error))
        else:
            _comment_later(tools, session, errand, error)
    tools.reached("followed_up")


def _details(tools: Tools, session: Session, errand: Errand, access: Access) -> None:
    media_id = errand.work.ig_media_id
    if media_id is None:
        return
    permalink = tools.graph.media(access, media_id).permalink
    if not permalink:
        _details_later(tools, session, errand, Kind.OTHER)
        return
    with writing(session):
        session.execute(
            update(Publication).where(Publication.id == errand.work.id).values(permalink=permalink)
        )
        _save(tools, session, errand, next_at=None, outcome=permalink)


def _details_later(tools: Tools, session: Session, errand: Errand, kind: Kind | None) -> None:
    """Read the link again later; without one a post is live all the same."""
    next_at = _next_try_at(tools, errand, kind)
    with writing(session):
        _save(tools, session, errand, next_at=next_at, tries=errand.tries + 1)


def _kind_of(error: GraphError) -> Kind | None:
    return error.kind if isinstance(error, Refused) else None


def _next_try_at(tools: Tools, errand: Errand, kind: Kind | None) -> datetime | None:
    return next_try_at(
        kind,
        tries=errand.tries + 1,
        due_at=errand.work.due_at,
        now=tools.now(),
        timings=tools.timings,
    )


def _comment(tools: Tools, session: Session, errand: Errand, access: Access) -> None:
    """Post the first comment once.

    It is looked for first, always: the database may be an older copy, put back, that does not know
    of it. After a lost answer it is not repeated before the quiet time is over, and two looks. While
    its account is stopped nothing is written.
    """
    work = errand.work
    media_id = work.ig_media_id
    if media_id is None:
        return
    if work.is_paused:
        with writing(session):
            next_at = tools.now() + tools.timings.comment_longest_wait
            _save(tools, session, errand, next_at=next_at)
        return
    comments = tools.graph.comments(access, media_id)
    if any(_is_ours(work, comment) for comment in comments):
        _comment_is_there(tools, session, errand)
        return
    if errand.intent_at is not None:
        look_at = look_again_at(
            errand.looks, intent_at=errand.intent_at, now=tools.now(), timings=tools.timings
        )
        if look_at is not None:
            with writing(session):
                _save(tools, session, errand, next_at=look_at, looks=errand.looks + 1)
            return
    with writing(session):
        _write_comment_intent(tools, session, errand)
    tools.reached("comment_intent")
    stopwatch = Stopwatch(tools.now)
    if session.scalar(select(Followup.fence).where(Followup.id == errand.id)) != errand.fence:
        raise LostFence(errand.id)
    session.rollback()
    try:
        tools.graph.comment(
            access,
            media_id,
            work.first_comment,
            send_allowed=lambda: may_send(stopwatch.elapsed(), tools.timings),
        )
    except NotSent as error:
        _comment_later(tools, session, errand, error, intent_at=errand.intent_at)
        return
    _comment_is_there(tools, session, errand)


def _is_ours(work: Work, comment: SeenComment) -> bool:
    """Say whether a comment is the one we wrote; whose it is, is not always told."""
    is_by_us = comment.username in ("", work.username)
    return is_by_us and same_words(work.first_comment, comment.text)


def _write_comment_intent(tools: Tools, session: Session, errand: Errand) -> None:
    """Say that the comment is about to be sent, before it is; LostFence if it is not ours."""
    now = tools.now()
    written = session.execute(
        update(Followup)
        .where(Followup.id == errand.id, Followup.fence == errand.fence)
        .values(intent_at=now, looks=0, next_at=now + tools.timings.lease)
        .returning(Followup.id)
    ).first()
    if written is None:
        raise LostFence(errand.id)


def _comment_is_there(tools: Tools, session: Session, errand: Errand) -> None:
    with writing(session):
        _save(tools, session, errand, next_at=None, outcome="posted")
        _line(tools, session, errand, "comment", "The first comment is posted.")
        _end_notice(tools, session, errand, WAITS)


def _comment_later(
    tools: Tools, session: Session, errand: Errand, error: GraphError, **values: Any
) -> None:
    """Try again later, or give it up and tell its people so; they are told as well of a wait."""
    kind, tries, now = _kind_of(error), errand.tries + 1, tools.now()
    next_at = _next_try_at(tools, errand, kind)
    values |= {"tries": tries, "outcome": error.sentence}
    with writing(session):
        _save(tools, session, errand, next_at=next_at, **values)
        if next_at is None:
            sentence = f"The first comment could not be posted: {error.sentence}"
            _line(tools, session, errand, "comment_failed", sentence)
            _end_notice(tools, session, errand, WAITS)
            title, remedy, cause = "A first comment is missing", BY_HAND, MISSING
        elif is_worth_telling(kind, tries=tries):
            sentence, remedy = error.sentence, error.remedy
            title, cause = "A first comment waits", WAITS
        else:
            return
        is_news = notify(
            session,
            errand.work,
            title=title,
            sentence=sentence,
            remedy=remedy,
            now=now,
            cause=cause,
        )
        if is_news and cause == WAITS:
            _line(tools, session, errand, WAITS, f"The first comment waits: {sentence}")


def _end_notice(tools: Tools, session: Session, errand: Errand, cause: str) -> None:
    end_notice(session, key=key_of(errand.work, cause), now=tools.now())


def _line(tools: Tools, session: Session, errand: Errand, cause: str, sentence: str) -> None:
    append(
        session,
        errand.work.id,
        Note(cause=cause, sentence=sentence),
        fence=errand.work.fence,
        came_from=State.PUBLISHED,
        to=State.PUBLISHED,
        now=tools.now(),
    )


def _save(
    tools: Tools,
    session: Session,
    errand: Errand,
    *,
    next_at: datetime | None,
    **values: Any,
) -> None:
    """Give the errand back until *next_at*, None when it is over; `LostFence` if it is not ours."""
    if next_at is None:
        values["done_at"] = tools.now()
    saved = session.execute(
        update(Followup)
        .where(Followup.id == errand.id, Followup.fence == errand.fence)
        .values(owner="", next_at=next_at, **values)
        .returning(Followup.id)
    ).first()
    if saved is None:
        raise LostFence(errand.id)
