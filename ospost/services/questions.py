"""What people want Instagram to be asked about an account: they press or look, the machine asks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from helpers import distance
from models import Account
from ospost.domain.account_tests import FAILED, OK, TESTING, UNCLEAR, fault_in_words, has_ended
from ospost.services import quota
from ospost.services.database import writing
from ospost.services.people import account_for


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the card of an account says of its limit and of its latest test."""

    limit: str
    is_reading: bool
    test: str  # "", testing, ok, failed, unclear
    sentence: str
    remedy: str
    tested: str  # '3 minutes ago'
    details: dict[str, str]  # Meta's own words

    @property
    def is_busy(self) -> bool:
        """Whether something is asked at this moment, so that a page may look again soon."""
        return self.is_reading or self.test == TESTING


def start_test(
    session: Session, *, user_id: int, account_id: int, media_id: int, now: datetime
) -> bool:
    """Have Instagram fetch a test photo for that account; False when a test is under way."""
    with writing(session):
        account = account_for(session, user_id, account_id)
        if _is_testing(account, now):
            return False
        account.tested_at = now
        account.test_outcome = {"state": TESTING, "media_id": media_id}
        account.ask_at = now
    return True


def want_limits(session: Session, accounts: list[Account], *, now: datetime) -> bool:
    """Have the limits read that are too old to be shown; return whether any will be."""
    stale = [account.id for account in accounts if _is_wanted(account, now)]
    if not stale:
        return False
    with writing(session):
        for account_id in stale:
            account = session.get(Account, account_id, populate_existing=True)
            if account is not None and account.ask_at is None:
                account.ask_at = now
    return True


def answers(account: Account, *, now: datetime, is_sandbox: bool) -> Answers:
    """Return what is known of an account's limit and its latest test, in words."""
    outcome = dict(account.test_outcome or {})
    state = str(outcome.get("state", ""))
    sentence, remedy = str(outcome.get("sentence", "")), str(outcome.get("remedy", ""))
    who = "Practice Instagram" if is_sandbox else "Instagram"
    if state == TESTING and not _is_testing(account, now):
        state, sentence = UNCLEAR, "The test did not come to an end."
        remedy = "See whether this server publishes at the moment, and press “Test” again."
    elif state == OK:
        sentence = f"{who} fetched the test photo from {outcome.get('host', 'here')}."
        remedy = ""
    limit = quota.in_words(account, now=now)
    fault, ask_at = outcome.get("fault") or {}, account.ask_at
    is_put_off = bool(fault) and state != TESTING and ask_at is not None and ask_at > now
    if is_put_off and ask_at is not None:
        again = f"It is asked again {distance(ask_at, now)}."
        limit = f"{limit}. {fault_in_words(fault['reference'])} {again}"
    tested = distance(min(account.tested_at, now), now) if account.tested_at else ""
    return Answers(
        limit=limit,
        is_reading=ask_at is not None and state != TESTING and not is_put_off,
        test=state,
        sentence=sentence,
        remedy=remedy,
        tested="just now" if tested == "now" else tested,
        details=_details(outcome) if state == FAILED else {},
    )


def _details(outcome: dict[str, object]) -> dict[str, str]:
    raw = outcome.get("details")
    told = raw if isinstance(raw, dict) else {}
    return {str(name): str(value) for name, value in told.items() if value not in (None, "")}


def _is_testing(account: Account, now: datetime) -> bool:
    outcome = account.test_outcome or {}
    tested_at = account.tested_at
    is_open = outcome.get("state") == TESTING and tested_at is not None
    return is_open and tested_at is not None and not has_ended(tested_at, now)


def _is_wanted(account: Account, now: datetime) -> bool:
    return (
        account.ask_at is None
        and bool(account.token_sealed)
        and not account.needs_reconnect
        and quota.is_stale(account, now=now)
    )
