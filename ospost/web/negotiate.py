"""Who asks for JSON, and the shapes that we answer then."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify, request
from werkzeug.http import HTTP_STATUS_CODES

PROBLEM = "application/problem+json"
JSON_TYPES = ("application/json", PROBLEM)


def wants_json() -> bool:
    """Say whether the caller asked for JSON rather than for a page.

    Asks `Accept`; where that names neither, a caller that sent JSON gets JSON.
    """
    accepted = request.accept_mimetypes
    # Asked one by one: "*/*" must not count as a wish for JSON.
    named = {mime.lower() for mime, quality in accepted if quality > 0}
    if named.isdisjoint(JSON_TYPES):
        return request.is_json and "text/html" not in named
    return max(accepted[mime] for mime in JSON_TYPES) > accepted["text/html"] or (
        "text/html" not in named
    )


def problem(
    status: int,
    detail: str,
    *,
    title: str = "",
    errors: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return a problem as RFC 9457 has it; *errors* are pairs (field, message)."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors]
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = PROBLEM
    answer.headers.update(headers or {})
    return answer


def created(thing_id: int, url: str) -> Response:
    """Return 201 with the id and the path of what was made."""
    answer = jsonify({"id": thing_id, "url": url})
    answer.status_code = 201
    answer.headers["Location"] = url
    return answer
