"""After a post is live: its link, and its first comment, each with an intent of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Followup, Publication
from ospost.domain.matching import same_words
from ospost.domain.meta_codes import Kind
from ospost.domain.shooting import may_send
from ospost.domain.states import State
from ospost.graph.client import Access
from ospost.graph.errors import GraphError, NotSent, Refused
from ospost.graph.values import SeenComment
from ospost.services.database import writing
from ospost.services.publishing.rows import LostFence, Note, Work, append, load
from ospost.services.publishing.tools import Stopwatch, Tools

DETAILS, FIRST_COMMENT = "details", "first_comment"
MOST_TRIES = 12


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
        _again(tools, session, errand, error)
    tools.reached("followed_up")


def _details(tools: Tools, session: Session, errand: Errand, access: Access) -> None:
    media_id = errand.work.ig_media_id
    if media_id is None:
        return
    media = tools.graph.media(access, media_id)
    with writing(session):
        if media.permalink:
            session.execute(
                update(Publication)
                .where(Publication.id == errand.work.id)
                .values(permalink=media.permalink)
            )
        done = bool(media.permalink) or errand.tries + 1 >= MOST_TRIES
        _save(tools, session, errand, done=done, outcome=media.permalink)


def _comment(tools: Tools, session: Session, errand: Errand, access: Access) -> None:
    """Post the first comment once.

    It is looked for first, always: the database may be an older copy, put back, that does not know
    of it. After a lost answer it is not repeated before the quiet time is over, and two looks.
    """
    work = errand.work
    media_id = work.ig_media_id
    if media_id is None:
        return
    comments = tools.graph.comments(access, media_id)
    if any(_is_ours(work, comment) for comment in comments):
        _comment_is_there(tools, session, errand)
        return
    if errand.intent_at is not None:
        quiet_until = errand.intent_at + tools.timings.quiet
        if errand.looks < 1 or tools.now() < quiet_until:
            with writing(session):
                _save(tools, session, errand, looks=errand.looks + 1, not_before=quiet_until)
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
    except NotSent:
        with writing(session):
            _save(tools, session, errand, intent_at=errand.intent_at)
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
        _save(tools, session, errand, done=True, outcome="posted")
        _line(tools, session, errand, "comment", "The first comment is posted.")


def _again(tools: Tools, session: Session, errand: Errand, error: GraphError) -> None:
    """Try again later; a refusal for good ends it with a line in the timeline."""
    for_good = (
        isinstance(error, Refused)
        and error.kind in (Kind.PERMISSION, Kind.BAD_TEXT, Kind.BAD_REQUEST, Kind.NOT_SUPPORTED)
    ) or errand.tries + 1 >= MOST_TRIES
    with writing(session):
        _save(tools, session, errand, done=for_good, outcome=error.sentence, tried=True)
        if for_good and errand.kind == FIRST_COMMENT:
            sentence = f"The first comment could not be posted: {error.sentence}"
            _line(tools, session, errand, "comment_failed", sentence)


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
    done: bool = False,
    outcome: str = "",
    looks: int | None = None,
    not_before: datetime | None = None,
    intent_at: datetime | None = None,
    tried: bool = False,
) -> None:
    now, timings = tools.now(), tools.timings
    tries = errand.tries + (1 if tried or errand.kind == DETAILS else 0)
    wait = timings.comment_settle if errand.kind == FIRST_COMMENT else timings.details_retry
    again_at = now + wait * min(2**errand.tries, 64)
    if looks is not None and looks > 1 and not_before is not None:
        again_at = max(again_at, not_before)
    values: dict[str, object] = {
        "tries": tries,
        "owner": "",
        "next_at": None if done else again_at,
        "outcome": outcome,
    }
    if done:
        values["done_at"] = now
    if looks is not None:
        values["looks"] = looks
    if not tried and not done and looks is None and errand.kind == FIRST_COMMENT:
        values["intent_at"] = intent_at
    saved = session.execute(
        update(Followup)
        .where(Followup.id == errand.id, Followup.fence == errand.fence)
        .values(**values)
        .returning(Followup.id)
    ).first()
    if saved is None:
        raise LostFence(errand.id)
