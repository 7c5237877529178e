"""A whole Ospost in a process of its own, that can be told to die at a commit point.

Run as `python -m tests.processes.publisher PORT DIVISOR [POINT OCCURRENCE]`; settings come from
the environment. It serves the web app (Meta fetches the pictures from it) and publishes.
"""

import os
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from werkzeug.serving import make_server

from app import create_app, start_publishing, stop_publishing
from ospost.clock import SharedClock
from ospost.domain.timings import Timings
from tests.support import _Quiet


def main() -> None:
    """Take the words of the command line."""
    words = [*sys.argv[1:], "", "1"]
    publish(int(words[0]), float(words[1]), point=words[2], occurrence=int(words[3]))


def publish(
    port: int, divisor: float, *, point: str = "", occurrence: int = 1, clock: Path | None = None
) -> None:
    """Serve and publish until SIGTERM, or until *point* is reached for the n-th time.

    The clock of the process is ahead by as many seconds as the file *clock* says at the time.
    """
    app = create_app()
    run = app.extensions["ospost"]
    run.timings = Timings().scaled(divisor)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if clock is not None:
        threading.Thread(target=_follow, args=(clock, run.clock), daemon=True).start()
    start_publishing(app)
    if point:
        driver = app.extensions["ospost.driver"]
        driver.machine.tools.reached = _Killer(point, occurrence)
    print("ready", flush=True)
    server.serve_forever(0.02)
    stop_publishing(app)
    run.close()


def _follow(file: Path, clock: SharedClock) -> None:
    said = 0.0
    while True:
        seconds = float(file.read_text() or 0)
        clock.ahead += timedelta(seconds=seconds - said)
        said = seconds
        time.sleep(0.05)


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
