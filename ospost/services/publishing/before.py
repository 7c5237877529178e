"""The check of a post when its preparation begins, while there is still time to mend what it finds."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import Post, Slide
from ospost.domain.findings import Finding, Severity
from ospost.errors import Invalid, Unavailable
from ospost.services import media_look, preflight
from ospost.services.library import instagram_rendition
from ospost.services.notices import Severity as Weight
from ospost.services.notices import raise_notice
from ospost.services.preflight import Around
from ospost.services.publishing.rows import Work
from ospost.services.publishing.telling import key_of
from ospost.services.publishing.tools import Tools

TIME_TO_LOOK = timedelta(minutes=1)
"""A post that is nearer than this is not kept waiting while the address is looked at."""


def check(tools: Tools, session: Session, work: Work) -> list[Finding] | None:
    """Check the post of *work*; None when it is gone. Makes no call to Instagram."""
    now = tools.now()
    around = Around(
        media_url=tools.media_url,
        is_sandbox=tools.is_sandbox,
        grace_seconds=tools.grace_seconds,
    )
    if work.due_at - now > TIME_TO_LOOK and not media_look.is_fresh(
        session, tools.media_url, now=now
    ):
        _look_at_address(tools, session, work, now)
    post = session.get(Post, work.post_id)
    found = preflight.findings(session, post, around, now=now) if post is not None else None
    session.rollback()
    return found


def tell(session: Session, work: Work, found: list[Finding], *, now: datetime) -> None:
    """Keep what was found, and tell people of what they must mend; call inside `writing`."""
    preflight.keep(session, work.post_id, found, now=now)
    urgent = [each for each in found if each.needs_person or each.severity is Severity.BLOCK]
    if not urgent or now >= work.due_at:
        return
    first = urgent[0]
    raise_notice(
        session,
        key=key_of(work, "check"),
        kind="post",
        severity=Weight.WARNING,
        title="A post needs you before its time",
        sentence=first.message,
        remedy=first.remedy or "Open the post and see what its check found.",
        now=now,
        account_id=work.account_id,
        post_id=work.post_id,
    )


def _look_at_address(tools: Tools, session: Session, work: Work, now: datetime) -> None:
    slide = session.get(Slide, work.slide_id) if work.slide_id else None
    if slide is None or tools.own_link is None:
        return
    try:
        rendition = instagram_rendition(
            session, storage=tools.storage, workshop=tools.workshop, slide=slide, now=now
        )
    except (Invalid, Unavailable):
        return  # the step that needs it says so
    media_look.look(
        session,
        tools.own_link,
        rendition,
        media_url=tools.media_url,
        secret_key=tools.secret_key,
        now=now,
    )
