"""The workshop: hands pictures to one warm child process, so that nothing is decoded here."""

import errno
import json
import logging
import os
import secrets
import signal
import threading
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ospost.errors import Unavailable
from ospost.imaging.errors import BadPicture, Reason, WorkshopBusy, WorkshopDied
from ospost.imaging.forking import rest
from ospost.imaging.helper import Helper, Overdue, Stopped
from ospost.imaging.values import Facts, Limits, Recipe, Rendered

logger = logging.getLogger(__name__)

CRASHES = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Workshop:
    """Reads and makes pictures, one at a time, for any number of threads.

    The child is started by the first job, replaced after *files_per_child* jobs, killed when a
    job takes longer than *limits.seconds*, and ended after *idle* seconds without work.
    Usable again after `close` and in a process forked from this one.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        idle: float = 60.0,
        files_per_child: int = 50,
        patience: float = 120.0,
    ) -> None:
        """Take times in seconds; *patience* is how long a job may wait for its turn."""
        self._limits = limits or Limits()
        self._idle = idle
        self._files_per_child = files_per_child
        self._patience = patience
        self._begin()
        _workshops.add(self)

    def _begin(self) -> None:
        self._turn = threading.Lock()
        self._helper: Helper | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        """Use it as a context that closes itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    @property
    def pid(self) -> int | None:
        """The process id of the child, None while there is none."""
        helper = self._helper
        return helper.pid if helper else None

    def probe(self, path: Path | str) -> Facts:
        """Return what the file at *path* is, having decoded its first picture once.

        Raises `BadPicture`, `WorkshopDied`, `WorkshopBusy`, `OSError` when it can't be opened.
        """
        done = self._ask({"path": os.path.abspath(path)})
        return Facts(**done)

    def render(
        self,
        path: Path | str,
        recipe: Recipe,
        out_path: Path | str,
        *,
        scratch: Path | None = None,
    ) -> Rendered:
        """Make the picture of *recipe* at *out_path*, whole or not at all; its folder must exist.

        Until it is whole it lies at *scratch*, by default beside *out_path*; a process that is
        killed leaves it there.
        Raises `BadPicture`, `WorkshopDied`, `WorkshopBusy`, `Unavailable` when the disk is full,
        `OSError` for other refusals of the file system.
        """
        out = Path(os.path.abspath(out_path))
        part = scratch or out.with_name(f".{secrets.token_hex(8)}.part")
        request = {
            "path": os.path.abspath(path),
            "purpose": recipe.purpose,
            "crop": str(recipe.crop) if recipe.crop else "",
            "out_path": str(part),
        }
        try:
            rendered = Rendered(**self._ask(request))
            os.replace(part, out)
        finally:
            part.unlink(missing_ok=True)
        return rendered

    def close(self) -> None:
        """End the child once its job is done, and the server that it came from."""
        with self._turn:
            self._stop_timer()
            self._dismiss()
            rest()

    def _ask(self, request: dict[str, str]) -> dict[str, Any]:
        """Wait for the turn and let the child do the job."""
        if not self._turn.acquire(timeout=self._patience):
            raise WorkshopBusy
        try:
            self._stop_timer()
            answer = json.loads(self._work(json.dumps(request).encode()))
        finally:
            self._start_timer()
            self._turn.release()
        if "done" not in answer:
            raise _trouble(answer)
        return dict(answer["done"])

    def _work(self, request: bytes) -> bytes:
        """Pass the request on; a child that was found dead before it began is replaced once."""
        try:
            try:
                return self._ready().do(request, seconds=self._limits.seconds)
            except Stopped as stopped:
                if stopped.begun:
                    raise
                self._dismiss()
                return self._ready().do(request, seconds=self._limits.seconds)
        except Overdue as error:
            self._dismiss()
            raise BadPicture(Reason.TOO_SLOW) from error
        except Stopped as error:
            code = self._dismiss()
            logger.warning("picture child ended at work", extra={"exit_code": code})
            if code in CRASHES:
                raise BadPicture(Reason.BROKEN, cause=f"exit {code}") from error
            raise WorkshopDied from error

    def _ready(self) -> Helper:
        """Return a living child with files left to do."""
        if self._helper and (self._helper.jobs >= self._files_per_child or self._helper.is_gone):
            self._dismiss()
        if self._helper is None:
            self._helper = Helper(self._limits)
        return self._helper

    def _dismiss(self) -> int | None:
        """Part with the child; returns its exit code, negative for a signal."""
        helper, self._helper = self._helper, None
        return helper.dismiss() if helper else None

    def _start_timer(self) -> None:
        if self._helper is None:
            return
        self._timer = threading.Timer(self._idle, _let_go, (weakref.ref(self), self._helper.jobs))
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _rest_if_idle(self, jobs: int) -> None:
        """End the child if it has done nothing since it had done *jobs*."""
        with self._turn:
            if self._helper and self._helper.jobs == jobs:
                self._dismiss()
                rest()

    def _forget_after_fork(self) -> None:
        """Leave the child to the process that started it."""
        helper = self._helper
        self._begin()
        if helper:
            helper.forget()


def _trouble(answer: dict[str, Any]) -> Exception:
    """Return what the child's refusal means here."""
    if "errno" in answer:
        code = int(answer["errno"])
        if code in NO_ROOM:
            return Unavailable("There is no room left for files on this server.")
        return OSError(code, os.strerror(code))
    if "fault" in answer:
        return RuntimeError(f"in the picture child: {answer['fault']}")
    reason, detail, cause = Reason(answer["reason"]), str(answer["detail"]), str(answer["cause"])
    logger.info("picture refused", extra={"reason": reason, "cause": cause})
    return BadPicture(reason, detail, cause=cause)


def _let_go(of: "weakref.ref[Workshop]", jobs: int) -> None:
    workshop = of()
    if workshop:
        workshop._rest_if_idle(jobs)


_workshops: "weakref.WeakSet[Workshop]" = weakref.WeakSet()


def _forget_after_fork() -> None:
    for workshop in list(_workshops):
        workshop._forget_after_fork()


os.register_at_fork(after_in_child=_forget_after_fork)
