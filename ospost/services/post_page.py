"""One post with its slides and its timeline: for its page, and for programs."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Event, Media, Publication, Slide, User
from ospost.domain.actions import likeliest
from ospost.domain.media_rules import nearest_legal_cut
from ospost.domain.schedule import clock, on_wall, wall_label
from ospost.domain.states import HoldReason, State
from ospost.imaging.values import Purpose
from ospost.services import checking, plan_rows
from ospost.services.card_making import as_json, card
from ospost.services.cards import EventLine, MediaCard, PostPage
from ospost.services.links import upload_path
from ospost.services.outcome_view import error_of, moment_text, state_of
from ospost.services.post_actions import next_copy, possible
from ospost.services.posts import post_for
from ospost.services.preflight import Around
from ospost.services.renditions import key_of, recipe_for

SIGNS = {
    State.SCHEDULED: "wait",
    State.PREPARING: "wait",
    State.READY: "ok",
    State.PUBLISHING: "wait",
    State.UNKNOWN: "ask",
    State.PUBLISHED: "ok",
    State.HELD: "wait",
    State.MISSED: "bad",
    State.FAILED: "bad",
    State.REVIEW: "ask",
    State.CANCELLED: "bad",
}


def page(
    session: Session, *, user_id: int, post_id: int, around: Around, now: datetime
) -> PostPage:
    """Return what the page of one post shows; NotFound for a post of others."""
    post = post_for(session, user_id, post_id)
    row = plan_rows.read(session, post.id)
    shown = card(row, now)
    events = _events(session, post.id)
    names = _names(session, events)
    error = error_of(shown.state, row.hold_reason or "", row.error)
    return PostPage(
        card=shown,
        slides=tuple(media_card(slide, media) for slide, media in _slides(session, post.id)),
        caption=post.caption,
        first_comment=post.first_comment,
        events=tuple(_line(event, post.zone, names) for event in events),
        remedy=str(error["remedy"]) if error else "",
        answer=_answer(error),
        is_asked_about=shown.state == "held" and row.hold_reason == HoldReason.ASK,
        actions=possible(post),
        main=likeliest(State(row.state), error["code"], error["subcode"]) if error else None,
        copy_form_id=next_copy(session, user_id=user_id, post_id=post.id),
        checks=checking.view(session, post, around, now=now),
    )


def _answer(error: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Return the numbers of Instagram's answer, which a report of the trouble needs."""
    names = (("code", "Code"), ("subcode", "Subcode"), ("fbtrace_id", "Trace id"))
    told = error or {}
    return tuple((label, str(told[name])) for name, label in names if told.get(name))


def details(session: Session, *, user_id: int, post_id: int) -> dict[str, Any]:
    """Return everything about one post as programs read it; NotFound for a post of others."""
    post = post_for(session, user_id, post_id)
    events = _events(session, post.id)
    names = _names(session, events)
    return {
        **as_json(plan_rows.read(session, post.id)),
        "actions": sorted(action.value for action in possible(post)),
        "first_comment": post.first_comment,
        "slides": [_slide_json(slide, media) for slide, media in _slides(session, post.id)],
        "frames": [
            {"no": p.frame_no, "state": state_of(p.state), "ig_media_id": p.ig_media_id}
            for p in _frames(session, post.id)
        ],
        "events": [_event_json(event, names) for event in events],
    }


def media_card(slide: Slide, media: Media) -> MediaCard:
    """Return the picture of a slide as it is posted."""
    return picture(media, crop=slide.crop, alt_text=slide.alt_text)


def picture(media: Media, *, crop: str = "", alt_text: str = "") -> MediaCard:
    """Return a picture with its cut; a shape that Instagram refuses brings the nearest legal cut."""
    needed = nearest_legal_cut(media.width, media.height)
    proposed = str(needed) if needed is not None else ""
    return MediaCard(
        id=media.id,
        file_name=media.file_name,
        thumb_url=_url(media, Purpose.THUMB, crop),
        preview_url=_url(media, Purpose.PREVIEW),
        width=media.width,
        height=media.height,
        crop=crop,
        proposed_crop=proposed,
        needs_cut=bool(proposed) and not crop,
        alt_text=alt_text,
        size_label=f"{media.width} × {media.height} · {_size(media.byte_size)}",
    )


def _url(media: Media, purpose: Purpose, crop: str = "") -> str:
    return upload_path(key_of(media.id, media.sha256, recipe_for(purpose, crop)))


def _size(byte_size: int) -> str:
    if byte_size < 1_000_000:
        return f"{max(1, round(byte_size / 1_000))} KB"
    return f"{byte_size / 1_000_000:.1f} MB"


def _slides(session: Session, post_id: int) -> list[tuple[Slide, Media]]:
    rows = session.execute(
        select(Slide, Media)
        .join(Media, Media.id == Slide.media_id)
        .where(Slide.post_id == post_id)
        .order_by(Slide.no)
    )
    return [(slide, media) for slide, media in rows]


def _frames(session: Session, post_id: int) -> list[Publication]:
    chosen = select(Publication).where(Publication.post_id == post_id)
    return list(session.scalars(chosen.order_by(Publication.frame_no)))


def _events(session: Session, post_id: int) -> list[Event]:
    return list(
        session.scalars(
            select(Event)
            .join(Publication, Publication.id == Event.publication_id)
            .where(Publication.post_id == post_id)
            .order_by(Event.at, Event.id)
        )
    )


def _names(session: Session, events: list[Event]) -> dict[int, str]:
    """Return the names of the people who did something to a post, by their id."""
    ids = {event.detail["by"] for event in events if event.detail and "by" in event.detail}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    names = {user_id: name or "somebody" for user_id, name in rows}
    return {user_id: names.get(user_id, "somebody who has left") for user_id in ids}


def _by(event: Event, names: dict[int, str]) -> str:
    return names.get((event.detail or {}).get("by", 0), "")


def _raw(event: Event) -> dict[str, Any]:
    """Return the details of an event without whom they name."""
    return {name: value for name, value in (event.detail or {}).items() if name != "by"}


def _line(event: Event, zone: str, names: dict[int, str]) -> EventLine:
    wall = on_wall(event.at, zone)
    day = wall_label(wall).partition(",")[0]
    time = clock(wall.replace(microsecond=0))
    return EventLine(
        at_label=f"{day}, {time if wall.second else f'{time}:00'}",
        sentence=event.sentence,
        sign=SIGNS.get(State(event.to_state), "ok") if event.to_state else "ok",
        detail={name: str(value) for name, value in _raw(event).items() if value not in ("", None)},
        by=_by(event, names),
    )


def _event_json(event: Event, names: dict[int, str]) -> dict[str, Any]:
    return {
        "at": moment_text(event.at),
        "cause": event.cause,
        "from": event.from_state,
        "to": event.to_state,
        "sentence": event.sentence,
        "detail": _raw(event),
        "by": _by(event, names) or None,
    }


def _slide_json(slide: Slide, media: Media) -> dict[str, Any]:
    shown = media_card(slide, media)
    return {
        "no": slide.no,
        "media_id": media.id,
        "crop": slide.crop,
        "alt_text": slide.alt_text,
        "width": media.width,
        "height": media.height,
        "thumb_url": shown.thumb_url,
        "preview_url": shown.preview_url,
    }
