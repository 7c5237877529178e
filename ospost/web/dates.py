"""The dates of accounts as the person who looks at them reads them."""

from datetime import datetime

from flask_login import current_user

from models import Account, db
from ospost.runtime import runtime
from ospost.services import account_dates
from ospost.services.account_dates import AccountDates


def dates_of(accounts: list[Account], now: datetime) -> dict[int, AccountDates]:
    """Return what the cards of *accounts* show of their connection, in the person's zone."""
    return account_dates.dates_of(
        db.session(),
        accounts,
        zone=current_user.timezone,
        can_renew=runtime().instagram is not None,
        now=now,
    )
