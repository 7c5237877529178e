"""Moving posts about in the plan: one, two against each other, or a whole row.

Each is one transaction: either everything moves or nothing does. A post keeps its zone; what
moves is the moment, and the wall clock is what its zone shows then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Post, Publication
from ospost.domain.schedule import check_due, resolve
from ospost.domain.states import BEFORE_INTENT, IN_DOUBT, State
from ospost.errors import Conflict, Invalid
from ospost.services import publications
from ospost.services.database import writing
from ospost.services.outcome_view import leading
from ospost.services.people import account_for
from ospost.services.posts import post_for, refuse_if_gone, save_edit
from ospost.services.typed import Weighed
from ospost.services.when import at_moment, understand_move

JUST_NOW = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a post stood in the list that a person reordered, counted from 0."""

    index: int
    id: int


def move(
    session: Session, *, user_id: int, post_id: int, date: str, fold: str, now: datetime
) -> None:
    """Give a post another time, typed as a wall clock of its own zone.

    Raises `Invalid` on `date` when the time is past, double or missing, `Conflict` past intent.
    """
    with writing(session):
        post = post_for(session, user_id, post_id)
        refuse_if_gone(leading(post.publications))
        resolved = understand_move(date, post.zone, fold=fold, now=now)
        post.wall_time = resolved.wall.isoformat(timespec="seconds")
        post.fold = resolved.fold
        post.updated_at = now
        if post.publications:
            publications.retime(session, post, due_at=resolved.due_at, now=now, by=user_id)


def swap(session: Session, *, user_id: int, a: int, b: int, now: datetime) -> None:
    """Exchange the moments of two posts; raises `Conflict` if either cannot move, and none does."""
    with writing(session):
        first, second = post_for(session, user_id, a), post_for(session, user_id, b)
        if first.id == second.id:
            raise Invalid(("b", "Choose two different posts."))
        moments = [_moment_of(post) for post in (first, second)]
        for post, moment in zip((first, second), reversed(moments), strict=True):
            _hand(session, post, moment, now, by=user_id)


def reorder(
    session: Session, *, user_id: int, account_id: int, start: Place, end: Place, now: datetime
) -> list[int]:
    """Take the post at *start* to *end*; those between move up, and each gets the date of its place.

    Counts the account's posts that wait for a time ahead, by due time. Raises `Conflict` when
    another post stands at one of the places by now. Returns the ids in their new order.
    """
    with writing(session):
        account = account_for(session, user_id, account_id)
        posts = _in_line(session, account.id, now)
        for place in (start, end):
            if not 0 <= place.index < len(posts) or posts[place.index].id != place.id:
                raise Conflict("The order has changed meanwhile. Look again; nothing was moved.")
        moments = [_moment_of(post) for post in posts]
        posts.insert(end.index, posts.pop(start.index))
        for post, moment in zip(posts, moments, strict=True):
            if post.due_at != moment:
                _hand(session, post, moment, now, by=user_id)
        return [post.id for post in posts]


def publish_now(session: Session, *, user_id: int, post_id: int, now: datetime) -> None:
    """Make a post due at this moment; one that goes out already is left alone.

    Pressing twice is one post. Raises `Conflict` for a post that is live, or in review.
    """
    with writing(session):
        post = post_for(session, user_id, post_id)
        shot = leading(post.publications)
        if _is_on_its_way(shot, now):
            return
        refuse_if_gone(shot)
        _hand(session, post, now, now, by=user_id, sentence="Post now.")


def publish_draft(
    session: Session, weighed: Weighed, *, user_id: int, post_id: int, now: datetime
) -> None:
    """Send a draft out at this moment, unless somebody else has done so meanwhile."""
    with writing(session):
        if leading(post_for(session, user_id, post_id).publications) is None:
            save_edit(session, weighed, user_id=user_id, post_id=post_id, now=now)


def _is_on_its_way(shot: Publication | None, now: datetime) -> bool:
    """Say whether pressing "Post now" has been done already."""
    if shot is None:
        return False
    state = State(shot.state)
    if state is State.PUBLISHED:
        return shot.published_at is not None and now - shot.published_at < JUST_NOW
    if state is State.HELD and shot.hold_reason in publications.ENDED_BY_A_TIME:
        return False
    return state in IN_DOUBT or (state in BEFORE_INTENT and shot.due_at <= now)


def _moment_of(post: Post) -> datetime:
    """Return when a post is due; a draft counts by the time that was typed for it."""
    if post.due_at is not None:
        return post.due_at
    if not post.wall_time:
        raise Conflict("A post without a time has nothing to exchange. Choose a time for it first.")
    return resolve(datetime.fromisoformat(post.wall_time), post.zone, post.fold).due_at


def _hand(
    session: Session,
    post: Post,
    moment: datetime,
    now: datetime,
    *,
    by: int,
    sentence: str = "Moved to another time.",
) -> None:
    """Give *post* a moment; call inside `writing`."""
    refuse_if_gone(leading(post.publications))
    try:
        due_at = check_due(moment, now)
    except Invalid as error:
        raise Conflict(f"{error.sentence} Nothing was moved.") from error
    resolved = at_moment(due_at, post.zone)
    post.wall_time = resolved.wall.isoformat(timespec="seconds")
    post.fold = resolved.fold
    post.updated_at = now
    if post.publications:
        publications.retime(session, post, due_at=due_at, now=now, sentence=sentence, by=by)


def _in_line(session: Session, account_id: int, now: datetime) -> list[Post]:
    """Return the posts of one account that wait for a time ahead, by due time."""
    waiting = [state.value for state in BEFORE_INTENT]
    return list(
        session.scalars(
            select(Post)
            .join(Publication, Publication.post_id == Post.id)
            .where(
                Post.account_id == account_id,
                Post.removed_at.is_(None),
                Post.due_at >= now - JUST_NOW,
                Publication.frame_no == 1,
                Publication.state.in_(waiting),
            )
            .order_by(Post.due_at, Post.id)
        )
    )
