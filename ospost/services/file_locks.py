"""Whether another process has a SQLite database open, by the locks that SQLite itself takes.

While a connection in WAL mode is open, it holds a shared lock on these bytes of the file, even when
it does nothing. https://sqlite.org/src/file/src/os.h
"""

import fcntl
import os
from pathlib import Path

PENDING_BYTE = 0x40000000
SHARED_FIRST, SHARED_SIZE = PENDING_BYTE + 2, 510


def is_open_elsewhere(path: Path) -> bool:
    """Return whether another process has the database at *path* open.

    Locks are per process, so this one must have closed its own connections.
    """
    if not path.exists():
        return False
    handle = os.open(path, os.O_RDWR)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_SIZE, SHARED_FIRST)
    except OSError:
        return True
    finally:
        os.close(handle)  # which also gives the lock back
    return False
