"""Starts children by the fork server of the standard library, and lets the server end too.

A child that is forked from the web process would inherit its threads' locks and its memory;
one from the fork server starts from a small clean process that has the decoders loaded.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, get_context
from multiprocessing import process as processes
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from types import ModuleType
from typing import Any

PRELOAD = ["ospost.imaging.child", "ospost.imaging.jobs"]

_context = get_context("forkserver")
_starting = threading.Lock()
_running: set[int] = set()  # ids of the process objects that have not been released


def pipe() -> tuple[Connection, Connection]:
    """Return both ends of a pipe between this process and a child."""
    return _context.Pipe()


def start(target: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Run *target* in a new child; give it back to `release` when it is no longer needed."""
    with _starting:
        _context.set_forkserver_preload(PRELOAD)
        forkserver.ensure_running()
        process = _context.Process(target=target, args=args, daemon=True)
        with _main_hidden():
            process.start()
        _running.add(id(process))
        return process


def release(process: ForkServerProcess, *, seconds: float) -> int | None:
    """Wait *seconds* for a child that was told to end, then kill it; returns its exit code."""
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    with _starting:
        _running.discard(id(process))
    return code


def rest() -> None:
    """End the fork server as well (about 25 MB) if no child of ours is left."""
    with _starting:
        if not _running:
            # The library stops it in its own tests only; without this it stays for ever.
            forkserver._forkserver._stop()  # type: ignore[attr-defined]  # not in typeshed


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep the child from importing our main module again: gunicorn, Flask, a whole test run."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _forget_after_fork() -> None:
    """Begin anew in a forked process (a web server's worker): the fork server is not its child."""
    global _starting
    _starting = threading.Lock()
    _running.clear()
    processes._children.clear()  # type: ignore[attr-defined]  # else our exit ends them
    alive = forkserver._forkserver._forkserver_alive_fd  # type: ignore[attr-defined]  # as above
    if alive is not None:
        os.close(alive)
    forkserver.ForkServer.__init__(forkserver._forkserver)


os.register_at_fork(after_in_child=_forget_after_fork)
