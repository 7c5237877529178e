"""The one way in which a person's wish changes a publication: compare-and-set, told in the timeline.

Every change raises the fence, so that a worker that still holds the row can write nothing more.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Post, Publication
from ospost.domain.actions import WHY_NOT
from ospost.domain.states import State
from ospost.errors import Conflict
from ospost.services.notices import end_notices_of_post
from ospost.services.publishing.rows import Note, append

RELEASED: dict[str, Any] = {"owner": "", "hold_reason": "", "hold_until": None, "held_from": ""}
NO_CONTAINER: dict[str, Any] = {
    "container_id": "",
    "container_made_at": None,
    "finished_at": None,
    "owner": "",
}


TROUBLED = frozenset({State.HELD, State.MISSED, State.FAILED, State.REVIEW})
"""Where a person's change left the post, and what was told of it still holds."""


def said_by(by: int | None) -> dict[str, Any]:
    """Return what an event keeps of a person: the id, so that no name outlives its row."""
    return {} if by is None else {"by": by}


def rows_of(session: Session, post: Post, allowed: frozenset[State]) -> list[Publication]:
    """Read the publications of *post* anew; raises `Conflict` unless all are in *allowed*."""
    rows = list(
        session.scalars(
            select(Publication)
            .where(Publication.post_id == post.id)
            .order_by(Publication.frame_no)
            .execution_options(populate_existing=True)
        )
    )
    for row in rows:
        _refuse_if_gone(State(row.state), allowed)
    return rows


def _refuse_if_gone(state: State, allowed: frozenset[State]) -> None:
    if state not in allowed:
        raise Conflict(WHY_NOT[state])


def change(
    session: Session,
    publication: Publication,
    allowed: frozenset[State],
    values: dict[str, Any],
    cause: str,
    sentence: str,
    now: datetime,
    by: int | None = None,
) -> None:
    """Change one row by compare-and-set and tell it in the timeline, with who did it.

    Raises `Conflict` when somebody was faster.
    """
    state = State(publication.state)
    fence = session.scalar(
        update(Publication)
        .where(
            Publication.id == publication.id,
            Publication.fence == publication.fence,
            Publication.state.in_([item.value for item in allowed]),
        )
        .values(fence=Publication.fence + 1, updated_at=now, **values)
        .returning(Publication.fence)
    )
    if fence is None:
        raise Conflict("This post has just changed; please look again.")
    to = State(values.get("state", state.value))
    note = Note(cause=cause, sentence=sentence, detail=said_by(by))
    append(session, publication.id, note, fence=fence, came_from=state, to=to, now=now)
    if to not in TROUBLED:
        end_notices_of_post(session, publication.post_id, now=now)
    session.refresh(publication)
