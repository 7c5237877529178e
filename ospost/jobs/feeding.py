"""Hands the next row to threads that have just finished one; who ask together share one claim.

Under load dozens of threads finish within milliseconds. A claim is a write transaction, and one
that takes twenty rows costs little more than one that takes a single row.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ospost.services.publishing.machine import Task


@dataclass
class _Want:
    """What one thread waits for."""

    is_after_shot: bool
    is_served: bool = False
    task: Task | None = None


class Feeder:
    """Gathers wants while a claim is under way, and serves them all with the next."""

    def __init__(self, claim: Callable[[int, int], list[Task]]) -> None:
        """Take the function that claims for so many threads after shots and so many others."""
        self._claim = claim
        self._gathering = threading.Lock()
        self._claiming = threading.Lock()
        self._wants: list[_Want] = []

    def next(self, *, is_after_shot: bool) -> Task | None:
        """Return a row for the calling thread, or None when nothing is due.

        What the claim raises reaches one of the threads that asked; the others get nothing.
        """
        want = _Want(is_after_shot)
        with self._gathering:
            self._wants.append(want)
        with self._claiming:
            if not want.is_served:
                self._serve()
        return want.task

    def _serve(self) -> None:
        with self._gathering:
            wants, self._wants = self._wants, []
        for want in wants:
            want.is_served = True
        after_shots = sum(want.is_after_shot for want in wants)
        tasks = self._claim(after_shots, len(wants) - after_shots)
        for want, task in zip(wants, tasks, strict=False):
            want.task = task
