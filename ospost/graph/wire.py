"""Bytes of an answer to values, or to a typed error; pure.

Shapes: https://developers.facebook.com/docs/graph-api/guides/error-handling
Usage headers: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ospost.graph.errors import GraphError, NoAnswer, Refused, Trouble

Json = dict[str, Any]

USAGE_HEADERS = ("x-app-usage", "x-business-use-case-usage")
LATEST = 253_402_300_800  # the year 10000, where datetime ends
PERCENT_KEYS = ("call_count", "total_cputime", "total_time")

_URL = re.compile(r"https?://[^\s\"'<>]+")
_CREDENTIAL = re.compile(
    r"(?:\b(?:EAA|IG)[\w.-]{20,})"
    r"|(?:\b\d{5,}\|[\w.-]{8,})"
    r"|(?<=access_token=)[^&\s]+"
    r"|(?<=client_secret=)[^&\s]+"
)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How near a limit we are: the highest *percent* of all, and when calls work again."""

    percent: int = 0
    regain_seconds: int = 0


def decode(
    status: int, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str] = ()
) -> Json:
    """Return the object in *body*; raise Refused for Meta's errors, NoAnswer for all else.

    *headers* have lower-case names. *secrets* are cut out of whatever an error quotes.
    """
    if 300 <= status < 400:
        raise NoAnswer(Trouble.REDIRECT, http_status=status)
    answer = _object(status, headers, body)
    refusal = _refusal(answer)
    if refusal is not None:
        raise _refused(refusal, status, headers, secrets)
    if status >= 500:
        raise NoAnswer(Trouble.SERVER_ERROR, http_status=status)
    if not 200 <= status < 300:
        raise NoAnswer(Trouble.INCOMPLETE, http_status=status)
    return answer


def usage_of(headers: Mapping[str, str]) -> Usage:
    """Read the usage headers; names in lower case. Unreadable ones count as absent."""
    objects = [found for name in USAGE_HEADERS for found in _usage_objects(headers.get(name, ""))]
    percents = [whole(found.get(key)) or 0 for found in objects for key in PERCENT_KEYS]
    minutes = [whole(found.get("estimated_time_to_regain_access")) or 0 for found in objects]
    return Usage(percent=max(percents, default=0), regain_seconds=60 * max(minutes, default=0))


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """Return the moment in the `date` header, in UTC, or None if there is none to read."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def moment(text: object) -> datetime:
    """Parse '2019-09-26T22:36:43+0000' to UTC; raise NoAnswer for anything else."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        raise incomplete() from None


def unix_moment(value: object) -> datetime | None:
    """Turn seconds since 1970 into UTC; None, 0 and nonsense mean that there is no such moment."""
    seconds = whole(value)
    if not seconds or not 0 < seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def required_id(answer: Mapping[str, Any], key: str = "id") -> str:
    """Return an id as text; raise NoAnswer if the answer has none."""
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise incomplete()
    return str(value)


def rows(answer: Mapping[str, Any]) -> list[Json]:
    """Return the objects in `data`; raise NoAnswer if it is not a list of objects."""
    found = answer.get("data")
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise incomplete()
    return found


def after_cursor(answer: Mapping[str, Any]) -> str | None:
    """Return the cursor of the next page, None on the last one.

    The link in `next` carries the access token, so only its cursor is used.
    https://developers.facebook.com/docs/graph-api/results
    """
    paging = answer.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    if isinstance(cursors, dict) and cursors.get("after"):
        return str(cursors["after"])
    return next(iter(parse_qs(urlsplit(str(paging["next"])).query).get("after", [])), None)


def names(value: object) -> frozenset[str]:
    """Read a list of names, given as a list or as comma text."""
    parts = value.split(",") if isinstance(value, str) else value
    return (
        frozenset(str(p).strip() for p in parts) - {""} if isinstance(parts, list) else frozenset()
    )


def incomplete() -> GraphError:
    """Return the error for an answer in which the essential is missing."""
    return NoAnswer(Trouble.INCOMPLETE, http_status=200)


def scrub(text: object, secrets: Sequence[str] = ()) -> str:
    """Cut tokens, secrets and the paths of URLs out of what Meta quotes back at us."""
    clean = str(text or "")
    for secret in secrets:
        clean = clean.replace(secret, "[hidden]") if secret else clean
    clean = _URL.sub(lambda found: f"{_origin(found.group())}/[hidden]", clean)
    return _CREDENTIAL.sub("[hidden]", clean)


def _origin(url: str) -> str:
    """Scheme and host of *url*, without a user name or password that may stand before the host."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split(r'[/?#]', rest)[0].rpartition('@')[2]}"


def _object(status: int, headers: Mapping[str, str], body: bytes) -> Json:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswer(_not_json(status, headers, body), http_status=status) from None
    if not isinstance(answer, dict):
        raise NoAnswer(Trouble.NOT_JSON, http_status=status)
    return answer


def _not_json(status: int, headers: Mapping[str, str], body: bytes) -> Trouble:
    if status >= 500:
        return Trouble.SERVER_ERROR
    is_page = body.lstrip()[:1] == b"<" or "html" in headers.get("content-type", "").lower()
    return Trouble.HTML if is_page else Trouble.NOT_JSON


def _refusal(answer: Json) -> Json | None:
    """Bring the three shapes of an error to that of the Graph API; None if there is no error."""
    error = answer.get("error")
    if isinstance(error, dict):
        return error
    if error:
        return {"message": answer.get("error_description", error), "type": str(error)}
    if "error_message" in answer:  # api.instagram.com
        return {
            "message": answer["error_message"],
            "type": answer.get("error_type"),
            "code": answer.get("code"),
        }
    upload = answer.get("debug_info")  # rupload.facebook.com
    if isinstance(upload, dict):
        return {"message": upload.get("message"), "type": upload.get("type")}
    return None


def _refused(
    error: Json, status: int, headers: Mapping[str, str], secrets: Sequence[str]
) -> Refused:
    return Refused(
        code=whole(error.get("code")),
        subcode=whole(error.get("error_subcode")),
        message=scrub(error.get("message"), secrets),
        error_type=scrub(error.get("type"), secrets),
        user_title=scrub(error.get("error_user_title"), secrets),
        user_message=scrub(error.get("error_user_msg"), secrets),
        fbtrace_id=str(error.get("fbtrace_id") or headers.get("x-fb-trace-id") or "") or None,
        http_status=status,
        retry_after_seconds=_wait(headers),
    )


def _wait(headers: Mapping[str, str]) -> int | None:
    return usage_of(headers).regain_seconds or whole(headers.get("retry-after")) or None


def _usage_objects(text: str) -> Iterator[Json]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict):
        return
    yield value  # X-App-Usage is one object of figures
    for group in value.values():  # X-Business-Use-Case-Usage lists such objects by id
        if isinstance(group, list):
            yield from (found for found in group if isinstance(found, dict))


def whole(value: object) -> int | None:
    """Return an integer from JSON that may hold it as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None
