"""APScheduler runs the sequence and holds no posts.

One job of a second claims what is due within the coming second; each claimed row becomes a date
job at its exact moment on a pool of threads and runs one step. What it forgets, the table
remembers: the job store is memory only.
"""

import logging
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from ospost.jobs.clock_watch import ClockWatch
from ospost.jobs.feeding import Feeder
from ospost.jobs.guard import Guard
from ospost.jobs.periodic import PERIODIC
from ospost.jobs.presence import Presence
from ospost.jobs.waking import Waking
from ospost.runtime import Runtime
from ospost.services.copied import pause_if_copied
from ospost.services.publishing import claims
from ospost.services.publishing.epoch import Epoch, hold_what_may_be_live
from ospost.services.publishing.machine import Machine, Task
from ospost.services.publishing.tools import Tools

logger = logging.getLogger(__name__)


class Driver:
    """The machine's clock in this process."""

    def __init__(self, run: Runtime, *, tools: Tools | None = None) -> None:
        """Build from the runtime; `start` begins."""
        self._run = run
        self._tools = tools or tools_of(run, owner="")
        self.presence = Presence(
            run, timings=self._tools.timings, now=self._tools.now, clock=run.clock
        )
        self._tools.owner = self.presence.name
        self.machine = Machine(self._tools)
        self._feeder = Feeder(self._claim_next)
        self._threads = run.publish_threads
        self._most_rest = max(1, self._threads * 3 // 4)
        self._lock = threading.Lock()
        self._claiming = threading.Lock()
        self._swapping = threading.Lock()
        self._busy = 0  # rows that this process holds
        self._resting = 0  # those of them that are no shots
        self._pending: set[str] = set()  # those whose moment has not come
        self._nudged = False
        self._stopping = False
        self._batches_written = True
        self._clock_watch = ClockWatch(run, self._tools)
        longest_s = self._tools.timings.wake_look.total_seconds()
        self._waking = Waking(run, now=self._tools.now, longest_s=longest_s)
        self._epoch = Epoch(run.state_dir / "publish-batches")
        timings = self._tools.timings
        self.guard = Guard(
            self._restart, after=max(timings.silent_after, 3 * timings.tick), every=timings.tick
        )
        self._scheduler = self._new_scheduler()

    def _new_scheduler(self) -> BackgroundScheduler:
        return BackgroundScheduler(
            executors={
                "default": ThreadPoolExecutor(2),
                "steps": ThreadPoolExecutor(self._threads),
                "periodic": ThreadPoolExecutor(2),  # a slow mail server must not hold up the rest
            },
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    @property
    def is_alive(self) -> bool:
        """Whether the beat goes on: what `/readyz` asks."""
        return self._scheduler.running and self.presence.is_heard

    @property
    def seconds_since_tick(self) -> float:
        """How long ago the queue was last looked at with success: what `/readyz` asks."""
        return self.guard.seconds_since_tick

    def start(self) -> None:
        """Take up what dead processes left, then begin to tick. Returns at once."""
        with self._run.sessions() as session:
            pause_if_copied(session, now=self._tools.now())
        self.presence.take_over()
        with self._run.sessions() as session:
            hold_what_may_be_live(session, self._epoch, now=self._tools.now())
        self.presence.beat()
        self._waking.start()
        timings = self._tools.timings
        self._scheduler.add_job(
            self._tick,
            "interval",
            seconds=timings.tick.total_seconds(),
            id="claim",
            next_run_time=datetime.now(UTC),
        )
        for job in PERIODIC:
            self._scheduler.add_job(
                self._periodic,
                "interval",
                args=[job.name],
                seconds=job.every.total_seconds(),
                id=job.name,
                executor="periodic",
                next_run_time=datetime.now(UTC) + job.first_after,
            )
        self._scheduler.start()
        self.guard.start()
        self._run.nudge = self.nudge

    def _restart(self) -> None:
        """Go on with a new scheduler where the old one's thread has died; its jobs move over."""
        old = self._scheduler
        with self._claiming, self._swapping:
            if self._stopping:
                return
            new = self._new_scheduler()
            for job in old.get_jobs():
                new.add_job(
                    job.func,
                    job.trigger,
                    args=job.args,
                    id=job.id,
                    executor=job.executor,
                    next_run_time=job.next_run_time,
                )
            new.start()
            self._scheduler = new  # not before: a start that fails leaves all of it with the old
        # what it runs at this moment ends by itself; it may hang, so nobody waits for it
        threading.Thread(target=old.shutdown, kwargs={"wait": False}, daemon=True).start()

    def _add_job(self, *given: Any, **named: Any) -> None:
        """Add a job to the scheduler that runs it, never to one whose jobs have moved already."""
        with self._swapping:
            self._scheduler.add_job(*given, **named)

    def nudge(self) -> None:
        """Claim now instead of at the next tick; a job of its own, since a job skips itself."""
        with self._lock:
            if self._nudged or self._stopping or not self._scheduler.running:
                return
            self._nudged = True
        self._add_job(self._nudged_tick, id=f"nudge-{secrets.token_hex(4)}")

    def stop(self) -> None:
        """Claim no more, give back what was not sent, wait for what is under way (35 s at most)."""
        with self._claiming:  # a tick that is under way ends first: after it nothing is claimed
            self._stopping = True
        self.guard.stop()
        self._scheduler.remove_all_jobs()
        end = time.monotonic() + self._tools.timings.drain.total_seconds()
        while self._under_way() and time.monotonic() < end:
            time.sleep(0.02)
        self._scheduler.shutdown(wait=False)
        self._bring_epoch_level()
        if not self._under_way():
            self.presence.leave()

    def _under_way(self) -> int:
        with self._lock:
            return self._busy - len(self._pending)

    def _tick(self) -> None:
        with (
            self.guard.ticking(),
            self._claiming,
            self._run.meters.timing("tick_seconds"),
        ):
            for part in (
                self._clock_watch.look,
                self._waking.watch,
                self.presence.beat_if_due,
                self._claim,
                self._bring_epoch_level,
            ):
                self.guard.attempt(part)

    def _bring_epoch_level(self) -> None:
        """Once a second, not once a post: a copy of the database is never that young."""
        if not self._batches_written:
            self._batches_written = True
            with self._run.sessions() as session:
                self._epoch.bring_level(claims.batches(session))

    def _nudged_tick(self) -> None:
        self._nudged = False
        self._tick()

    def _claim(self) -> None:
        if self._stopping or self._waking.is_looking:
            return
        with self._lock:
            free = self._threads - self._busy
            rest = self._most_rest - self._resting
        if free <= 0:
            return
        tasks = self.machine.claim(threads=free, rest=max(0, min(rest, free)))
        self._hold(tasks)
        for task in tasks:
            self._put_off(task)

    def _put_off(self, task: Task) -> None:
        """Let a claimed row run at its exact moment; no thread waits for it."""
        with self._lock:
            self._pending.add(task.key)
        wait = task.run_at - self._tools.now()
        at = datetime.now(UTC) + wait  # the scheduler goes by the clock of this machine
        self._add_job(self._work, "date", run_date=at, args=[task], id=task.key, executor="steps")

    def _account(self, task: Task, change: int) -> None:
        with self._lock:
            self._busy += change
            self._resting += 0 if task.is_shot else change

    def _work(self, task: Task) -> None:
        """Run one claimed row, then whatever else is due, until nothing is."""
        current: Task | None = task
        with self._lock:
            if task.key not in self._pending:
                return  # an old scheduler and the new one both had it
            self._pending.discard(task.key)
        while current is not None:
            done = current
            try:
                self._sleep_until(done.run_at)
                self._waking.hold_back()
                done.run()
            except Exception:  # the step's lease runs out and its row is taken again
                logger.exception("a step failed", extra={"task": done.key})
            current = self._next(done)
            self._account(done, -1)
            if current is not None and current.run_at > self._tools.now():
                self._put_off(current)
                current = None

    def _sleep_until(self, moment: datetime) -> None:
        wait = (moment - self._tools.now()) / timedelta(seconds=1)
        if wait > 0:
            time.sleep(wait)

    def _next(self, done: Task) -> Task | None:
        if self._stopping or self._waking.is_looking:
            return None
        try:
            return self._feeder.next(is_after_shot=done.is_shot)
        except Exception:  # whatever it is, this thread's place must become free
            logger.exception("a claim failed; the next tick makes another")
            return None

    def _claim_next(self, after_shots: int, after_others: int) -> list[Task]:
        """Claim for threads that are through; a thread that did no shot passes its place on."""
        with self._lock:
            spare = max(0, self._most_rest - self._resting)
        most = after_shots + after_others
        tasks = self.machine.claim_next(most=most, rest=after_others + min(after_shots, spare))
        self._hold(tasks)
        return tasks

    def _hold(self, tasks: list[Task]) -> None:
        for task in tasks:
            self._account(task, 1)
        if any(task.is_shot for task in tasks):
            self._batches_written = False

    def _periodic(self, name: str) -> None:
        job = next(job for job in PERIODIC if job.name == name)
        try:
            job.run(self._run, self._tools.now())
        except Exception:  # a clean-up that fails must not end the scheduler's job
            logger.exception("periodic work failed", extra={"job": name})


def tools_of(run: Runtime, *, owner: str) -> Tools:
    """Hand the machine what it needs of the runtime."""
    return Tools(
        sessions=run.sessions,
        graph=run.graph,
        vault=run.vault,
        storage=run.storage,
        workshop=run.workshop,
        timings=run.timings,
        media_url=run.media_url,
        secret_key=run.secret_key,
        grace_seconds=run.missed_after_seconds,
        rehearse=run.rehearse,
        owner=owner,
        now=run.clock.now,
        own_link=run.own_link,
        is_sandbox=run.is_sandbox,
        meters=run.meters,
    )
