"""From a row of the plan to what a person reads, and to what a program reads."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from helpers import distance, shorten
from ospost.domain.actions import Action, actions_in
from ospost.domain.schedule import (
    clock,
    day_label,
    input_value,
    on_wall,
    resolve,
    wall_label,
)
from ospost.domain.states import State
from ospost.domain.wording import lateness_words, try_words
from ospost.imaging.values import Purpose
from ospost.services.cards import Day, PostCard
from ospost.services.links import upload_path
from ospost.services.outcome_view import (
    DRAFT,
    error_of,
    hint_of,
    lateness_ms,
    moment_text,
    state_of,
    word_of,
)
from ospost.services.preflight import told_of_limit
from ospost.services.renditions import key_of, recipe_for

TITLE_LENGTH = 60
NO_WORDS = "Photo without words"


def card(row: Row[Any], now: datetime) -> PostCard:
    """Return the card of one post."""
    state = state_of(row.state)
    due_at = due_of(row)
    wall = on_wall(due_at, row.zone).replace(microsecond=0) if due_at else None
    state_within = State(row.state) if row.state else None
    may = actions_in(state_within, row.hold_reason or "")
    return PostCard(
        id=row.id,
        account_id=row.account_id,
        username=row.username,
        kind=row.kind,
        state=state,
        word=word_of(state),
        hint=_next_try(row, now) or hint_of(state, row.hold_reason or "", row.error),
        doubt=told_of_limit(row.findings) if state == "scheduled" else "",
        is_prepared=row.state == State.READY,
        caption=row.caption,
        title=shorten(row.caption, TITLE_LENGTH) or NO_WORDS,
        due_at=due_at,
        wall_label=wall_label(wall) if wall else "",
        time_label=clock(wall) if wall else "",
        zone=row.zone,
        input_value=input_value(wall) if wall else "",
        date_key=wall.date().isoformat() if wall else "",
        distance=distance(due_at, now) if due_at else "",
        thumb_url=picture_url(row, Purpose.THUMB),
        alt_text=row.alt_text or "",
        is_movable=Action.MOVE in may,
        is_editable=Action.EDIT in may,
        can_publish_now=Action.PUBLISH in may and (state != DRAFT or row.media_id is not None),
        permalink=row.permalink or "",
        url=f"/post/{row.id}",
        lateness_ms=(late := lateness_ms(row.sent_at, row.due_at)),
        lateness="" if late is None else lateness_words(late),
    )


def _next_try(row: Row[Any], now: datetime) -> str:
    """Say what went wrong and when it is tried again, while preparing is tried again; else ""."""
    if row.state != State.PREPARING or not row.tries:
        return ""
    is_ahead = not row.owner and row.next_at is not None and row.next_at > now
    at = clock(on_wall(row.next_at, row.zone).replace(microsecond=0)) if is_ahead else ""
    what = (row.error or {}).get("message", "")
    return f"{what} {try_words(row.tries, at=at)}".strip()


def as_json(row: Row[Any]) -> dict[str, Any]:
    """Return the post as lists give it to programs; the post's own page adds to this."""
    state = state_of(row.state)
    return {
        "id": row.id,
        "kind": row.kind,
        "state": state,
        "step": row.state or DRAFT,
        "prepared": row.state == State.READY,
        "account_id": row.account_id,
        "caption": row.caption,
        "due_at": moment_text(due_of(row)),
        "timezone": row.zone,
        "published_at": moment_text(row.published_at),
        "ig_media_id": row.ig_media_id,
        "permalink": row.permalink or None,
        "lateness_ms": lateness_ms(row.sent_at, row.due_at),
        "error": error_of(state, row.hold_reason or "", row.error),
        "url": f"/post/{row.id}",
        "thumb_url": picture_url(row, Purpose.THUMB),
    }


def due_of(row: Row[Any]) -> datetime | None:
    """Return when the post is due; for a draft the moment that its typed time means, if any."""
    if row.due_at is not None or not row.wall_time:
        due_at: datetime | None = row.due_at
        return due_at
    return resolve(datetime.fromisoformat(row.wall_time), row.zone, row.fold).due_at


def picture_url(row: Row[Any], purpose: Purpose) -> str | None:
    """Return the path of the picture of the first slide, None without one."""
    if row.media_id is None:
        return None
    return upload_path(key_of(row.media_id, row.sha256, recipe_for(purpose, row.crop)))


def days(cards: list[PostCard], now: datetime) -> tuple[Day, ...]:
    """Put cards that have a time into their days, each on the wall of its own zone."""
    by_day: dict[str, list[PostCard]] = {}
    for each in cards:
        by_day.setdefault(each.date_key, []).append(each)
    return tuple(_day(date_key, tuple(by_day[date_key]), now) for date_key in sorted(by_day))


def _day(date_key: str, posts: tuple[PostCard, ...], now: datetime) -> Day:
    today = on_wall(now, posts[0].zone).date().isoformat()
    return Day(
        date_key=date_key,
        label=day_label(datetime.fromisoformat(date_key)),
        is_today=date_key == today,
        is_past=date_key < today,
        posts=posts,
    )
