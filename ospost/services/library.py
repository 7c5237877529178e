"""Uploaded originals: taken in whole or not at all, kept untouched, shown to members only."""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from models import Media, Membership, Post, Rendition, Slide
from ospost.errors import NotFound
from ospost.imaging.values import Purpose
from ospost.imaging.workshop import Workshop
from ospost.services.database import writing
from ospost.services.disk import refuse_if_full
from ospost.services.renditions import (
    find_or_make,
    make_for_pages,
    recipe_for,
    wanted_again,
)
from ospost.storage.base import Storage

logger = logging.getLogger(__name__)

LONGEST_NAME = 200
UNFIT_FOR_NAMES = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
DERIVED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{14})-[0-9a-f]{64}\.(jpg|webp)")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A file that its person may fetch: where it lies and how to show it."""

    storage_key: str
    mimetype: str
    download_name: str  # "" shows it inline


def take_in(
    session: Session,
    *,
    storage: Storage,
    workshop: Workshop,
    user_id: int,
    stream: BinaryIO,
    file_name: str,
    max_bytes: int,
    now: datetime,
) -> Media:
    """Keep one uploaded picture, with its thumbnail and preview; nothing stays if that fails.

    Raises `TooLarge` (413), `NoRoom` (507), `BadPicture`, `Unavailable` when the disk or the workshop fails.
    """
    session.rollback()  # no transaction stays open while a slow upload is read
    refuse_if_full(storage.free_bytes())
    key = storage.new_key("")
    try:
        written = storage.write(key, stream, max_bytes=max_bytes)
        facts = workshop.probe(storage.local_path(key))
    except BaseException:
        storage.delete(key)
        raise
    media = Media(
        user_id=user_id,
        storage_key=key,
        file_name=_file_name(file_name),
        format=facts.format,
        byte_size=written.byte_size,
        sha256=written.sha256,
        width=facts.width,
        height=facts.height,
        created_at=now,
    )
    return _with_pictures(session, storage=storage, workshop=workshop, media=media, now=now)


def _with_pictures(
    session: Session, *, storage: Storage, workshop: Workshop, media: Media, now: datetime
) -> Media:
    try:
        with writing(session):
            session.add(media)
        media_id = media.id
    except BaseException:
        storage.delete(media.storage_key)
        raise
    try:
        make_for_pages(session, storage=storage, workshop=workshop, media=media, now=now)
    except BaseException:
        drop(session, storage=storage, media_ids=[media_id])
        raise
    return session.get_one(Media, media_id)


def take_in_sample(
    session: Session,
    *,
    storage: Storage,
    workshop: Workshop,
    user_id: int,
    stream: BinaryIO,
    sha256: str,
    now: datetime,
) -> Media:
    """Put the sample picture into the person's library, once however often it is asked for."""
    found = session.scalar(
        select(Media).where(Media.user_id == user_id, Media.sha256 == sha256).limit(1)
    )
    if found is not None:
        return found
    return take_in(
        session,
        storage=storage,
        workshop=workshop,
        user_id=user_id,
        stream=stream,
        file_name="sample.jpg",
        max_bytes=10_000_000,
        now=now,
    )


def media_for(session: Session, user_id: int, media_id: int) -> Media:
    """Return that media item; NotFound unless it is theirs, or in a post of their accounts."""
    wanted = select(Media).where(Media.id == media_id, _is_visible_to(user_id))
    found = session.scalar(wanted) if media_id < 2**53 else None
    if found is None:
        raise NotFound("There is no such photo in your library.")
    return found


def kept_file(
    session: Session,
    *,
    storage: Storage,
    workshop: Workshop,
    user_id: int,
    key: str,
    now: datetime,
) -> Kept:
    """Find what lies under *key* for its person; NotFound for everybody else.

    A picture of ours that an older version made in another way is made anew.
    """
    original = session.scalar(
        select(Media).where(Media.storage_key == key, _is_visible_to(user_id))
    )
    if original is not None and original.original_dropped_at is not None:
        raise NotFound("This original is not kept any more, as its account's setting says.")
    if original is not None:
        name = original.file_name or "original"
        return Kept(storage_key=key, mimetype="application/octet-stream", download_name=name)
    derived = DERIVED.fullmatch(key)
    if derived is None:
        raise NotFound("There is no such file.")
    media = media_for(session, user_id, int(derived[1], 16))
    mimetype = "image/webp" if derived[2] == "webp" else "image/jpeg"
    if not storage.exists(key):
        recipe = wanted_again(session, media, key)
        if recipe is None:
            raise NotFound("There is no such file.")
        if media.original_dropped_at is not None:
            raise NotFound("There is no such file any more.")
        find_or_make(
            session, storage=storage, workshop=workshop, media=media, recipe=recipe, now=now
        )
    return Kept(storage_key=key, mimetype=mimetype, download_name="")


def instagram_rendition(
    session: Session, *, storage: Storage, workshop: Workshop, slide: Slide, now: datetime
) -> Rendition:
    """Return the picture that Instagram is to fetch for *slide*, made if it is not there.

    Its file, or the original's, is compared with its hash before: what was changed on the disk
    must not go out. Raises `Invalid` on `media` for an original that is gone or changed.
    """
    recipe = recipe_for(Purpose.INSTAGRAM, slide.crop)
    media = session.get_one(Media, slide.media_id)
    return find_or_make(
        session,
        storage=storage,
        workshop=workshop,
        media=media,
        recipe=recipe,
        now=now,
        is_checked=True,
    )


def drop_unused(
    session: Session,
    *,
    storage: Storage,
    media_ids: list[int] | None = None,
    user_id: int | None = None,
    before: datetime | None = None,
) -> int:
    """Remove media items that no post uses, files and rows; return how many.

    Narrow them to *media_ids*, to those of one person, or to those taken in *before* a moment.
    """
    unused = select(Media.id).where(~exists().where(Slide.media_id == Media.id))
    if media_ids is not None:
        unused = unused.where(Media.id.in_(media_ids))
    if user_id is not None:
        unused = unused.where(Media.user_id == user_id)
    if before is not None:
        unused = unused.where(Media.created_at < before)
    return drop(session, storage=storage, media_ids=list(session.scalars(unused)))


def drop(session: Session, *, storage: Storage, media_ids: list[int]) -> int:
    """Remove these media items with all their files, except those that a post uses by now."""
    with writing(session):
        gone = list(
            session.execute(
                select(Media.id, Media.storage_key).where(
                    Media.id.in_(media_ids), ~exists().where(Slide.media_id == Media.id)
                )
            )
        )
        ids = [media_id for media_id, _ in gone]
        derived = select(Rendition.storage_key).where(Rendition.media_id.in_(ids))
        keys = [*session.scalars(derived), *(key for _, key in gone)]
        session.execute(delete(Media).where(Media.id.in_(ids)))
    for key in keys:  # after the commit: a file without a row is only waste, the reverse is a hole
        storage.delete(key)
    return len(ids)


def _is_visible_to(user_id: int) -> ColumnElement[bool]:
    shared = (
        exists()
        .where(Slide.media_id == Media.id)
        .where(Post.id == Slide.post_id)
        .where(Membership.account_id == Post.account_id)
        .where(Membership.user_id == user_id)
    )
    return or_(Media.user_id == user_id, shared)


def _file_name(name: str) -> str:
    """Return the last part of a name that a browser sent, fit to be shown and sent back."""
    plain = UNFIT_FOR_NAMES.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])
    return plain.strip()[:LONGEST_NAME]
