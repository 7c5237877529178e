"""`python -m sandbox --port 5001`: the practice Meta for people."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.people import new_world
from sandbox.server import serve
from sandbox.state import Keeper, open_world


def main() -> int:
    """Serve until SIGINT or SIGTERM; 1 when the port is taken or the state cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5001, help="0 takes a free port")
    parser.add_argument("--state", type=Path, help="file that keeps the world over restarts")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    keeper: Keeper | None = None
    try:
        if options.state:
            world, keeper = open_world(options.state)
        else:
            world = new_world()
        running = serve(world, options.port, options.host)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"The practice Instagram cannot start: {error}\n")
        return 1
    sys.stdout.write(f"Practice Instagram: {running.base_url}/\n")
    sys.stdout.flush()
    ended.wait()
    running.stop()
    if keeper:
        keeper.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
