"""The workshop as a machine: its child dies, hangs, rests, and is shared by threads."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from ospost.imaging.errors import BadPicture, Reason, WorkshopBusy, WorkshopDied
from ospost.imaging.values import Limits, Purpose, Recipe
from ospost.imaging.workshop import Workshop
from tests.imaging import makers as make

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
INSTAGRAM = Recipe(purpose=Purpose.INSTAGRAM)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A sound picture."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg())
    return path


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """A file that never ends opening: a named pipe that nobody writes to."""
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    return path


@pytest.fixture
def own() -> Iterator[Workshop]:
    """A workshop that the test may ill-treat."""
    with Workshop() as one:
        yield one


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it is so; the test's own time limit ends the wait."""
    while not condition():
        time.sleep(0.005)


def holds_open_attempt(pid: int) -> bool:
    """Return whether the child is inside openat(2) of the named pipe."""
    calls = Path(f"/proc/{pid}/syscall").read_text().split()
    return calls[0] in {"257", "56", "2"}


def kill_in_the_middle(workshop: Workshop, photo: Path, stuck: Path, number: int) -> Exception:
    """Give a warm child a job that it cannot end, kill it there; returns what the caller got."""
    workshop.probe(photo)
    pid = workshop.pid
    assert pid is not None
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(workshop.probe, stuck)
        eventually(lambda: holds_open_attempt(pid))
        os.kill(pid, number)
        error = job.exception(timeout=30)
    assert isinstance(error, Exception)
    return error


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_killed_at_work_is_told_cleanly_and_the_next_job_works(
    number: int, own: Workshop, stuck: Path, photo: Path
) -> None:
    error = kill_in_the_middle(own, photo, stuck, number)

    assert isinstance(error, WorkshopDied)
    assert "try again" in error.sentence
    assert own.probe(photo).width == 400


def test_a_file_that_crashes_the_decoder_is_called_broken(
    own: Workshop, stuck: Path, photo: Path
) -> None:
    error = kill_in_the_middle(own, photo, stuck, signal.SIGSEGV)

    assert isinstance(error, BadPicture)
    assert error.reason is Reason.BROKEN
    assert own.probe(photo).width == 400


def test_a_child_killed_between_jobs_is_replaced_without_a_word(own: Workshop, photo: Path) -> None:
    own.probe(photo)
    first = own.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    facts = own.probe(photo)

    assert facts.width == 400
    assert own.pid != first


def test_the_death_of_the_fork_server_does_no_harm(own: Workshop, photo: Path) -> None:
    own.probe(photo)
    server = psutil.Process(own.pid).parent()
    assert server is not None and server.pid != os.getpid()
    server.kill()

    assert [own.probe(photo).width for _ in range(3)] == [400, 400, 400]


def test_a_job_that_hangs_is_killed_at_its_deadline(stuck: Path, photo: Path) -> None:
    with Workshop(Limits(seconds=0.5)) as hasty:
        hasty.probe(photo)
        child = psutil.Process(hasty.pid)

        with pytest.raises(BadPicture) as caught:
            hasty.probe(stuck)

        assert caught.value.reason is Reason.TOO_SLOW
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
        assert hasty.probe(photo).width == 400


def test_a_picture_that_needs_too_much_memory_is_refused(tmp_path: Path, photo: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(make.saved(make.flat((1, 2, 3), size=(6000, 6000)), "PNG"))

    with Workshop(Limits(memory=150 << 20)) as small:
        with pytest.raises(BadPicture) as caught:
            small.render(large, INSTAGRAM, tmp_path / "out.jpg")

        assert caught.value.reason is Reason.TOO_MUCH_MEMORY
        assert small.probe(photo).width == 400
    assert not (tmp_path / "out.jpg").exists()


def test_a_killed_child_leaves_no_half_picture(
    own: Workshop, stuck: Path, out: Path, photo: Path
) -> None:
    with ThreadPoolExecutor(1) as pool:
        own.probe(photo)
        pid = own.pid
        assert pid is not None
        job = pool.submit(own.render, stuck, INSTAGRAM, out / "made.jpg")
        eventually(lambda: holds_open_attempt(pid))
        os.kill(pid, signal.SIGKILL)
        assert isinstance(job.exception(timeout=30), WorkshopDied)

    assert list(out.iterdir()) == []


def test_eight_threads_at_once_each_get_their_own_answer(own: Workshop, tmp_path: Path) -> None:
    paths = []
    for number in range(8):
        path = tmp_path / f"{number}.png"
        path.write_bytes(make.saved(make.flat((9, 9, 9), size=(400 + number, 400)), "PNG"))
        paths.append(path)
    together = threading.Barrier(8)

    def ask(path: Path) -> list[int]:
        together.wait()
        return [own.probe(path).width for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, paths))

    assert answers == [[400 + number] * 10 for number in range(8)]


def test_a_child_is_replaced_after_its_share_of_files(photo: Path) -> None:
    with Workshop(files_per_child=3) as one:
        pids = []
        for _ in range(7):
            one.probe(photo)
            pids.append(one.pid)

    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]


def test_who_waits_too_long_is_told_that_it_is_busy(stuck: Path, photo: Path) -> None:
    with Workshop(patience=0.1) as one, ThreadPoolExecutor(1) as pool:
        one.probe(photo)
        pid = one.pid
        assert pid is not None
        job = pool.submit(one.probe, stuck)
        eventually(lambda: holds_open_attempt(pid))

        with pytest.raises(WorkshopBusy):
            one.probe(photo)

        os.kill(pid, signal.SIGKILL)
        assert isinstance(job.exception(timeout=30), WorkshopDied)


def test_a_workshop_can_be_used_again_after_it_was_closed(own: Workshop, photo: Path) -> None:
    own.probe(photo)
    own.close()
    assert own.pid is None

    assert own.probe(photo).width == 400


def run(code: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_after_idling_the_child_and_its_server_are_gone(photo: Path) -> None:
    code = """
import sys, time, psutil
from ospost.imaging.workshop import Workshop
one = Workshop(idle=0.2)
one.probe(sys.argv[1])
family = lambda: psutil.Process().children(recursive=True)
busy = len(family())  # the child, its server, and the little tracker that Python itself keeps
while len(family()) > 1:
    time.sleep(0.01)
print(busy, one.pid, [process.status() for process in family()])
print(one.probe(sys.argv[1]).width)
"""
    done = run(code, str(photo))

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["3 None ['sleeping']", "400"]


def test_nobody_outlives_a_process_that_is_killed(photo: Path) -> None:
    code = """
import os, signal, sys, psutil
from ospost.imaging.workshop import Workshop
one = Workshop()
one.probe(sys.argv[1])
print(*[p.pid for p in psutil.Process().children(recursive=True)], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = run(code, str(photo))

    family = [int(pid) for pid in done.stdout.split()]
    assert len(family) == 3
    eventually(lambda: not any(is_alive(pid) for pid in family))


def is_alive(pid: int) -> bool:
    """Return whether the process runs; a dead one that init has not yet buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
