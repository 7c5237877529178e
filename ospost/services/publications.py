"""What people do to publications: plan, retime, change, cancel, decide, stop and go on.

All of it happens inside `writing`, by compare-and-set against the machine: every change raises the
fence, so that a worker that still holds the row can write nothing more. Past its intent a post is
not ours to change any more, and `Conflict` says so.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Account, Post, Publication
from ospost.domain.pace import keeps_container, status_check_at
from ospost.domain.states import (
    MOVABLE,
    HoldReason,
    State,
)
from ospost.domain.timings import Timings
from ospost.services import followups
from ospost.services.notices import end_notices_of_held
from ospost.services.publishing.rows import Note, append
from ospost.services.row_changes import NO_CONTAINER, RELEASED, change, rows_of, said_by

TIMINGS = Timings()
ENDED_BY_A_TIME = (HoldReason.REHEARSAL, HoldReason.ASK)
"""Holds that a new time, or “Post now”, ends: they wait for nothing but a person's word."""


def open_for(session: Session, post: Post, *, now: datetime, by: int | None = None) -> None:
    """Make the publication of *post*, which has a due time.

    Here and below a row that is to be prepared is due now: the machine's first step says when its
    preparation begins.
    """
    if post.due_at is None:
        raise ValueError("a post without a due time cannot be published")
    publication = Publication(
        post_id=post.id,
        account_id=post.account_id,
        state=State.SCHEDULED.value,
        due_at=post.due_at,
        next_at=now,
        updated_at=now,
    )
    session.add(publication)
    session.flush()
    note = Note(
        cause="scheduled",
        sentence="Scheduled.",
        detail={"due_at": post.due_at.isoformat(), **said_by(by)},
    )
    append(
        session,
        publication.id,
        note,
        fence=0,
        came_from=State.SCHEDULED,
        to=State.SCHEDULED,
        now=now,
    )


def retime(
    session: Session,
    post: Post,
    *,
    due_at: datetime,
    now: datetime,
    sentence: str = "Moved to another time.",
    by: int | None = None,
) -> None:
    """Give *post* a new due time; a container is kept while it will still be good then.

    Also takes up a post that was missed or has failed. Raises `Conflict` past the intent.
    """
    post.due_at = due_at
    for publication in rows_of(session, post, MOVABLE):
        state = State(publication.state)
        was_over = state in (State.MISSED, State.FAILED)
        made = publication.container_made_at
        is_fresh = (
            not was_over
            and keeps_container(made, due_at=due_at, timings=TIMINGS)
            and publication.container_revision == publication.revision
        )
        values: dict[str, Any] = {
            "due_at": due_at,
            "state": State.SCHEDULED.value,
            "next_at": now,
            "tries": 0,
            "error": None,
            **RELEASED,
        }
        # claimed for its shot and left: its container is read before it is sent
        may_be_sent = bool(publication.owner) and (publication.next_at or now) > publication.due_at
        if is_fresh and publication.finished_at is not None and not may_be_sent:
            at = status_check_at(due_at, now=now, timings=TIMINGS, number=publication.id)
            values |= {"state": State.READY.value, "next_at": max(at, now)}
        elif is_fresh:
            values["state"] = State.PREPARING.value
        else:
            values |= NO_CONTAINER
        if state is State.HELD and publication.hold_reason not in ENDED_BY_A_TIME:
            # it goes on waiting for what it waited for, by its new time
            values = {"due_at": due_at, "next_at": now}
        change(session, publication, MOVABLE, values, "moved", sentence, now, by)


def content_changed(session: Session, post: Post, *, now: datetime, by: int | None = None) -> None:
    """Take note that the words, the picture or the account of *post* changed."""
    for publication in rows_of(session, post, MOVABLE):
        state = State(publication.state)
        values: dict[str, Any] = {
            "revision": publication.revision + 1,
            "account_id": post.account_id,
            "tries": 0,
            **NO_CONTAINER,
        }
        if state in (State.SCHEDULED, State.PREPARING, State.READY):
            values |= {"state": State.SCHEDULED.value, "next_at": now}
        if state is State.HELD:
            values["held_from"] = State.SCHEDULED.value
        change(session, publication, MOVABLE, values, "edited", "Changed.", now, by)


def cancel(
    session: Session, post: Post, *, cause: str, now: datetime, by: int | None = None
) -> None:
    """Stop work on *post* for good; raises `Conflict` when it may be on its way."""
    allowed = MOVABLE | {State.REVIEW, State.PUBLISHED, State.CANCELLED}
    for publication in rows_of(session, post, allowed):
        if State(publication.state) in (State.PUBLISHED, State.CANCELLED):
            continue
        values = {"state": State.CANCELLED.value, "next_at": None, **RELEASED}
        change(session, publication, allowed, values, cause, "Removed from the plan.", now, by)


def resolve_review(
    session: Session,
    post: Post,
    *,
    is_live: bool,
    permalink: str = "",
    now: datetime,
    by: int | None = None,
) -> None:
    """Take a person's word for whether the post is live.

    Not live: it is scheduled again for now, with a new container.
    """
    allowed = frozenset({State.REVIEW})
    for publication in rows_of(session, post, allowed):
        if is_live:
            values: dict[str, Any] = {
                "state": State.PUBLISHED.value,
                "permalink": permalink,
                "published_at": publication.intent_at,
                "next_at": now,  # its media is looked for, and what comes after is done
                "looks": 0,
                "error": None,
            }
            sentence = "A person looked: it is live."
        else:
            post.due_at = now
            values = {
                "state": State.SCHEDULED.value,
                "due_at": now,
                "next_at": now,
                "first_intent_at": None,
                "tries": 0,
                "error": None,
                **NO_CONTAINER,
            }
            sentence = "A person looked: it is not live. It goes out again."
        change(session, publication, allowed, values, "reviewed", sentence, now, by)


def pause(session: Session, account: Account, *, now: datetime) -> None:
    """Stop everything of *account* at once; what is on its way already is not affected."""
    if account.paused_at is None:
        account.paused_at = now
        session.flush()


def resume(session: Session, account: Account, *, now: datetime) -> None:
    """Let *account* go on; posts whose time passed meanwhile go out if their grace allows it."""
    account.paused_at = None
    session.flush()
    release_held(session, account, reason=HoldReason.PAUSED, now=now)
    followups.take_up(session, account.id, now=now)


def release_held(session: Session, account: Account, *, reason: HoldReason, now: datetime) -> None:
    """Let the posts of *account* that wait for *reason* look again at once."""
    end_notices_of_held(session, account.id, reason.value, now=now)
    session.execute(
        update(Publication)
        .where(
            Publication.account_id == account.id,
            Publication.state == State.HELD.value,
            Publication.hold_reason == reason.value,
        )
        .values(fence=Publication.fence + 1, owner="", next_at=now, updated_at=now)
    )


def rehearse_account(session: Session, account: Account, *, on: bool, now: datetime) -> None:
    """Switch the rehearsal of *account*: everything up to the last call, and then a stop."""
    account.rehearse = on
    session.flush()


def record(
    session: Session,
    publication: Publication,
    *,
    cause: str,
    sentence: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write a line into the timeline without changing anything."""
    state = State(publication.state)
    note = Note(cause=cause, sentence=sentence, detail=detail)
    append(
        session, publication.id, note, fence=publication.fence, came_from=state, to=state, now=now
    )
