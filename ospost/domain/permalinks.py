"""The address of a post on Instagram, as a person pastes it."""

import re
from urllib.parse import urlsplit

from ospost.errors import Invalid

LONGEST = 500
HOSTS = frozenset({"instagram.com", "www.instagram.com", "m.instagram.com"})
_POST = re.compile(r"(?:/[A-Za-z0-9._]{1,40})?/(p|reels?|tv)/([A-Za-z0-9_-]{3,60})/?")
_STORY = re.compile(r"/stories/([A-Za-z0-9._]{1,40})/([0-9]{5,30})/?")

ASK = "Paste the link as Instagram gives it, such as https://www.instagram.com/p/…"


def understand(text: str, *, practice: str = "", field: str = "permalink") -> str:
    """Return the clean address of the post that *text* points to, "" for no text.

    Takes what the app shares: with or without https, a profile before the post, tracking behind
    it. *practice* is host and port of a practice Instagram, whose links stay as they are. Raises
    `Invalid` for anything that is not a post, a reel or a story.
    """
    link = text.strip()
    if not link:
        return ""
    whole = link if "://" in link else f"https://{link}"
    try:
        parts = urlsplit(whole)
        host = parts.hostname or ""
    except ValueError as error:
        raise Invalid((field, ASK)) from error
    is_practice = bool(practice) and parts.netloc == practice and parts.scheme == "http"
    if is_practice and len(link) <= LONGEST and _POST.fullmatch(parts.path):
        return f"http://{practice}{parts.path}"
    if len(link) > LONGEST or parts.scheme not in ("http", "https") or host not in HOSTS:
        raise Invalid((field, ASK))
    if story := _STORY.fullmatch(parts.path):
        return f"https://www.instagram.com/stories/{story[1]}/{story[2]}/"
    if post := _POST.fullmatch(parts.path):
        kind = "reel" if post[1].startswith("reel") else post[1]
        return f"https://www.instagram.com/{kind}/{post[2]}/"
    raise Invalid((field, f"That is no post. {ASK}"))
