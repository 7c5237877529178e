"""What an account does with posts that are late: how long they still go out, and how."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Account
from ospost.errors import Invalid
from ospost.services import people
from ospost.services.accounts import LONGEST_GRACE, SHORTEST_GRACE
from ospost.services.database import writing

PUBLISH, ASK = "publish", "ask"
LONGEST_GAP = 86_400


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """The wishes of an account; None is as this server has it."""

    grace_seconds: int | None
    late_policy: str
    gap_seconds: int | None


def of(account: Account) -> Lateness:
    """Return what *account* has set."""
    return Lateness(
        grace_seconds=account.grace_seconds,
        late_policy=account.late_policy,
        gap_seconds=account.backlog_gap_seconds,
    )


def read(*, grace: str, late_policy: str, gap: str) -> Lateness:
    """Understand what was chosen; raises `Invalid` with every field that cannot be."""
    complaints = []
    if grace and not (_is_number(grace) and SHORTEST_GRACE <= int(grace) <= LONGEST_GRACE):
        complaints.append(("grace", "Choose between a minute and 30 days."))
    if late_policy not in (PUBLISH, ASK):
        complaints.append(("late_policy", "Choose whether late posts go out or wait for you."))
    if gap and not (_is_number(gap) and int(gap) <= LONGEST_GAP):
        complaints.append(("gap", "Choose a gap of a day at most."))
    if complaints:
        raise Invalid(*complaints)
    return Lateness(
        grace_seconds=int(grace) if grace else None,
        late_policy=late_policy,
        gap_seconds=int(gap) if gap else None,
    )


def change(session: Session, *, user_id: int, account_id: int, wish: Lateness) -> Account:
    """Store the wishes; posts that wait for an answer already go on waiting for it."""
    with writing(session):
        account = people.account_for(session, user_id, account_id)
        account.grace_seconds = wish.grace_seconds
        account.late_policy = wish.late_policy
        account.backlog_gap_seconds = wish.gap_seconds
    return account


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
