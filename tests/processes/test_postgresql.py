"""The PostgreSQL of the tests: it ends with the run that started it, however that ends."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

RUN = """
import time
from tests.postgresql import Cluster
cluster = Cluster()
cluster.stop()
cluster.start()
print(cluster.data, flush=True)
time.sleep(600)
"""


def lives(pid: int) -> bool:
    """Whether that process is there and no mere entry that its parent has not read."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of the end")
def test_a_run_that_is_killed_leaves_no_server_behind() -> None:
    run = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    server = int((folder / "postmaster.pid").read_text().split()[0])
    assert lives(server)

    run.kill()
    run.communicate()

    end = time.monotonic() + 20
    try:
        while lives(server):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert not (folder / "postmaster.pid").exists()
    finally:
        if lives(server):
            os.kill(server, signal.SIGQUIT)
        shutil.rmtree(folder.parent, ignore_errors=True)
