"""What must hold of every post after a run, whatever happened during it."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import Event, Post, Publication
from ospost.domain.states import State, can_move
from sandbox.things import Media

NEEDS_REASON = {"failed", "missed", "held", "review", "unknown"}
MAY_BE_LIVE = {"published", "publishing", "unknown", "review"}
OVER = {"failed", "missed", "review", "cancelled"}
OPEN = {"scheduled", "preparing", "ready", "publishing", "unknown", "held"}


def violations(engine: Engine, media: Sequence[Media]) -> list[str]:
    """Compare the database with what is live; return every broken promise, one line each.

    Captions are unique, so that a copy shows by its words.
    """
    with Session(engine) as session:
        rows = session.execute(
            select(Publication, Post.caption).join(Post, Post.id == Publication.post_id)
        ).all()
        events = defaultdict(list)
        for event in session.scalars(select(Event).order_by(Event.publication_id, Event.no)):
            events[event.publication_id].append(event)
    by_caption = defaultdict(list)
    for item in media:
        by_caption[item.caption or ""].append(item)
    found = []
    for row, caption in rows:
        found += [f"{caption}: {line}" for line in _of_post(row, by_caption[caption])]
        found += [f"{caption}: {line}" for line in _of_timeline(row, events[row.id])]
    known = {caption for _, caption in rows}
    found += [f"{words!r} is live and nobody's" for words in by_caption if words not in known]
    return found


def _of_post(row: Publication, live: list[Media]) -> list[str]:
    is_live, state, error = bool(live), row.state, row.error or {}
    is_published = state == "published"
    is_known_to_wait = state in NEEDS_REASON and (state != "unknown" or row.looks > 1)
    broken = {
        f"live {len(live)} times": len(live) > 1,
        "called published and is not live": is_published and not is_live,
        "linked to another media": is_published
        and row.ig_media_id is not None
        and row.ig_media_id not in {item.id for item in live},
        "without its media, and nobody looks for it": is_published
        and row.ig_media_id is None
        and row.next_at is None,
        "sent before it was due": row.sent_at is not None and row.sent_at < row.due_at,
        f"live and called {state}": is_live and state not in MAY_BE_LIVE,
        f"{state} without a reason": is_known_to_wait and not error.get("message"),
        f"{state} without a remedy": is_known_to_wait and not error.get("remedy"),
        f"{state} and nobody will look": state in OPEN and row.next_at is None,
        f"{state} and looked at again": state in OVER and row.next_at is not None,
    }
    return [words for words, is_broken in broken.items() if is_broken]


def _of_timeline(row: Publication, events: list[Event]) -> list[str]:
    found = []
    if [event.no for event in events] != list(range(1, len(events) + 1)):
        found.append("the timeline has a gap")
    fences = [event.fence for event in events]
    if fences != sorted(fences) or (fences and fences[-1] > row.fence):
        found.append(f"the fence went back: {fences}, {row.fence}")
    for event in events:
        if event.from_state and event.from_state != event.to_state:
            before, after = State(event.from_state), State(event.to_state)
            if not can_move(before, after) and event.cause != "published":
                found.append(f"{before} became {after} ({event.cause})")
    intents = Counter(event.cause for event in events)["intent"]
    if row.state == "published" and not intents:
        found.append("published without an intent")
    return found
