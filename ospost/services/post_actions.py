"""What a person does about a post that did not go as planned: try again, close it, copy it.

Which of it is possible when is the table of `ospost.domain.actions`. Sent twice, each is done once.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Event, Post, Publication, Slide
from ospost.domain.actions import Action, actions_in, refusal_of
from ospost.domain.states import BEFORE_INTENT, OPEN, State
from ospost.errors import Conflict
from ospost.services import publications
from ospost.services.database import writing
from ospost.services.outcome_view import leading
from ospost.services.people import account_for
from ospost.services.posts import post_for
from ospost.services.row_changes import RELEASED, change, rows_of
from ospost.services.when import at_moment, understand_move

BY_HAND = "by_hand"
COPY = "copy"


def possible(post: Post) -> frozenset[Action]:
    """Return what a person may do with *post* now."""
    return actions_in(*_stands(post))


def refuse_unless(action: Action, post: Post) -> None:
    """Raise `Conflict` in words where the state of *post* does not allow *action*."""
    if reason := refusal_of(action, *_stands(post)):
        raise Conflict(reason)


def retry(
    session: Session, *, user_id: int, post_id: int, date: str, fold: str, now: datetime
) -> None:
    """Try a post again: at once, or at the time that *date* means in its zone.

    Pressed twice it is tried once. Raises `Conflict` while it may be live, or where trying makes no
    sense, `Invalid` on `date`.
    """
    with writing(session):
        post = post_for(session, user_id, post_id)
        moment = understand_move(date, post.zone, fold=fold, now=now) if date else None
        due_at = moment.due_at if moment else now
        if _is_under_way(leading(post.publications), due_at, now):
            return
        refuse_unless(Action.RETRY, post)
        resolved = moment or at_moment(now, post.zone)
        post.wall_time = resolved.wall.isoformat(timespec="seconds")
        post.fold = resolved.fold
        post.updated_at = now
        sentence = "To be tried again at a new time." if moment else "To be tried again at once."
        publications.retime(session, post, due_at=due_at, now=now, sentence=sentence, by=user_id)


def close_by_hand(
    session: Session, *, user_id: int, post_id: int, permalink: str, now: datetime
) -> None:
    """Take a person's word that they posted it themselves; nothing of it is sent any more."""
    with writing(session):
        post = post_for(session, user_id, post_id)
        if _was_closed_by_hand(session, leading(post.publications)):
            return
        refuse_unless(Action.BY_HAND, post)
        allowed = frozenset(state for state in State if Action.BY_HAND in actions_in(state))
        for row in rows_of(session, post, allowed):
            if State(row.state) in BEFORE_INTENT:  # first the machine's work ends, then it is live
                stop = {"state": State.CANCELLED.value, "next_at": None, **RELEASED}
                sentence = "Taken from the plan: a person has posted it."
                change(session, row, allowed, stop, "stopped", sentence, now, user_id)
            values = {
                "state": State.PUBLISHED.value,
                "permalink": permalink,
                "published_at": now,
                "next_at": None,
                "error": None,
                **RELEASED,
            }
            sentence = "Posted by hand; Ospost sends nothing more of it."
            closed = allowed | {State.CANCELLED}
            change(session, row, closed, values, BY_HAND, sentence, now, user_id)
        post.updated_at = now


def duplicate(
    session: Session, *, user_id: int, post_id: int, form_id: str, now: datetime
) -> tuple[int, bool]:
    """Make a draft like the post; return its id, and whether all originals are still there.

    The same *form_id* makes one copy, however often it is sent.
    """
    with writing(session):
        post = post_for(session, user_id, post_id)
        account_for(session, user_id, post.account_id)
        refuse_unless(Action.DUPLICATE, post)
        is_whole = all(slide.media.original_dropped_at is None for slide in post.slides)
        made = _copy_by(session, user_id, form_id) if form_id else None
        if made is not None and made.removed_at is None:
            return made.id, is_whole
        copy = Post(
            account_id=post.account_id,
            user_id=user_id,
            kind=post.kind,
            caption=post.caption,
            first_comment=post.first_comment,
            zone=post.zone,
            form_id=(form_id or None) if made is None else None,
            created_at=now,
            updated_at=now,
        )
        copy.slides = [
            Slide(no=slide.no, media_id=slide.media_id, crop=slide.crop, alt_text=slide.alt_text)
            for slide in post.slides
        ]
        session.add(copy)
        session.flush()
        return copy.id, is_whole


def next_copy(session: Session, *, user_id: int, post_id: int) -> str:
    """Return the name of the next copy, the same until it is made: a page may be loaded twice."""
    name = f"{COPY}-{post_id}-"
    mine = select(Post.form_id).where(Post.user_id == user_id, Post.form_id.startswith(name))
    numbers = [int((found or "").rpartition("-")[2]) for found in session.scalars(mine)]
    return f"{name}{max(numbers, default=0) + 1}"


def review(
    session: Session, *, user_id: int, post_id: int, is_live: bool, permalink: str, now: datetime
) -> None:
    """Take a person's word for whether a post in review is live; said twice, it is done once."""
    with writing(session):
        post = post_for(session, user_id, post_id)
        shot = leading(post.publications)
        if shot is not None and _last_cause(session, shot) == "reviewed":
            said_live = shot.state == State.PUBLISHED
            if said_live == is_live and shot.state != State.REVIEW:
                return
        refuse_unless(Action.SAY_LIVE if is_live else Action.SAY_NOT_LIVE, post)
        publications.resolve_review(
            session, post, is_live=is_live, permalink=permalink, now=now, by=user_id
        )


def _stands(post: Post) -> tuple[State | None, str]:
    shot = leading(post.publications)
    return (None, "") if shot is None else (State(shot.state), shot.hold_reason)


def _is_under_way(shot: Publication | None, due_at: datetime, now: datetime) -> bool:
    """Say whether what is asked for has been done already: it goes out, or is planned for then."""
    if shot is None or State(shot.state) not in OPEN - {State.HELD}:
        return False
    if State(shot.state) not in BEFORE_INTENT:
        return False
    return shot.due_at == due_at or (due_at == now and shot.due_at <= now)


def _was_closed_by_hand(session: Session, shot: Publication | None) -> bool:
    if shot is None or shot.state != State.PUBLISHED:
        return False
    return _last_cause(session, shot) == BY_HAND


def _last_cause(session: Session, shot: Publication) -> str | None:
    return session.scalar(
        select(Event.cause)
        .where(Event.publication_id == shot.id)
        .order_by(Event.no.desc())
        .limit(1)
    )


def _copy_by(session: Session, user_id: int, form_id: str) -> Post | None:
    """Return what that form has made, removed or not."""
    return session.scalar(select(Post).where(Post.user_id == user_id, Post.form_id == form_id))
