"""Before the moment: quota, baseline, container, and the last look at a ready post."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Publication, Slide
from ospost.domain.findings import Finding
from ospost.domain.pace import prepare_at
from ospost.domain.reactions import NEEDS_RECONNECT
from ospost.domain.states import HoldReason, Kind, State
from ospost.domain.steps import Preparation, is_good_container, preparation
from ospost.graph.errors import GraphError, NoAnswer, NotSent, Refused
from ospost.services.database import writing
from ospost.services.publishing import before, trouble
from ospost.services.publishing.holding import (
    REMEDIES,
    hold_if_full,
    read_quota,
    stands_in_the_way,
)
from ospost.services.publishing.late import look_first
from ospost.services.publishing.picture import media_link
from ospost.services.publishing.polling import poll
from ospost.services.publishing.rows import Note, Work, advance, release
from ospost.services.publishing.telling import notify
from ospost.services.publishing.tools import Tools


def prepare(tools: Tools, session: Session, work: Work) -> None:
    """Take one step towards a finished container, whatever is missing first."""
    work = _doubted(tools, session, work)
    if _is_too_early(tools, session, work) or stands_in_the_way(tools, session, work):
        return
    if work.state is State.READY and hold_if_full(tools, session, work):
        return
    has_good = _has_good_container(tools, work)
    what = preparation(first_intent_at=work.first_intent_at, has_good=has_good)
    if what is Preparation.LOOK_FIRST:
        look_first(tools, session, work)
        return
    until = tools.open_until(work)
    if until is not None:
        _wait_for_breaker(tools, session, work, until)
        return
    try:
        if what is Preparation.POLL:
            poll(tools, session, work)
        else:
            _make_container(tools, session, work)
        tools.answered(work)
    except (NotSent, NoAnswer) as error:
        tools.failed(work)
        trouble.on_error(tools, session, _as_it_stands(session, work), error)
    except Refused as error:
        tools.answered(work)
        trouble.on_error(tools, session, _as_it_stands(session, work), error)


def _doubted(tools: Tools, session: Session, work: Work) -> Work:
    """Let nothing send a post that was claimed and left, before its container is read or it is found."""
    if not work.was_left:
        return work
    values: dict[str, Any] = {}
    is_read = _has_good_container(tools, work) and tools.now() <= work.deadline
    if work.first_intent_at is None and not is_read:
        values["first_intent_at"] = work.container_made_at or work.updated_at
    with writing(session, beside=True):
        note = Note(cause="left", sentence="It was left shortly before it went out. Looking at it.")
        advance(session, work, to=State.PREPARING, note=note, now=tools.now(), **values)
    return replace(work, state=State.PREPARING, **values)


def _as_it_stands(session: Session, work: Work) -> Work:
    """Return *work* in the state in which an error met it: preparing may have begun before."""
    state = session.scalar(select(Publication.state).where(Publication.id == work.id))
    session.rollback()
    return trouble.replace_state(work, State(state)) if state is not None else work


def _is_too_early(tools: Tools, session: Session, work: Work) -> bool:
    """Leave a post that is far ahead until its preparation begins; say whether."""
    now = tools.now()
    is_video = work.kind is Kind.REEL
    at = prepare_at(work.due_at, now=now, timings=tools.timings, is_video=is_video)
    if work.state is not State.SCHEDULED or at <= now:
        return False
    release(session, work, next_at=at, now=now)
    return True


def _has_good_container(tools: Tools, work: Work) -> bool:
    return is_good_container(
        has_container=work.has_container,
        made_at=work.container_made_at,
        now=tools.now(),
        timings=tools.timings,
    )


def _wait_for_breaker(tools: Tools, session: Session, work: Work, until: datetime) -> None:
    now = tools.now()
    at = until + (until - now) * 0.1 * tools.spread()
    if work.state is State.READY or now < work.due_at:
        at = min(at, max(work.due_at, now))
    with writing(session):
        advance(session, work, to=work.state, note=None, now=now, next_at=at, owner="")


def _make_container(tools: Tools, session: Session, work: Work) -> None:
    access = tools.access(work)
    full = read_quota(tools, session, work)
    baseline = _read_baseline(tools, work)
    is_first = work.state is not State.PREPARING
    found = before.check(tools, session, work) if is_first else None
    preparing = _begin(tools, session, work, baseline=baseline, full=full, found=found)
    tools.reached("preparing")
    link = media_link(tools, session, preparing)
    if link is None:
        return
    alt_text = session.scalar(select(Slide.alt_text).where(Slide.id == preparing.slide_id)) or ""
    session.rollback()  # nothing is open while Meta fetches the picture
    made = tools.graph.create_image_container(
        access, image_url=link, caption=preparing.caption, alt_text=alt_text
    )
    tools.reached("container_made")
    now = tools.now()
    with writing(session, beside=True):
        advance(
            session,
            preparing,
            to=State.PREPARING,
            note=Note(
                cause="container",
                sentence="Instagram took the photo and the words.",
                detail={"container": made},
            ),
            now=now,
            container_id=made,
            container_revision=preparing.revision,
            container_made_at=now,
            finished_at=None,
            next_at=now + tools.timings.first_poll,
            owner="",
        )
    tools.reached("container_saved")


def _begin(
    tools: Tools,
    session: Session,
    work: Work,
    *,
    baseline: list[str],
    full: str,
    found: list[Finding] | None,
) -> Work:
    """Enter `preparing` with what was read, and take a whole lease for the slow call."""
    now = tools.now()
    first = work.state is not State.PREPARING
    sentence = "Preparing." + (f" {full}" if full else "")
    with writing(session):
        advance(
            session,
            work,
            to=State.PREPARING,
            note=Note(cause="preparing", sentence=sentence) if first or full else None,
            now=now,
            baseline=baseline,
            container_id="",
            container_made_at=None,
            finished_at=None,
            next_at=now + tools.timings.create_lease,
        )
        if found is not None:
            before.tell(session, work, found, now=now)
        if full and first:
            notify(
                session,
                work,
                title="Today's limit is used up",
                sentence=full,
                remedy=REMEDIES[HoldReason.QUOTA],
                now=now,
                cause="full",
            )
    return trouble.replace_state(work, State.PREPARING)


def _read_baseline(tools: Tools, work: Work) -> list[str]:
    """Read which media the account shows already, so that they are never taken for this post."""
    try:
        seen = tools.graph.recent_media(tools.access(work), limit=25, since=None)
    except GraphError as error:
        if isinstance(error, Refused) and error.known.kind in NEEDS_RECONNECT:
            raise
        return list(work.baseline)
    return [media.media_id for media in seen.items]
