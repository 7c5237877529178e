"""What one look at Instagram sees of a post: its container's word, and the account's list."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Publication
from ospost.domain.finding_out import Status
from ospost.domain.matching import UNREADABLE, Candidate, Listing, Match, Wanted, find
from ospost.domain.states import Kind
from ospost.graph.client import ContainerCode, SeenMedia
from ospost.graph.errors import GraphError
from ospost.services.publishing import doubting, twins
from ospost.services.publishing.rows import Work
from ospost.services.publishing.tools import Tools

STATUSES = {
    ContainerCode.IN_PROGRESS: Status.IN_PROGRESS,
    ContainerCode.FINISHED: Status.FINISHED,
    ContainerCode.PUBLISHED: Status.PUBLISHED,
    ContainerCode.ERROR: Status.ERROR,
    ContainerCode.EXPIRED: Status.EXPIRED,
    ContainerCode.UNKNOWN: Status.UNREADABLE,
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look saw."""

    status: Status
    match: Match
    words: dict[str, Any]


def read(tools: Tools, session: Session, work: Work) -> Look:
    """Read the container and the list; what cannot be read is a part of what was seen."""
    listed = read_list(tools, session, work)
    if not work.container_id:
        return Look(status=Status.NONE_MADE, match=listed.match, words=listed.words)
    try:
        status = tools.graph.container_status(tools.access(work), work.container_id)
    except GraphError as error:
        doubting.notice(tools, work, error)
        words = {**listed.words, **error.details()}
        return Look(status=Status.UNREADABLE, match=listed.match, words=words)
    return Look(status=STATUSES[status.code], match=listed.match, words=listed.words)


def read_list(tools: Tools, session: Session, work: Work) -> Look:
    """Read only the account's list, back to a minute before the first intent in doubt."""
    first = work.first_intent_at or work.intent_at or work.due_at
    not_before = first - tools.timings.match_before_intent
    try:
        seen = tools.graph.recent_media(tools.access(work), limit=50, since=not_before)
    except GraphError as error:
        doubting.notice(tools, work, error)
        return Look(status=Status.UNREADABLE, match=UNREADABLE, words=error.details())
    linked = session.scalars(
        select(Publication.ig_media_id).where(
            Publication.ig_media_id.in_([media.media_id for media in seen.items]),
            Publication.id != work.id,
        )
    )
    taken = {*work.baseline, *(media_id for media_id in linked if media_id)}
    has_twin = twins.may_be_anothers(session, work, since=first)
    session.rollback()
    match = find(
        Wanted(
            caption=work.caption,
            is_carousel=work.kind is Kind.CAROUSEL,
            is_video=work.kind is Kind.REEL,
            child_count=0,
            not_before=not_before,
            not_after=tools.now() + tools.timings.clock_skew,
        ),
        [_candidate(media) for media in seen.items],
        is_whole=seen.is_whole,
        taken=taken,
    )
    if match.media is not None and has_twin:
        match = Match(listing=Listing.SEVERAL)
    return Look(status=Status.UNREADABLE, match=match, words={})


def _candidate(media: SeenMedia) -> Candidate:
    return Candidate(
        media_id=media.media_id,
        caption=media.caption,
        posted_at=media.posted_at,
        is_carousel=media.media_type == "CAROUSEL_ALBUM",
        is_video=media.media_type == "VIDEO",
        child_count=media.child_count,
        permalink=media.permalink,
    )
