"""A whole Ospost in a process of its own, that can be told to die at a commit point.

Run as `python -m tests.processes.publisher PORT DIVISOR [POINT OCCURRENCE]`; settings come from
the environment. It serves the web app (Meta fetches the pictures from it) and publishes.
"""

import os
import signal
import sys
import threading

from werkzeug.serving import make_server

from app import create_app, start_publishing, stop_publishing
from ospost.domain.timings import Timings
from tests.support import _Quiet


def main() -> None:
    """Serve and publish until SIGTERM, or until the named moment is reached."""
    port, divisor = int(sys.argv[1]), float(sys.argv[2])
    app = create_app()
    run = app.extensions["ospost"]
    run.timings = Timings().scaled(divisor)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    start_publishing(app)
    if len(sys.argv) > 3:
        driver = app.extensions["ospost.driver"]
        driver.machine.tools.reached = _Killer(sys.argv[3], int(sys.argv[4]))
    print("ready", flush=True)
    server.serve_forever(0.02)
    stop_publishing(app)
    run.close()


class _Killer:
    """Ends the process with SIGKILL when a moment is reached for the n-th time."""

    def __init__(self, point: str, occurrence: int) -> None:
        self._point, self._left = point, occurrence
        self._lock = threading.Lock()

    def __call__(self, moment: str) -> None:
        with self._lock:
            if moment != self._point:
                return
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
