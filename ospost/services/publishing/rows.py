"""What the machine reads and writes: a snapshot of one publication, and one fenced write.

Every write of a worker goes through `advance`: it names the fence that the worker holds, changes
exactly one row and appends the line of the timeline in the same transaction. A worker whose fence
has moved on learns so from `LostFence` and stops.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.orm import Session

from ospost.domain.states import HoldReason, Kind, State, can_move
from ospost.services.database import writing
from ospost.services.publishing.statements import (
    ACCOUNT,
    APPEND,
    FOLLOW_UP,
    POST,
    PUBLICATION,
    SLIDE,
    moving,
)

ASK_FIRST = "ask"
"""`Account.late_policy` of an account whose late posts wait for a person's word."""


class LostFence(Exception):
    """Somebody else has this row now: an edit, a cancellation, or another worker."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One publication as a step sees it; read once, when it is claimed."""

    id: int
    post_id: int
    frame_no: int
    state: State
    revision: int
    fence: int
    due_at: datetime
    next_at: datetime | None
    wanted_at: datetime  # when it was due before the claim
    tries: int
    container_id: str
    container_revision: int
    container_made_at: datetime | None
    finished_at: datetime | None
    baseline: tuple[str, ...]
    intent_at: datetime | None
    first_intent_at: datetime | None
    intent_no: int
    looks: int
    absent_looks: int
    absent_look_at: datetime | None
    told_at: datetime | None
    ig_media_id: str | None
    hold_reason: str
    held_from: str
    updated_at: datetime
    kind: Kind
    caption: str
    first_comment: str
    slide_id: int | None
    account_id: int
    ig_id: str
    username: str
    login: str
    token_sealed: str
    token_expires_at: datetime | None
    grace: timedelta
    asks_when_late: bool
    backlog_gap: timedelta | None  # between long overdue posts; None: the machine's
    rehearse: bool
    is_paused: bool
    needs_reconnect: bool
    throttled_until: datetime | None
    quota_used: int | None
    quota_total: int | None

    @property
    def has_container(self) -> bool:
        """Whether a container of the present revision exists."""
        return bool(self.container_id) and self.container_revision == self.revision

    @property
    def was_left(self) -> bool:
        """Whether a row that was not claimed for its shot was so before, by somebody who is gone.

        See `claims.WAS_SHOT`: any other ready row is claimed until its moment at the longest.
        """
        return self.state is State.READY and self.next_at is not None and self.next_at > self.due_at

    @property
    def deadline(self) -> datetime:
        """The end of the grace: after it, a post that was not sent is missed."""
        return self.due_at + self.grace


_COLUMNS = (
    PUBLICATION.c.id,
    PUBLICATION.c.post_id,
    PUBLICATION.c.frame_no,
    PUBLICATION.c.state,
    PUBLICATION.c.revision,
    PUBLICATION.c.fence,
    PUBLICATION.c.due_at,
    PUBLICATION.c.next_at,
    PUBLICATION.c.tries,
    PUBLICATION.c.container_id,
    PUBLICATION.c.container_revision,
    PUBLICATION.c.container_made_at,
    PUBLICATION.c.finished_at,
    PUBLICATION.c.baseline,
    PUBLICATION.c.intent_at,
    PUBLICATION.c.first_intent_at,
    PUBLICATION.c.intent_no,
    PUBLICATION.c.looks,
    PUBLICATION.c.absent_looks,
    PUBLICATION.c.absent_look_at,
    PUBLICATION.c.told_at,
    PUBLICATION.c.ig_media_id,
    PUBLICATION.c.hold_reason,
    PUBLICATION.c.held_from,
    PUBLICATION.c.updated_at,
    PUBLICATION.c.account_id,
    POST.c.kind,
    POST.c.caption,
    POST.c.first_comment,
    SLIDE.c.id.label("slide_id"),
    ACCOUNT.c.ig_id,
    ACCOUNT.c.username,
    ACCOUNT.c.login,
    ACCOUNT.c.token_sealed,
    ACCOUNT.c.token_expires_at,
    ACCOUNT.c.grace_seconds,
    ACCOUNT.c.late_policy,
    ACCOUNT.c.backlog_gap_seconds,
    ACCOUNT.c.rehearse,
    ACCOUNT.c.paused_at,
    ACCOUNT.c.needs_reconnect,
    ACCOUNT.c.throttled_until,
    ACCOUNT.c.quota_used,
    ACCOUNT.c.quota_total,
)

_LOAD = (
    select(*_COLUMNS)
    .select_from(PUBLICATION)
    .join(POST, POST.c.id == PUBLICATION.c.post_id)
    .join(ACCOUNT, ACCOUNT.c.id == PUBLICATION.c.account_id)
    .outerjoin(SLIDE, (SLIDE.c.post_id == POST.c.id) & (SLIDE.c.no == PUBLICATION.c.frame_no))
    .where(PUBLICATION.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(PUBLICATION.c.due_at, PUBLICATION.c.id)
)


def load(session: Session, ids: list[int], *, grace_seconds: int) -> list[Work]:
    """Read the publications *ids* with all that a step needs, in one query, by due time.

    A row that only a newer version understands is left to its processes.
    """
    if not ids:
        return []
    rows = session.execute(_LOAD, {"ids": ids}).mappings()
    return [_work(dict(row), grace_seconds) for row in rows if _is_known(row)]


def _is_known(row: RowMapping) -> bool:
    return row["state"] in State._value2member_map_ and row["kind"] in Kind._value2member_map_


def _work(row: dict[str, Any], grace_seconds: int) -> Work:
    own_grace = row.pop("grace_seconds")
    row["grace"] = timedelta(seconds=grace_seconds if own_grace is None else own_grace)
    own_gap = row.pop("backlog_gap_seconds")
    row["backlog_gap"] = None if own_gap is None else timedelta(seconds=own_gap)
    row["asks_when_late"] = row.pop("late_policy") == ASK_FIRST
    row["is_paused"] = row.pop("paused_at") is not None
    row["state"] = State(row["state"])
    row["kind"] = Kind(row["kind"])
    row["wanted_at"] = row["due_at"]
    row["baseline"] = tuple(row["baseline"] or ())
    return Work(**row)


@dataclass(frozen=True, kw_only=True)
class Note:
    """One line for the timeline."""

    cause: str
    sentence: str
    detail: dict[str, Any] | None = None


def advance(
    session: Session,
    work: Work,
    *,
    to: State,
    note: Note | None,
    now: datetime,
    is_shot: bool = False,
    **values: Any,
) -> None:
    """Move *work* to the state *to* and set *values*, if its fence still holds.

    *is_shot*: and if it may be sent at this moment. Call inside `writing`. Raises `LostFence` when
    it does not hold, and writes nothing then.
    """
    if to is not work.state and not can_move(work.state, to):
        raise ValueError(f"{work.state} cannot become {to}")
    values |= {"state": to.value, "updated_at": now}
    changed = session.execute(
        moving(tuple(sorted(values)), is_shot=is_shot),
        {
            "row_id": work.id,
            "row_fence": work.fence,
            **{f"new_{name}": value for name, value in values.items()},
            **(twin_window(now) if is_shot else {}),
        },
    ).first()
    if changed is None:
        raise LostFence(work.id)
    if note is not None:
        append(session, work.id, note, fence=work.fence, came_from=work.state, to=to, now=now)


def twin_window(now: datetime) -> dict[str, datetime]:
    """Return between which due times a post that is being looked for can be."""
    return {"twin_from": now - timedelta(days=8), "twin_to": now + timedelta(days=1)}


def append(
    session: Session,
    publication_id: int,
    note: Note,
    *,
    fence: int,
    came_from: State,
    to: State,
    now: datetime,
) -> None:
    """Add one line to a timeline; call inside `writing`."""
    session.execute(
        APPEND,
        {
            "of_publication": publication_id,
            "publication_id": publication_id,
            "at": now,
            "fence": fence,
            "from_state": came_from.value,
            "to_state": to.value,
            "cause": note.cause,
            "sentence": note.sentence,
            "detail": note.detail or {},
        },
    )


def release(session: Session, work: Work, *, next_at: datetime, now: datetime) -> None:
    """Give the row back unchanged, to be taken again at *next_at*."""
    with writing(session, beside=True):
        advance(session, work, to=work.state, note=None, now=now, next_at=next_at, owner="")


def add_followup(session: Session, publication_id: int, kind: str, *, at: datetime) -> None:
    """Plan work after publishing, once; call inside `writing`."""
    values = {"new_publication_id": publication_id, "new_kind": kind, "new_next_at": at}
    session.execute(FOLLOW_UP, values)


def hold_values(
    work: Work, reason: HoldReason, *, until: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return the columns of a hold: looked at again at the earlier of *until* and the deadline."""
    origin = work.held_from if work.state is State.HELD else work.state.value
    end = max(work.deadline, now)
    return {
        "hold_reason": reason.value,
        "hold_until": until,
        "held_from": origin,
        "next_at": min(until, end) if until else end,
        "owner": "",
    }
