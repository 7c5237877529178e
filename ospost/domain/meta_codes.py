"""The one table of Meta's errors: from code, subcode and message to words and a way of going on.

The rows stand in three modules beside this one (publishing, access, general). HTTP status and
`is_transient` are not asked: neither is reliable. Messages are localised only in the texts for
users, so the developer's message may be matched where one code has several meanings.
"""

import re
from dataclasses import replace

from helpers import shorten
from ospost.domain import meta_access_rows as access
from ospost.domain import meta_general_rows as general
from ospost.domain.meta_access_rows import ACCESS
from ospost.domain.meta_general_rows import GENERAL
from ospost.domain.meta_known import Kind, Known, Rows
from ospost.domain.meta_publishing_rows import BY_SUBCODE, CODED_EXCEPTIONS, PUBLISHING

__all__ = ["ROWS", "Kind", "Known", "container_subcode", "lookup"]

ROWS: Rows = {**PUBLISHING, **ACCESS, **GENERAL}

UNKNOWN = Known(
    kind=Kind.OTHER,
    title="Instagram refused",
    sentence="Instagram refused this for a reason that this server does not know.",
    remedy="Read Instagram's own words in the details, and report it if they do not help.",
)

MEANT_BY_MESSAGE: tuple[tuple[int, str, Known], ...] = (
    (10, "not enough viewers", access.FEW_VIEWERS),
    (100, "require an appsecret_proof", access.NO_PROOF),
    (100, "invalid appsecret_proof", access.BAD_PROOF),
    (100, "nonexisting field", general.UNKNOWN_FIELD),
    (100, "unsupported request - method type", general.WRONG_METHOD),
    (100, "unsupported get request", general.NOT_THERE),
    (100, "not an instagram business", access.NOT_PROFESSIONAL),
    (1, "reduce the amount of data", general.TOO_MUCH_DATA),
    (1, "error validating client secret", access.WRONG_SECRET),
    (2500, "unknown path components", access.UNKNOWN_VERSION),
)
"""Code, part of the message in lower case, what is meant; only where the pair itself is vague."""

LONGEST_QUOTE = 300

_NUMBER_AHEAD = re.compile(r"^\(#\d+\)\s*")
_CONTAINER_SUBCODE = re.compile(r"\b22\d{5}\b")


def lookup(code: int | None, subcode: int | None, message: str = "") -> Known:
    """Return what is known about an error; of kind OTHER when nothing is.

    The exact pair wins, then a publishing subcode under whatever code, then a name or a phrase in
    *message*, then the code alone. What nobody knows is told in Meta's own words.
    """
    if code is not None and subcode is not None and (code, subcode) in ROWS:
        return ROWS[code, subcode]
    if subcode is not None and subcode in BY_SUBCODE:
        return BY_SUBCODE[subcode]
    by_message = _by_message(code, message)
    if by_message is not None:
        return by_message
    known = ROWS.get((code, None)) if code is not None else None
    return known or _in_its_own_words(message)


def _in_its_own_words(message: str) -> Known:
    """Return what is said of an error that is in no table: that it is unknown, and what Meta said."""
    words = shorten(_NUMBER_AHEAD.sub("", message), LONGEST_QUOTE)
    if not words:
        return UNKNOWN
    return replace(UNKNOWN, sentence=f"{UNKNOWN.sentence} It said: “{words}”")


def container_subcode(status_text: str) -> int | None:
    """Return the subcode in a container's `status`, such as '… with error code 2207026'.

    https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-container
    """
    found = _CONTAINER_SUBCODE.search(status_text)
    return int(found.group()) if found else None


def _by_message(code: int | None, message: str) -> Known | None:
    for name, known in CODED_EXCEPTIONS.items():
        if name in message:
            return known
    low = message.lower()
    for its_code, phrase, known in MEANT_BY_MESSAGE:
        if code == its_code and phrase in low:
            return known
    return None
