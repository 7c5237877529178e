"""What is said and done about an error of Meta's: the kinds and the form of an entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an error asks of us; one kind is one way of going on."""

    TOKEN = "token"  # noqa: S105 - a kind of error: the person signs in again
    PERMISSION = "permission"  # a right is missing: connect again or ask somebody for it
    THROTTLED = "throttled"  # too many calls: wait
    SPAM_BLOCK = "spam_block"  # the action is blocked; the post may be live all the same
    QUOTA = "quota"  # the day's number of posts is used up
    NOT_READY = "not_ready"  # the same container works a few seconds later
    CONTAINER_GONE = "container_gone"  # a new container is needed
    FETCH_FAILED = "fetch_failed"  # Meta could not download the file from us
    BAD_MEDIA = "bad_media"  # the file, or the number of files, will never be taken
    BAD_TEXT = "bad_text"  # the caption or a comment will never be taken
    BAD_TAG = "bad_tag"  # a tagged person, place, product or partner
    BAD_REQUEST = "bad_request"  # we asked wrongly: a defect of ours
    ACCOUNT_RESTRICTED = "account_restricted"  # the person clears it in the app
    TRANSIENT = "transient"  # Meta's own fault: again later; after a publish call, ambiguous
    MISSING_OBJECT = "missing_object"  # wrong id, or not readable yet
    NOT_SUPPORTED = "not_supported"  # this account or this object cannot do that
    NO_DATA = "no_data"  # nothing is wrong: there is nothing to show
    SETUP = "setup"  # the owner of this server set something up wrongly
    WROTE_ANYWAY = "wrote_anyway"  # refused the answer's form after doing the work
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Known:
    """One known error: *sentence* says what happened, *remedy* what the person can do."""

    kind: Kind
    title: str
    sentence: str
    remedy: str


Rows = Mapping[tuple[int, int | None], Known]
"""Known errors by (code, subcode); subcode None is the code alone."""

SIGN_IN_AGAIN = "Sign in again to connect this account; the posts are kept and go out afterwards."
NOTHING_TO_DO = "Nothing needs to be done; this server tries again by itself."
REPORT_IT = "Please report this to the person who runs this server."
