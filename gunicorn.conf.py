"""The production server: one process, eight threads, and the scheduler in that process."""

import logging
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import gunicorn.http.wsgi

from ospost import logs
from scripts.environment import merged
from scripts.parent import die_with_parent
from scripts.serve import address

wsgi_app = "scripts.wsgi:make_app()"
bind = address(merged())
workers = 1
worker_class = "scripts.worker.Worker"
threads = 8
keepalive = 5
# The heartbeat comes from the main loop, not from requests; only an upgrade of a large database
# at the start keeps it waiting.
timeout = 600
graceful_timeout = 40
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat file
# No second way in, no file left behind.
control_socket_disable = True
# Proxies are counted by TRUSTED_PROXIES alone.
forwarded_allow_ips = ""
# An address line may hold a secret, so requests are not logged here.
accesslog = None
errorlog = "-"
loglevel = "info"

DRAIN_SECONDS = 36.0
"""A shot in flight ends within 30 s; the machine waits 35 s for it."""

# No name or version of the server in answers.
gunicorn.http.wsgi.SERVER = "Ospost"  # type: ignore[attr-defined]  # the stubs lack it

_drain: dict[int, threading.Thread] = {}


def on_starting(_server: Any) -> None:
    """Write the server's own lines as the product's: in the same form, without secrets."""
    form = merged().get("LOG_FORMAT", "text").lower()
    logging.getLogger("gunicorn.error").handlers[:] = [logs.calm_handler(form)]


def when_ready(server: Any) -> None:
    """Let Ctrl-C end like SIGTERM: with a drain."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGINT, on_interrupt)
    server.log.info("Ospost is ready to start its worker")


def post_fork(_server: Any, worker: Any) -> None:
    """Leave no worker on the port when the master is killed."""
    die_with_parent(worker.ppid)


def post_worker_init(worker: Any) -> None:
    """Start publishing in this worker; at SIGTERM stop it beside the requests, not after them."""
    from app import start_publishing, stop_publishing

    drain = threading.Thread(target=stop_publishing, args=(worker.wsgi,), name="drain")
    _drain[worker.pid] = drain

    def on_terminate(number: int, frame: FrameType | None) -> None:
        if drain.ident is None:
            drain.start()
        worker.handle_exit(number, frame)

    start_publishing(worker.wsgi)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the master passes it on as SIGTERM
    signal.signal(signal.SIGTERM, on_terminate)


def worker_exit(_server: Any, worker: Any) -> None:
    """Wait until publishing has stopped, whatever ended this worker."""
    drain = _drain.pop(worker.pid, None)
    if drain is None:
        return
    if drain.ident is None:
        drain.start()
    drain.join(DRAIN_SECONDS)
    worker.wsgi.extensions["ospost"].close()
