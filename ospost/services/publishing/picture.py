"""The picture of a post, made and put where Meta can fetch it; and what happens where it cannot be."""

from datetime import timedelta

from sqlalchemy.orm import Session

from models import Slide
from ospost.errors import Invalid, Unavailable
from ospost.imaging.errors import WorkshopDied
from ospost.services.library import instagram_rendition
from ospost.services.links import media_path
from ospost.services.publishing import trouble
from ospost.services.publishing.rows import Note, Work, release
from ospost.services.publishing.telling import error_of
from ospost.services.publishing.tools import Tools

LINK_LIFE = timedelta(hours=25)
"""How long a picture can be fetched: as long as its container lives, and an hour."""


def media_link(tools: Tools, session: Session, work: Work) -> str | None:
    """Return the address of the picture of *work*; None when what stops it was written down."""
    slide = session.get(Slide, work.slide_id) if work.slide_id else None
    try:
        if slide is None:
            raise Invalid(("media", "The photo of this post is gone."))
        rendition = instagram_rendition(
            session, storage=tools.storage, workshop=tools.workshop, slide=slide, now=tools.now()
        )
    except Invalid as error:
        body = error_of(
            code=None,
            subcode=None,
            message=error.sentence,
            remedy="Edit the post and choose the photo again.",
        )
        note = Note(cause="picture", sentence=error.sentence)
        trouble.fail(tools, session, work, note=note, body=body)
        return None
    except Unavailable as error:
        _not_made(tools, session, work, error)
        return None
    path = media_path(
        tools.secret_key, rendition.id, expires_at=max(tools.now(), work.due_at) + LINK_LIFE
    )
    return f"{tools.media_url}{path}"


def _not_made(tools: Tools, session: Session, work: Work, error: Unavailable) -> None:
    """Try again what this server could not make; a picture that ends its maker again is given up.

    Where there was no room or no turn, nobody's picture is to blame, and no try is used up.
    """
    now = tools.now()
    if not isinstance(error, WorkshopDied):
        release(session, work, next_at=now + tools.timings.first_retry, now=now)
        return
    body = error_of(
        code=None,
        subcode=None,
        message=error.sentence,
        remedy="Choose a smaller photo, or give this server more memory.",
    )
    note = Note(cause="picture", sentence=error.sentence)
    trouble.retry(tools, session, work, note=note, body=body)
