"""A PostgreSQL of our own for the tests: a cluster on a free port, gone with the run.

`python -m tests.postgresql` says by its exit code whether the programs are there.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from tests.ports import free_port

PLACES = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr/local/pgsql")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "fsync": "off",  # nothing here must outlive the machine; what must is tested by copies
    "full_page_writes": "off",
    "log_min_messages": "fatal",
}


def programs() -> Path | None:
    """Return the folder of the newest `initdb` on this machine."""
    found = [path for place in PLACES for path in Path(place).glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    # what stands on the path may be a wrapper that needs the folder all the same
    found += [Path(on_path)] if on_path else []
    found = [path for path in found if path.with_name("postgres").exists()]
    return max(found, key=str).parent if found else None


class Cluster:
    """One server with as many databases as tests ask for."""

    def __init__(self, **settings: str) -> None:
        """Make the cluster and start it; takes a second or two. *settings* go over `SETTINGS`."""
        found = programs()
        if found is None:
            raise RuntimeError("PostgreSQL is not installed: make setup-dev tells how.")
        self._programs = found
        self._settings = {**SETTINGS, **settings}
        self._folder = Path(tempfile.mkdtemp(prefix="ospost-postgresql-"))
        self._count = 0
        self.port = free_port()
        self._user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self._run(
            "initdb", "-D", self.data, "-U", "ospost", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        self.start()

    @property
    def data(self) -> str:
        """The folder of the cluster's files."""
        return str(self._folder / "data")

    def start(self) -> None:
        """Start the server, or start it again."""
        words = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        self._run(
            "pg_ctl", "-D", self.data, "-w", "-l", str(self._folder / "log"),
            "-o", f"-p {self.port} -k {self._folder} {words}", "start",
        )  # fmt: skip

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server as a crash would, or in order (*mode* `fast`)."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def new_database(self) -> str:
        """Make an empty database; return its address."""
        self._count += 1
        name = f"test_{os.getpid()}_{self._count}"
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return f"postgresql://ospost@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.ask(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    def ask(self, statement: str) -> None:
        """Run one statement outside of any test's database."""
        address = f"postgresql://ospost@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def remove(self) -> None:
        """Stop the server and delete its files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *words],
            check=False,
            user=self._user,
            cwd=self._folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or ''}")


if __name__ == "__main__":
    sys.exit(programs() is None)
