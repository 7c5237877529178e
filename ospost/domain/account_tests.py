"""A test of an account: Instagram is to fetch one photo, which is never published."""

from datetime import datetime, timedelta

TESTING, OK, FAILED, UNCLEAR = "testing", "ok", "failed", "unclear"

MOST_TRIES = 3
ENDS_AFTER = timedelta(minutes=10)
"""After this a test that has said nothing is over, whatever became of who ran it."""


def has_ended(tested_at: datetime, now: datetime) -> bool:
    """Say whether a test that began then must have come to an end."""
    return now - tested_at > ENDS_AFTER


def fault_in_words(reference: str) -> str:
    """Say that an account could not be asked, and where its owner finds why."""
    return f"It could not be asked: this server met a fault of its own ({reference} in its log)."
