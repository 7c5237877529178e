"""Counts calls to Meta by endpoint and outcome, and writes a line about each that went wrong."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ospost.graph.errors import GraphError, NoAnswer, NotSent, Refused
from ospost.meters import Meters

logger = logging.getLogger(__name__)

ENDPOINTS = frozenset(
    {
        "access_token",
        "accounts",
        "comments",
        "content_publishing_limit",
        "debug_token",
        "me",
        "media",
        "media_publish",
        "oauth/access_token",
        "permissions",
        "refresh_access_token",
        "stories",
    }
)
"""What may stand in a label; a path that ends otherwise is an id, and they have no end."""


@contextmanager
def counted(meters: Meters, method: str, path: str) -> Iterator[None]:
    """Count the call that the body makes, and how long it takes, by what comes of it."""
    endpoint = f"{method} {endpoint_of(path)}"
    began = time.monotonic()
    outcome = "failed"
    try:
        yield
        outcome = "ok"
    except GraphError as error:
        outcome = outcome_of(error)
        _tell(endpoint, outcome, error)
        raise
    finally:
        meters.count("graph_calls", endpoint, outcome)
        meters.observe("graph_seconds", endpoint, seconds=time.monotonic() - began)


def endpoint_of(path: str) -> str:
    """Return a name without ids: one of `ENDPOINTS`, or `node`."""
    parts = path.strip("/").split("/")
    names = ("/".join(parts[-2:]), parts[-1])
    return next((name for name in names if name in ENDPOINTS), "node")


def outcome_of(error: GraphError) -> str:
    """Return a short name of how a call ended; there are a dozen."""
    if isinstance(error, Refused):
        return f"refused_{error.kind.value}"
    if isinstance(error, NotSent):
        return "held_back" if error.held_back else "not_sent"
    return "no_answer" if isinstance(error, NoAnswer) else "failed"


def _tell(endpoint: str, outcome: str, error: GraphError) -> None:
    known = {
        name: value
        for name, value in error.details().items()
        if name in ("code", "subcode", "fbtrace_id", "http_status", "trouble")
    }
    extra = {"call": endpoint, "outcome": outcome, **known}
    logger.info("a call to Meta did not succeed", extra=extra)
