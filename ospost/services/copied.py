"""Telling that a database is a copy of one that another Ospost may still publish from.

A SQLite file remembers its own inode. In a copy that differs. Where the original was in use when
the copy was made, as its list of processes shows, both may run from now on, and each would send
every post: so nothing is sent from the copy until a person says that the other one has ended.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models import Account, Instance, Node
from ospost.services.database import writing
from ospost.services.notices import Severity, raise_notice

FILE = "file"


def pause_if_copied(session: Session, *, now: datetime) -> bool:
    """Pause every account if this file was copied from a running Ospost; say whether.

    Call before the processes of another time are forgotten. Servers of databases are not asked:
    there, several machines are normal.
    """
    url = session.get_bind().engine.url
    if not url.drivername.startswith("sqlite"):
        return False
    here = str(Path(str(url.database)).stat().st_ino)
    with writing(session):
        known = session.get(Instance, FILE)
        if known is None:
            session.execute(insert(Instance).values(name=FILE, value=here))
            return False
        node = session.scalars(select(Node).order_by(Node.beat_at.desc()).limit(1)).first()
        is_copy, known.value = known.value != here, here
        if not is_copy or node is None:
            return False
        session.execute(update(Account).where(Account.paused_at.is_(None)).values(paused_at=now))
        raise_notice(
            session,
            key="copied",
            kind="server",
            severity=Severity.PROBLEM,
            title="This is a copy: publishing is paused",
            sentence=(
                f"This database was copied while Ospost ran on {node.host}. If both publish from"
                " now on, every post goes out twice, so all accounts are paused here."
            ),
            remedy="If the other one has ended for good, let the accounts go on.",
            now=now,
        )
        return True
