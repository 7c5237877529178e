"""One world from a seed: posts, processes that die and stall, people, and the end of it all."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from ospost.domain.pace import keeps_container
from ospost.domain.states import MOVABLE, State
from tests.faults.simulation.decisions import WHOLE, Decisions
from tests.faults.simulation.meta import NOON, Chaos, Container, Meta, moment
from tests.faults.simulation.store import ENDS, Broken, LostFence, Row, Store
from tests.faults.simulation.work import NO_CONTAINER, Going, Worker

HORIZON = 40 * 3600.0
POSTS = 40
ACCOUNTS = 6
AWAY = 8 * 3600.0
BEAT = 10.0  # a process that is silent for so long is taken for dead


class Process:
    """One process of the server, with a clock of its own."""

    def __init__(self, world: "World", number: int, offset: float) -> None:
        """Alive."""
        self.world, self.number, self.offset = world, number, offset
        self.life = 0
        self.is_alive = True
        self.frozen_until = 0.0

    @property
    def owner(self) -> int:
        """Its name, another one after each start."""
        return self.number + 1 + 100 * self.life

    def now(self) -> datetime:
        """Its clock."""
        return moment(self.world.t + self.offset)


class Task:
    """A step under way in one life of a process."""

    __slots__ = ("going", "life", "process")

    def __init__(self, process: Process, going: Going) -> None:
        """Belongs to the present life of *process*."""
        self.process, self.life, self.going = process, process.life, going


@dataclass(kw_only=True)
class Result:
    """How a world ended."""

    seed: int
    posts: int
    outcomes: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    lost: int = 0  # neither live nor ended with a reason
    wrong: int = 0  # live and called something else, or the other way round
    calls: int = 0
    broken: str = ""

    @property
    def is_well(self) -> bool:
        """Whether every invariant held."""
        return not (self.broken or self.doubled or self.lost or self.wrong)


class World:
    """Everything of one seed; `run` takes it to its end."""

    def __init__(
        self, seed: int, *, chaos: Chaos, decisions: Decisions = WHOLE, posts: int = POSTS
    ) -> None:
        """Plan the posts and what people do; nothing runs yet."""
        self.rng = random.Random(seed)
        self.seed, self.chaos, self.t = seed, chaos, 0.0
        self._queue: list[tuple[float, int, Any]] = []
        self._count = 0
        self.copies: Counter[int] = Counter()
        self.meta = Meta(self.rng, chaos, later=self.later, went_live=self._went_live)
        self.store = Store(decisions, on_due=self._plan_claim, is_live=self._is_live)
        self.worker = Worker(decisions, self.store, self.meta)
        self.worker.on_token = self._sign_in_later
        self.due_at: dict[int, float] = {}
        self.processes = [Process(self, number, self._offset()) for number in range(3)]
        if self.rng.random() < chaos.skewed:
            self.processes[0].offset = self.rng.uniform(-30, 30)
        if self.rng.random() < chaos.wrong_clock:
            self._set_clocks(self.rng.choice((-3600.0, -200.0, 90.0, 3600.0)))
            self.later(self.rng.uniform(300, 4000), lambda: self._set_clocks(0.0))
        elif self.rng.random() < chaos.restored:
            self.later(self.rng.uniform(0, 2000), self._back_up)
        if self.chaos.away and self.rng.random() < self.chaos.away:
            self.later(self.rng.uniform(600, 4000), self._go_away)
        for number in range(1, posts + 1):
            self._plan_post(number)
        self.planned = posts
        for account in range(ACCOUNTS):
            if self.rng.random() < chaos.by_hand:
                self.later(self.rng.uniform(0, 4000), partial(self._by_hand, account))

    def _offset(self) -> float:
        return self.rng.uniform(-1, 1)

    def _set_clocks(self, offset: float) -> None:
        for process in self.processes:
            process.offset = offset

    # -- planning ----------------------------------------------------------------------------

    def _plan_post(self, number: int) -> None:
        rng = self.rng
        account, due, caption = rng.randrange(ACCOUNTS), rng.uniform(0, 3600), f"post {number}"
        before = [row for row in self.store.rows.values() if row.account == account]
        if before and rng.random() < self.chaos.together:
            due = (before[-1].due_at - NOON).total_seconds()
        if before and rng.random() < self.chaos.twins:
            caption = before[-1].caption
            due = max(0.0, (before[-1].due_at - NOON).total_seconds() + rng.uniform(-30, 200))
        self.store.add(Row(number, account, caption, moment(round(due, 3))), NOON)
        if rng.random() < self.chaos.people:
            for _ in range(rng.randint(1, 3)):
                at = rng.uniform(0, 5000)
                self.later(at, lambda: self._person(self.store.rows[number]))

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        """Run *what* after *seconds*."""
        self._push(self.t + seconds, what)

    def _push(self, at: float, what: Any) -> None:
        self._count += 1
        heapq.heappush(self._queue, (at, self._count, what))

    def _plan_claim(self, row: Row) -> None:
        if row.next_at is not None:
            at = (row.next_at - NOON).total_seconds() - self.rng.random()
            self._push(max(self.t, at), (row, row.next_at, 1.0))

    # -- running -----------------------------------------------------------------------------

    def run(self) -> Result:
        """Let everything happen; say how it ended."""
        result = Result(seed=self.seed, posts=self.planned)
        queue = self._queue
        try:
            while queue:
                at, _, what = heapq.heappop(queue)
                if at > HORIZON:
                    break
                self.t = self.meta.now = at
                if type(what) is Task:
                    self._go_on(what)
                elif type(what) is tuple:
                    if what[0].next_at is what[1]:
                        self._claim(*what)
                else:
                    what()
        except Broken as error:
            result.broken = f"{error} (at {self.t:.1f} s)"
        self._sum_up(result)
        return result

    def _claim(self, row: Row, wanted: datetime, pause: float) -> None:
        process = self.processes[int(3 * self.rng.random())]
        if process.is_alive and process.frozen_until <= self.t:
            now = process.now()
            for work, is_shot in self.store.claim(process.owner, now):
                task = Task(process, self.worker.run(process, work, is_shot))
                wait = (work.due_at - now).total_seconds() if is_shot else 0.0
                self._push(self.t + max(0.0, wait), task)
        if row.next_at is wanted:  # another shot is first, or nobody was there
            at = self.t + pause * (0.5 + self.rng.random())
            self._push(at, (row, wanted, min(10.0, pause * 1.5)))

    def _go_on(self, task: Task) -> None:
        process = task.process
        if task.life != process.life:
            return
        if process.frozen_until > self.t:
            self._push(process.frozen_until, task)
            return
        lot = self.rng.random()
        if lot < self.chaos.killed:
            self._kill(process)
            return
        try:
            wait = next(task.going)
        except (StopIteration, LostFence):
            return
        lot -= self.chaos.killed
        if lot < self.chaos.stalled:
            wait += self.rng.uniform(65, 400)
        elif lot < self.chaos.stalled + self.chaos.frozen:
            self._freeze(process)
        self._push(self.t + wait, task)

    def _kill(self, process: Process) -> None:
        """Kill -9: its steps are gone; it starts again, and what it held is freed."""
        owner = process.owner
        process.life += 1
        process.is_alive = False
        pause = self.rng.uniform(1, 40)
        self.later(pause, lambda: self._start(process))
        self.later(min(pause, BEAT + 5 * self.rng.random()), lambda: self._free(owner))

    def _start(self, process: Process) -> None:
        process.is_alive = True

    def _go_away(self) -> None:
        """Stop every process, and start them when the grace of all posts is over."""
        for process in self.processes:
            owner = process.owner
            process.life += 1
            process.is_alive = False
            self.later(AWAY, partial(self._start, process))
            self.later(AWAY, partial(self._free, owner))

    def _freeze(self, process: Process) -> None:
        """Stop the whole process for a while; the others take it for dead and free its rows."""
        pause, owner = self.rng.uniform(12, 400), process.owner
        process.frozen_until = self.t + pause
        self.later(min(pause, BEAT + 5 * self.rng.random()), lambda: self._free(owner))

    def _free(self, owner: int) -> None:
        others = [one for one in self.processes if one.owner != owner and one.is_alive]
        self.store.free(owner, (others or self.processes)[0].now())

    def _back_up(self) -> None:
        backup = self.store.copy()
        self.later(self.rng.uniform(30, 4000), lambda: self._restore(backup))

    def _restore(self, backup: dict[int, dict[str, Any]]) -> None:
        for process in self.processes:
            process.life += 1
        self.store.restore(backup, self.processes[0].now())

    # -- the truth ---------------------------------------------------------------------------

    def _is_live(self, row_id: int, media_id: str | None) -> bool:
        account = self.store.rows[row_id].account
        mine = [live for live in self.meta.media.get(account, ()) if live.post == row_id]
        return any(media_id in (None, live.seen_as.media_id) for live in mine)

    def _went_live(self, container: Container) -> None:
        row = self.store.rows[container.post]
        self.copies[row.id] += 1
        if self.copies[row.id] > 1:
            raise Broken(f"post {row.id} is live twice")
        if (row.due_at - NOON).total_seconds() > self.t + 60:
            raise Broken(f"post {row.id} went out before it was due")
        if container.revision < row.revision:  # more: an older copy of the database was put back
            raise Broken(f"post {row.id} went out with words that were changed before")

    def _sum_up(self, result: Result) -> None:
        result.calls = self.meta.calls
        result.doubled = sum(count > 1 for count in self.copies.values())
        for row in self.store.rows.values():
            result.outcomes[row.state.value] += 1
            if result.broken:
                continue
            is_live = self.copies[row.id] > 0
            if row.state not in ENDS:
                result.lost += 1
            elif row.state is State.REVIEW or row.id in self.store.forgotten:
                continue
            elif row.state is State.CANCELLED and row.first_intent_at is not None:
                continue  # by a person, who could not know what the restored copy had forgotten
            else:
                result.wrong += is_live is not (row.state is State.PUBLISHED)

    # -- people ------------------------------------------------------------------------------

    def _by_hand(self, account: int) -> None:
        self.meta.show(account, f"by hand {self.t:.0f}", post=0)

    def _sign_in_later(self, account: int) -> None:
        self.later(self.rng.uniform(60, 9000), lambda: self._sign_in(account))

    def _sign_in(self, account: int) -> None:
        self.store.accounts[account].needs_reconnect = False
        for row in self.store.rows.values():
            if row.account == account and row.state is State.HELD and row.hold_reason == "token":
                self.store.touch(row, moment(self.t))

    def _person(self, row: Row) -> None:
        """Somebody edits, moves, sends at once, or cancels a post that is still theirs."""
        now, lot = moment(self.t), self.rng.random()
        if row.state is State.REVIEW:
            self._decide_review(row, now)
        elif row.state not in MOVABLE:
            return
        elif lot < 0.35:
            self._edit(row, now)
        elif lot < 0.6:
            self._move(row, moment(self.t + self.rng.uniform(0, 3000)), now)
        elif lot < 0.85:
            self._move(row, now, now)
        else:
            self.store.take(row, State.CANCELLED, "person cancels", now, next_at=None)

    def _decide_review(self, row: Row, now: datetime) -> None:
        if self.copies[row.id]:
            self.store.take(row, State.PUBLISHED, "person looked", now, next_at=now, looks=0)
            return
        values = {
            **NO_CONTAINER,
            "due_at": now,
            "next_at": now,
            "first_intent_at": None,
            "tries": 0,
        }
        self.store.take(row, State.SCHEDULED, "person looked", now, **values)

    def _edit(self, row: Row, now: datetime) -> None:
        values: dict[str, Any] = {**NO_CONTAINER, "revision": row.revision + 1, "tries": 0}
        to = row.state
        if to in (State.SCHEDULED, State.PREPARING, State.READY):
            to, values["next_at"] = State.SCHEDULED, now
        elif to is State.HELD:
            values["held_from"] = State.SCHEDULED.value
        self.store.take(row, to, "person edits", now, **values)

    def _move(self, row: Row, due_at: datetime, now: datetime) -> None:
        timings = self.store.decisions.timings
        was_over = row.state in (State.MISSED, State.FAILED)
        made, is_current = row.container_made_at, row.container_revision == row.revision
        fresh = keeps_container(made, due_at=due_at, timings=timings) and is_current
        values: dict[str, Any] = {"due_at": due_at, "next_at": now}
        to = row.state
        if to is not State.HELD:
            values["tries"] = 0
            to = State.SCHEDULED
            if fresh and not was_over:
                to = State.PREPARING if row.finished_at is None else State.READY
                values["next_at"] = now if to is State.PREPARING else max(due_at, now)
            else:
                values |= NO_CONTAINER
        self.store.take(row, to, "person moves", now, **values)


def run(seed: int, *, chaos: Chaos, decisions: Decisions = WHOLE, posts: int = POSTS) -> Result:
    """Run the world of *seed*."""
    return World(seed, chaos=chaos, decisions=decisions, posts=posts).run()
