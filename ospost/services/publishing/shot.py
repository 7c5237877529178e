"""The shot: one call that cannot be taken back, so every step around it is written down first.

Intent is committed before the call. Right before the first byte the fence must be known to be ours
within the last two seconds. After it, only an answer on a short list proves that nothing happened;
everything else is found out by looking.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Publication
from ospost.domain.meta_codes import Kind
from ospost.domain.pace import look_at
from ospost.domain.reactions import HOLDS
from ospost.domain.shooting import (
    Aim,
    Meaning,
    after_not_sent,
    holds_fence,
    is_only_intent,
    may_send,
    meaning,
    spaced_until,
    take_aim,
)
from ospost.domain.states import HoldReason, State
from ospost.graph.client import Access, Published
from ospost.graph.errors import GraphError, NotSent, Refused
from ospost.services.database import writing
from ospost.services.publishing import doubting, trouble
from ospost.services.publishing.holding import (
    clock_is_wrong,
    hold_if_full,
    is_used_up,
    put_on_hold,
    stands_in_the_way,
    waits_for_twin,
)
from ospost.services.publishing.live import record_live
from ospost.services.publishing.rows import LostFence, Note, Work, advance, hold_values, release
from ospost.services.publishing.statements import FENCE
from ospost.services.publishing.telling import error_of, notify
from ospost.services.publishing.tools import Stopwatch, Tools


def shoot(tools: Tools, session: Session, work: Work, access: Access) -> None:
    """Publish *work*, which is ready and due; never twice."""
    if _must_not_go(tools, session, work):
        return
    aim = take_aim(
        first_intent_at=work.first_intent_at,
        intent_no=work.intent_no,
        now=tools.now(),
        timings=tools.timings,
    )
    if not _take_aim(tools, session, work, aim):
        return
    tools.reached("intent")
    stopwatch = Stopwatch(tools.now)
    if not _is_still_ours(session, work):
        raise LostFence(work.id)
    session.rollback()
    tools.reached("fence_read")
    shot = replace(work, state=aim.to, **aim.values)
    try:
        published = tools.graph.publish(
            access,
            work.container_id,
            send_allowed=lambda: may_send(stopwatch.elapsed(), tools.timings),
        )
    except NotSent as error:
        _not_sent(tools, session, shot, error)
    except GraphError as error:
        tools.reached("answered")
        _refused_or_unknown(tools, session, shot, error)
    else:
        tools.reached("answered")
        _live(tools, session, shot, published)
    tools.reached("recorded")


def _take_aim(tools: Tools, session: Session, work: Work, aim: Aim) -> bool:
    """Commit the intent; say whether the call may follow.

    Not, when another shot of the account is under way (the unique index is the net below the
    claim), when the post was stopped, rehearsed or retimed since it was claimed, or while a post of
    the same words is being looked for.
    """
    try:
        _write_intent(session, work, aim, now=aim.values["intent_at"])
    except IntegrityError:
        pass
    except LostFence:
        if not _is_still_ours(session, work):
            raise
        session.rollback()
        if waits_for_twin(tools, session, work):
            return False
    else:
        return True
    release(session, work, next_at=tools.now() + tools.timings.tick, now=tools.now())
    return False


def _must_not_go(tools: Tools, session: Session, work: Work) -> bool:
    if stands_in_the_way(tools, session, work):
        return True
    if clock_is_wrong(tools, session, work):
        return True
    if is_used_up(work) and hold_if_full(tools, session, work):
        return True
    if tools.rehearse or work.rehearse:
        sentence = "Rehearsal: Instagram took everything and it was ready. Nothing was sent."
        put_on_hold(tools, session, work, HoldReason.REHEARSAL, sentence)
        return True
    return _is_spaced(tools, session, work, tools.now())


def _is_spaced(tools: Tools, session: Session, work: Work, now: datetime) -> bool:
    """Keep the account's gap between its posts that are long overdue."""
    if now - work.due_at <= tools.timings.late_is_spaced_after:
        return False
    latest = session.scalar(
        select(func.max(Publication.intent_at)).where(Publication.account_id == work.account_id)
    )
    until = spaced_until(
        work.due_at, latest_intent_at=latest, now=now, timings=tools.timings, gap=work.backlog_gap
    )
    if until is None:
        return False
    release(session, work, next_at=until, now=now)
    return True


def _write_intent(session: Session, work: Work, aim: Aim, *, now: datetime) -> None:
    with writing(session, beside=True):
        advance(
            session,
            work,
            to=aim.to,
            note=Note(cause="intent", sentence="Going out now."),
            now=now,
            is_shot=True,
            **aim.values,
        )


def _is_still_ours(session: Session, work: Work) -> bool:
    fence = session.scalar(FENCE, {"row_id": work.id})
    return holds_fence(work.fence, fence)


def _live(tools: Tools, session: Session, shot: Work, published: Published) -> None:
    record_live(
        tools,
        session,
        shot,
        media_id=published.media_id,
        sent_at=published.sent_at,
        published_at=tools.now(),
        sentence="Instagram says that it is live.",
    )
    late = (published.sent_at - shot.due_at).total_seconds()
    tools.meters.observe("lateness_seconds", seconds=max(0.0, late))


def _not_sent(tools: Tools, session: Session, shot: Work, error: NotSent) -> None:
    """Nothing left this machine: ready again, or still unknown because of an earlier intent."""
    if not error.held_back:  # our own guard is no outage of Meta's
        tools.failed(shot)
    now = tools.now()
    is_only = is_only_intent(shot.first_intent_at, shot.intent_at)
    if after_not_sent(is_only=is_only) is State.UNKNOWN:
        _unknown(tools, session, shot, error.sentence, error.details())
        return
    wait = tools.timings.tick if error.held_back else tools.timings.not_ready_waits[0]
    until = tools.open_until(shot)
    with writing(session):
        advance(
            session,
            shot,
            to=State.READY,
            note=Note(cause="not_sent", sentence=f"{error.sentence} Nothing was sent."),
            now=now,
            first_intent_at=None,
            next_at=max(now + wait, until or now),
            owner="",
        )


def _refused_or_unknown(tools: Tools, session: Session, shot: Work, error: GraphError) -> None:
    tools.answered(shot)
    what = meaning(
        error.kind if isinstance(error, Refused) else None,
        http_status=error.http_status if isinstance(error, Refused) else 0,
        is_only=is_only_intent(shot.first_intent_at, shot.intent_at),
        tries=shot.tries,
        timings=tools.timings,
    )
    doubting.notice(tools, shot, error)
    is_proved = what is not Meaning.UNKNOWN and not doubting.is_doubtful(tools, shot, error)
    if isinstance(error, Refused) and is_proved:
        _refused(tools, session, shot, error, what)
        return
    details = error.raw() if isinstance(error, Refused) else error.details()
    _unknown(tools, session, shot, error.sentence, details)


def _refused(tools: Tools, session: Session, shot: Work, error: Refused, what: Meaning) -> None:
    """A refusal that proves that nothing happened: wait, hold, or make a new container."""
    now = tools.now()
    note = Note(cause=f"meta_{error.kind.value}", sentence=error.sentence, detail=error.raw())
    body = error_of(
        code=error.code,
        subcode=error.subcode,
        message=error.sentence,
        remedy=error.remedy,
        fbtrace_id=error.fbtrace_id or "",
    )
    waits = tools.timings.not_ready_waits
    values: dict[str, Any] = {"first_intent_at": None, "owner": ""}
    if what is Meaning.AGAIN:
        values |= {"tries": shot.tries + 1, "next_at": now + waits[shot.tries]}
        to = State.READY
    elif what is Meaning.HOLD:
        until = now + tools.timings.quota_recheck if error.kind is Kind.QUOTA else None
        ready = trouble.replace_state(shot, State.READY)
        values |= hold_values(ready, HOLDS[error.kind], until=until, now=now) | {"error": body}
        to = State.HELD
    else:
        values |= {
            "tries": 0,
            "container_id": "",
            "container_made_at": None,
            "finished_at": None,
            "next_at": now + tools.timings.first_poll,
            "error": body,
        }
        to = State.PREPARING
    with writing(session):
        if to is State.HELD and trouble.has_new_token(session, shot):
            to, values = State.READY, {"first_intent_at": None, "owner": "", "next_at": now}
        advance(session, shot, to=to, note=note, now=now, **values)
        if to is State.HELD:
            trouble.mark_account(session, shot.account_id, error.known, until=None, now=now)
            _tell_of_hold(session, shot, error, now)


def _tell_of_hold(session: Session, shot: Work, error: Refused, now: datetime) -> None:
    notify(
        session,
        shot,
        title="A post is waiting",
        sentence=error.sentence,
        remedy=error.remedy,
        now=now,
        cause=f"meta_{error.kind.value}",
    )


def _unknown(
    tools: Tools, session: Session, shot: Work, sentence: str, detail: dict[str, Any]
) -> None:
    now = tools.now()
    intent_at = shot.intent_at or now
    with writing(session):
        advance(
            session,
            shot,
            to=State.UNKNOWN,
            note=Note(
                cause="unknown",
                sentence=f"{sentence} It may be live; checking with Instagram.",
                detail=detail,
            ),
            now=now,
            next_at=look_at(0, intent_at=intent_at, now=now, timings=tools.timings),
            owner="",
        )
