"""What can be seen of a world from outside: its state without secrets, its log, its pictures."""

import io
from collections import Counter
from typing import Any

from PIL import Image

from sandbox.containers import status_code
from sandbox.things import Account, Media
from sandbox.world import World

FILTERS = ("endpoint", "account", "container", "method", "host")


def of(world: World) -> dict[str, Any]:
    """Everything that a test needs; tokens and codes as counts. Times in ms since 1970."""
    with world.lock:
        return {
            "now_ms": _ms(world.now()),
            "people": [vars(person) for person in world.people.values()],
            "pages": [vars(page) for page in world.pages.values()],
            "accounts": [_account(world, account) for account in world.accounts.values()],
            "containers": [
                {
                    **vars(container),
                    "status_code": status_code(world, container),
                    "created_ms": _ms(container.created_at),
                    "username": world.accounts[container.account_id].username,
                }
                for container in world.containers.values()
            ],
            "media": [_media(world, media) for media in world.media.values()],
            "comments": [vars(comment) for comment in world.comments.values()],
            "grants": [vars(grant) for grant in world.grants],
            "tokens": _tokens(world),
            "codes": len(world.codes),
            "faults": world.faults.as_json(),
            "switches": vars(world.switches),
        }


def _account(world: World, account: Account) -> dict[str, Any]:
    shown = {key: value for key, value in vars(account).items() if key != "published"}
    media = [m for m in world.live_media(account.id)]
    return shown | {"media_count": len(media), "published_in_all": len(account.published)}


def _media(world: World, media: Media) -> dict[str, Any]:
    return {
        **vars(media),
        "timestamp_ms": _ms(media.timestamp),
        "username": world.accounts[media.account_id].username,
    }


def _tokens(world: World) -> dict[str, int]:
    """How many live tokens of each kind, and how many dead or expired ones."""
    now = world.now()
    counts = Counter({"user": 0, "page": 0, "instagram": 0, "dead": 0})
    for token in world.tokens.values():
        gone = token.dead_by is not None or (token.expires_at or now + 1) <= now
        counts["dead" if gone else token.kind] += 1
    return dict(counts)


def _ms(moment: float) -> float:
    return round(moment * 1000, 3)


def calls(world: World, wanted: dict[str, str], since_ms: str | None) -> list[dict[str, Any]]:
    """The log, oldest first, filtered by exact values and by time."""
    since = float(since_ms) if since_ms else 0.0
    with world.lock:
        return [
            call
            for call in list(world.calls)
            if call["at_ms"] >= since
            and all(str(call[name]) == value for name, value in wanted.items())
        ]


def picture(world: World, media_id: str) -> bytes:
    """The bytes of a published picture; of a carousel, those of its first slide. Else KeyError."""
    media = world.media[media_id]
    if media.children:
        media = world.media[media.children[0]]
    content = world.pictures.get(media.picture or "")
    if content is None:
        raise KeyError(media_id)
    return content


def avatar(account: Account) -> bytes:
    """A plain square in the account's colour."""
    file = io.BytesIO()
    Image.new("RGB", (150, 150), account.color).save(file, "JPEG")
    return file.getvalue()
