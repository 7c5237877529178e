"""The rows in memory, with the claims and the fenced writes of the database, and the invariants.

Every write is checked as it is made; what must never be raises `Broken`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from ospost.domain.states import BEFORE_INTENT, IN_DOUBT, OPEN, State, can_move
from tests.faults.simulation.decisions import Decisions

GRACE = timedelta(hours=6)
ENDS = frozenset({State.FAILED, State.MISSED, State.REVIEW, State.CANCELLED, State.PUBLISHED})


class Broken(AssertionError):
    """An invariant does not hold."""


class LostFence(Exception):
    """Somebody else has the row now."""


class Account:
    """What a worker reads of an account together with a row."""

    def __init__(self) -> None:
        """Connected, going on."""
        self.is_paused = False
        self.needs_reconnect = False
        self.throttled_until: datetime | None = None
        self.is_full_until: datetime | None = None


class Row:
    """One publication: the columns that decide. A worker's copy of it is a snapshot."""

    def __init__(self, number: int, account: int, caption: str, due_at: datetime) -> None:
        """Scheduled, and due to be looked at."""
        self.id, self.account, self.caption, self.due_at = number, account, caption, due_at
        self.state = State.SCHEDULED
        self.revision = 1
        self.fence = self.tries = self.intent_no = self.looks = self.absent_looks = 0
        self.owner = self.container_revision = 0
        self.next_at: datetime | None = None
        self.updated_at = due_at
        self.container_id = self.hold_reason = self.held_from = ""
        self.container_made_at: datetime | None = None
        self.finished_at: datetime | None = None
        self.baseline: tuple[str, ...] = ()
        self.intent_at: datetime | None = None
        self.first_intent_at: datetime | None = None
        self.absent_look_at: datetime | None = None
        self.told_at: datetime | None = None
        self.media_id: str | None = None
        self.is_paused = self.needs_reconnect = False
        self.throttled_until: datetime | None = None

    @property
    def has_container(self) -> bool:
        """Whether a container of the present words exists."""
        return bool(self.container_id) and self.container_revision == self.revision

    @property
    def deadline(self) -> datetime:
        """The end of the grace."""
        return self.due_at + GRACE


class Store:
    """The tables of one world."""

    def __init__(
        self,
        decisions: Decisions,
        *,
        on_due: Callable[[Row], None],
        is_live: Callable[[int, str | None], bool],
    ) -> None:
        """*on_due* hears of each new moment; *is_live* knows whether a media shows a post."""
        self.decisions, self._on_due, self._is_live = decisions, on_due, is_live
        self.rows: dict[int, Row] = {}
        self.accounts: dict[int, Account] = {}
        self.linked: dict[str, int] = {}
        self.events: dict[int, list[tuple[State, State, str, datetime]]] = {}
        self.sent_at: dict[int, datetime] = {}  # the account's latest intent
        self.forgotten: set[int] = set()  # ended in the backup; what came later is not known
        self.waiting: dict[int, Row] = {}  # those with a next moment
        self.of_account: dict[int, list[Row]] = {}

    def add(self, row: Row, now: datetime) -> None:
        """Keep a new row, due to be looked at now."""
        self.rows[row.id] = row
        self.accounts.setdefault(row.account, Account())
        self.events[row.id] = [(row.state, row.state, "scheduled", now)]
        row.next_at = row.updated_at = now
        self.waiting[row.id] = row
        self.of_account.setdefault(row.account, []).append(row)
        self._on_due(row)

    def claim(self, owner: int, now: datetime) -> Iterator[tuple[Row, bool]]:
        """Take what is due within the coming moment: (snapshot, whether it is a shot)."""
        horizon = now + self.decisions.timings.claim_ahead
        due = [row for row in self.waiting.values() if (row.next_at or horizon) <= horizon]
        if len(due) > 1:
            due.sort(key=lambda row: row.next_at or now)
        lease_end = horizon + self.decisions.timings.lease
        for row in due:
            is_shot = row.state is State.READY and row.due_at <= horizon
            if (
                is_shot
                and self.decisions.one_shot_per_account
                and self._is_blocked(row, horizon, now)
            ):
                continue
            row.fence += 1
            row.owner = owner
            row.next_at = lease_end
            if not is_shot and row.state is State.READY and row.due_at < lease_end:
                row.next_at = row.due_at
            self._on_due(row)
            yield self._snapshot(row), is_shot

    def _is_blocked(self, row: Row, horizon: datetime, now: datetime) -> bool:
        for other in self.of_account[row.account]:
            if other.state is State.PUBLISHING:
                return True
            if other.state is not State.READY or other is row:
                continue
            if other.owner and other.next_at and other.next_at > now and other.due_at <= horizon:
                return True
            if (other.due_at, other.id) < (row.due_at, row.id):
                return True
        return False

    def _snapshot(self, row: Row) -> Row:
        work = Row.__new__(Row)
        work.__dict__.update(row.__dict__)
        account = self.accounts[row.account]
        work.is_paused = account.is_paused
        work.needs_reconnect = account.needs_reconnect
        work.throttled_until = account.throttled_until
        return work

    def fence_of(self, row_id: int) -> int | None:
        """Read the fence of a row."""
        return self.rows[row_id].fence

    def advance(self, work: Row, to: State, cause: str, now: datetime, **values: Any) -> None:
        """Write as a worker: only while its fence holds."""
        row = self.rows[work.id]
        if not self.decisions.may_write(work.fence, row.fence):
            raise LostFence(work.id)
        if work.state is not to and not can_move(work.state, to):
            raise Broken(f"{work.state} cannot become {to} ({cause})")
        self._write(row, to, cause, now, values)

    def aim(self, work: Row, aim: Any, now: datetime) -> bool:
        """Commit the intent as the one statement of the database does; say whether it was."""
        row = self.rows[work.id]
        account = self.accounts[row.account]
        if not self.decisions.may_write(work.fence, row.fence):
            raise LostFence(work.id)
        if (
            row.state is not State.READY
            or row.revision != row.container_revision
            or row.due_at > now
            or account.is_paused
            or self.has_twin_in_doubt(row)
        ):
            return False
        if self.decisions.one_shot_per_account and any(
            other.state is State.PUBLISHING for other in self.of_account[row.account]
        ):
            return False  # the unique index
        self._write(row, aim.to, "intent", now, aim.values)
        self.sent_at[row.account] = now
        return True

    def has_twin_in_doubt(self, work: Row) -> bool:
        """Whether a post of the same words is being looked for: nothing is sent meanwhile."""
        return self.decisions.twins_wait and any(
            other.next_at is not None and other.state in (IN_DOUBT | {State.PUBLISHED})
            for other in self._twins(work)
        )

    def may_be_a_twins(self, work: Row) -> bool:
        """Whether what matches *work* may be a post of the same words that has no media yet."""
        return self.decisions.twins_wait and any(
            other.first_intent_at is not None for other in self._twins(work)
        )

    def _twins(self, work: Row) -> list[Row]:
        return [
            other
            for other in self.of_account[work.account]
            if other.id != work.id and other.caption == work.caption and other.media_id is None
        ]

    def take(self, row: Row, to: State, cause: str, now: datetime, **values: Any) -> None:
        """Write as a person, or for what is known to be live: the fence grows."""
        row.fence += 1
        by_person = cause.startswith("person")
        is_legal = row.state is to or to is State.PUBLISHED or can_move(row.state, to)
        if not is_legal and not (by_person and to in BEFORE_INTENT):
            raise Broken(f"{row.state} cannot become {to} ({cause})")
        self._write(row, to, cause, now, values, by_person=by_person)

    def touch(self, row: Row, now: datetime) -> None:
        """Let a row be looked at now, whoever holds it."""
        row.fence += 1
        row.owner = 0
        row.next_at = now
        self._on_due(row)

    def record_live(self, work: Row, media_id: str | None, now: datetime) -> None:
        """Keep what is confirmed, whatever the fence says; one media belongs to one post."""
        row = self.rows[work.id]
        if media_id is not None and self.linked.get(media_id, row.id) != row.id:
            media_id = None  # the unique index
        what = self.decisions.keeping(row.state, known_id=row.media_id, media_id=media_id)
        if what != "record":
            return
        if media_id is not None:
            self.linked[media_id] = row.id
        self.take(
            row,
            State.PUBLISHED,
            "published",
            now,
            media_id=media_id,
            next_at=None if media_id else now,
            hold_reason="",
            held_from="",
        )

    def free(self, owner: int, now: datetime) -> None:
        """Free what a dead process held."""
        for row in self.rows.values():
            if row.owner == owner and row.next_at is not None:
                to = self.decisions.after_loss(row.state)
                row.fence += 1
                self._write(row, to, "worker_lost", now, {"next_at": now})

    def copy(self) -> dict[int, dict[str, Any]]:
        """Make a backup."""
        return {row.id: dict(row.__dict__) for row in self.rows.values()}

    def restore(self, backup: dict[int, dict[str, Any]], now: datetime) -> None:
        """Put an old copy back; what may have gone out since is looked for before it is sent."""
        self.linked.clear()
        self.sent_at.clear()
        for row in self.rows.values():
            fence = row.fence
            row.__dict__.update(backup[row.id])
            row.fence = fence + 1  # a new life: every worker of before is dead
            self.waiting.pop(row.id, None)
            if row.media_id is not None:
                self.linked[row.media_id] = row.id
            if row.state in (State.FAILED, State.MISSED):
                row.first_intent_at = row.updated_at  # looked for if a person takes it up again
                self.forgotten.add(row.id)
            if row.next_at is None:
                continue
            row.next_at = max(row.next_at, now)
            doubt: dict[str, Any] = {"next_at": row.next_at}
            if row.state in BEFORE_INTENT:
                doubt["first_intent_at"] = row.first_intent_at or row.updated_at
                if row.due_at <= now or row.container_id:
                    doubt |= {"first_intent_at": row.updated_at, "intent_at": now, "next_at": now}
                    doubt |= {"looks": 0, "absent_looks": 0, "absent_look_at": None}
            to = State.UNKNOWN if "intent_at" in doubt else row.state
            self._write(row, to, "restored", now, doubt)

    def _write(
        self,
        row: Row,
        to: State,
        cause: str,
        now: datetime,
        values: dict[str, Any],
        *,
        by_person: bool = False,
    ) -> None:
        came_from = row.state
        if "owner" not in values and cause != "intent":
            row.owner = 0
        row.__dict__.update(values)
        row.state, row.updated_at = to, now
        if cause:
            self.events[row.id].append((came_from, to, cause, now))
        self._check(row, came_from, cause, by_person)
        if row.next_at is None:
            self.waiting.pop(row.id, None)
        elif "next_at" in values:
            self.waiting[row.id] = row
            self._on_due(row)

    def _check(self, row: Row, came_from: State, cause: str, by_person: bool) -> None:
        to = row.state
        if to in OPEN and row.next_at is None:
            raise Broken(f"{to} without a next moment ({cause})")
        if to is came_from:
            return
        if not cause:
            raise Broken(f"{came_from} became {to} without an event")
        if came_from in ENDS and to is not State.PUBLISHED and not by_person:
            raise Broken(f"{came_from} was reopened by the machine ({cause})")
        if to is State.PUBLISHED and not self._is_live(row.id, row.media_id):
            raise Broken(f"published without its own media ({cause}, {row.media_id})")
        if to is State.PUBLISHING and any(
            other.state is to and other is not row for other in self.of_account[row.account]
        ):
            raise Broken("two shots of one account at a time")
