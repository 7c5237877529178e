"""The steps of the machine over the simulated store: generators that yield how long a thing takes.

The order of calls and writes is that of `ospost/services/publishing`; each decision is asked of
`Decisions`. Between any two yields a process can be killed, and at any yield it can be stopped.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from ospost.domain import pace
from ospost.domain.finding_out import Status, Verdict
from ospost.domain.matching import UNREADABLE, Listing, Match, Wanted
from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import HOLDS, NEEDS_RECONNECT, Reaction, container_reaction
from ospost.domain.shooting import Meaning
from ospost.domain.states import HoldReason, State
from ospost.domain.steps import Preparation, Step
from tests.faults.simulation.decisions import Decisions
from tests.faults.simulation.meta import DEADLINE, Answer, Container, Meta
from tests.faults.simulation.store import GRACE, Row, Store

Going = Iterator[float]
COMMIT = 0.003
NO_CONTAINER: dict[str, Any] = {
    "container_id": "",
    "container_made_at": None,
    "finished_at": None,
}


class Process(Protocol):
    """What a step knows of the process that runs it."""

    offset: float

    def now(self) -> Any:
        """The present moment by this process's clock."""


class Worker:
    """Runs steps for one world."""

    def __init__(self, decisions: Decisions, store: Store, meta: Meta) -> None:
        """Any number of processes share one."""
        self.by, self.store, self.meta = decisions, store, meta
        self.timings = decisions.timings
        self.on_token: Any = None
        self.steps = {
            Step.PREPARE: self.prepare,
            Step.WAKE: self.wake,
            Step.LOST: self.lost,
            Step.LOOK: self.look,
            Step.LINK: self.link,
        }

    def run(self, process: Process, work: Row, is_shot: bool) -> Going:
        """The step of *work*."""
        if is_shot:
            return self.shoot(process, work)
        return self.steps[self.by.step_of(work.state)](process, work)

    # -- before the moment -------------------------------------------------------------------

    def prepare(self, process: Process, work: Row) -> Going:
        """Wait, look first, poll or create."""
        now = process.now()
        at = pace.prepare_at(work.due_at, now=now, timings=self.timings, is_video=False)
        if work.state is State.SCHEDULED and at > now:
            self.store.advance(work, work.state, "", now, next_at=at)
            return
        if self._is_stopped(process, work):
            return
        has_good = self.by.is_good_container(
            has_container=work.has_container,
            made_at=work.container_made_at,
            now=now,
            timings=self.timings,
        )
        what = self.by.preparation(first_intent_at=work.first_intent_at, has_good=has_good)
        if what is Preparation.LOOK_FIRST:
            self._look_first(process, work)
        elif what is Preparation.POLL:
            yield from self._poll(process, work)
        else:
            yield from self._create(process, work)

    def _look_first(self, process: Process, work: Row) -> None:
        now = process.now()
        doubt = {"intent_at": now, "looks": 0, "absent_looks": 0, "absent_look_at": None}
        self.store.advance(work, State.UNKNOWN, "look_first", now, next_at=now, **doubt)

    def _create(self, process: Process, work: Row) -> Going:
        yield self.meta.latency()
        listed = self.meta.listed(work.account)
        known = work.baseline if listed is None else tuple(m.media_id for m in listed[0][-25:])
        now = process.now()
        self.store.advance(
            work,
            State.PREPARING,
            "preparing",
            now,
            baseline=known,
            **NO_CONTAINER,
            next_at=now + self.timings.create_lease,
        )
        work.state, work.baseline = State.PREPARING, known
        yield 0.2 + self.meta.latency()
        made = self.meta.create(work.account, work.id, work.revision, work.caption)
        if isinstance(made, Container) and self.meta.rng.random() < self.meta.chaos.create_lost:
            yield DEADLINE
            self._outage(process, work)
        elif isinstance(made, Kind):
            self._react(process, work, made, container_reaction(made))
        else:
            now = process.now()
            self.store.advance(
                work,
                State.PREPARING,
                "container",
                now,
                container_id=made.id,
                container_revision=work.revision,
                container_made_at=now,
                finished_at=None,
                next_at=now + self.timings.first_poll,
            )

    def _poll(self, process: Process, work: Row) -> Going:
        yield self.meta.latency()
        status = self.meta.status(work.container_id)
        now = process.now()
        if status is Status.FINISHED:
            is_new = work.state is not State.READY
            at = work.due_at
            if is_new:
                at = pace.status_check_at(
                    work.due_at, now=now, timings=self.timings, number=work.id
                )
            at = max(at, now) if work.due_at <= now else at
            self.store.advance(
                work,
                State.READY,
                "ready" if is_new else "",
                now,
                finished_at=work.finished_at or now,
                next_at=at,
                tries=0,
            )
        elif status is Status.PUBLISHED:
            self.store.advance(
                work,
                State.UNKNOWN,
                "published_already",
                now,
                intent_at=work.intent_at or now,
                first_intent_at=work.first_intent_at or work.container_made_at or now,
                next_at=now,
            )
        elif status in (Status.ERROR, Status.EXPIRED):
            self._react(process, work, Kind.TRANSIENT, Reaction.RETRY)
        elif status is Status.UNREADABLE:
            self._outage(process, work)
        elif work.state is State.PREPARING and self.by.is_stuck(
            made_at=work.container_made_at, now=now, timings=self.timings
        ):
            if work.first_intent_at is not None:
                self._look_first(process, work)
                return
            self.store.advance(work, State.PREPARING, "stuck", now, **NO_CONTAINER, next_at=now)
        else:
            made = work.container_made_at or now
            at = pace.poll_at(made, due_at=work.due_at, now=now, timings=self.timings)
            cause = "" if work.state is State.PREPARING else "unfinished"
            self.store.advance(work, State.PREPARING, cause, now, finished_at=None, next_at=at)

    def _outage(self, process: Process, work: Row) -> None:
        now = process.now()
        if work.state is State.READY:
            self.store.advance(work, work.state, "", now, next_at=max(work.due_at, now))
            return
        at = now + self.timings.first_retry * (0.5 + self.meta.rng.random())
        at = min(at, work.due_at) if now < work.due_at else at
        self.store.advance(work, State.PREPARING, "outage", now, next_at=at)

    def _react(self, process: Process, work: Row, kind: Kind, reaction: Reaction) -> None:
        now, tries = process.now(), work.tries + 1
        if reaction is Reaction.FAIL or tries > self.timings.fetch_tries:
            if work.state is not State.PREPARING:
                self.store.advance(work, State.PREPARING, "trouble", now, next_at=now)
                work.state = State.PREPARING
            self.store.advance(work, State.FAILED, f"meta_{kind.value}", now, next_at=None)
            return
        at = pace.retry_at(
            tries,
            due_at=work.due_at,
            now=now,
            timings=self.timings,
            spread=self.meta.rng.random(),
        )
        self.store.advance(
            work, State.PREPARING, "retry", now, next_at=at, tries=tries, **NO_CONTAINER
        )

    def _is_stopped(self, process: Process, work: Row) -> bool:
        now = process.now()
        what = self.by.obstacle(
            due_at=work.due_at,
            grace=GRACE,
            is_paused=work.is_paused,
            needs_reconnect=work.needs_reconnect,
            throttled_until=work.throttled_until,
            now=now,
        )
        if (
            what is State.MISSED
            and self.by.when_too_late(first_intent_at=work.first_intent_at) is not State.MISSED
        ):
            self._look_first(process, work)
        elif what is State.MISSED:
            self.store.advance(work, State.MISSED, "missed", now, next_at=None)
        elif what is not None:
            self._hold(process, work, what, until=work.throttled_until)
        return what is not None

    def _hold(self, process: Process, work: Row, reason: HoldReason, *, until: Any = None) -> None:
        now = process.now()
        account = self.store.accounts[work.account]
        gone = {
            HoldReason.PAUSED: not account.is_paused,
            HoldReason.TOKEN: not account.needs_reconnect,
        }
        if gone.get(reason, False):
            self.store.advance(work, work.state, "", now, next_at=now)
            return
        end = max(work.deadline, now)
        self.store.advance(
            work,
            State.HELD,
            f"held_{reason.value}",
            now,
            hold_reason=reason.value,
            held_from=work.held_from if work.state is State.HELD else work.state.value,
            next_at=min(until, end) if until else end,
        )

    def wake(self, process: Process, work: Row) -> Going:
        """Look again at a held post."""
        if self._is_stopped(process, work):
            return
        if work.hold_reason == HoldReason.TWIN and self.store.has_twin_in_doubt(work):
            until = process.now() + self.timings.twin_recheck
            self._hold(process, work, HoldReason.TWIN, until=until)
            return
        if work.hold_reason == HoldReason.CLOCK:
            yield self.meta.latency()
            if self._has_wrong_clock(process, work):
                return
        now = process.now()
        to = self.by.resumed(
            reason=HoldReason(work.hold_reason),
            held_from=work.held_from,
            has_container=work.has_container,
            made_at=work.container_made_at,
            due_at=work.due_at,
            now=now,
            timings=self.timings,
        )
        at = max(work.due_at, now) if to is State.READY else now
        self.store.advance(work, to, "released", now, next_at=at, hold_reason="", held_from="")

    def _has_wrong_clock(self, process: Process, work: Row) -> bool:
        if abs(process.offset) <= self.timings.clock_skew.total_seconds():
            return False
        until = process.now() + self.timings.clock_recheck
        self._hold(process, work, HoldReason.CLOCK, until=until)
        return True

    # -- the shot ----------------------------------------------------------------------------

    def shoot(self, process: Process, work: Row) -> Going:
        """Intent, fence, call, and what the answer means."""
        if self._is_stopped(process, work) or self._has_wrong_clock(process, work):
            return
        now = process.now()
        until = self.by.spaced_until(
            work.due_at,
            latest_intent_at=self.store.sent_at.get(work.account),
            now=now,
            timings=self.timings,
        )
        if until is not None:
            self.store.advance(work, work.state, "", now, next_at=until)
            return
        aim = self.by.take_aim(
            first_intent_at=work.first_intent_at,
            intent_no=work.intent_no,
            now=now,
            timings=self.timings,
        )
        yield COMMIT
        if not self.store.aim(work, aim, now):
            if self.store.has_twin_in_doubt(work):
                until = now + self.timings.twin_recheck
                self._hold(process, work, HoldReason.TWIN, until=until)
                return
            self.store.advance(work, work.state, "", now, next_at=now + self.timings.tick)
            return
        work.state = aim.to
        work.__dict__.update(aim.values)
        yield COMMIT
        began_at = process.now()
        yield COMMIT
        if not self.by.holds_fence(work.fence, self.store.fence_of(work.id)):
            return
        yield COMMIT
        answer = Answer(0.0, sent=False)
        if self.by.may_send(process.now() - began_at, self.timings):
            answer = self.meta.publish(work.container_id)
        yield answer.wait
        self._answered(process, work, answer)

    def _answered(self, process: Process, work: Row, answer: Answer) -> None:
        now = process.now()
        is_only = self.by.is_only_intent(work.first_intent_at, work.intent_at)
        if answer.media_id is not None:
            self.store.record_live(work, answer.media_id, now)
        elif not answer.sent and self.by.after_not_sent(is_only=is_only) is State.READY:
            self.store.advance(
                work,
                State.READY,
                "not_sent",
                now,
                first_intent_at=None,
                next_at=now + self.timings.tick,
            )
        else:
            what = Meaning.UNKNOWN
            if answer.sent:
                what = self.by.meaning(
                    answer.kind,
                    http_status=answer.http_status,
                    is_only=is_only,
                    tries=work.tries,
                    timings=self.timings,
                )
            self._refused(process, work, answer, what)

    def _refused(self, process: Process, work: Row, answer: Answer, what: Meaning) -> None:
        now, kind = process.now(), answer.kind or Kind.OTHER
        values: dict[str, Any] = {"first_intent_at": None}
        if what is Meaning.UNKNOWN:
            at = pace.look_at(0, intent_at=work.intent_at or now, now=now, timings=self.timings)
            self.store.advance(work, State.UNKNOWN, "unknown", now, next_at=at)
        elif what is Meaning.AGAIN:
            at = now + self.timings.not_ready_waits[work.tries]
            values |= {"tries": work.tries + 1, "next_at": at}
            self.store.advance(work, State.READY, "not_ready", now, **values)
        elif what is Meaning.HOLD:
            until = now + self.timings.quota_recheck if kind not in NEEDS_RECONNECT else None
            if kind in NEEDS_RECONNECT:
                self.store.accounts[work.account].needs_reconnect = True
                self.on_token(work.account)
            end = max(work.deadline, now)
            values |= {"hold_reason": HOLDS[kind].value, "held_from": State.READY.value}
            values |= {"next_at": min(until, end) if until else end}
            self.store.advance(work, State.HELD, f"meta_{kind.value}", now, **values)
        else:
            values |= {**NO_CONTAINER, "tries": 0, "next_at": now + self.timings.first_poll}
            self.store.advance(work, State.PREPARING, f"meta_{kind.value}", now, **values)

    # -- finding out -------------------------------------------------------------------------

    def lost(self, process: Process, work: Row) -> Going:
        """A shot whose worker is gone."""
        now = process.now()
        at = pace.look_at(0, intent_at=work.intent_at or now, now=now, timings=self.timings)
        self.store.advance(work, State.UNKNOWN, "worker_lost", now, next_at=at)
        yield from ()

    def look(self, process: Process, work: Row) -> Going:
        """Read the list and the container, and weigh them."""
        yield self.meta.latency()
        match = self._match(process, work)
        status = Status.NONE_MADE
        if work.container_id:
            yield self.meta.latency()
            status = self.meta.status(work.container_id)
        now = process.now()
        intent_at = work.intent_at or work.due_at
        weighed = self.by.weigh(
            status,
            match.listing,
            absent_looks=work.absent_looks,
            absent_look_at=work.absent_look_at,
            intent_at=intent_at,
            now=now,
            timings=self.timings,
        )
        yield COMMIT
        if weighed.verdict in (Verdict.LINK, Verdict.LIVE):
            self.store.record_live(work, match.media.media_id if match.media else None, now)
        elif weighed.verdict is Verdict.REVIEW:
            self.store.advance(work, State.REVIEW, "review", now, next_at=None)
        elif weighed.verdict is Verdict.LOOK:
            looks, absent = work.looks + 1, weighed.absent_looks
            at = self.by.next_look_at(
                looks, absent_looks=absent, intent_at=intent_at, now=now, timings=self.timings
            )
            self.store.advance(
                work,
                State.UNKNOWN,
                "look",
                now,
                next_at=at,
                looks=looks,
                absent_looks=absent,
                absent_look_at=now if absent > work.absent_looks else work.absent_look_at,
            )
        else:
            self._absent(process, work, weighed.verdict)

    def _absent(self, process: Process, work: Row, verdict: Verdict) -> None:
        now = process.now()
        to = self.by.after_absence(
            verdict,
            due_at=work.due_at,
            grace=GRACE,
            has_container=work.has_container,
            made_at=work.container_made_at,
            now=now,
            timings=self.timings,
        )
        values: dict[str, Any] = {"next_at": max(work.due_at, now), "absent_looks": 0}
        if to is State.MISSED:
            values = {"next_at": None, "first_intent_at": None}
        elif to is State.PREPARING:
            values |= {**NO_CONTAINER, "next_at": now, "first_intent_at": None, "tries": 0}
        self.store.advance(work, to, "proved_absent", now, **values)

    def link(self, process: Process, work: Row) -> Going:
        """Search the media of a post that is live."""
        yield self.meta.latency()
        match = self._match(process, work)
        now = process.now()
        if match.media is not None:
            self.store.record_live(work, match.media.media_id, now)
            return
        intent_at = work.intent_at or work.due_at
        looks = work.looks + 1
        at = self.by.next_link_look_at(looks, intent_at=intent_at, now=now, timings=self.timings)
        self.store.advance(work, State.PUBLISHED, "", now, next_at=at, looks=looks)

    def _match(self, process: Process, work: Row) -> Match:
        listed = self.meta.listed(work.account)
        if listed is None:
            return UNREADABLE
        first = work.first_intent_at or work.intent_at or work.due_at
        others = {m for m, row_id in self.store.linked.items() if row_id != work.id}
        found: Match = self.by.find(
            Wanted(
                caption=work.caption,
                is_carousel=False,
                is_video=False,
                child_count=0,
                not_before=first - self.timings.match_before_intent,
                not_after=process.now() + self.timings.clock_skew,
            ),
            listed[0],
            is_whole=listed[1],
            taken={*work.baseline, *others},
        )
        if found.media is not None and self.store.may_be_a_twins(work):
            return Match(listing=Listing.SEVERAL)
        return found
