"""Gunicorn's threaded worker, which at its end does not wait for those who say nothing.

A browser keeps connections open for its next request, and opens some before it has one. Gunicorn
would wait seconds for them; here they have a moment, and requests under way have all their time.
"""

import time
from concurrent.futures import Future

from gunicorn.workers import gthread
from gunicorn.workers.gthread import TConn, ThreadWorker

LINGER_SECONDS = 0.3
"""How long after SIGTERM a request that its client is just sending still finds us."""

SILENCE_SECONDS = 0.5
"""How long a new connection that says nothing keeps a thread; then it waits without one."""

LOOK_SECONDS = 0.1


class Worker(ThreadWorker):
    """What `worker_class` names in `gunicorn.conf.py`."""

    def handle(self, conn: TConn) -> bool:
        """Serve a connection; put one aside that is silent."""
        is_new = not conn.initialized and not conn.data_ready
        if is_new and not conn.wait_for_data(SILENCE_SECONDS):
            deferred: bool = gthread._DEFER  # type: ignore[attr-defined]  # the stubs lack it
            return deferred
        return super().handle(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called once at the end: let those go soon that wait for a request."""
        soon = min(deadline, time.monotonic() + LINGER_SECONDS)
        for conn in (*self.keepalived_conns, *self.pending_conns):
            conn.timeout = soon if conn.timeout is None else min(conn.timeout, soon)

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Keep no connection open for longer than a moment once the end has begun."""
        super().finish_request(conn, fs)
        if not self.alive and conn.timeout is not None:
            conn.timeout = min(conn.timeout, time.monotonic() + LINGER_SECONDS)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Look more often at the end."""
        often = LOOK_SECONDS if timeout is None else min(timeout, LOOK_SECONDS)
        super().wait_for_and_dispatch_events(timeout if self.alive else often)
