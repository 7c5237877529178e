"""The main loop of the child that reads pictures.  Light: the server imports it by name.

The parent never unpickles what the child says: a child that a hostile file has taken over
can send nothing but JSON.
"""

import json
import os
import resource
import signal
from importlib import import_module
from multiprocessing.connection import Connection

from ospost.imaging.values import Limits

JOBS = "ospost.imaging.jobs"  # imports the decoders; nobody but the child and its server may
BEGUN = b"begun"
LARGEST_ANSWER = 1 << 16
ORPHAN_SECONDS = 5.0  # beyond the deadline, for a child whose parent is gone
DESCRIPTORS = 64


def serve(pipe: Connection, limits: Limits) -> None:
    """Do one job after another until the parent hangs up."""
    _confine(limits)
    jobs = import_module(JOBS)
    while True:
        try:
            request = json.loads(pipe.recv_bytes())
        except EOFError:
            return
        pipe.send_bytes(BEGUN)
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + ORPHAN_SECONDS)
        answer = jobs.run(request, limits)
        signal.setitimer(signal.ITIMER_REAL, 0)
        pipe.send_bytes(json.dumps(answer).encode())


def _confine(limits: Limits) -> None:
    """Bound memory, files and time; be silent, since decoders may print bytes of the file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which hangs up
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever it is doing
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (least, least))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
