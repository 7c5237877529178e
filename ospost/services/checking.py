"""A check that a person asks for, or that saving a post brings with it: what is said, and where."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from helpers import distance
from models import Account, Post
from ospost.domain.findings import Finding, Severity, as_stored
from ospost.domain.schedule import on_wall
from ospost.domain.states import BEFORE_INTENT, State
from ospost.errors import Conflict, Invalid
from ospost.graph.own_link import OwnLink
from ospost.imaging.workshop import Workshop
from ospost.services import media_look, preflight, questions, quota
from ospost.services.cards import CheckLine, Checks
from ospost.services.database import writing
from ospost.services.library import instagram_rendition
from ospost.services.outcome_view import leading
from ospost.services.posts import post_for
from ospost.services.preflight import Around
from ospost.services.typed import Weighed
from ospost.storage.base import Storage

OF_ACCOUNT = ("account", "limit", "containers")
"""Fields that a person hears of when saving; the address is the same for all posts of a server."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a check is made with."""

    around: Around
    own_link: OwnLink
    storage: Storage
    workshop: Workshop
    secret_key: str


def check(
    session: Session, bench: Bench, *, user_id: int, post_id: int, now: datetime
) -> list[Finding]:
    """Look at everything anew, the address by fetching the photo from it; keep what was found.

    The limit of the account is read behind the page. Raises Conflict for a post that is past it.
    """
    post = post_for(session, user_id, post_id)
    _refuse_if_over(post)
    _look_at_address(session, bench, post, now)
    account = session.get_one(Account, post_for(session, user_id, post_id).account_id)
    questions.want_limits(session, [account], now=now)
    with writing(session):
        return preflight.note(session, post_for(session, user_id, post_id), bench.around, now=now)


def look_over(
    session: Session, around: Around, *, user_id: int, post_id: int, now: datetime
) -> list[Finding]:
    """Check a post that was just saved or moved, and those behind it; return what concerns it."""
    with writing(session):
        post = post_for(session, user_id, post_id)
        found = preflight.note(session, post, around, now=now)
        if post.due_at is not None:
            preflight.note_day(session, post.account, around, since=post.due_at, now=now)
    return [finding for finding in found if finding.field in OF_ACCOUNT]


def look_over_day(
    session: Session, around: Around, *, account_id: int, since: datetime, now: datetime
) -> None:
    """Look again at the limits of the day that a post has left."""
    with writing(session):
        account = session.get(Account, account_id)
        if account is not None:
            preflight.note_day(session, account, around, since=since, now=now)


def of_typed(
    session: Session, weighed: Weighed, around: Around, *, post_id: int | None, now: datetime
) -> tuple[CheckLine, ...]:
    """Return what is to be said of a form that nobody has saved."""
    found = [
        Finding(field=field, severity=severity, message=message)
        for severity, pairs in (
            (Severity.BLOCK, weighed.complaints),
            (Severity.WARN, weighed.warnings),
        )
        for field, message in dict.fromkeys(pairs)
    ]
    account, due_at = weighed.account, weighed.due_at
    if account is not None and due_at is not None:
        day = quota.day_of(session, account, until=due_at, now=now)
        found += preflight.of_account(
            account, day, around, due_at=due_at, zone=weighed.timezone, post_id=post_id
        )
    found += media_look.hints(session, around.media_url, is_sandbox=around.is_sandbox, now=now)
    return tuple(_line(each, _form_link(each.field, account)) for each in found)


def view(session: Session, post: Post, around: Around, *, now: datetime) -> Checks | None:
    """Return what the page of a post says before its time; None when that has passed."""
    if _is_over(post):
        return None
    found = preflight.findings(session, post, around, now=now)
    ago = distance(min(post.checked_at, now), now) if post.checked_at else ""
    return Checks(
        lines=tuple(_line(each, _link(each.field, post)) for each in found),
        checked="just now" if ago == "now" else ago,
        limit=quota.in_words(post.account, now=now),
    )


def _is_over(post: Post) -> bool:
    shot = leading(post.publications)
    open_ones = BEFORE_INTENT | {State.MISSED, State.FAILED}
    return shot is not None and State(shot.state) not in open_ones


def _refuse_if_over(post: Post) -> None:
    if _is_over(post):
        raise Conflict(
            "This post is going out or has gone out; there is nothing to check any more."
        )


def _look_at_address(session: Session, bench: Bench, post: Post, now: datetime) -> None:
    """Fetch the first photo by its public address; a photo that cannot be made is told elsewhere."""
    if not post.slides:
        return
    try:
        rendition = instagram_rendition(
            session,
            storage=bench.storage,
            workshop=bench.workshop,
            slide=post.slides[0],
            now=now,
        )
    except Invalid:
        return
    media_look.look(
        session,
        bench.own_link,
        rendition,
        media_url=bench.around.media_url,
        secret_key=bench.secret_key,
        now=now,
    )


Link = tuple[str, str]


def _line(finding: Finding, link: Link) -> CheckLine:
    url, words = link
    return CheckLine(**as_stored(finding), url=url, link=words)


def _link(field: str, post: Post) -> Link:
    """Return where a finding of a stored post is mended."""
    if field in ("limit", "containers") and post.due_at is not None:
        day = on_wall(post.due_at, post.zone).date().isoformat()
        return f"/?date={day}#day-{day}", "See that day"
    return _page_of(field, post.account_id) or (f"/post/edit/{post.id}#{field}", "Edit the post")


def _form_link(field: str, account: Account | None) -> Link:
    """Return where a finding of a form is mended: in its field, if it has one."""
    if field in ("limit", "containers"):
        return "#date", "Choose another time"
    return _page_of(field, account.id if account else 0) or (f"#{field}", "Go to the field")


def _page_of(field: str, account_id: int) -> Link | None:
    if field == "account":
        return f"/accounts/{account_id}", "Open the Instagram account"
    if field == "address":
        return "/welcome#media", "See the address"
    return None
