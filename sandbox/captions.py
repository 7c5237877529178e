"""Meta's limits on texts: captions, hashtags, mentions, alt texts, comments, names.

Captions: 2,200 characters, 30 hashtags, 20 mentions (36004/2207010). How Meta counts is not
published: words after # or @ are counted by occurrence, and the unit of length is a switch.
"""

import re
import unicodedata

from sandbox.errors import GraphError, invalid, refusal

CAPTION_LENGTH = 2200
HASHTAGS = 30
MENTIONS = 20
ALT_TEXT_LENGTH = 1000

HASHTAG = re.compile(r"(?<![\w&])#(?=\w*[^\W\d])\w+")
MENTION = re.compile(r"(?<![\w@.])@[A-Za-z0-9_][A-Za-z0-9._]*")
USERNAME = re.compile(r"[A-Za-z0-9._]{1,30}")
LINK = re.compile(r"https?://\S+")


def check_caption(caption: str, *, unit: str) -> None:
    """Refuse a caption that is too long or names too much, with 36004/2207010."""
    length = len(caption.encode("utf-16-le")) // 2 if unit == "utf16" else len(caption)
    hashtags, mentions = len(HASHTAG.findall(caption)), len(MENTION.findall(caption))
    if length > CAPTION_LENGTH or hashtags > HASHTAGS or mentions > MENTIONS:
        about = f"{length} characters, {hashtags} hashtags and {mentions} tags"
        raise refusal(36004, 2207010, about=about)


def check_alt_text(alt_text: str) -> None:
    """At most 1,000 characters; the code of the refusal is invented (unknown at Meta)."""
    if len(alt_text) > ALT_TEXT_LENGTH:
        raise invalid(f"param alt_text must be at most {ALT_TEXT_LENGTH} characters.")


def check_usernames(names: list[str]) -> None:
    """Refuse names that Instagram could not know, with 110/2207018; a leading @ is one."""
    bad = [name for name in names if not USERNAME.fullmatch(name)]
    if bad:
        raise refusal(110, 2207018, about=", ".join(bad))


def check_comment(text: str) -> None:
    """The classic limits of a comment; code and texts are invented, a switch asks for them."""
    if len(text) > 300:
        raise _bad_comment("300 characters at most")
    if len(HASHTAG.findall(text)) > 4:
        raise _bad_comment("4 hashtags at most")
    if len(LINK.findall(text)) > 1:
        raise _bad_comment("1 link at most")
    letters = [char for char in text if unicodedata.category(char) in ("Lu", "Ll")]
    if len(letters) > 3 and all(char.isupper() for char in letters):
        raise _bad_comment("not all in capitals")


def _bad_comment(rule: str) -> GraphError:
    return invalid(f"Invalid comment: {rule}.")
