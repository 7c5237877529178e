"""Derived pictures: made when somebody asks, once, and named by what they are made of.

The address of a derived picture follows from the media item, its cut and its purpose, so that a
list of a thousand posts names its thumbnails without asking the database.
"""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Media, Rendition, Slide
from ospost.domain.media_rules import Crop
from ospost.errors import Invalid, NotFound
from ospost.imaging.values import Purpose, Recipe
from ospost.imaging.workshop import Workshop
from ospost.services.database import writing
from ospost.storage.base import Storage, fanned_out

LOST = (
    "The file of this photo is gone from this server's disk, or was changed there. Choose the"
    " photo again."
)


class OriginalGone(Invalid):
    """The original was dropped by its account's setting; nothing new can be made of it."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            (
                "media",
                (
                    "The original of this photo is not kept any more, as its Instagram account's"
                    " setting says. Upload it again to post it."
                ),
            )
        )


def refuse_gone(session: Session, media_ids: list[int]) -> None:
    """Raise OriginalGone if one of these was dropped; call inside `writing` when saving a post."""
    gone = select(Media.id).where(Media.id.in_(media_ids), Media.original_dropped_at.is_not(None))
    if session.scalar(gone.limit(1)) is not None:
        raise OriginalGone


def recipe_for(purpose: Purpose, crop: str = "") -> Recipe:
    """Return the recipe of *purpose* for a stored cut ('x,y,w,h', or "" for the whole)."""
    if purpose is Purpose.PREVIEW or not crop:
        return Recipe(purpose=purpose)
    return Recipe(purpose=purpose, crop=Crop.parse(crop))


def key_of(media_id: int, sha256: str, recipe: Recipe) -> str:
    """Return the storage key under which that picture lies once it was made."""
    return fanned_out(f"{media_id:014x}-{recipe.digest(sha256)}", recipe.suffix)


def find_or_make(
    session: Session,
    *,
    storage: Storage,
    workshop: Workshop,
    media: Media,
    recipe: Recipe,
    now: datetime,
    is_checked: bool = False,
) -> Rendition:
    """Return the picture of *recipe*, made now unless it is there already.

    *is_checked*: believe no file before its hash was compared; a changed picture is made anew, a
    changed original refused. Safe to call from several processes at once: the file is put in place whole and is the same
    whoever makes it, the row is kept once. Raises `BadPicture` and the workshop's troubles.
    """
    digest = recipe.digest(media.sha256)
    wanted = select(Rendition).where(Rendition.media_id == media.id, Rendition.recipe == digest)
    found = session.scalar(wanted)
    if found is not None and _is_good(storage, found, is_checked=is_checked):
        return found
    if media.original_dropped_at is not None:
        raise OriginalGone
    if is_checked and not is_as_kept(storage, media.storage_key, media.sha256):
        raise Invalid(("media", LOST))
    key = key_of(media.id, media.sha256, recipe)
    media_id, original = media.id, storage.local_path(media.storage_key)
    session.rollback()  # no transaction stays open while the picture is made
    rendered = workshop.render(original, recipe, storage.local_path(key), scratch=storage.scratch())
    values = {
        "storage_key": key,
        "byte_size": rendered.byte_size,
        "sha256": rendered.sha256,
        "width": rendered.width,
        "height": rendered.height,
    }
    with writing(session):
        if session.get(Media, media_id) is None:
            storage.delete(key)
            raise NotFound("This photo was removed meanwhile.")
        kept = session.scalar(wanted)
        if kept is None:
            kept = Rendition(
                media_id=media_id,
                recipe=digest,
                purpose=recipe.purpose.value,
                created_at=now,
                **values,
            )
            session.add(kept)
        else:  # its file was lost, or another process was faster
            for name, value in values.items():
                setattr(kept, name, value)
    return kept


def _is_good(storage: Storage, found: Rendition, *, is_checked: bool) -> bool:
    if is_checked:
        return is_as_kept(storage, found.storage_key, found.sha256)
    return storage.exists(found.storage_key)


def is_as_kept(storage: Storage, key: str, sha256: str) -> bool:
    """Say whether the file under *key* is there and holds the very bytes that were kept."""
    found = hashlib.sha256()
    try:
        with storage.open(key) as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                found.update(piece)
    except (NotFound, OSError):
        return False
    return found.hexdigest() == sha256


def make_for_pages(
    session: Session,
    *,
    storage: Storage,
    workshop: Workshop,
    media: Media,
    crop: str = "",
    now: datetime,
) -> None:
    """Make what our own pages show of a picture: thumbnail and preview."""
    for recipe in (recipe_for(Purpose.THUMB, crop), recipe_for(Purpose.PREVIEW)):
        find_or_make(
            session, storage=storage, workshop=workshop, media=media, recipe=recipe, now=now
        )


def wanted_again(session: Session, media: Media, key: str) -> Recipe | None:
    """Return the recipe that *key* was made by, if our pages still ask for that picture.

    A newer version may make pictures in another way, under other names: they come when a page
    first asks for them.
    """
    crops = session.scalars(select(Slide.crop).where(Slide.media_id == media.id))
    recipes = [recipe_for(Purpose.PREVIEW), recipe_for(Purpose.THUMB)]
    recipes += [recipe_for(Purpose.THUMB, crop) for crop in crops if crop]
    return next((r for r in recipes if key_of(media.id, media.sha256, r) == key), None)
