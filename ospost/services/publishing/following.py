"""After a post is live: its link, and its first comment, each with an intent of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Followup, Publication
from ospost.domain.matching import same_words
from ospost.domain.meta_codes import Kind
from ospost.domain.states import State
from ospost.graph.client import Access
from ospost.graph.errors import GraphError, NotSent, Refused
from ospost.services.database import writing
from ospost.services.publishing.rows import LostFence, Note, Work, append, load
from ospost.services.publishing.tools import Tools

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
    """Post the first comment once; after a lost answer it is looked for before it is repeated."""
    work = errand.work
    media_id = work.ig_media_id
    if media_id is None:
        return
    if errand.intent_at is not None:
        comments = tools.graph.comments(access, media_id)
        if any(same_words(work.first_comment, comment.text) for comment in comments):
            _comment_is_there(tools, session, errand)
            return
        if errand.looks < 1:
            with writing(session):
                _save(tools, session, errand, looks=errand.looks + 1)
            return
    with writing(session):
        _write_comment_intent(tools, session, errand)
    tools.reached("comment_intent")
    try:
        tools.graph.comment(access, media_id, work.first_comment)
    except NotSent:
        with writing(session):
            _save(tools, session, errand, intent_at=errand.intent_at)
        return
    _comment_is_there(tools, session, errand)


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
    intent_at: datetime | None = None,
    tried: bool = False,
) -> None:
    now, timings = tools.now(), tools.timings
    tries = errand.tries + (1 if tried or errand.kind == DETAILS else 0)
    wait = timings.comment_settle if errand.kind == FIRST_COMMENT else timings.details_retry
    values: dict[str, object] = {
        "tries": tries,
        "owner": "",
        "next_at": None if done else now + wait * min(2**errand.tries, 64),
        "outcome": outcome,
    }
    if done:
        values["done_at"] = now
    if looks is not None:
        values["looks"] = looks
    if not tried and not done and looks is None and errand.kind == FIRST_COMMENT:
        values["intent_at"] = intent_at
    session.execute(
        update(Followup)
        .where(Followup.id == errand.id, Followup.fence == errand.fence)
        .values(**values)
    )
