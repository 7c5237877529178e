"""What the machine writes when a step before the intent meets an error."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import Account, Event
from ospost.domain.meta_codes import Kind, Known
from ospost.domain.pace import retry_at, throttle_until
from ospost.domain.reactions import (
    BEFORE_INTENT,
    HOLDS,
    NEEDS_RECONNECT,
    Reaction,
)
from ospost.domain.states import HoldReason, State
from ospost.graph.errors import GraphError, Refused
from ospost.services.database import writing
from ospost.services.notices import end_notices_of_post
from ospost.services.publishing import doubting
from ospost.services.publishing.rows import Note, Work, advance, hold_values, release
from ospost.services.publishing.telling import error_of, notify
from ospost.services.publishing.tools import Tools


def on_error(tools: Tools, session: Session, work: Work, error: GraphError) -> None:
    """Decide by the kind of *error* and write it down: wait, retry, hold or fail."""
    doubting.notice(tools, work, error)
    if not isinstance(error, Refused) or doubting.is_doubtful(tools, work, error):
        wait(tools, session, work, error)
        return
    body = error_of(
        code=error.code,
        subcode=error.subcode,
        message=error.sentence,
        remedy=error.remedy,
        fbtrace_id=error.fbtrace_id or "",
    )
    react(tools, session, work, error.known, body=body, detail=error.raw(), error=error)


def react(
    tools: Tools,
    session: Session,
    work: Work,
    known: Known,
    *,
    body: dict[str, Any],
    detail: dict[str, Any],
    error: Refused | None = None,
    reaction: Reaction | None = None,
) -> None:
    """Apply the reaction to *known* (or *reaction*, where the caller knows better)."""
    what = reaction or BEFORE_INTENT[known.kind]
    note = Note(cause=f"meta_{known.kind.value}", sentence=known.sentence, detail=detail)
    if what is Reaction.HOLD:
        asked = timedelta(seconds=error.retry_after_seconds or 0) if error else timedelta()
        hold(tools, session, work, known, body=body, note=note, asked=asked)
    elif what is Reaction.FAIL:
        fail(tools, session, work, note=note, body=body)
    elif what is Reaction.WAIT and error is not None:
        wait(tools, session, work, error)
    else:
        retry(tools, session, work, note=note, body=body)


def wait(tools: Tools, session: Session, work: Work, error: GraphError) -> None:
    """Try again soon after an outage; no try is used up, only the grace ends it."""
    now = tools.now()
    if work.state is State.READY:  # the container is finished; what failed was only another look
        release(session, work, next_at=max(work.due_at, now + tools.timings.tick), now=now)
        return
    at = now + tools.timings.first_retry * (0.5 + tools.spread())
    if now < work.due_at:
        at = min(at, work.due_at)
    note = Note(cause="outage", sentence=f"{error.sentence} Trying again.", detail=error.details())
    with writing(session):
        last = session.scalar(
            select(Event.cause)
            .where(Event.publication_id == work.id)
            .order_by(Event.no.desc())
            .limit(1)
        )
        advance(
            session,
            work,
            to=State.PREPARING,
            note=note if last != "outage" else None,
            now=now,
            next_at=at,
            owner="",
        )


def retry(tools: Tools, session: Session, work: Work, *, note: Note, body: dict[str, Any]) -> None:
    """Try again with a new container, later each time; fail when the tries are used up."""
    tries, now = work.tries + 1, tools.now()
    if tries > tools.timings.fetch_tries:
        fail(tools, session, work, note=note, body=body)
        return
    at = retry_at(tries, due_at=work.due_at, now=now, timings=tools.timings, spread=tools.spread())
    with writing(session):
        advance(
            session,
            work,
            to=State.PREPARING,
            note=note,
            now=now,
            next_at=at,
            owner="",
            tries=tries,
            container_id="",
            container_made_at=None,
            finished_at=None,
            error=body,
        )


def fail(tools: Tools, session: Session, work: Work, *, note: Note, body: dict[str, Any]) -> None:
    """End the work: it is proved not live, and cannot work like this."""
    now = tools.now()
    state = work.state if work.state is State.UNKNOWN else State.PREPARING
    with writing(session):
        if state is not work.state:
            again = Note(cause="stopped", sentence="It cannot go on like this.")
            advance(session, work, to=state, note=again, now=now)
        conclude(
            session,
            replace_state(work, state),
            to=State.FAILED,
            title="A post could not be published",
            note=note,
            body=body,
            now=now,
        )


def miss(tools: Tools, session: Session, work: Work, *, sentence: str = "", **values: Any) -> None:
    """End the work because its time is over: too late by the account's grace, never sent."""
    reason = sentence or MISSED[work.hold_reason if work.state is State.HELD else ""]
    remedy = "Retry it at a new time, or now."
    with writing(session):
        conclude(
            session,
            work,
            to=State.MISSED,
            title="A post was missed",
            note=Note(cause="missed", sentence=reason),
            body=error_of(code=None, subcode=None, message=reason, remedy=remedy),
            now=tools.now(),
            **values,
        )


def conclude(
    session: Session,
    work: Work,
    *,
    to: State,
    title: str,
    note: Note,
    body: dict[str, Any],
    now: datetime,
    **values: Any,
) -> None:
    """End the machine's part of *work* and tell the account's people; call inside `writing`."""
    advance(session, work, to=to, note=note, now=now, next_at=None, owner="", error=body, **values)
    remedy = str(body["remedy"])
    end_notices_of_post(session, work.post_id, now=now)
    notify(
        session,
        work,
        title=title,
        sentence=note.sentence,
        remedy=remedy,
        now=now,
        cause=to.value,
    )


MISSED = {
    "": "Its time passed while this server could not send it, and it is now too late for it.",
    HoldReason.TOKEN: "Its time passed while the account was waiting to be connected again.",
    HoldReason.PERMISSION: "Its time passed while a permission was missing.",
    HoldReason.QUOTA: "Its time passed while Instagram's daily limit was used up.",
    HoldReason.THROTTLED: "Its time passed while Instagram asked this server to wait.",
    HoldReason.BLOCKED: "Its time passed while Instagram blocked the account's actions.",
    HoldReason.PAUSED: "Its time passed while the account was stopped.",
    HoldReason.CLOCK: "Its time passed while this server's clock was wrong.",
    HoldReason.RESTORED: "Its time passed before this copy of the database was restored.",
    HoldReason.TWIN: "Its time passed before it was known whether another post with the same words is"
    " live.",
    HoldReason.REHEARSAL: "It was rehearsed: everything was ready, and nothing was sent.",
    HoldReason.ASK: "Nobody said in time what should become of it, so it was not sent.",
}


def hold(
    tools: Tools,
    session: Session,
    work: Work,
    known: Known,
    *,
    body: dict[str, Any],
    note: Note,
    asked: timedelta = timedelta(),
) -> None:
    """Let the post wait for a person or for a time, and tell the account what it waits for."""
    now, reason = tools.now(), HOLDS[known.kind]
    until = _hold_until(tools, session, work, known.kind, asked=asked, now=now)
    with writing(session):
        if known.kind in NEEDS_RECONNECT and has_new_token(session, work):
            going_on = Note(cause="reconnected", sentence="Somebody signed in again. Going on.")
            to = State.PREPARING
            advance(session, work, to=to, note=going_on, now=now, next_at=now, owner="")
            return
        advance(
            session,
            work,
            to=State.HELD,
            note=note,
            now=now,
            error=body,
            **hold_values(work, reason, until=until, now=now),
        )
        mark_account(session, work.account_id, known, until=until, now=now)
        if reason is not HoldReason.THROTTLED:
            notify(
                session,
                work,
                title="A post is waiting",
                sentence=known.sentence,
                remedy=known.remedy,
                now=now,
                cause=note.cause,
            )


def has_new_token(session: Session, work: Work) -> bool:
    """Whether somebody signed in again while a call with the old token was under way."""
    sealed = session.scalar(select(Account.token_sealed).where(Account.id == work.account_id))
    return bool(sealed) and sealed != work.token_sealed


def mark_account(
    session: Session, account_id: int, known: Known, *, until: datetime | None, now: datetime
) -> None:
    """Write on the account what concerns all of its posts; call inside `writing`."""
    if known.kind in NEEDS_RECONNECT:
        values: dict[str, Any] = {"needs_reconnect": True, "trouble": known.sentence}
    elif known.kind is Kind.THROTTLED:
        values = {"throttled_until": until, "throttle_count": Account.throttle_count + 1}
    else:
        values = {"trouble": known.sentence}
        if known.kind is Kind.QUOTA:  # so that the limit is read before the next try
            values["quota_used"] = func.coalesce(Account.quota_total, Account.quota_used)
    if "trouble" in values:
        values["trouble_at"] = now
    session.execute(update(Account).where(Account.id == account_id).values(**values))


def _hold_until(
    tools: Tools, session: Session, work: Work, kind: Kind, *, asked: timedelta, now: datetime
) -> datetime | None:
    timings = tools.timings
    if kind is Kind.THROTTLED:
        account = session.get(Account, work.account_id)
        count = account.throttle_count if account else 0
        return throttle_until(count, asked=asked, now=now, timings=timings)
    if kind is Kind.QUOTA:
        return now + timings.quota_recheck
    if kind in (Kind.SPAM_BLOCK, Kind.ACCOUNT_RESTRICTED):
        return now + timings.blocked_wait
    return now + timings.quota_recheck if kind is Kind.SETUP else None


def replace_state(work: Work, state: State) -> Work:
    """Return *work* as it is after a move to *state* in the same transaction."""
    return replace(work, state=state)
