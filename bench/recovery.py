"""Killed with SIGKILL at a step and started again: how long until it goes on, or knows.

Each case has a folder, a database and a practice Instagram of its own. Those in doubt wait side by
side; meanwhile the others come one after the other, so that starts do not compete for the cores.
Run: `python -m bench --only recovery`.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.page import Goal, Part, table
from bench.scale import Scale
from bench.stage import Stage, stage
from models import Event

BEFORE, DOUBT = "before the intent", "in doubt"
MOST_SECONDS = {BEFORE: 15, DOUBT: 210}
AHEAD_SECONDS = 25
APART_SECONDS = 8
WORK = ("create", "status", "publish")

METHOD = """One post each. Ospost is killed with SIGKILL at a step of its publishing, and started again
at once; all timings have their full length. *Before the intent* it has gone on when its first call
for the post arrives; *in doubt* (the publish call may have happened) it has decided when the post's
timeline says what became of it. Seconds count from the start of the new process, Python's start
included. The practice Instagram publishes a used container a second time when asked to, so that
every repetition would show as a double."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Where the process is killed."""

    point: str
    kind: str
    words: str
    occurrence: int = 1
    is_answer_lost: bool = False


CASES = (
    Case(point="claimed", kind=BEFORE, words="the post was claimed", occurrence=2),
    Case(point="preparing", kind=BEFORE, words="its picture is being made"),
    Case(point="container_made", kind=BEFORE, words="a container is made, not written down"),
    Case(point="ready", kind=BEFORE, words="it is ready"),
    Case(point="fence_read", kind=DOUBT, words="the call was about to be sent"),
    Case(point="answered", kind=DOUBT, words="the call was answered, not written down"),
    Case(point="answered", kind=DOUBT, words="the answer was lost", is_answer_lost=True),
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How one case went."""

    case: Case
    seconds: float
    live_seconds: float
    live: int
    doubled: int

    @property
    def is_well(self) -> bool:
        """Whether the post is out once, and in time."""
        in_time = self.seconds <= MOST_SECONDS[self.case.kind]
        return in_time and self.live == 1 and self.doubled == 0


def measure(case: Case, on: Stage) -> Found:
    """Kill it there, start it again, and wait for the post."""
    process = on.plant.start(point=case.point, occurrence=case.occurrence)
    process.wait(AHEAD_SECONDS + len(CASES) * APART_SECONDS + 60)
    began = time.time()
    on.plant.start()
    happened = _went_on if case.kind == BEFORE else _decided
    wait = 0.05 if case.kind == BEFORE else 0.5
    seconds = _until(lambda: happened(on, began), wait=wait) - began
    live_at = _until(lambda: time.time() if on.plant.all_live() else None, wait=0.5)
    return Found(
        case=case,
        seconds=seconds,
        live_seconds=live_at - began,
        live=on.live(),
        doubled=on.doubled(),
    )


def _until(moment: Callable[[], float | None], *, wait: float) -> float:
    end = time.monotonic() + 400
    while time.monotonic() < end:
        found = moment()
        if found is not None:
            return found
        time.sleep(wait)
    raise TimeoutError("it did not happen")


def _went_on(on: Stage, began: float) -> float | None:
    """Return when the new process made its first call for the post."""
    calls = [call for call in list(on.world.calls) if call["endpoint"] in WORK]
    moments = [call["at_ms"] / 1000 for call in calls if call["at_ms"] / 1000 > began]
    return min(moments, default=None)


def _decided(on: Stage, began: float) -> float | None:
    """Return when the new process found out what became of the call."""
    engine = on.plant.engine()
    with Session(engine) as session:
        found = session.scalar(
            select(Event.at)
            .where(Event.from_state == "unknown", Event.to_state != "unknown")
            .where(Event.at > datetime.fromtimestamp(began, UTC))
            .order_by(Event.id)
            .limit(1)
        )
    engine.dispose()
    return found.timestamp() if found else None


def _set_up(case: Case, on: Stage, ahead_seconds: float) -> None:
    on.world.switches.used_container = "duplicate"
    if case.is_answer_lost:
        on.world.faults.add(endpoint="publish", kind="lost_after", count=1)
    due_at = datetime.now(UTC) + timedelta(seconds=ahead_seconds)
    on.post("Survivor", due_at=due_at, account=0)


def _one_by_one(cases: list[Case], stages: list[Stage]) -> list[Found]:
    found = []
    for case, on in zip(cases, stages, strict=True):
        _set_up(case, on, 1)
        found.append(measure(case, on))
    return found


def run(divisor: float) -> list[Found]:
    """Run all cases."""
    before = [case for case in CASES if case.kind == BEFORE]
    doubt = [case for case in CASES if case.kind == DOUBT]
    with ExitStack() as stack, ThreadPoolExecutor(len(CASES)) as pool:
        first, second = (
            [stack.enter_context(stage(1, divisor=divisor)) for _ in cases]
            for cases in (before, doubt)
        )
        for number, (case, on) in enumerate(zip(doubt, second, strict=True)):
            _set_up(case, on, AHEAD_SECONDS + number * APART_SECONDS)
        waiting = [pool.submit(measure, case, on) for case, on in zip(doubt, second, strict=True)]
        done = pool.submit(_one_by_one, before, first).result()
        return done + [future.result() for future in waiting]


def part(scale: Scale) -> Part:
    """Measure every case."""
    found = run(scale.divisor)
    rows = [
        (
            f"{one.case.kind}: {one.case.words}",
            f"{one.seconds:.1f} s",
            f"{one.live_seconds:.1f} s",
            one.live,
            one.doubled,
        )
        for one in found
    ]
    head = ("killed", "gone on / decided after", "live and linked after", "live", "doubled")
    goals = tuple(
        _goal(kind, [one for one in found if one.case.kind == kind]) for kind in MOST_SECONDS
    )
    return Part(title="Recovery", method=METHOD, figures=table(head, rows), goals=goals)


def _goal(kind: str, found: list[Found]) -> Goal:
    longest = max(one.seconds for one in found)
    lost, doubled = sum(one.live == 0 for one in found), sum(one.doubled for one in found)
    verb = "goes on" if kind == BEFORE else "decided"
    return Goal(
        what=f"Recovery after `kill -9`, {kind}",
        goal=f"{verb} ≤ {MOST_SECONDS[kind]} s after the restart, none lost or doubled",
        measured=f"{longest:.1f} s at most of {len(found)} kills; {lost} lost, {doubled} doubled",
        is_met=all(one.is_well for one in found),
    )
