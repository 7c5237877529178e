"""The end of the grace: a post that cannot have gone out is missed, any other is looked for first."""

from sqlalchemy.orm import Session

from ospost.domain.states import State
from ospost.domain.steps import when_too_late
from ospost.services.database import writing
from ospost.services.publishing import trouble
from ospost.services.publishing.rows import Note, Work, advance
from ospost.services.publishing.tools import Tools


def give_up(tools: Tools, session: Session, work: Work) -> None:
    """End *work*, which is too late; not before it was looked for, if it may be live."""
    if when_too_late(first_intent_at=work.first_intent_at) is State.MISSED:
        trouble.miss(tools, session, work)
    else:
        look_first(tools, session, work)


def look_first(tools: Tools, session: Session, work: Work) -> None:
    """Look for a post that may be live before anything else becomes of it."""
    now = tools.now()
    sentence = "It may be live already. Looking on Instagram before anything else."
    with writing(session):
        advance(
            session,
            work,
            to=State.UNKNOWN,
            note=Note(cause="look_first", sentence=sentence),
            now=now,
            intent_at=now,
            looks=0,
            absent_looks=0,
            absent_look_at=None,
            next_at=now,
            owner="",
        )
