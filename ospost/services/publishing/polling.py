"""What Instagram says of a container, and what follows from it."""

from sqlalchemy.orm import Session

from ospost.domain.meta_codes import container_subcode, lookup
from ospost.domain.pace import poll_at, status_check_at
from ospost.domain.reactions import Reaction, container_reaction
from ospost.domain.states import State
from ospost.domain.steps import is_stuck
from ospost.graph.client import ContainerCode, ContainerStatus
from ospost.services.database import writing
from ospost.services.publishing import trouble
from ospost.services.publishing.late import look_first
from ospost.services.publishing.rows import Note, Work, advance, release
from ospost.services.publishing.telling import error_of
from ospost.services.publishing.tools import Tools


def poll(tools: Tools, session: Session, work: Work) -> None:
    """Read the container's status and go on by it.

    Raises `GraphError` when it cannot be read.
    https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-container
    """
    status = tools.graph.container_status(tools.access(work), work.container_id)
    tools.reached("polled")
    if status.code is ContainerCode.FINISHED:
        _finished(tools, session, work)
    elif status.code is ContainerCode.PUBLISHED:
        _published_by_whom(tools, session, work)
    elif status.code in (ContainerCode.ERROR, ContainerCode.EXPIRED):
        _broken(tools, session, work, status)
    elif status.code is ContainerCode.UNKNOWN and work.state is State.READY:
        release(session, work, next_at=max(work.due_at, tools.now()), now=tools.now())
    elif work.state is State.PREPARING and is_stuck(
        made_at=work.container_made_at, now=tools.now(), timings=tools.timings
    ):
        _begin_anew(tools, session, work)
    else:
        _unfinished(tools, session, work)


def _begin_anew(tools: Tools, session: Session, work: Work) -> None:
    """Give up a container that does not come to an end; a post that may be live keeps its own."""
    if work.first_intent_at is not None:
        look_first(tools, session, work)
        return
    now = tools.now()
    sentence = "Instagram did not come to an end with the photo. It is handed over once more."
    with writing(session, beside=True):
        advance(
            session,
            work,
            to=State.PREPARING,
            note=Note(cause="stuck", sentence=sentence, detail={"container": work.container_id}),
            now=now,
            container_id="",
            container_made_at=None,
            finished_at=None,
            next_at=now,
            owner="",
        )


def _unfinished(tools: Tools, session: Session, work: Work) -> None:
    now = tools.now()
    made = work.container_made_at or now
    at = poll_at(made, due_at=work.due_at, now=now, timings=tools.timings)
    sentence = "Instagram is still working on the photo."
    with writing(session, beside=True):
        advance(
            session,
            work,
            to=State.PREPARING,
            note=Note(cause="unfinished", sentence=sentence)
            if work.state is not State.PREPARING
            else None,
            now=now,
            finished_at=None,
            next_at=at,
            owner="",
        )


def _finished(tools: Tools, session: Session, work: Work) -> None:
    now = tools.now()
    at = (
        status_check_at(work.due_at, now=now, timings=tools.timings, number=work.id)
        if work.state is not State.READY
        else work.due_at
    )
    sentence = "Ready. It goes out when it is due."
    with writing(session, beside=True):
        advance(
            session,
            work,
            to=State.READY,
            note=Note(cause="ready", sentence=sentence) if work.state is not State.READY else None,
            now=now,
            finished_at=work.finished_at or now,
            next_at=max(at, now) if work.due_at <= now else at,
            owner="",
            tries=0,
            error=None,
        )
    tools.reached("ready")


def _published_by_whom(tools: Tools, session: Session, work: Work) -> None:
    """A container that nobody here remembers publishing: find its media, send nothing."""
    now = tools.now()
    sentence = "Instagram says that this is live already. Looking for it."
    with writing(session):
        advance(
            session,
            work,
            to=State.UNKNOWN,
            note=Note(cause="published_already", sentence=sentence),
            now=now,
            intent_at=work.intent_at or now,
            first_intent_at=work.first_intent_at or work.container_made_at or now,
            next_at=now,
            owner="",
        )


def _broken(tools: Tools, session: Session, work: Work, status: ContainerStatus) -> None:
    if status.code is ContainerCode.EXPIRED:
        known = lookup(-2, 2207020)
        reaction = Reaction.RETRY
    else:
        subcode = status.subcode or container_subcode(status.text)
        known = lookup(None, subcode, status.text)
        reaction = container_reaction(known.kind)
    body = error_of(code=None, subcode=status.subcode, message=known.sentence, remedy=known.remedy)
    trouble.react(
        tools,
        session,
        work,
        known,
        body=body,
        detail={"status": status.code.value, "text": status.text},
        reaction=reaction,
    )
