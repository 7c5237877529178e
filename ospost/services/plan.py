"""The plan of one person: days, drafts and what needs a look, in one query.

Nothing is hidden because it is far away: a post due in years stands below the others. What does
not fit on a page is behind its links to later and earlier days.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row
from sqlalchemy.orm import Session

from helpers import distance
from models import Account
from ospost.domain.states import WORDS, HoldReason
from ospost.errors import Invalid, NotFound
from ospost.services import outages
from ospost.services.card_making import as_json, card, days
from ospost.services.cards import PlanPage, PostCard
from ospost.services.outages import Told
from ospost.services.people import accounts_of
from ospost.services.plan_rows import Picked, Window, pick

LATELY = timedelta(days=14)
TODAY = timedelta(hours=26)  # a day that is today somewhere began at most so long ago
EARLIER = timedelta(days=30)
MOST_ON_PAGE = 120
MOST_IN_JSON = 1_000
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ALWAYS_WHOLE = frozenset({"held", "missed", "failed", "review", "checking", "scheduled"})


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the address of a plan asks for; texts as they came."""

    account: str = ""
    state: str = ""
    start: str = ""  # a date, or a moment as `next` gives it
    after: str = ""  # the id of the last post of the page before
    date: str = ""  # the day to open at

    def query(self, **changed: str) -> str:
        """Return the address of the same plan with something else."""
        values = {"account": self.account, "state": self.state, **changed}
        return "/?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The rows of a plan and the filter that they were read by."""

    wish: Wish
    account_id: int | None
    picked: Picked
    now: datetime
    outages: tuple[Told, ...] = ()

    @property
    def etag(self) -> str:
        """Return a name for what this plan shows, which changes when any of it does."""
        picked = self.picked
        rows = (*picked.timed, *picked.drafts, *picked.trouble, *picked.waiting)
        seen = (
            self.now.strftime("%Y-%m-%dT%H"),  # somewhere a day may begin
            [tuple(row) for row in rows],
            [distance(row.due_at, self.now) for row in rows if row.due_at],
            picked.next_after is not None,
            self.outages,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]

    def page(self) -> PlanPage:
        """Return what the plan's page shows."""
        return PlanPage(
            days=days(self._cards(self.picked.timed), self.now),
            drafts=tuple(self._cards(self.picked.drafts)),
            trouble=tuple(self._cards(self.picked.trouble)),
            waiting=tuple(self._cards(self.picked.waiting)),
            asked=sum(row.hold_reason == HoldReason.ASK for row in self.picked.trouble),
            account_id=self.account_id,
            state=self.wish.state,
            focus_date=self.wish.date or None,
            more_url=self.more_url(),
            earlier_url=self._earlier_url(),
            outages=self.outages,
        )

    def listing(self) -> dict[str, Any]:
        """Return the plan as programs read it: by due time, drafts without a time last."""
        picked = self.picked
        aside = (*picked.trouble, *picked.waiting)
        rows = {row.id: row for row in (*aside, *picked.timed, *picked.drafts)}
        posts = [as_json(row) for row in rows.values()]
        posts.sort(key=lambda post: (post["due_at"] is None, post["due_at"] or "", post["id"]))
        return {"posts": posts, "next": self.more_url()}

    def more_url(self) -> str | None:
        """Return the address of what comes after this page, None at the end."""
        last = self.picked.next_after
        if last is None:
            return None
        return self.wish.query(**{"from": last.due_at.isoformat(), "after": str(last.id)})

    def _cards(self, rows: tuple[Row[Any], ...]) -> list[PostCard]:
        return [card(row, self.now) for row in rows]

    def _earlier_url(self) -> str | None:
        """Return the address of a page that begins a month before the next older post."""
        older = self.picked.older
        if older is None and self.wish.start:
            older = _moment(self.wish.start, "from")
        if older is None or older <= LONG_AGO:
            return None
        earlier = max(older - EARLIER, LONG_AGO)
        return self.wish.query(**{"from": earlier.date().isoformat()})


def read(
    session: Session,
    *,
    user_id: int,
    wish: Wish,
    is_json: bool,
    now: datetime,
    zone: str = "UTC",
    seen_outage: str = "",
) -> Plan:
    """Read the plan that *wish* asks for, of the accounts that the person may publish to.

    Raises `NotFound` for an account of others, `Invalid` for a filter that means nothing.
    """
    accounts = accounts_of(session, user_id)
    chosen = _chosen(accounts, wish.account)
    if wish.state and wish.state not in WORDS:
        raise Invalid(("state", f"There is no such state. Choose one of {', '.join(WORDS)}."))
    window = _window(wish, tuple(a.id for a in chosen), is_json=is_json, now=now)
    return Plan(
        wish=wish,
        account_id=chosen[0].id if wish.account else None,
        picked=pick(session, window),
        now=now,
        outages=()
        if is_json
        else outages.news(session, user_id=user_id, zone=zone, seen=seen_outage, now=now),
    )


def _chosen(accounts: list[Account], account: str) -> list[Account]:
    if not account:
        return accounts
    found = [a for a in accounts if str(a.id) == account]
    if not found:
        raise NotFound("There is no such Instagram account here.")
    return found


def _window(wish: Wish, account_ids: tuple[int, ...], *, is_json: bool, now: datetime) -> Window:
    """Choose the range of time: around now, or from where the address says."""
    limit = MOST_IN_JSON if is_json else MOST_ON_PAGE
    start, lately_from = now - TODAY, now - LATELY
    if wish.state in ALWAYS_WHOLE:
        lately_from = LONG_AGO
    if wish.start:
        return Window(
            account_ids=account_ids,
            start=_moment(wish.start, "from"),
            after_id=int(wish.after) if wish.after.isdecimal() else None,
            limit=limit,
            state=wish.state,
            with_aside=False,
        )
    if wish.date:
        focus = _moment(wish.date, "date") - TODAY
        if focus < lately_from or focus > now + LATELY:
            start, lately_from = focus, focus - LATELY
    if is_json:
        start, lately_from = min(start, lately_from), start
    return Window(
        account_ids=account_ids,
        start=start,
        lately_from=None if is_json else lately_from,
        limit=limit,
        state=wish.state,
    )


def _moment(text: str, field: str) -> datetime:
    """Read a date or a moment from an address."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(LONG_AGO, moment.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise Invalid((field, "Write the date as 2026-11-27.")) from error
