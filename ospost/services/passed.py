"""Posts whose time passed while their account was not connected: asked about, never sent unasked.

Signing in again lets go what lies ahead. What should have gone out meanwhile waits for a person's
word, until its grace is over and it counts as missed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from helpers import distance
from models import Account, Membership, Notice, Post, Publication
from ospost.domain.states import HoldReason, State
from ospost.domain.timings import Timings
from ospost.errors import Conflict, Invalid
from ospost.services import expiry, followups, publications
from ospost.services.database import writing
from ospost.services.notices import (
    Severity,
    end_notice,
    end_notices_of_held,
    raise_notice,
)
from ospost.services.outcome_view import HOLDS
from ospost.services.publishing.rows import Note, append
from ospost.services.publishing.telling import error_of
from ospost.services.row_changes import RELEASED, change, rows_of
from ospost.services.when import at_moment, understand_move

NOW, MOVE, LEAVE = "now", "move", "leave"
CHOICES = (NOW, MOVE, LEAVE)
GAP = Timings().late_spacing
ONLY_HELD = frozenset({State.HELD})
LEFT = "A person decided not to send it."


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What becomes of one post."""

    choice: str
    date: str = ""  # for MOVE, as typed
    fold: str = ""


def reconnected(session: Session, account: Account, *, now: datetime) -> int:
    """Note that an account works again and let its posts go on; inside `writing` only.

    Returns how many of them a person is asked about.
    """
    account.needs_reconnect = False
    account.trouble = ""
    account.trouble_at = None
    session.flush()
    expiry.mended(session, account, now=now)
    followups.take_up(session, account.id, now=now)
    asked = 0
    for reason in (HoldReason.TOKEN, HoldReason.PERMISSION):
        end_notices_of_held(session, account.id, reason.value, now=now)
        asked += _ask(session, account, reason, now)
        publications.release_held(session, account, reason=reason, now=now)
    if asked:
        raise_notice(
            session,
            key=_key(account.id),
            kind="post",
            severity=Severity.WARNING,
            title=f"What becomes of posts of @{account.username}?",
            sentence="It is connected again. The time of some of its posts has passed meanwhile, so"
            " they were not sent.",
            remedy="Say for each whether it goes out now, at another time, or not at all.",
            now=now,
            account_id=account.id,
        )
    return asked


def waiting(session: Session, user_id: int) -> list[tuple[Post, Account, Publication]]:
    """Return the posts that this person may decide about, by account and due time."""
    rows = session.execute(
        select(Post, Account, Publication)
        .join(Publication, Publication.post_id == Post.id)
        .join(Account, Account.id == Post.account_id)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.user_id == user_id,
            Publication.state == State.HELD.value,
            Publication.hold_reason == HoldReason.ASK.value,
            Publication.frame_no == 1,
            Post.removed_at.is_(None),
        )
        .order_by(Account.username, Publication.due_at, Post.id)
    )
    return [(post, account, row) for post, account, row in rows]


def answer(
    session: Session, *, user_id: int, answers: dict[int, Answer], now: datetime
) -> dict[str, int]:
    """Do what the person said, all of it or nothing; return how many posts each choice took.

    Posts to be sent now leave one after the other, a gap apart for each account. `Invalid` names
    the field of a time that cannot be; a post that somebody decided about meanwhile is left alone.
    """
    done = dict.fromkeys(CHOICES, 0)
    with writing(session):
        found = {post.id: (post, account) for post, account, _ in waiting(session, user_id)}
        turns: dict[int, int] = {}
        complaints: list[tuple[str, str]] = []
        for post_id, (post, account) in found.items():
            said = answers.get(post_id)
            if said is None or said.choice not in CHOICES:
                continue
            try:
                _do(session, post, account, said, turns, user_id, now)
            except Invalid as error:
                complaints += [(f"date_{post_id}", message) for _, message in error.complaints]
            except Conflict:
                continue
            done[said.choice] += 1
        if complaints:
            raise Invalid(*complaints)
        session.flush()
        _end_what_is_answered(session, now)
    return done


def tidy(sessions: sessionmaker[Session], *, now: datetime) -> None:
    """End the question about accounts of which no post waits for an answer any more."""
    with sessions() as session, writing(session):
        _end_what_is_answered(session, now)


def _do(
    session: Session,
    post: Post,
    account: Account,
    said: Answer,
    turns: dict[int, int],
    user_id: int,
    now: datetime,
) -> None:
    if said.choice == NOW:
        turn = turns[account.id] = turns.get(account.id, -1) + 1
        gap = account.backlog_gap_seconds
        wait = GAP if gap is None else timedelta(seconds=gap)
        _retime(session, post, now + turn * wait, "Publish it now, late.", user_id, now)
    elif said.choice == MOVE:
        resolved = understand_move(said.date, post.zone, fold=said.fold, now=now)
        _retime(session, post, resolved.due_at, "Moved to another time.", user_id, now)
    else:
        for row in rows_of(session, post, ONLY_HELD):
            body = error_of(
                code=None, subcode=None, message=LEFT, remedy="Give it a time when you want it."
            )
            values = {"state": State.MISSED.value, "next_at": None, "error": body, **RELEASED}
            change(session, row, ONLY_HELD, values, "left", LEFT, now, user_id)


def _retime(
    session: Session, post: Post, due_at: datetime, sentence: str, user_id: int, now: datetime
) -> None:
    resolved = at_moment(due_at, post.zone)
    post.wall_time = resolved.wall.isoformat(timespec="seconds")
    post.fold = resolved.fold
    post.updated_at = now
    publications.retime(session, post, due_at=due_at, now=now, sentence=sentence, by=user_id)


def _ask(session: Session, account: Account, reason: HoldReason, now: datetime) -> int:
    """Let what is overdue wait for a person's word; it keeps its deadline."""
    message, remedy = HOLDS[HoldReason.ASK]
    overdue = session.scalars(
        select(Publication).where(
            Publication.account_id == account.id,
            Publication.state == State.HELD.value,
            Publication.hold_reason == reason.value,
            Publication.due_at <= now,
        )
    ).all()
    for row in overdue:
        fence = session.scalar(
            update(Publication)
            .where(Publication.id == row.id)
            .values(
                hold_reason=HoldReason.ASK.value,
                hold_until=None,
                fence=Publication.fence + 1,
                owner="",
                error=error_of(code=None, subcode=None, message=message, remedy=remedy),
                updated_at=now,
            )
            .returning(Publication.fence)
            .execution_options(synchronize_session=False)
        )
        append(
            session,
            row.id,
            Note(cause=f"held_{HoldReason.ASK.value}", sentence=message),
            fence=fence or 0,
            came_from=State.HELD,
            to=State.HELD,
            now=now,
        )
    return len({row.post_id for row in overdue})


def _end_what_is_answered(session: Session, now: datetime) -> None:
    asked = {
        _key(account_id)
        for account_id in session.scalars(
            select(Publication.account_id)
            .where(
                Publication.state == State.HELD.value,
                Publication.hold_reason == HoldReason.ASK.value,
            )
            .distinct()
        )
    }
    told = select(Notice.key).where(Notice.key.like(_key("%")), Notice.ended_at.is_(None))
    for key in session.scalars(told).all():
        if key not in asked:
            end_notice(session, key=key, now=now)


def _key(account_id: int | str) -> str:
    return f"ask:{account_id}"


def deadline(row: Publication, account: Account, *, default_seconds: int) -> datetime:
    """Return when a post that nobody decided about counts as missed."""
    grace = account.grace_seconds
    return row.due_at + timedelta(seconds=default_seconds if grace is None else grace)


def ends_in_words(ends_at: datetime, zone: str, now: datetime) -> str:
    """Say until when an answer is awaited."""
    if ends_at <= now:
        return "Without an answer it counts as missed at any moment."
    when = expiry.moment_words(ends_at, zone)
    return f"Without an answer it counts as missed on {when} ({distance(ends_at, now)})."
