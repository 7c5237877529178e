"""What Instagram allows in a caption, an alternative text and a first comment.

Limits: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
How Instagram counts is not published, so that these counts are by code point and occurrence. The
limit of five hashtags was announced in December 2025 and is not in the API's pages: it warns.
"""

import re
from dataclasses import dataclass

from ospost.domain.findings import Finding, Severity

MOST_CHARACTERS = 2_200
MOST_HASHTAGS = 30
MOST_MENTIONS = 20
ADVISED_HASHTAGS = 5
MOST_ALT_TEXT = 1_000
ADVISED_COMMENT = 300
ADVISED_COMMENT_HASHTAGS = 4

HASHTAG = re.compile(r"(?<![\w&])#(\w+)")
MENTION = re.compile(r"(?<![\w.@])@[A-Za-z0-9_][A-Za-z0-9_.]*")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What the three counters of the compose page show."""

    length: int  # code points
    hashtags: int  # by occurrence
    mentions: int


def with_lf(text: str) -> str:
    """Return *text* as typed, its line ends as LF; nothing is stripped."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def count(text: str) -> Counts:
    """Count what Instagram limits."""
    hashtags = sum(not word.isdigit() for word in HASHTAG.findall(text))
    return Counts(length=len(text), hashtags=hashtags, mentions=len(MENTION.findall(text)))


def check(caption: str) -> list[Finding]:
    """Say what Instagram would refuse, and what it may refuse, in *caption*."""
    counts = count(caption)
    limits = (
        (counts.length, MOST_CHARACTERS, "characters"),
        (counts.hashtags, MOST_HASHTAGS, "hashtags"),
        (counts.mentions, MOST_MENTIONS, "mentions"),
    )
    found = [
        _block("caption", f"The caption has {has:,} {what}; Instagram takes at most {most:,}.")
        for has, most, what in limits
        if has > most
    ]
    return [*found, *check_storable("caption", caption), *_doubts(caption, counts)]


def check_alt_text(alt_text: str) -> list[Finding]:
    """Say what Instagram would refuse in the alternative text of one picture."""
    found = check_storable("alt_text", alt_text)
    if len(alt_text) > MOST_ALT_TEXT:
        found.append(
            _block(
                "alt_text",
                f"The alternative text has {len(alt_text):,} characters;"
                f" Instagram takes at most {MOST_ALT_TEXT:,}.",
            )
        )
    return found


def check_first_comment(comment: str) -> list[Finding]:
    """Say what Instagram may refuse in a first comment; its limits are old, so they only warn."""
    counts = count(comment)
    found = check_storable("first_comment", comment)
    if counts.length > MOST_CHARACTERS:
        found.append(
            _block("first_comment", f"A comment has at most {MOST_CHARACTERS:,} characters.")
        )
    elif counts.length > ADVISED_COMMENT:
        found.append(
            _warn(
                "first_comment",
                f"Instagram may refuse a comment of more than {ADVISED_COMMENT} characters.",
            )
        )
    if counts.hashtags > ADVISED_COMMENT_HASHTAGS:
        found.append(
            _warn(
                "first_comment",
                f"Instagram may refuse a comment with more than {ADVISED_COMMENT_HASHTAGS} hashtags.",
            )
        )
    return found


def check_storable(field: str, text: str) -> list[Finding]:
    """Say whether *text* holds what no database and no JSON can carry."""
    if not UNSTORABLE.search(text):
        return []
    return [_block(field, "There is a broken character in this text. Delete it and type it again.")]


def _doubts(caption: str, counts: Counts) -> list[Finding]:
    found = []
    if ADVISED_HASHTAGS < counts.hashtags <= MOST_HASHTAGS:
        found.append(
            _warn(
                "caption",
                f"{counts.hashtags} hashtags: Instagram announced a limit of {ADVISED_HASHTAGS}"
                " for each post and may refuse more.",
            )
        )
    units = len(caption.encode("utf-16-le", "surrogatepass")) // 2
    if units > MOST_CHARACTERS >= counts.length:
        found.append(
            _warn(
                "caption",
                "Instagram may count an emoji as two characters or more; this caption is close to"
                " the limit.",
            )
        )
    return found


def _block(field: str, message: str) -> Finding:
    return Finding(field=field, severity=Severity.BLOCK, message=message)


def _warn(field: str, message: str) -> Finding:
    return Finding(field=field, severity=Severity.WARN, message=message)
