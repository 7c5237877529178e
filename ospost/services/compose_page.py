"""The compose form: empty, filled from a post, or as it came back with what is wrong."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import Account, Media, Post
from ospost.domain.schedule import (
    Resolved,
    WallKind,
    fold_at,
    input_value,
    on_wall,
    parse_wall,
    resolve,
)
from ospost.errors import Invalid
from ospost.services.cards import CheckLine, ComposePage, MediaCard
from ospost.services.people import accounts_of
from ospost.services.post_page import picture
from ospost.services.typed import Weighed

IN_AN_HOUR = timedelta(hours=1)


def new(
    session: Session,
    *,
    user_id: int,
    account_id: str = "",
    date: str = "",
    media: list[Media],
    now: datetime,
) -> ComposePage:
    """Return an empty form, for an account and a day if the address names them."""
    accounts = accounts_of(session, user_id)
    chosen = _chosen(accounts, account_id)
    return ComposePage(
        is_new=True,
        post_id=None,
        action_url="/post/add",
        accounts=accounts,
        account_id=chosen.id if chosen else None,
        timezone=chosen.timezone if chosen else "",
        input_value=_suggestion(date, chosen.timezone if chosen else "UTC", now),
        media=tuple(picture(item) for item in media),
        form_id=secrets.token_urlsafe(16),
    )


def edit(session: Session, post: Post, *, user_id: int) -> ComposePage:
    """Return the form filled from *post*."""
    page = ComposePage(
        is_new=False,
        post_id=post.id,
        action_url=f"/post/edit/{post.id}",
        accounts=accounts_of(session, user_id),
        account_id=post.account_id,
        caption=post.caption,
        first_comment=post.first_comment,
        timezone=post.zone,
        kind=post.kind,
        media=tuple(
            picture(slide.media, crop=slide.crop, alt_text=slide.alt_text) for slide in post.slides
        ),
    )
    if not post.wall_time:
        return page
    due_at = post.due_at or _draft_due(post)
    wall = on_wall(due_at, post.zone).replace(microsecond=0)
    choices = resolve(wall, post.zone).choices
    return replace(
        page,
        input_value=input_value(wall),
        fold=str(fold_at(due_at, post.zone)) if choices else "",
        ask_fold=tuple((str(choice.fold), choice.label) for choice in choices),
    )


def move_refused(
    session: Session, post: Post, *, user_id: int, date: str, error: Invalid
) -> ComposePage:
    """Return the form of *post* with a new time that could not be taken as it was typed."""
    page = edit(session, post, user_id=user_id)
    asked: dict[str, Any] = {"fold": "", "ask_fold": (), "gap_label": ""}
    try:
        resolved = resolve(parse_wall(date), post.zone)
    except Invalid:
        pass  # it is not a time at all, so there is nothing to choose from
    else:
        asked = _asked(resolved, "")
    return replace(page, input_value=date, errors=_by_field(list(error.complaints)), **asked)


def returned(
    session: Session,
    weighed: Weighed,
    *,
    user_id: int,
    post_id: int | None,
    form_error: str = "",
    checked: tuple[CheckLine, ...] | None = None,
) -> ComposePage:
    """Return the form with everything that was typed, every picture, and all that is wrong."""
    asked = _asked(weighed.resolved, weighed.fold) if weighed.resolved else {"fold": weighed.fold}
    return ComposePage(
        is_new=post_id is None,
        post_id=post_id,
        action_url=f"/post/edit/{post_id}" if post_id else "/post/add",
        accounts=accounts_of(session, user_id),
        account_id=weighed.account.id if weighed.account else None,
        caption=weighed.caption,
        first_comment=weighed.first_comment,
        input_value=weighed.date,
        timezone=weighed.timezone,
        kind=weighed.kind.value,
        media=tuple(_returned_picture(weighed)),
        form_id=weighed.form_id,
        errors=_by_field(weighed.complaints),
        warnings=_by_field(weighed.warnings),
        form_error=form_error,
        checked=checked,
        **asked,
    )


def _asked(resolved: Resolved, fold: str) -> dict[str, Any]:
    """Return what the form asks about a time that is double or missing; sending it again agrees."""
    is_unclear = resolved.kind is not WallKind.FINE
    return {
        "fold": fold or ("0" if is_unclear else ""),
        "ask_fold": tuple((str(choice.fold), choice.label) for choice in resolved.choices),
        "gap_label": resolved.gap_label,
    }


def _returned_picture(weighed: Weighed) -> list[MediaCard]:
    return [
        picture(slide.media, crop=slide.crop, alt_text=slide.alt_text) for slide in weighed.slides
    ]


def _by_field(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field, message in pairs:
        if message not in found.setdefault(field, []):
            found[field].append(message)
    return found


def _chosen(accounts: list[Account], account_id: str) -> Account | None:
    named = [account for account in accounts if str(account.id) == account_id]
    return next(iter(named or accounts), None)


def _suggestion(date: str, zone: str, now: datetime) -> str:
    """Return the next full hour, on the day that the address names if it names one."""
    wall = on_wall(now + IN_AN_HOUR, zone).replace(minute=0, second=0, microsecond=0)
    try:
        day = datetime.fromisoformat(date).date() if date else wall.date()
    except ValueError:
        day = wall.date()
    return input_value(wall.replace(year=day.year, month=day.month, day=day.day))


def _draft_due(post: Post) -> datetime:
    return resolve(datetime.fromisoformat(post.wall_time), post.zone, post.fold).due_at
