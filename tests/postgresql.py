"""A PostgreSQL of our own for the tests: a cluster on a free port, gone with the run.

`python -m tests.postgresql` says by its exit code whether the programs are there.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import psycopg

from scripts.parent import die_with_parent
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

ENDS = {"immediate": signal.SIGQUIT, "fast": signal.SIGINT}
PATIENCE_SECONDS = 60.0


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
        self._server: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-D", self.data, "-U", "ospost", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        self.start()

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "LC_ALL": "C.UTF-8"}

    @property
    def data(self) -> str:
        """The folder of the cluster's files."""
        return str(self._folder / "data")

    def start(self) -> None:
        """Start the server, or start it again; it ends with this process, however that ends.

        As a child of ours, so not by `pg_ctl`, which lets go of it. Linux takes the thread that
        calls this for the parent.
        """
        settings = {**self._settings, "port": str(self.port)}
        settings["unix_socket_directories"] = str(self._folder)
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", self.data, *words],
                user=self._user,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for the tests
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGQUIT),  # noqa: PLW1509 - it only asks the system
            )
        self._wait_until_ready(self._server)

    def _wait_until_ready(self, server: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.ask("SELECT 1")
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server as a crash would, or in order (*mode* `fast`)."""
        server, self._server = self._server, None
        if server is not None:
            server.send_signal(ENDS[mode])
            server.wait(PATIENCE_SECONDS)

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
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or ''}")


if __name__ == "__main__":
    sys.exit(programs() is None)
