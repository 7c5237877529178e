"""Forks publishers from a process that has everything imported: a start takes a tenth of a second.

Reads one JSON line a child on standard input (`words` for `publisher.publish`, `environ`, `log`)
and answers with its process id. Children end with this process.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.parent import die_with_parent
from tests.processes import publisher

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Fork until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    parent = os.getpid()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _be(order, parent)
        print(child, flush=True)


def _be(order: dict[str, Any], parent: int) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.update(order["environ"])
    words = order["words"]
    if "clock" in words:
        words["clock"] = Path(words["clock"])
    try:
        publisher.publish(**words)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


@dataclass
class Nursery:
    """The other end: asks for children."""

    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.processes.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, *, log: Path, environ: dict[str, str], **words: Any) -> int:
        """Start a publisher; return its process id."""
        order = {"log": str(log), "environ": environ, "words": words}
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(order, default=str) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """End it, and with it every child."""
        self.process.kill()
        self.process.communicate()


if __name__ == "__main__":
    main()
