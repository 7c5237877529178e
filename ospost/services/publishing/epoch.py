"""Telling that an old copy of the database was put back: it must not publish again.

The database counts publish batches; after each, a small file beside it is brought level. A file
that is ahead means that this database has forgotten something. The other way round is normal: a
crash between the commit and the file.
"""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from models import Instance, Publication
from ospost.domain.states import BEFORE_INTENT, MOVABLE, State
from ospost.services.database import writing
from ospost.services.publishing.claims import batches
from ospost.services.publishing.rows import Note, append
from ospost.services.schema import BATCHES

UNREADABLE = 2**62


class Epoch:
    """The count in the file."""

    def __init__(self, path: Path) -> None:
        """Remember where the file lies; it need not exist yet."""
        self._path = path
        self._written = -1

    def read(self) -> int:
        """Return the count in the file, 0 when there is none.

        A file that cannot be read as a number counts as ahead of everything: then it is looked
        first, which costs little.
        """
        try:
            return int(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
        except ValueError:
            return UNREADABLE

    def bring_level(self, count: int) -> None:
        """Write *count* unless the file shows as much; atomic, so that it is never half written."""
        known = self.read()
        if count <= self._written or (count <= known and known != UNREADABLE):
            return
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(str(count))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)
        self._written = count


def hold_what_may_be_live(session: Session, epoch: Epoch, *, now: datetime) -> int:
    """If an old database was restored, look at everything that may be live before it is sent.

    Every open row with a due time in the past or a container becomes unknown: the account's list
    and the container decide. The others may have been sent early by hand: they are looked for when
    their preparation begins, and so is what was missed or had failed here, if a person takes it up
    again. Returns how many rows are looked for at once; 0 on a normal start.
    """
    known = epoch.read()
    if known <= batches(session):
        return 0
    with writing(session):
        rows = session.execute(
            select(Publication.id, Publication.state, Publication.updated_at).where(
                Publication.state.in_([state.value for state in BEFORE_INTENT]),
                or_(Publication.due_at <= now, Publication.container_id != ""),
            )
        ).all()
        for publication_id, state, updated_at in rows:
            fence = session.execute(
                update(Publication)
                .where(Publication.id == publication_id)
                .values(
                    state=State.UNKNOWN.value,
                    fence=Publication.fence + 1,
                    owner="",
                    intent_at=now,
                    first_intent_at=updated_at,
                    looks=0,
                    absent_looks=0,
                    absent_look_at=None,
                    next_at=now,
                    updated_at=now,
                )
                .returning(Publication.fence)
            ).scalar_one()
            note = Note(
                cause="restored",
                sentence=(
                    "An older copy of the database was restored. Looking on Instagram whether"
                    " this is live already, before anything is sent."
                ),
            )
            append(
                session,
                publication_id,
                note,
                fence=fence,
                came_from=State(state),
                to=State.UNKNOWN,
                now=now,
            )
        session.execute(
            update(Publication)
            .where(
                Publication.state.in_([state.value for state in MOVABLE]),
                Publication.first_intent_at.is_(None),
            )
            .values(first_intent_at=Publication.updated_at)
        )
        if known != UNREADABLE:
            session.execute(
                update(Instance).where(Instance.name == BATCHES).values(value=str(known))
            )
        return len(rows)
