"""How an account's connection stands, in words and dates, in the zone of the person who looks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpers import distance
from models import Account, Identity
from ospost.domain.endings import threshold
from ospost.services.expiry import ACCESS, Ending, endings, moment_words

NEVER = "no end of its own; ends with a change of password, a lost role, or when the app is removed"


@dataclass(frozen=True, kw_only=True)
class AccountDates:
    """What a card shows of a connection: a word with its sign, what to do, and the dates."""

    word: str
    sign: str  # of the icon; never colour alone
    look: str  # of the badge
    remedy: str  # "" when there is nothing to do
    lines: tuple[tuple[str, str], ...]  # (what, words)
    zone: str  # that the times are in
    needs_sign_in: bool


def identities_of(session: Session, accounts: list[Account]) -> dict[int, Identity]:
    """Return the sign-ins by which these accounts are connected, by their id."""
    wanted = {account.identity_id for account in accounts if account.identity_id is not None}
    found = session.scalars(select(Identity).where(Identity.id.in_(wanted)))
    return {identity.id: identity for identity in found}


def dates_of(
    session: Session, accounts: list[Account], *, zone: str, can_renew: bool, now: datetime
) -> dict[int, AccountDates]:
    """Return what the card of each account shows, by account, in one query."""
    identities = identities_of(session, accounts)
    return {
        account.id: _dates(
            account, identities.get(account.identity_id or 0), zone, can_renew=can_renew, now=now
        )
        for account in accounts
    }


def soonest(account: Account, identity: Identity | None, *, now: datetime) -> Ending | None:
    """Return what ends first of that which only a person renews, if that is within two weeks."""
    near = [
        ending
        for ending in endings(account, identity, can_renew=True)
        if threshold(ending.at, now=now) is not None
    ]
    return min(near, key=lambda ending: ending.at, default=None)


def _dates(
    account: Account, identity: Identity | None, zone: str, *, can_renew: bool, now: datetime
) -> AccountDates:
    lines = [("Connection", _token_words(account, identity, zone, can_renew=can_renew, now=now))]
    if account.data_access_expires_at is not None:
        lines.append(("Your consent", _access_words(account.data_access_expires_at, zone, now)))
    lines += _renewal_lines(account, identity, zone)
    word, sign, look, remedy = _health(account, identity, now)
    return AccountDates(
        word=word,
        sign=sign,
        look=look,
        remedy=remedy,
        lines=tuple(lines),
        zone=zone,
        needs_sign_in=account.needs_reconnect or look == "missed",
    )


def _health(
    account: Account, identity: Identity | None, now: datetime
) -> tuple[str, str, str, str]:
    if account.needs_reconnect:
        remedy = "Sign in again; its posts wait for that and are kept."
        return "Not connected", "triangle-alert", "failed", remedy
    ending = soonest(account, identity, now=now)
    if ending is not None:
        what = "What you allowed" if ending.what == ACCESS else "The connection"
        verb = "has ended" if ending.at <= now else "ends soon"
        remedy = "Sign in again to renew it; nothing else renews it."
        return f"{what} {verb}", "clock", "missed", remedy
    if account.trouble:
        return "Connected, with a trouble", "circle-alert", "review", ""
    return "Connected", "circle-check", "published", ""


def _token_words(
    account: Account, identity: Identity | None, zone: str, *, can_renew: bool, now: datetime
) -> str:
    if account.needs_reconnect:
        since = f" since {moment_words(account.trouble_at, zone)}" if account.trouble_at else ""
        return f"ended{since}"
    ends_at = account.token_expires_at
    if ends_at is None:
        return NEVER if account.login == "facebook" else "renews itself every day"
    when = f"{moment_words(ends_at, zone)} ({distance(ends_at, now)})"
    if ends_at <= now:
        return f"ended on {when}"
    renews = account.login == "instagram" and can_renew and identity is not None
    if renews and not (identity and identity.trouble):
        return f"good until {when}, and renews itself every day"
    return f"good until {when}"


def _access_words(ends_at: datetime, zone: str, now: datetime) -> str:
    when = f"{moment_words(ends_at, zone)} ({distance(ends_at, now)})"
    if ends_at <= now:
        return f"to use your data ended on {when}"
    return f"to use your data holds until {when}; only signing in again renews it"


def _renewal_lines(account: Account, identity: Identity | None, zone: str) -> list[tuple[str, str]]:
    if identity is None:
        return []
    lines = [("Last renewed", moment_words(identity.renewed_at, zone))]
    if identity.look_at is not None and not account.needs_reconnect:
        what = "Next renewal" if identity.login == "instagram" else "Next look"
        lines.append((what, moment_words(identity.look_at, zone)))
    if identity.trouble and not account.needs_reconnect:
        lines.append(("The last try", f"did not work: {identity.trouble}"))
    return lines
