"""Ports for what tests start."""

import itertools
import os
import socket

STEP = 16
FIRST, LAST = 10_240, 20_992
"""Below the ports that a system gives to outgoing connections: none of those takes one meanwhile."""

_places = itertools.count(os.getpid() * 37)


def free_port() -> int:
    """Return a port that nobody listens on, and that no other worker of the same run will be given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw") or STEP - 1) % STEP
    for place in _places:
        port = FIRST + place * STEP % (LAST - FIRST) + worker
        if is_free(port):
            return port
    raise AssertionError("no free port")


def is_free(port: int) -> bool:
    """Whether somebody could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
