"""Lists by cursors: `limit`, `after`, `before`, `since`, `until`, and the links of a page."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from sandbox.calls import Call
from sandbox.errors import GraphError, invalid

Keyed = tuple[str, Any]
"""The id by which a cursor finds a thing again, and the thing."""


class Arguments(Protocol):
    """Where limit and cursors come from: a call's parameters or a field's arguments."""

    def get(self, name: str, /) -> str | None:
        """The value, or None."""


def page(
    things: Sequence[Keyed],
    *,
    call: Call,
    arguments: Arguments,
    show: Callable[[Any], dict[str, Any]],
    default: int = 25,
    most: int = 100,
) -> dict[str, Any]:
    """One page of *things* as Meta shapes it; `next` and `previous` only where there is more."""
    limit = _limit(arguments.get("limit"), default, most)
    start, stop = _window([key for key, _ in things], arguments, limit)
    shown = things[start:stop]
    if not shown:
        return {"data": []}
    paging: dict[str, Any] = {
        "cursors": {"before": _cursor(shown[0][0]), "after": _cursor(shown[-1][0])}
    }
    if stop < len(things):
        paging["next"] = _link(call, limit, after=_cursor(shown[-1][0]))
    if start > 0:
        paging["previous"] = _link(call, limit, before=_cursor(shown[0][0]))
    return {"data": [show(thing) for _, thing in shown], "paging": paging}


def _window(keys: list[str], arguments: Arguments, limit: int) -> tuple[int, int]:
    after, before = arguments.get("after"), arguments.get("before")
    if after:
        start = _position(keys, after) + 1
        return start, start + limit
    if before:
        stop = _position(keys, before)
        return max(0, stop - limit), stop
    return 0, limit


def moment(text: str | None, name: str) -> float | None:
    """A Unix time or a date text in `since` or `until`, as seconds."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"param {name} must be a valid timestamp or date.") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _limit(text: str | None, default: int, most: int) -> int:
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise invalid("param limit must be a positive number.")
    return min(int(text), most)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(f"c:{key}".encode()).decode().rstrip("=")


def _position(keys: list[str], cursor: str) -> int:
    """Where the cursor points; a cursor to something gone is refused."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        key = base64.urlsafe_b64decode(padded).decode().removeprefix("c:")
        return keys.index(key)
    except (ValueError, binascii.Error) as error:
        raise GraphError(
            code=100, message="(#100) Invalid cursors values", type="OAuthException"
        ) from error


def _link(call: Call, limit: int, **cursor: str) -> str:
    """The address of another page, with the access token in it, as Meta writes it."""
    kept = {
        name: value
        for name, value in call.params.items()
        if name not in ("after", "before", "limit", "appsecret_proof")
    }
    query = urlencode(
        {"access_token": call.token_value or "", **kept, "limit": str(limit), **cursor}
    )
    return f"{call.base}/{call.host}/{call.version}/{'/'.join(call.path)}?{query}"
