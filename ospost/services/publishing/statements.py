"""The machine's hot statements, built once, on bare tables.

A shot runs a dozen statements. Building one anew, with rows as objects behind it, costs several
times what SQLite needs to run it.
"""

from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    FromClause,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from models import Account, Event, Followup, Instance, Notice, Post, Publication, Slide
from ospost.domain.matching import EDGES
from ospost.domain.states import State

PUBLICATION = cast(Table, Publication.__table__)
EVENT = cast(Table, Event.__table__)
FOLLOWUP = cast(Table, Followup.__table__)
ACCOUNT = cast(Table, Account.__table__)
INSTANCE = cast(Table, Instance.__table__)
NOTICE = cast(Table, Notice.__table__)
POST = cast(Table, Post.__table__)
SLIDE = cast(Table, Slide.__table__)
LOOKED_FOR = (State.PUBLISHING.value, State.UNKNOWN.value, State.PUBLISHED.value)


def _value(table: FromClause, name: str, parameter: str = "") -> BindParameter[Any]:
    return bindparam(parameter or f"new_{name}", type_=table.c[name].type)


def _is_twin_looked_for() -> Any:
    """Whether a post of the same words may be live and has no media yet.

    Takes `twin_from` and `twin_to`: between which due times such a post can be.
    """
    other, its_post, post = PUBLICATION.alias(), POST.alias(), POST.alias()
    return exists().where(
        other.c.account_id == PUBLICATION.c.account_id,
        other.c.due_at.between(
            _value(other, "due_at", "twin_from"), _value(other, "due_at", "twin_to")
        ),
        other.c.id != PUBLICATION.c.id,
        other.c.ig_media_id.is_(None),
        other.c.next_at.is_not(None),
        other.c.state.in_(LOOKED_FOR),
        its_post.c.id == other.c.post_id,
        post.c.id == PUBLICATION.c.post_id,
        func.trim(its_post.c.caption, EDGES) == func.trim(post.c.caption, EDGES),
    )


def _may_shoot() -> Any:
    """What must hold when an intent is written.

    Still ready, of these words, due, not stopped, and nothing of the same words looked for.
    """
    is_stopped = exists().where(
        ACCOUNT.c.id == PUBLICATION.c.account_id,
        or_(ACCOUNT.c.paused_at.is_not(None), ACCOUNT.c.rehearse.is_(True)),
    )
    return and_(
        PUBLICATION.c.state == State.READY.value,
        PUBLICATION.c.revision == PUBLICATION.c.container_revision,
        PUBLICATION.c.due_at <= _value(PUBLICATION, "updated_at"),
        ~is_stopped,
        ~_is_twin_looked_for(),
    )


@cache
def moving(names: tuple[str, ...], *, is_shot: bool = False) -> Any:
    """Return the fenced update that sets the columns *names* (parameters `new_…`).

    Takes `row_id` and `row_fence`, and returns the id when the fence held; *is_shot* adds what must
    hold at an intent.
    """
    where = [
        PUBLICATION.c.id == bindparam("row_id"),
        PUBLICATION.c.fence == bindparam("row_fence"),
    ]
    if is_shot:
        where.append(_may_shoot())
    values = {name: _value(PUBLICATION, name) for name in names}
    return update(PUBLICATION).where(*where).values(values).returning(PUBLICATION.c.id)


TWIN_LOOKED_FOR = select(PUBLICATION.c.id).where(
    PUBLICATION.c.id == bindparam("row_id"), _is_twin_looked_for()
)
"""Find `row_id` only if it has to wait for a post of the same words."""

FENCE = select(PUBLICATION.c.fence).where(PUBLICATION.c.id == bindparam("row_id"))
"""Read the fence of `row_id`."""

APPEND = insert(EVENT).values(
    no=select(func.coalesce(func.max(EVENT.c.no), 0) + 1)
    .where(EVENT.c.publication_id == bindparam("of_publication"))
    .scalar_subquery(),
    **{
        name: _value(EVENT, name, name)
        for name in (
            "publication_id",
            "at",
            "fence",
            "from_state",
            "to_state",
            "cause",
            "sentence",
            "detail",
        )
    },
)
"""Add a line to the timeline of `of_publication`, which is `publication_id` too."""

LIVE_SO_FAR = (
    select(
        PUBLICATION.c.state,
        PUBLICATION.c.fence,
        PUBLICATION.c.intent_no,
        PUBLICATION.c.ig_media_id,
        exists().where(NOTICE.c.post_id == PUBLICATION.c.post_id, NOTICE.c.ended_at.is_(None)),
    )
    .where(PUBLICATION.c.id == bindparam("row_id"))
    .with_for_update()  # two that found it out at once: the second sees the first
)
"""Read what is known of `row_id`, and whether a notice about its post is open."""

RECORD_LIVE = (
    update(PUBLICATION)
    .where(PUBLICATION.c.id == bindparam("row_id"))
    .values(
        {
            "state": State.PUBLISHED.value,
            "fence": PUBLICATION.c.fence + 1,
            "owner": "",
            "error": None,
            "hold_reason": "",
            "hold_until": None,
            "held_from": "",
        }
        | {
            name: _value(PUBLICATION, name)
            for name in (
                "ig_media_id",
                "permalink",
                "sent_at",
                "published_at",
                "next_at",
                "updated_at",
            )
        }
    )
)
"""Set `row_id` to live, whatever its fence."""

FOLLOW_UP = insert(FOLLOWUP).from_select(
    ["publication_id", "kind", "next_at", "owner", "fence", "looks", "tries", "outcome"],
    select(
        _value(FOLLOWUP, "publication_id"),
        _value(FOLLOWUP, "kind"),
        _value(FOLLOWUP, "next_at"),
        *(literal(value) for value in ("", 0, 0, 0, "")),
    ).where(
        ~exists().where(
            FOLLOWUP.c.publication_id == _value(FOLLOWUP, "publication_id"),
            FOLLOWUP.c.kind == _value(FOLLOWUP, "kind"),
        )
    ),
    include_defaults=False,
)
"""Plan work after publishing, once of its kind."""

ACCOUNT_IS_WELL = (
    update(ACCOUNT)
    .where(ACCOUNT.c.id == bindparam("row_id"))
    .values(
        throttle_count=0,
        throttled_until=None,
        quota_used=ACCOUNT.c.quota_used + 1,
        trouble=case((ACCOUNT.c.needs_reconnect.is_(True), ACCOUNT.c.trouble), else_=""),
    )
)
"""A post of the account went out: count it, and forget troubles that are over."""
