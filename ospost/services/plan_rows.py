"""The one statement behind the plan: which posts it shows, with all that a card needs.

A plan is read by index ranges with a limit each, so that it costs the same at a thousand posts
and at a million: what lies ahead, what was lately, drafts, and what needs a look. Rows come back
as plain tuples; nothing is loaded afterwards.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    String,
    and_,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from models import Account, Media, Post, Publication, Slide
from ospost.domain.states import OUTSIDE, WAITING_BY_THEMSELVES, State
from ospost.services.outcome_view import DRAFT

AHEAD, LATELY, DRAFTS = "ahead", "lately", "drafts"
TROUBLE, WAITING = "trouble", "waiting"

TROUBLED = (State.HELD, State.MISSED, State.FAILED, State.REVIEW, State.UNKNOWN)
MOST_LATELY = 30
MOST_ASIDE = 100
MOST_BRANCHES = 100  # accounts that get a range of their own; beyond it they share one

COLUMNS = (
    Post.id,
    Post.account_id,
    Post.kind,
    Post.caption,
    Post.due_at,
    Post.wall_time,
    Post.zone,
    Post.fold,
    Post.findings,
    Account.username,
    Publication.state,
    Publication.hold_reason,
    Publication.error,
    Publication.published_at,
    Publication.sent_at,
    Publication.ig_media_id,
    Publication.permalink,
    Publication.fence,
    Publication.tries,
    Publication.next_at,
    Publication.owner,
    Slide.media_id,
    Slide.crop,
    Slide.alt_text,
    Media.sha256,
)


Branch = Select[str, int, datetime | None]  # part, post id, moment


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which posts are wanted: of these accounts, in this state, from `start` on."""

    account_ids: tuple[int, ...]
    start: datetime
    after_id: int | None = None  # go on behind this post, which is due at `start`
    lately_from: datetime | None = None  # also the last ones between here and `start`
    limit: int
    state: str = ""  # as JSON calls it; "" for all
    with_aside: bool = True  # drafts, and what needs a look wherever it is


@dataclass(frozen=True, kw_only=True)
class Picked:
    """The rows of a window by part; `next_row` is the first that did not fit."""

    timed: tuple[Row[Any], ...]  # by due time
    drafts: tuple[Row[Any], ...]
    trouble: tuple[Row[Any], ...]  # what somebody can do something about
    waiting: tuple[Row[Any], ...]  # what stopped and goes on by itself
    next_after: Row[Any] | None = None  # the last row shown, when more lie behind it
    older: datetime | None = None  # when the latest post before all these was due


def pick(session: Session, window: Window) -> Picked:
    """Read the rows of *window* in one statement."""
    branches = _branches(window) if window.account_ids else []
    if not branches:
        return Picked(timed=(), drafts=(), trouble=(), waiting=())
    found = [branch.subquery() for branch in branches]
    picks = union_all(*(select(branch.c.part, branch.c.id) for branch in found)).cte("picks")
    chosen = select(picks.c.part, *COLUMNS).select_from(picks).join(Post, Post.id == picks.c.id)
    rows = session.execute(_joined(chosen).order_by(Post.due_at, Post.id)).all()
    ahead = [row for row in rows if row.part == AHEAD]
    shown = ahead[: window.limit]
    before = [row for row in rows if row.part == LATELY]
    lately = [row for row in before[-MOST_LATELY:] if row.due_at >= window.lately_from]
    older = before[: len(before) - len(lately)]
    return Picked(
        timed=(*lately, *shown),
        older=older[-1].due_at if older else None,
        drafts=tuple(row for row in rows if row.part == DRAFTS),
        trouble=tuple(row for row in rows if row.part == TROUBLE),
        waiting=tuple(row for row in rows if row.part == WAITING),
        next_after=shown[-1] if len(ahead) > len(shown) else None,
    )


def read(session: Session, post_id: int) -> Row[Any]:
    """Read the row of one post; the caller has checked whose it is."""
    return read_all(session, [post_id])[0]


def read_all(session: Session, post_ids: list[int]) -> list[Row[Any]]:
    """Read the rows of these posts, in their order; the caller has checked whose they are."""
    chosen = select(literal(AHEAD).label("part"), *COLUMNS).select_from(Post)
    found = session.execute(_joined(chosen).where(Post.id.in_(post_ids))).all()
    by_id = {row.id: row for row in found}
    return [by_id[post_id] for post_id in post_ids]


def _joined(statement: Select[Any]) -> Select[Any]:
    """Add what belongs to a card: account, first frame, first slide and its picture."""
    return (
        statement.join(Account, Account.id == Post.account_id)
        .outerjoin(Publication, and_(Publication.post_id == Post.id, Publication.frame_no == 1))
        .outerjoin(Slide, and_(Slide.post_id == Post.id, Slide.no == 1))
        .outerjoin(Media, Media.id == Slide.media_id)
    )


def _branches(window: Window) -> list[Branch]:
    branches: list[Branch] = []
    if window.state != DRAFT:
        ranges = [_timed(window, ids) for ids in _ranges(window.account_ids)]
        ahead, *lately = (list(same) for same in zip(*ranges, strict=True))
        branches.append(_nearest(ahead, window.limit + 1))
        branches += [_nearest(same, MOST_LATELY + 1, is_last=True) for same in lately]
    if window.with_aside and window.state in ("", DRAFT):
        branches.append(
            _base(DRAFTS, window.account_ids)
            .where(Post.due_at.is_(None))
            .order_by(Post.updated_at.desc())
            .limit(MOST_ASIDE)
        )
    if window.with_aside and not window.state:
        branches += [_stopped(part, window.account_ids) for part in (TROUBLE, WAITING)]
    return branches


def _nearest(branches: list[Branch], most: int, *, is_last: bool = False) -> Branch:
    """Keep of the rows of several ranges the first, or the last, as many as of one range.

    Twenty accounts would else read twenty times as many cards as the page shows.
    """
    if len(branches) == 1:
        return branches[0]
    rows = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    keys = (rows.c.due_at, rows.c.id)
    order = [key.desc() if is_last else key.asc() for key in keys]
    return select(rows.c.part, rows.c.id, rows.c.due_at).order_by(*order).limit(most)


def _stopped(part: str, account_ids: tuple[int, ...]) -> Branch:
    """Return what needs a person, or what waits by itself, wherever it lies, the latest first.

    Two ranges with a limit each, so that many that wait never hide one that needs somebody. The
    states are written out, so that SQLite sees that a partial index on them serves.
    """
    states = [literal_column(f"'{state.value}'", String) for state in TROUBLED]
    is_waiting = or_(
        Publication.state == State.UNKNOWN.value,
        and_(
            Publication.state == State.HELD.value,
            Publication.hold_reason.in_([reason.value for reason in WAITING_BY_THEMSELVES]),
        ),
    )
    return (
        select(
            literal(part).label("part"),
            Publication.post_id.label("id"),
            Publication.due_at.label("due_at"),
        )
        .join(Post, Post.id == Publication.post_id)
        .where(
            Publication.account_id.in_(account_ids),
            Publication.state.in_(states),
            is_waiting if part == WAITING else not_(is_waiting),
            Publication.frame_no == 1,
            Post.removed_at.is_(None),
        )
        .order_by(Publication.due_at.desc())
        .limit(MOST_ASIDE)
    )


def _timed(window: Window, ids: tuple[int, ...]) -> list[Branch]:
    """Return the ranges ahead and lately of some accounts, each with its limit."""
    behind = Post.due_at >= window.start
    if window.after_id is not None:
        is_later = and_(Post.due_at == window.start, Post.id > window.after_id)
        behind = and_(behind, or_(Post.due_at > window.start, is_later))
    ahead = _base(AHEAD, ids).where(behind).order_by(Post.due_at, Post.id).limit(window.limit + 1)
    found = [ahead]
    if window.lately_from is not None:
        found.append(
            _base(LATELY, ids)
            .where(Post.due_at < window.start)
            .order_by(Post.due_at.desc(), Post.id.desc())
            .limit(MOST_LATELY + 1)
        )
    if window.state:
        inside = tuple(inner for inner, outside in OUTSIDE.items() if outside == window.state)
        found = [_in_states(branch, inside) for branch in found]
    return found


def _base(part: str, account_ids: tuple[int, ...]) -> Branch:
    columns = literal(part).label("part"), Post.id.label("id"), Post.due_at.label("due_at")
    return select(*columns).where(Post.account_id.in_(account_ids), Post.removed_at.is_(None))


def _in_states(branch: Branch, states: tuple[State, ...]) -> Branch:
    return branch.join(Publication, Publication.post_id == Post.id).where(
        Publication.frame_no == 1, Publication.state.in_([state.value for state in states])
    )


def _ranges(account_ids: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Give each account a range of the index of its own, unless there are very many."""
    if len(account_ids) > MOST_BRANCHES:
        return [account_ids]
    return [(account_id,) for account_id in account_ids]
