"""The machine: what is claimed, and which step each claimed row takes.

It holds no posts and no thread waits in it: a step makes its calls, writes down what happened and
when to look again, and ends.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from ospost.domain.steps import Step, step_of
from ospost.graph.client import Access
from ospost.graph.errors import Refused
from ospost.services.publishing import asking, claims, following
from ospost.services.publishing.holding import wake
from ospost.services.publishing.looking import find_link, look, lost_in_flight
from ospost.services.publishing.preparing import prepare
from ospost.services.publishing.rows import Work
from ospost.services.publishing.shot import shoot
from ospost.services.publishing.tools import Tools
from ospost.services.publishing.trouble import on_error
from ospost.services.publishing.watching import watched

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something claimed: when it is to run, and what to run."""

    key: str
    run_at: datetime
    is_shot: bool
    account_id: int
    run: Callable[[], None]


class Machine:
    """Claims and runs; any number of them may work on one database."""

    def __init__(self, tools: Tools) -> None:
        """Take the outside worlds; nothing is read or started."""
        self.tools = tools

    def claim(self, *, threads: int, rest: int) -> list[Task]:
        """Take what is due within the coming moment: shots first, on *threads* free threads.

        At most *rest* of them go to anything else, so that hung creates or overdue polls cannot
        delay a shot.
        """
        now = self.tools.now()
        horizon = now + self.tools.timings.claim_ahead
        with self.tools.sessions() as session:
            if not claims.anything_due(session, horizon=horizon):
                return self._claim_questions(session, most=min(rest, threads))
            tasks = self.claim_shots(session, most=threads, horizon=horizon)
            most = len(tasks) + min(rest, threads - len(tasks))
            for claim in (
                partial(self._claim_rest, horizon=horizon),
                self._claim_errands,
                self._claim_questions,
            ):
                tasks = _and(tasks, partial(claim, session, most=most - len(tasks)))
        self.tools.reached("claimed")
        return tasks

    def claim_shots(self, session: Session, *, most: int, horizon: datetime) -> list[Task]:
        """Take shots due by *horizon*, at most one of each account."""
        tools = self.tools
        taken = claims.claim_shots(
            session,
            owner=tools.owner,
            horizon=horizon,
            most=most,
            now=tools.now(),
            timings=tools.timings,
            grace_seconds=tools.grace_seconds,
        )
        return [self._shot(work) for work in taken]

    def claim_next(self, *, most: int, rest: int) -> list[Task]:
        """Take what threads that have just finished go on with: *most* rows, *rest* no shots.

        What is due now comes first; then the shots of the coming second, which the tick had to
        leave behind one that is over now.
        """
        now = self.tools.now()
        ahead = now + self.tools.timings.claim_ahead
        with self.tools.sessions() as session:
            if not claims.anything_due(session, horizon=ahead):
                return []
            tasks = self.claim_shots(session, most=most, horizon=now)
            left = min(rest, most - len(tasks))
            tasks = _and(tasks, partial(self._claim_rest, session, most=left, horizon=now))
            left = most - len(tasks)
            return _and(tasks, partial(self.claim_shots, session, most=left, horizon=ahead))

    def _claim_rest(self, session: Session, *, most: int, horizon: datetime) -> list[Task]:
        tools = self.tools
        taken = claims.claim_rest(
            session,
            owner=tools.owner,
            horizon=horizon,
            most=most,
            now=tools.now(),
            timings=tools.timings,
            grace_seconds=tools.grace_seconds,
        )
        return [self._task(work, is_shot=False) for work in taken]

    def _claim_errands(self, session: Session, *, most: int) -> list[Task]:
        tools = self.tools
        errands = following.claim(
            session,
            owner=tools.owner,
            most=most,
            now=tools.now(),
            lease=tools.timings.lease,
            grace_seconds=tools.grace_seconds,
        )
        return [
            Task(
                key=f"f{errand.id}.{errand.fence}",
                run_at=tools.now(),
                is_shot=False,
                account_id=errand.work.account_id,
                run=lambda errand=errand: self._follow(errand),  # type: ignore[misc]  # bound early
            )
            for errand in errands
        ]

    def _claim_questions(self, session: Session, *, most: int) -> list[Task]:
        tools = self.tools
        now = tools.now()
        taken = asking.claim(
            session,
            most=most,
            horizon=now + tools.timings.claim_ahead,
            now=now,
            lease=tools.timings.create_lease,
        )
        return [
            Task(
                key=f"q{question.account_id}.{question.lease_end.timestamp()}",
                run_at=max(question.wanted_at, now),
                is_shot=False,
                account_id=question.account_id,
                run=lambda question=question: self._ask(question),  # type: ignore[misc]  # bound early
            )
            for question in taken
        ]

    def _ask(self, question: asking.Question) -> None:
        with self.tools.sessions() as session:
            asking.run(self.tools, session, question)

    def _shot(self, work: Work) -> Task:
        """Open the token ahead of the moment, so that nothing is read when it is due."""
        try:
            access = self.tools.access(work)
        except Refused as error:
            return self._task(work, is_shot=True, refused=error)
        return self._task(work, is_shot=True, access=access)

    def _task(
        self,
        work: Work,
        *,
        is_shot: bool,
        access: Access | None = None,
        refused: Refused | None = None,
    ) -> Task:
        moment = work.due_at if is_shot else work.wanted_at
        return Task(
            key=f"p{work.id}.{work.fence}",
            run_at=max(moment, self.tools.now()),
            is_shot=is_shot,
            account_id=work.account_id,
            run=lambda: self._step(work, access, refused),
        )

    def _step(self, work: Work, access: Access | None, refused: Refused | None) -> None:
        is_shot = refused is not None or access is not None
        name = "shot" if is_shot else step_of(work.state).value
        with watched(self.tools, name, work), self.tools.sessions() as session:
            if refused is not None:
                on_error(self.tools, session, work, refused)
            elif access is not None:
                shoot(self.tools, session, work, access)
            else:
                STEPS[step_of(work.state)](self.tools, session, work)

    def _follow(self, errand: following.Errand) -> None:
        with (
            watched(self.tools, errand.kind, errand.work),
            self.tools.sessions() as session,
        ):
            following.run(self.tools, session, errand)


def _and(tasks: list[Task], claim: Callable[[], list[Task]]) -> list[Task]:
    """Return *tasks* and what *claim* takes; where it fails, what is in hand must still be run."""
    try:
        return tasks + claim()
    except Exception:  # whatever it is, a shot must not wait for the end of its lease
        if not tasks:
            raise
        logger.exception("a claim failed; what is in hand goes on")
        return tasks


STEPS: dict[Step, Callable[[Tools, Session, Work], None]] = {
    Step.PREPARE: prepare,
    Step.WAKE: wake,
    Step.LOST: lost_in_flight,
    Step.LOOK: look,
    Step.LINK: find_link,
}
