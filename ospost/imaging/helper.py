"""One child process seen from its parent: a pipe, a deadline and an end."""

import time

from ospost.errors import Unavailable
from ospost.imaging.child import LARGEST_ANSWER, serve
from ospost.imaging.forking import pipe, release, start
from ospost.imaging.values import Limits

FAREWELL_SECONDS = 2.0


class Stopped(Exception):
    """The child is gone; *begun* tells whether it had taken up the job."""

    def __init__(self, *, begun: bool) -> None:
        """Remember how far it came."""
        super().__init__(begun)
        self.begun = begun


class Overdue(Exception):
    """The job was not done at its deadline."""


class Helper:
    """A running child; not for several threads at once."""

    def __init__(self, limits: Limits) -> None:
        """Start it; raises `Unavailable` when the system gives us no process."""
        self._pipe, theirs = pipe()
        try:
            self._process = start(serve, theirs, limits)
        except (OSError, EOFError) as error:
            self._pipe.close()
            raise Unavailable("Photos cannot be read at present. Please try again.") from error
        finally:
            theirs.close()
        self.pid = self._process.pid
        self.jobs = 0
        self._busy = False

    @property
    def is_gone(self) -> bool:
        """Whether it has hung up; between jobs it has nothing else to say."""
        return self._pipe.poll(0)

    def do(self, request: bytes, *, seconds: float) -> bytes:
        """Send one job and return the answer; raises `Stopped`, `Overdue` after *seconds*."""
        self.jobs += 1
        self._busy = True
        deadline = time.monotonic() + seconds
        try:
            self._pipe.send_bytes(request)
            self._receive(deadline)
        except (OSError, EOFError) as error:
            raise Stopped(begun=False) from error
        try:
            answer = self._receive(deadline)
        except (OSError, EOFError) as error:
            raise Stopped(begun=True) from error
        self._busy = False
        return answer

    def _receive(self, deadline: float) -> bytes:
        if not self._pipe.poll(max(0.0, deadline - time.monotonic())):
            raise Overdue
        return self._pipe.recv_bytes(LARGEST_ANSWER)

    def dismiss(self) -> int | None:
        """Hang up and see it end, at once if it is in a job; returns its exit code."""
        self._pipe.close()
        return release(self._process, seconds=0 if self._busy else FAREWELL_SECONDS)

    def forget(self) -> None:
        """Close our copy of the pipe and leave the process to whoever started it."""
        self._pipe.close()
