"""Writing down that a post is live: once, with its media, from whatever state it is found in."""

import logging
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Followup
from ospost.domain.shooting import Keeping, keeping
from ospost.domain.states import State
from ospost.services.database import writing
from ospost.services.notices import end_notices_of_post
from ospost.services.publishing.rows import Note, Work, add_followup, append
from ospost.services.publishing.statements import ACCOUNT_IS_WELL, LIVE_SO_FAR, RECORD_LIVE
from ospost.services.publishing.telling import notify
from ospost.services.publishing.tools import Tools

logger = logging.getLogger(__name__)


def record_live(
    tools: Tools,
    session: Session,
    work: Work,
    *,
    media_id: str | None,
    sent_at: datetime | None,
    published_at: datetime,
    sentence: str,
    permalink: str = "",
) -> None:
    """Keep what Instagram confirmed, even when the fence has moved on meanwhile.

    Media id, follow-ups and the line of the timeline are one transaction. Where another intent was
    begun after the one that is confirmed here, somebody must look for a second copy: a notice.
    """
    now = tools.now()
    try:
        with writing(session, beside=True):
            _write(session, work, media_id, sent_at, published_at, sentence, permalink, now)
    except IntegrityError:
        # The media is linked to another post already: keep that this one is live, unlinked.
        logger.warning("media linked twice", extra={"publication": work.id})
        with writing(session, beside=True):
            _write(session, work, None, sent_at, published_at, sentence, "", now)


def _write(
    session: Session,
    work: Work,
    media_id: str | None,
    sent_at: datetime | None,
    published_at: datetime,
    sentence: str,
    permalink: str,
    now: datetime,
) -> None:
    found = session.execute(LIVE_SO_FAR, {"row_id": work.id}).one_or_none()
    if found is None:
        return  # the account was deleted while the call was under way; nobody is left to tell
    state, fence, intent_no, known_id, is_told = found
    what = keeping(State(state), known_id=known_id, media_id=media_id)
    if what is not Keeping.RECORD:
        if what is Keeping.SECOND:
            _warn_of_second_copy(session, work, fence, media_id or "", now)
        return
    session.execute(
        RECORD_LIVE,
        {
            "row_id": work.id,
            "new_ig_media_id": media_id,
            "new_permalink": permalink,
            "new_sent_at": sent_at,
            "new_published_at": published_at,
            "new_next_at": None if media_id else now,
            "new_updated_at": now,
        },
    )
    note = Note(cause="published", sentence=sentence, detail={"media": media_id or ""})
    append(
        session,
        work.id,
        note,
        fence=fence,
        came_from=State(state),
        to=State.PUBLISHED,
        now=now,
    )
    if media_id:
        plan_followups(session, work, now)
    session.execute(ACCOUNT_IS_WELL, {"row_id": work.account_id})
    if is_told:
        end_notices_of_post(session, work.post_id, now=now)
    if intent_no > work.intent_no:
        _warn_of_second_copy(session, work, fence, media_id or "", now)


def plan_followups(session: Session, work: Work, now: datetime) -> None:
    """Plan what comes after: the link, and the first comment; call inside `writing`.

    Of a post that was found by looking the comment is looked for as well: after an older copy of
    the database was put back it may stand there.
    """
    add_followup(session, work.id, "details", at=now)
    if work.first_comment:
        add_followup(session, work.id, "first_comment", at=now)
        if work.state is not State.PUBLISHING:
            session.execute(
                update(Followup)
                .where(
                    Followup.publication_id == work.id,
                    Followup.kind == "first_comment",
                    Followup.intent_at.is_(None),
                )
                .values(intent_at=now)
                .execution_options(synchronize_session=False)
            )


def _warn_of_second_copy(
    session: Session, work: Work, fence: int, media_id: str, now: datetime
) -> None:
    sentence = (
        "An answer came late, after this server had begun another try. The post is live; please"
        " look on Instagram whether it stands there twice."
    )
    note = Note(cause="second_copy", sentence=sentence, detail={"media": media_id})
    append(
        session,
        work.id,
        note,
        fence=fence,
        came_from=State.PUBLISHED,
        to=State.PUBLISHED,
        now=now,
    )
    notify(
        session,
        work,
        title="Please look on Instagram",
        sentence=sentence,
        remedy="Remove one of them in the Instagram app if it is there twice.",
        now=now,
        cause="second_copy",
    )
