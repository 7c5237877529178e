"""Ports of this machine: which are free, and a socket that keeps one."""

import socket
from collections.abc import Iterator

LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
TRIES = 200


class NoFreePort(Exception):
    """No port in reach is free; the message says which were tried."""


def is_taken(port: int) -> bool:
    """Say whether anything listens on *port* under any name that `localhost` may mean."""
    return any(_answers(family, host, port) for family, host in LOOPBACKS)


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect((host, port))
        except OSError:
            return False
        # A free port of the ephemeral range may connect to itself.
        return bool(probe.getsockname() != probe.getpeername())


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on *port*; raises `OSError` when it is taken."""
    if is_taken(port):
        raise OSError(f"port {port} is taken")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def listen_from(host: str, first: int) -> socket.socket:
    """Return a socket on the first free port from *first* on."""
    for port in _candidates(first):
        try:
            return listen(host, port)
        except OSError:
            continue
    raise NoFreePort(f"None of the ports {first} to {first + TRIES - 1} is free on {host}.")


def free_from(first: int) -> int:
    """Return the first port from *first* on that a program on this machine could take now."""
    with listen_from("127.0.0.1", first) as listener:
        return int(listener.getsockname()[1])


def _candidates(first: int) -> Iterator[int]:
    yield from range(first, min(first + TRIES, 65_536))
