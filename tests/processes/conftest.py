"""Real programs, started as a person starts them, in a folder of their own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests

from tests.ports import is_free

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass
class Program:
    """A program that runs; everything that it says is kept."""

    process: subprocess.Popen
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None
    family: list[psutil.Process] = field(default_factory=list)

    def listen(self):
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def said(self):
        return "".join(self.lines)

    def wait_for_word(self, word):
        wait_until(lambda: word in self.said or self.process.poll() is not None, self)
        assert word in self.said, self.said
        self.remember_family()

    def remember_family(self):
        me = psutil.Process(self.process.pid)
        self.family = [me, *me.children(recursive=True)]

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Wait for the end; return the exit code."""
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code

    def survivors(self):
        """Processes of the family that still run, after a moment to end."""
        _, alive = psutil.wait_procs(self.family, timeout=10)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def wait_until(is_done, program=None):
    """Wait for something that must happen; fail with the program's words if it does not."""
    deadline = time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not happen: {program.said if program else ''}")
        time.sleep(0.05)


def answers(url):
    """Whether somebody answers there with 200."""
    try:
        return requests.get(url, timeout=5, allow_redirects=False).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture
def port():
    """The first of four free ports in a row."""
    for first in range(21_000 + os.getpid() % 100 * 100, 32_000, 10):
        if all(is_free(port) for port in range(first, first + 4)):
            return first
    raise AssertionError("no free ports")


@pytest.fixture
def occupy():
    """Take a port as another program would."""
    taken = []

    def take(port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        taken.append(listener)

    yield take
    for listener in taken:
        listener.close()


@pytest.fixture
def environ(tmp_path, port):
    """An environment with nothing of the person's own settings in it."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    places = {"STATE_DIR": str(tmp_path / "state"), "STORAGE_URL": str(tmp_path / "uploads")}
    return {**kept, **places, "PORT": str(port), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def start(environ):
    """Start a command; whatever is left of it is killed at the end of the test."""
    started = []

    def begin(*command, folder=ROOT, **settings):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        program = Program(process)
        started.append(program)
        program.listen()
        return program

    yield begin
    for program in started:
        if program.process.poll() is None:
            program.remember_family()
        for process in program.family:
            if process.is_running():
                process.kill()
        program.process.wait(PATIENCE)
        program.reader.join(PATIENCE)
        program.process.stdout.close()


@pytest.fixture
def run(start):
    """Start the launcher, as `make run` does."""
    return lambda **settings: start(sys.executable, "-m", "scripts.run", **settings)


@pytest.fixture
def serve(start, port):
    """Start the server, as `make serve` does, and wait until it answers."""

    def begin(*, folder=ROOT, **settings):
        program = start(sys.executable, "-m", "scripts.serve", folder=folder, **settings)
        address = f"http://localhost:{port}"
        wait_until(lambda: answers(f"{address}/healthz") or has_ended(program), program)
        assert not has_ended(program), program.said
        program.remember_family()
        return program, address

    return begin


def has_ended(program):
    return program.process.poll() is not None


@pytest.fixture
def kill():
    """End a process as a power cut would."""
    return lambda program: program.signal(signal.SIGKILL)
