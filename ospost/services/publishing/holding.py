"""Posts that wait for a person or for a time: into the hold, and out of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from helpers import distance
from models import Account
from ospost.domain.clocks import clock_trouble
from ospost.domain.meta_codes import lookup
from ospost.domain.pace import is_too_late, prepare_at
from ospost.domain.reactions import NEEDS_RECONNECT
from ospost.domain.states import HoldReason, Kind, State
from ospost.domain.steps import obstacle, resumed
from ospost.graph.errors import GraphError, Refused
from ospost.graph.values import PublishingLimit
from ospost.services import quota
from ospost.services.database import writing
from ospost.services.publishing import doubting, late, trouble, twins
from ospost.services.publishing.rows import Note, Work, advance, hold_values
from ospost.services.publishing.telling import ask_about_late, error_of
from ospost.services.publishing.tools import Tools

NEARLY_FULL = 5
"""How few posts may be left today before the limit is read once more just before a post."""

REMEDIES = {
    HoldReason.TOKEN: "Sign in again to connect this account; the post goes out afterwards.",
    HoldReason.PERMISSION: "Sign in again and grant what is missing; the post goes out afterwards.",
    HoldReason.PAUSED: "Press “Go on” when it may go out.",
    HoldReason.THROTTLED: "Nothing needs to be done; it goes out as soon as Instagram allows it.",
    HoldReason.QUOTA: "Nothing needs to be done; it goes out as soon as the day's limit allows it.",
    HoldReason.BLOCKED: "Open the Instagram app and see whether it asks for something.",
    HoldReason.CLOCK: "Set this server's clock right; the post goes out afterwards.",
    HoldReason.RESTORED: "Nothing needs to be done; this server looks what is already live.",
    HoldReason.TWIN: "Nothing needs to be done. With other words it would not have to wait.",
    HoldReason.REHEARSAL: "Switch the rehearsal off and publish it now, or give it a new time.",
    HoldReason.ASK: "Say what becomes of it: publish it now, give it a new time, or leave it.",
}

LATE = "It is more than 10 minutes late, and this account's late posts wait for your word."

ONLY_BY_A_PERSON = {
    HoldReason.REHEARSAL: trouble.MISSED[HoldReason.REHEARSAL],
    HoldReason.ASK: "Its time passed while it could not go out. Say what becomes of it.",
}
"""Holds that nothing but a person ends, with what is said of them."""


def stands_in_the_way(tools: Tools, session: Session, work: Work) -> bool:
    """Hold or give up *work* where the account or the time forbid going on; say whether."""
    what = obstacle(
        due_at=work.due_at,
        grace=work.grace,
        is_paused=work.is_paused,
        needs_reconnect=work.needs_reconnect,
        throttled_until=work.throttled_until,
        token_ends_at=work.token_expires_at,
        asks_after=tools.timings.late_is_spaced_after if work.asks_when_late else None,
        now=tools.now(),
    )
    if what is State.MISSED:
        late.give_up(tools, session, work)
    elif what is HoldReason.PAUSED:
        put_on_hold(tools, session, work, HoldReason.PAUSED, "Stopped by a person.")
    elif what is HoldReason.TOKEN:
        _hold_without_token(tools, session, work)
    elif what is HoldReason.THROTTLED:
        sentence = "Instagram asked this server to wait before more calls for this account."
        until = work.throttled_until
        put_on_hold(tools, session, work, HoldReason.THROTTLED, sentence, until=until)
    elif what is HoldReason.ASK:
        put_on_hold(tools, session, work, HoldReason.ASK, LATE)
    else:
        return False
    return True


def _hold_without_token(tools: Tools, session: Session, work: Work) -> None:
    """Hold until somebody signs in; a token that is over only by its date is looked at again."""
    if work.needs_reconnect:
        put_on_hold(tools, session, work, HoldReason.TOKEN, lookup(190, None).sentence)
        return
    sentence = "The connection to Instagram is over by its date."
    until = tools.now() + tools.timings.expired_recheck
    put_on_hold(tools, session, work, HoldReason.TOKEN, sentence, until=until)


def put_on_hold(
    tools: Tools,
    session: Session,
    work: Work,
    reason: HoldReason,
    sentence: str,
    *,
    until: datetime | None = None,
) -> None:
    """Hold without a new answer of Meta's behind it."""
    now = tools.now()
    body = error_of(code=None, subcode=None, message=sentence, remedy=REMEDIES[reason])
    is_news = work.state is not State.HELD or work.hold_reason != reason
    note = Note(cause=f"held_{reason.value}", sentence=sentence)
    with writing(session):
        if not _still_stands(session, work, reason, now):
            advance(session, work, to=work.state, note=None, now=now, next_at=now, owner="")
            return
        advance(
            session,
            work,
            to=State.HELD,
            note=note if is_news else None,
            now=now,
            error=body,
            **hold_values(work, reason, until=until, now=now),
        )
        if reason is HoldReason.ASK and is_news:
            ask_about_late(session, work, now=now)


def _still_stands(session: Session, work: Work, reason: HoldReason, now: datetime) -> bool:
    """Look again, in the transaction of the hold, whether its reason was taken away meanwhile.

    What a worker knows of the account is as old as its claim; “Go on” or a new sign-in since then
    must not be answered with a hold.
    """
    if reason not in (HoldReason.PAUSED, HoldReason.TOKEN):
        return True
    account = session.get(Account, work.account_id, populate_existing=True)
    if account is None:
        return True
    if reason is HoldReason.PAUSED:
        return account.paused_at is not None
    ends_at = account.token_expires_at
    return account.needs_reconnect or (ends_at is not None and ends_at <= now)


def clock_is_wrong(tools: Tools, session: Session, work: Work) -> bool:
    """Hold where this server's clock and Instagram's differ.

    Compared anew, by the `Date` of a harmless read, where they did so before, and where this
    process has had no answer yet: a wrong clock would publish too early right after a start.
    """
    if work.state is State.HELD or tools.graph.clock_skew() is None:
        try:
            read_quota(tools, session, work)
        except Refused as error:
            trouble.on_error(tools, session, work, error)
            return True
    now = tools.now()
    sentence = clock_trouble(now, skew=tools.graph.clock_skew(), timings=tools.timings)
    if not sentence:
        return False
    until = now + tools.timings.clock_recheck
    put_on_hold(tools, session, work, HoldReason.CLOCK, sentence, until=until)
    return True


def read_quota(tools: Tools, session: Session, work: Work) -> str:
    """Read how many posts the account has left today; return a sentence when there is none.

    Raises Refused when the token or a permission is the trouble; other troubles say nothing.
    """
    limit = _ask_limit(tools, session, work)
    return _used_up(limit) if limit is not None else ""


def _ask_limit(tools: Tools, session: Session, work: Work) -> PublishingLimit | None:
    try:
        limit = tools.graph.publishing_limit(tools.access(work))
    except GraphError as error:
        doubting.notice(tools, work, error)
        if isinstance(error, Refused) and error.kind in NEEDS_RECONNECT:
            raise
        return None
    with writing(session):
        quota.keep(session, work.account_id, limit, now=tools.now())
    return limit


def _used_up(limit: PublishingLimit) -> str:
    if limit.total is None or limit.used < limit.total:
        return ""
    return (
        f"Instagram allows {limit.total} posts in 24 hours for this account, and all are used."
        " It will go out as soon as Instagram allows it."
    )


def is_used_up(work: Work) -> bool:
    """Say whether, by the last reading and what went out since, nothing is left of the limit."""
    return work.quota_total is not None and (work.quota_used or 0) >= work.quota_total


def hold_if_full(tools: Tools, session: Session, work: Work) -> bool:
    """Hold a ready post when the day's limit turns out to be used up; say whether.

    Asks Meta only where the last answer was near the limit. It waits until enough of what went out
    here has left the window; where posts from elsewhere count, it is asked again now and then.
    """
    account = session.get(Account, work.account_id)
    if account is None or account.quota_total is None or account.quota_used is None:
        return False
    if account.quota_total - account.quota_used > NEARLY_FULL:
        return False
    session.rollback()  # no transaction stays open over a call
    try:
        limit = _ask_limit(tools, session, work)
    except Refused as error:
        trouble.on_error(tools, session, work, error)
        return True
    full = _used_up(limit) if limit is not None else ""
    if limit is None or not full:
        return False
    now, recheck = tools.now(), tools.timings.quota_recheck
    until = quota.opens_at(session, work.account_id, limit, now=now, recheck=recheck)
    session.rollback()
    if until - now > recheck:
        full += f" There is room again {distance(until, now)}."
    put_on_hold(tools, session, work, HoldReason.QUOTA, full, until=until)
    return True


def wake(tools: Tools, session: Session, work: Work) -> None:
    """Look again at a held post: give it up, hold it on, or let it go on where it was."""
    now = tools.now()
    if is_too_late(work.due_at, grace=work.grace, now=now):
        late.give_up(tools, session, work)
        return
    reason = HoldReason(work.hold_reason)
    if reason in ONLY_BY_A_PERSON:
        put_on_hold(tools, session, work, reason, ONLY_BY_A_PERSON[reason])
        return
    if reason is HoldReason.QUOTA:
        if hold_if_full(tools, session, work):
            return
    elif stands_in_the_way(tools, session, work):
        return
    if reason is HoldReason.CLOCK and clock_is_wrong(tools, session, work):
        return
    if reason is HoldReason.TWIN and waits_for_twin(tools, session, work):
        return
    with writing(session):
        let_go(tools, session, work, now=now)


def waits_for_twin(tools: Tools, session: Session, work: Work) -> bool:
    """Hold *work* while a post of the same words is being looked for; say whether."""
    now = tools.now()
    is_waiting = twins.is_looked_for(session, work, now=now)
    session.rollback()
    if is_waiting:
        sentence = "Another post with the same words may be live; it is looked for first."
        until = now + tools.timings.twin_recheck
        put_on_hold(tools, session, work, HoldReason.TWIN, sentence, until=until)
    return is_waiting


def let_go(tools: Tools, session: Session, work: Work, *, now: datetime) -> None:
    """Return *work* from its hold to the state before; call inside `writing`."""
    timings = tools.timings
    is_video = work.kind is Kind.REEL
    to = resumed(
        reason=HoldReason(work.hold_reason),
        held_from=work.held_from,
        has_container=work.has_container,
        made_at=work.container_made_at,
        due_at=work.due_at,
        now=now,
        timings=timings,
    )
    at = {
        State.READY: max(work.due_at, now),
        State.PREPARING: now,
        State.SCHEDULED: prepare_at(work.due_at, now=now, timings=timings, is_video=is_video),
    }[to]
    advance(
        session,
        work,
        to=to,
        note=Note(cause="released", sentence="Going on."),
        now=now,
        next_at=at,
        owner="",
        hold_reason="",
        hold_until=None,
        held_from="",
        error=None,
    )
