"""Finding out: what the looks at a post in doubt decide, written down."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ospost.domain.clocks import clock_trouble
from ospost.domain.finding_out import (
    Status,
    Verdict,
    after_absence,
    next_link_look_at,
    next_look_at,
    weigh,
)
from ospost.domain.matching import Listing
from ospost.domain.pace import look_at
from ospost.domain.states import HoldReason, State
from ospost.services.database import writing
from ospost.services.publishing import trouble
from ospost.services.publishing.holding import ONLY_BY_A_PERSON, REMEDIES
from ospost.services.publishing.live import record_live
from ospost.services.publishing.rows import Note, Work, advance, hold_values
from ospost.services.publishing.seeing import Look, read, read_list
from ospost.services.publishing.telling import error_of, notify
from ospost.services.publishing.tools import Tools


def look(tools: Tools, session: Session, work: Work) -> None:
    """Read the container and the list, decide by the table, and write the decision down."""
    seen = read(tools, session, work)
    tools.reached("looked")
    weighed = weigh(
        seen.status,
        _believed(tools, seen.match.listing),
        absent_looks=work.absent_looks,
        absent_look_at=work.absent_look_at,
        intent_at=work.intent_at or work.due_at,
        now=tools.now(),
        timings=tools.timings,
    )
    verdict = weighed.verdict
    if verdict in (Verdict.LINK, Verdict.LIVE):
        _is_live(tools, session, work, seen)
    elif verdict in (Verdict.SEND_SAME, Verdict.MAKE_NEW):
        _not_live(tools, session, work, seen, verdict)
    elif verdict is Verdict.REVIEW:
        _ask_person(tools, session, work)
    else:
        _look_again(tools, session, work, seen, absent=weighed.absent_looks)
    tools.reached("look_recorded")


def _believed(tools: Tools, listing: Listing) -> Listing:
    """By a wrong clock nothing is proved absent: neither the quiet nor the moments can be told."""
    trouble_with_clock = clock_trouble(
        tools.now(), skew=tools.graph.clock_skew(), timings=tools.timings
    )
    return Listing.UNREADABLE if trouble_with_clock and listing is Listing.NONE else listing


def find_link(tools: Tools, session: Session, work: Work) -> None:
    """Search the media of a post that is live but not linked; slowly, for as long as it may show."""
    match = read_list(tools, session, work).match
    now = tools.now()
    intent_at = work.intent_at or work.due_at
    if match.media is not None:
        _is_live(tools, session, work, Look(status=Status.PUBLISHED, match=match, words={}))
        return
    looks = work.looks + 1
    at = next_link_look_at(looks, intent_at=intent_at, now=now, timings=tools.timings)
    note = None
    if at is None:
        note = Note(
            cause="no_link",
            sentence="It is live, but its link could not be found. Paste it if you have it.",
        )
    with writing(session):
        advance(
            session,
            work,
            to=State.PUBLISHED,
            note=note,
            now=now,
            next_at=at,
            looks=looks,
            owner="",
        )


def _is_live(tools: Tools, session: Session, work: Work, seen: Look) -> None:
    media = seen.match.media
    sentence = (
        "Found on Instagram: it is live."
        if media is not None
        else "Instagram says that it is live. Its link is still to be found."
    )
    record_live(
        tools,
        session,
        work,
        media_id=media.media_id if media else None,
        sent_at=work.intent_at,
        published_at=media.posted_at if media else tools.now(),
        sentence=sentence,
        permalink=media.permalink if media else "",
    )


def _not_live(tools: Tools, session: Session, work: Work, seen: Look, verdict: Verdict) -> None:
    """Surely not live: send again while there is time, with the same container where it is good."""
    now = tools.now()
    to = after_absence(
        verdict,
        due_at=work.due_at,
        grace=work.grace,
        has_container=work.has_container,
        made_at=work.container_made_at,
        now=now,
        timings=tools.timings,
    )
    if to is State.MISSED:
        sentence = "It did not go out, and it is now too late for it."
        trouble.miss(tools, session, work, sentence=sentence, first_intent_at=None)
        return
    if work.hold_reason in ONLY_BY_A_PERSON:
        _wait_on(session, work, now)
        return
    values: dict[str, Any] = {"next_at": max(work.due_at, now), "owner": "", "absent_looks": 0}
    if to is State.PREPARING:
        values |= {"container_id": "", "container_made_at": None, "finished_at": None}
        values |= {"next_at": now, "first_intent_at": None, "tries": 0}
    with writing(session):
        advance(
            session,
            work,
            to=to,
            note=Note(
                cause="proved_absent",
                sentence="It is not on Instagram: sending it again.",
                detail={"status": seen.status.value},
            ),
            now=now,
            **values,
        )


def _wait_on(session: Session, work: Work, now: datetime) -> None:
    """Let a post that waited for a person's word when it came to be looked for wait on."""
    reason = HoldReason(work.hold_reason)
    sentence = ONLY_BY_A_PERSON[reason]
    held = hold_values(work, reason, until=None, now=now)
    with writing(session):
        advance(
            session,
            work,
            to=State.HELD,
            note=Note(cause=f"held_{reason.value}", sentence=f"It is not live. {sentence}"),
            now=now,
            first_intent_at=None,
            absent_looks=0,
            error=error_of(code=None, subcode=None, message=sentence, remedy=REMEDIES[reason]),
            **held,
        )


def _look_again(tools: Tools, session: Session, work: Work, seen: Look, *, absent: int) -> None:
    now, timings = tools.now(), tools.timings
    intent_at = work.intent_at or work.due_at
    looks = work.looks + 1
    counted = absent > work.absent_looks
    tell = work.told_at is None and now - intent_at >= timings.tell_after
    at = next_look_at(looks, absent_looks=absent, intent_at=intent_at, now=now, timings=timings)
    body = error_of(
        code=None,
        subcode=None,
        message="The answer was lost. This server is finding out whether the post is live.",
        remedy="Nothing needs to be done. Please do not post it by hand meanwhile.",
    )
    with writing(session):
        advance(
            session,
            work,
            to=State.UNKNOWN,
            note=_note(seen) if looks <= len(timings.looks) else None,
            now=now,
            next_at=at,
            owner="",
            looks=looks,
            absent_looks=absent,
            absent_look_at=now if counted else work.absent_look_at,
            told_at=now if tell else work.told_at,
            error=body,
        )
        if tell:
            notify(
                session,
                work,
                title="We cannot tell yet whether a post is live",
                sentence=body["message"],
                remedy=body["remedy"],
                now=now,
                cause="unknown",
            )


def _note(seen: Look) -> Note:
    listing = {
        Listing.NONE: "it is not in the account's list",
        Listing.SEVERAL: "the list shows something alike",
        Listing.UNREADABLE: "the account's list could not be read",
        Listing.ONE: "it is in the account's list",
    }[seen.match.listing]
    status = {
        Status.FINISHED: "Instagram says it has not been published yet",
        Status.IN_PROGRESS: "Instagram is still working on it",
        Status.ERROR: "Instagram reports an error for it",
        Status.EXPIRED: "Instagram has given it up",
        Status.NONE_MADE: "there is no record of it",
    }.get(seen.status, "Instagram does not say what became of it")
    sentence = f"Looked: {status}, and {listing}. Looking again."
    return Note(cause="look", sentence=sentence, detail=seen.words)


def _ask_person(tools: Tools, session: Session, work: Work) -> None:
    sentence = "Nobody can tell from here whether this post is live."
    remedy = "Please look on Instagram, then say here whether it is live or not."
    with writing(session):
        trouble.conclude(
            session,
            work,
            to=State.REVIEW,
            title="Please look on Instagram",
            note=Note(cause="review", sentence=sentence),
            body=error_of(code=None, subcode=None, message=sentence, remedy=remedy),
            now=tools.now(),
        )


def lost_in_flight(tools: Tools, session: Session, work: Work) -> None:
    """A shot whose worker is gone: from here on it is only looked for."""
    now = tools.now()
    with writing(session):
        advance(
            session,
            work,
            to=State.UNKNOWN,
            note=Note(
                cause="worker_lost",
                sentence="This server stopped while it was going out. Checking with Instagram.",
            ),
            now=now,
            next_at=look_at(0, intent_at=work.intent_at or now, now=now, timings=tools.timings),
            owner="",
        )
