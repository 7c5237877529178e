"""Make a process end together with the process that started it."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(expected: int | None = None, end_by: signal.Signals = signal.SIGKILL) -> None:
    """Ask Linux to end this process by a signal when its parent dies, however that dies.

    Nothing is left behind then after `kill -9` of a launcher. The wish outlives `exec`. *expected*
    is the parent's process id; when it is gone already, this process ends at once. Does nothing
    on other systems. https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, end_by, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if expected is not None and os.getppid() != expected:
        os.kill(os.getpid(), signal.SIGKILL)
