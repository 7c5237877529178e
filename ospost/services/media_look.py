"""Whether Instagram can probably fetch our pictures: looked at from here, remembered for all posts.

It is one address for the whole server, so that one look in ten minutes serves every post.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Instance, Rendition
from ospost.domain import media_address
from ospost.domain.findings import Finding
from ospost.domain.media_address import Fetched
from ospost.graph.own_link import OwnLink
from ospost.services.database import writing
from ospost.services.links import media_path

NAME = "media_address"
FRESH = timedelta(minutes=10)
KNOWN_FOR = timedelta(days=1)
LINK_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was seen, of which address, when."""

    media_url: str
    at: datetime
    expected_bytes: int
    fetched: Fetched


def last(session: Session, media_url: str) -> Look | None:
    """Return the latest look at that address, by whichever process."""
    row = session.get(Instance, NAME)
    if row is None:
        return None
    try:
        found = json.loads(row.value)
        fetched = Fetched(**{**found["fetched"], "addresses": tuple(found["fetched"]["addresses"])})
        look = Look(
            media_url=found["media_url"],
            at=datetime.fromisoformat(found["at"]),
            expected_bytes=found["expected_bytes"],
            fetched=fetched,
        )
    except (ValueError, KeyError, TypeError):
        return None  # as another version wrote it: looked at anew
    return look if look.media_url == media_url else None


def hints(session: Session, media_url: str, *, is_sandbox: bool, now: datetime) -> list[Finding]:
    """Return what is to be said of the address, by its name and by the latest look."""
    look = last(session, media_url)
    if look is not None and now - look.at > KNOWN_FOR:
        look = None
    return media_address.look(
        media_url,
        look.fetched if look else None,
        expected_bytes=look.expected_bytes if look else 0,
        is_sandbox=is_sandbox,
    )


def is_fresh(session: Session, media_url: str, *, now: datetime) -> bool:
    """Say whether the address was looked at a short while ago."""
    look = last(session, media_url)
    return look is not None and now - look.at < FRESH


def look(
    session: Session,
    own_link: OwnLink,
    rendition: Rendition,
    *,
    media_url: str,
    secret_key: str,
    now: datetime,
) -> None:
    """Fetch *rendition* by its public address, and remember what came; never in a transaction.

    Another look that is under way in this process serves as well.
    """
    path = media_path(secret_key, rendition.id, expires_at=now + LINK_LIFE)
    expected, sha256 = rendition.byte_size, rendition.sha256
    session.rollback()
    fetched = own_link.fetch(f"{media_url}{path}", sha256=sha256)
    if fetched is None:
        return
    seen = Look(media_url=media_url, at=now, expected_bytes=expected, fetched=fetched)
    value = json.dumps({**asdict(seen), "at": now.isoformat()})
    try:
        with writing(session):
            session.merge(Instance(name=NAME, value=value))
    except IntegrityError:
        return  # another process has just written its own
