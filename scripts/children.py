"""The programs that the launcher started: wait until they answer, stop them."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scripts.environment import ROOT
from scripts.parent import die_with_parent

POLL_SECONDS = 0.1


class ChildDied(Exception):
    """A program ended without being asked; the message says which and how."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """A program that the launcher started, with its name for people."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    health: str

    def check(self) -> None:
        """Raise `ChildDied` when the program has ended."""
        code = self.process.poll()
        if code is None:
            return
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        raise ChildDied(f"{self.name} ended by itself ({how}); its words stand above.")

    def is_healthy(self) -> bool:
        """Say whether the program answers 200 at its health address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self.health, headers={"Host": f"localhost:{self.port}"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self, *, within: float) -> None:
        """Ask the program to end, and kill it when it has not after *within* seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop within {within:.0f} s; killed.", file=sys.stderr)
            self.process.kill()
            self.process.wait()


def start(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    environ: Mapping[str, str],
    health: str,
    keep: Sequence[int] = (),
) -> Child:
    """Start a program in a session of its own, so that Ctrl-C reaches the launcher only.

    Its log goes where ours goes; what it would tell a person, the launcher tells. *health*: path
    that answers 200 once it works. *keep*: file descriptors that it inherits.
    """
    launcher = os.getpid()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=keep,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(launcher),  # noqa: PLW1509 - we have one thread
    )
    return Child(name=name, port=port, process=process, health=health)


def wait_until_healthy(
    child: Child, *, within: float, is_asked_to_stop: Callable[[], bool]
) -> bool:
    """Return whether *child* answers; False when we were asked to stop first.

    Raises `ChildDied` when it ends, or does not answer within *within* seconds.
    """
    deadline = time.monotonic() + within
    while not is_asked_to_stop():
        child.check()
        if child.is_healthy():
            return True
        if time.monotonic() > deadline:
            raise ChildDied(f"{child.name} does not answer after {within:.0f} s.")
        time.sleep(POLL_SECONDS)
    return False


def watch(children: Sequence[Child], *, is_asked_to_stop: Callable[[], bool]) -> None:
    """Return when we are asked to stop; raise `ChildDied` when a program ends before."""
    while not is_asked_to_stop():
        for child in children:
            child.check()
        time.sleep(POLL_SECONDS)
