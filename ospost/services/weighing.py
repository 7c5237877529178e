"""Checks everything that was typed for a post, and tells all that is wrong at once.

Uploads come first, so that no file has to be sent twice because of a typing error elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import Account, Post
from ospost.domain import captions
from ospost.domain.media_rules import Crop, check_image, nearest_legal_cut
from ospost.domain.schedule import input_value, on_wall
from ospost.domain.states import BEFORE_INTENT, Kind, State
from ospost.errors import Invalid, NotFound
from ospost.imaging.values import Purpose
from ospost.imaging.workshop import Workshop
from ospost.services.library import media_for, take_in
from ospost.services.outcome_view import leading
from ospost.services.people import accounts_of
from ospost.services.renditions import find_or_make, recipe_for
from ospost.services.typed import ACTIONS, SCHEDULE, SlideWish, Typed, Weighed
from ospost.services.when import choose_moment
from ospost.storage.base import Storage, TooLarge

MOST_PICTURES = 20  # are looked up at all; one is what a post may have for now
LATER_KINDS = {
    Kind.CAROUSEL: "Carousels come later. For now choose one photo.",
    Kind.REEL: "Reels come later. For now a post is one photo.",
    Kind.STORY: "Stories come later. For now a post is one photo.",
}
ONE_PICTURE = "Several photos make a carousel; carousels come later. For now choose one photo."


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What pictures are worked on with."""

    storage: Storage
    workshop: Workshop
    max_upload_bytes: int


def weigh(
    session: Session,
    desk: Desk,
    *,
    user_id: int,
    typed: Typed,
    post: Post | None = None,
    now: datetime,
) -> Weighed:
    """Understand *typed*; what it leaves out is as in *post*, or as a new post begins."""
    kept = _kept(post)
    weighed = Weighed(
        caption=_first(typed.caption, kept.caption),
        first_comment=_first(typed.first_comment, kept.first_comment),
        fold=typed.fold if typed.fold in ("0", "1") else "",
        action=typed.action or SCHEDULE,
        form_id=typed.form_id,
    )
    _action(weighed)
    slides = _pictures(session, desk, weighed, user_id=user_id, typed=typed, kept=kept, now=now)
    _account(weighed, accounts_of(session, user_id), _first(typed.account_id, kept.account_id))
    _kind(weighed, typed.kind, len(slides))
    _words(weighed)
    weighed.slides = slides
    _slides(weighed, typed, kept)
    choose_moment(
        weighed,
        date=_first(typed.date, kept.date),
        zone=_first(typed.timezone, kept.zone),
        kept_due_at=kept.due_at,
        now=now,
    )
    if not weighed.complaints:
        _render(session, desk, weighed, now)
    return weighed


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What an edited post had, in the words of the form."""

    account_id: str = ""
    media_ids: tuple[str, ...] = ()
    crops: tuple[str, ...] = ()
    alt_texts: tuple[str, ...] = ()
    caption: str = ""
    first_comment: str = ""
    date: str = ""
    zone: str = ""
    due_at: datetime | None = None  # of a post that still waits for it

    def words_of(self, media_id: int) -> tuple[str, str]:
        """Return cut and alternative text that the picture had in the post."""
        had = zip(self.media_ids, self.crops, self.alt_texts, strict=True)
        return next(((c, a) for m, c, a in had if m == str(media_id)), ("", ""))


def _kept(post: Post | None) -> _Kept:
    if post is None:
        return _Kept()
    shot = leading(post.publications)
    is_waiting = shot is not None and State(shot.state) in BEFORE_INTENT
    date = post.wall_time
    if post.due_at is not None:
        date = input_value(on_wall(post.due_at, post.zone).replace(microsecond=0))
    return _Kept(
        account_id=str(post.account_id),
        media_ids=tuple(str(slide.media_id) for slide in post.slides),
        crops=tuple(slide.crop for slide in post.slides),
        alt_texts=tuple(slide.alt_text for slide in post.slides),
        caption=post.caption,
        first_comment=post.first_comment,
        date=date,
        zone=post.zone,
        due_at=post.due_at if is_waiting else None,
    )


def _first(sent: str | None, otherwise: str) -> str:
    return otherwise if sent is None else sent


def _action(weighed: Weighed) -> None:
    if weighed.action not in ACTIONS:
        message = f"There is no such action. Choose one of {', '.join(ACTIONS)}."
        weighed.complaints.append(("action", message))
        weighed.action = SCHEDULE


def _pictures(
    session: Session,
    desk: Desk,
    weighed: Weighed,
    *,
    user_id: int,
    typed: Typed,
    kept: _Kept,
    now: datetime,
) -> list[SlideWish]:
    """Find the chosen pictures and take new ones in; those of the library come first."""
    found = []
    first_slot = len(typed.media_ids or ())
    for slot, upload in enumerate(typed.uploads, start=first_slot):
        try:
            if upload.is_too_large:
                raise TooLarge(desk.max_upload_bytes)
            media = take_in(
                session,
                storage=desk.storage,
                workshop=desk.workshop,
                user_id=user_id,
                stream=upload.stream,
                file_name=upload.file_name,
                max_bytes=desk.max_upload_bytes,
                now=now,
            )
            found.append(SlideWish(media=media, slot=slot))
        except Invalid as error:
            weighed.complain(error)
    return [*_from_library(session, weighed, user_id, _ids(typed, kept, bool(found))), *found]


def _ids(typed: Typed, kept: _Kept, has_new: bool) -> tuple[str, ...]:
    """Return which library items stay: when one picture is edited, a new file replaces it."""
    if typed.media_ids is None:
        return () if has_new or typed.uploads else kept.media_ids
    is_same = typed.media_ids == kept.media_ids and len(kept.media_ids) == 1
    return () if has_new and is_same else typed.media_ids


def _from_library(
    session: Session, weighed: Weighed, user_id: int, media_ids: tuple[str, ...]
) -> list[SlideWish]:
    found = []
    for slot, media_id in enumerate(media_ids[:MOST_PICTURES]):
        try:
            if not media_id.isdecimal() or len(media_id) > 18:
                raise NotFound("There is no such photo in your library.")
            media = media_for(session, user_id, int(media_id))
            found.append(SlideWish(media=media, slot=slot))
        except NotFound as error:
            weighed.complaints.append(("media", error.sentence))
    return found


def _account(weighed: Weighed, accounts: list[Account], account_id: str) -> None:
    chosen = [a for a in accounts if str(a.id) == account_id]
    if not account_id and len(accounts) == 1:
        chosen = accounts
    if chosen:
        weighed.account = chosen[0]
        return
    if not accounts:
        message = "Connect an Instagram account first."
    elif account_id:
        message = "You cannot post to that Instagram account. Choose one of yours."
    else:
        message = "Choose the Instagram account to post to."
    weighed.complaints.append(("account_id", message))


def _kind(weighed: Weighed, kind: str, pictures: int) -> None:
    if kind and kind not in tuple(Kind):
        names = ", ".join(Kind)
        weighed.complaints.append(("kind", f"There is no such kind. Choose one of {names}."))
    elif kind and Kind(kind) in LATER_KINDS:
        weighed.complaints.append(("kind", LATER_KINDS[Kind(kind)]))
    elif pictures > 1:
        weighed.complaints.append(("kind", ONE_PICTURE))


def _words(weighed: Weighed) -> None:
    """Check caption and comment; a draft may be too long, but it must be storable."""
    if weighed.is_draft:
        weighed.take(captions.check_storable("caption", weighed.caption))
        weighed.take(captions.check_storable("first_comment", weighed.first_comment))
        return
    weighed.take(captions.check(weighed.caption))
    weighed.take(captions.check_first_comment(weighed.first_comment))


def _slides(weighed: Weighed, typed: Typed, kept: _Kept) -> None:
    """Check each picture with its cut and its alternative text."""
    if not weighed.slides and not weighed.is_draft:
        if not any(name == "media" for name, _ in weighed.complaints):
            weighed.complaints.append(("media", "Choose a photo to post."))
        return
    for slide in weighed.slides:
        crop, alt_text = kept.words_of(slide.media.id)
        slide.alt_text = _at(typed.alt_texts, slide.slot, alt_text)
        weighed.take(captions.check_alt_text(slide.alt_text))
        _cut(weighed, slide, _at(typed.crops, slide.slot, crop))


def _at(sent: tuple[str, ...] | None, slot: int, otherwise: str) -> str:
    """Return what was sent for one picture; *otherwise* when the field was not sent at all."""
    if sent is None:
        return otherwise
    return sent[slot] if slot < len(sent) else ""


def _cut(weighed: Weighed, slide: SlideWish, crop: str) -> None:
    """Check the cut of one picture; where one is needed and none was given, propose it."""
    width, height = slide.media.width, slide.media.height
    try:
        chosen = Crop.parse(crop) if crop.strip() else None
    except Invalid as error:
        weighed.complain(error)
        return
    slide.crop = str(chosen) if chosen is not None and not chosen.is_whole else ""
    needed = nearest_legal_cut(width, height)
    if needed is not None and not slide.crop:
        slide.proposed_crop = str(needed)
    if not weighed.is_draft:
        weighed.take(check_image(width=width, height=height, crop=chosen))


def _render(session: Session, desk: Desk, weighed: Weighed, now: datetime) -> None:
    """Make what Instagram will fetch and what lists show, so that errors show when saving."""
    purposes = (Purpose.THUMB,) if weighed.is_draft else (Purpose.THUMB, Purpose.INSTAGRAM)
    for slide in weighed.slides:
        for purpose in purposes:
            try:
                find_or_make(
                    session,
                    storage=desk.storage,
                    workshop=desk.workshop,
                    media=slide.media,
                    recipe=recipe_for(purpose, slide.crop),
                    now=now,
                )
            except Invalid as error:
                weighed.complain(error)
