"""Posts as their people keep them: made, changed, put aside, removed.

Every change is made by compare-and-set against the publishing machine, in one transaction.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Membership, Post, Publication, Slide
from ospost.domain.actions import WHY_NOT
from ospost.domain.states import MOVABLE, State
from ospost.errors import Conflict, NotFound
from ospost.services import drafts, followups, publications
from ospost.services.database import writing
from ospost.services.notices import end_notices_of_post
from ospost.services.outcome_view import leading
from ospost.services.people import account_for
from ospost.services.renditions import refuse_gone
from ospost.services.typed import SlideWish, Weighed


def post_for(session: Session, user_id: int, post_id: int) -> Post:
    """Return that post; NotFound unless the person is a member of its account."""
    found = session.scalar(
        select(Post)
        .join(Membership, Membership.account_id == Post.account_id)
        .where(Post.id == post_id, Post.removed_at.is_(None), Membership.user_id == user_id)
    )
    if found is None:
        raise NotFound("There is no such post.")
    return found


def save_new(session: Session, weighed: Weighed, *, user_id: int, now: datetime) -> int:
    """Keep a new post without complaints, scheduled unless it is a draft; return its id.

    One copy of the form makes one post: sent a second time, it answers with the first one.
    """
    with writing(session):
        made = _made_by(session, user_id, weighed.form_id)
        if made is not None:
            return made
        account = account_for(session, user_id, _account_id(weighed))
        post = Post(
            account_id=account.id,
            user_id=user_id,
            kind=weighed.kind.value,
            form_id=weighed.form_id or None,
            created_at=now,
            updated_at=now,
        )
        _write(post, weighed, now)
        session.add(post)
        session.flush()
        _write_slides(session, post, weighed.slides)
        if not weighed.is_draft:
            refuse_gone(session, [slide.media_id for slide in post.slides])
            post.due_at = weighed.due_at
            publications.open_for(session, post, now=now, by=user_id)
        return post.id


def _made_by(session: Session, user_id: int, form_id: str) -> int | None:
    if not form_id:
        return None
    wanted = select(Post.id).where(Post.user_id == user_id, Post.form_id == form_id)
    return session.scalar(wanted)


def save_edit(
    session: Session, weighed: Weighed, *, user_id: int, post_id: int, now: datetime
) -> None:
    """Change a post that has not gone out; raises `Conflict` when it may be on its way."""
    with writing(session):
        post = post_for(session, user_id, post_id)
        shot = leading(post.publications)
        refuse_if_gone(shot)
        account = account_for(session, user_id, _account_id(weighed))
        before = _content(post)
        post.account_id = account.id
        _write(post, weighed, now)
        _write_slides(session, post, weighed.slides)
        has_changed = _content(post) != before
        if not weighed.is_draft:
            refuse_gone(session, [slide.media_id for slide in post.slides])
        if weighed.is_draft:
            drafts.put_back(session, post, now=now, by=user_id)
        elif shot is None or weighed.due_at is None:
            drafts.schedule(session, post, due_at=weighed.due_at, now=now, by=user_id)
        else:
            if has_changed:
                publications.content_changed(session, post, now=now, by=user_id)
            if weighed.due_at != post.due_at or State(shot.state) in (State.MISSED, State.FAILED):
                publications.retime(session, post, due_at=weighed.due_at, now=now, by=user_id)


def remove(session: Session, *, user_id: int, post_id: int, now: datetime) -> None:
    """Take a post out of the plan; what is live stays on Instagram, and nothing more of it is sent.

    Raises `Conflict` while it may be on its way.
    """
    with writing(session):
        post = post_for(session, user_id, post_id)
        publications.cancel(session, post, cause="removed", now=now, by=user_id)
        followups.drop(session, post.id, now=now)
        end_notices_of_post(session, post.id, now=now)
        post.removed_at = now
        post.updated_at = now


def refuse_if_gone(shot: Publication | None) -> None:
    """Raise `Conflict` unless a person may still change the post."""
    if shot is None or State(shot.state) in MOVABLE:
        return
    raise Conflict(WHY_NOT[State(shot.state)])


def _account_id(weighed: Weighed) -> int:
    if weighed.account is None:
        raise ValueError("a post without an account was not weighed")
    return weighed.account.id


def _write(post: Post, weighed: Weighed, now: datetime) -> None:
    """Put the words and the typed time into the row; the moment is written with the machine."""
    post.kind = weighed.kind.value
    post.caption = weighed.caption
    post.first_comment = weighed.first_comment
    post.zone = weighed.timezone
    resolved = weighed.resolved
    post.wall_time = resolved.wall.isoformat(timespec="seconds") if resolved else ""
    post.fold = resolved.fold if resolved else 0
    post.updated_at = now


def _write_slides(session: Session, post: Post, wishes: list[SlideWish]) -> None:
    """Make the slides of *post* as wished, changing rows rather than replacing them."""
    media_ids = [wish.media.id for wish in wishes]
    for no, (wish, media_id) in enumerate(zip(wishes, media_ids, strict=True), start=1):
        slide = post.slides[no - 1] if no <= len(post.slides) else None
        if slide is None:
            slide = Slide(no=no, media_id=media_id)
            post.slides.append(slide)
        slide.media_id = media_id
        slide.crop = wish.crop
        slide.alt_text = wish.alt_text
    del post.slides[len(wishes) :]
    session.flush()


def _content(post: Post) -> tuple[object, ...]:
    """Return what Instagram would get of *post*."""
    slides = tuple((slide.media_id, slide.crop, slide.alt_text) for slide in post.slides)
    return (post.account_id, post.kind, post.caption, slides)
