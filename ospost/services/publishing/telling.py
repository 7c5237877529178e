"""What people are told of a post: its trouble on the page, and notices."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ospost.services.notices import Severity, raise_notice
from ospost.services.publishing.rows import Work


def key_of(work: Work, cause: str) -> str:
    """Return the name of one problem of one post."""
    return f"post:{work.id}:{cause}"


def notify(
    session: Session,
    work: Work,
    *,
    title: str,
    sentence: str,
    remedy: str,
    now: datetime,
    cause: str,
) -> bool:
    """Tell every member of the account, once while *cause* lasts; call inside `writing`.

    Returns False where they were told already.
    """
    return raise_notice(
        session,
        key=key_of(work, cause),
        kind="post",
        severity=Severity.PROBLEM,
        title=title,
        sentence=sentence,
        remedy=remedy,
        now=now,
        account_id=work.account_id,
        post_id=work.post_id,
    )


def ask_about_late(session: Session, work: Work, *, now: datetime) -> None:
    """Ask the account's people about its late posts, once for all that wait; inside `writing`."""
    raise_notice(
        session,
        key=f"ask:{work.account_id}",
        kind="post",
        severity=Severity.WARNING,
        title=f"What becomes of late posts of @{work.username}?",
        sentence="Their time has passed, and this account's late posts wait for your word.",
        remedy="Say for each whether it goes out now, at another time, or not at all.",
        now=now,
        account_id=work.account_id,
    )


def error_of(
    *, code: int | None, subcode: int | None, message: str, remedy: str, fbtrace_id: str = ""
) -> dict[str, Any]:
    """Build what the post's page and its JSON say of a trouble."""
    return {
        "code": code,
        "subcode": subcode,
        "message": message,
        "remedy": remedy,
        "fbtrace_id": fbtrace_id,
    }
