"""Copies of a PostgreSQL database by its own tools, pg_dump and pg_restore.

https://www.postgresql.org/docs/current/app-pgdump.html
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from ospost.errors import Unavailable

LONGEST_SECONDS = 3600
QUOTE = "'"


class ToolFailed(Unavailable):
    """One of PostgreSQL's tools is missing or did not do its work."""

    title = "PostgreSQL's tools did not do it"


def dump(url: str, part: Path) -> int:
    """Write a dump in the custom format and see that it can be listed; returns how many tables.

    Its own snapshot makes it whole while others write.
    """
    with _place(url) as place:
        run_tool("pg_dump", "--format=custom", "--no-owner", f"--file={part}", f"--dbname={place}")
    tables = [line for line in listing(part) if " TABLE DATA " in line]
    if not tables:
        raise ToolFailed("The dump holds no tables.")
    return len(tables)


def listing(path: Path) -> list[str]:
    """Return the table of contents of a dump; ToolFailed if it cannot be read."""
    return run_tool("pg_restore", "--list", str(path)).splitlines()


def values_in(path: Path, table: str) -> list[list[str]]:
    """Return the rows of a small table in a dump, as texts."""
    lines = run_tool(
        "pg_restore", "--data-only", f"--table={table}", "--file=-", str(path)
    ).splitlines()
    rows: list[list[str]] = []
    inside = False
    for line in lines:
        if line == "\\.":
            inside = False
        if inside:
            rows.append(line.split("\t"))
        if line.startswith("COPY "):
            inside = True
    return rows


def put_back(url: str, path: Path) -> None:
    """Replace what is in the database by the dump, in one transaction: all of it or nothing."""
    how = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    with _place(url) as place:
        run_tool("pg_restore", *how, f"--dbname={place}", str(path))


def run_tool(name: str, *words: str) -> str:
    """Run one of PostgreSQL's programs and return what it says; ToolFailed in its own words."""
    program = shutil.which(name)
    if program is None:
        raise ToolFailed(
            f"{name} is not on this machine. Install PostgreSQL's client programs (of the"
            " server's version or newer), or copy the database by its own means."
        )
    try:
        done = subprocess.run(  # a fixed program, without a shell
            [program, *words], capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailed(f"{name} did not end well: {type(error).__name__}.") from None
    if done.returncode:
        first = (done.stderr.strip().splitlines() or ["it gave no reason"])[0]
        raise ToolFailed(f"{name} failed: {first[:300]}")
    return done.stdout


@contextmanager
def _place(url: str) -> Iterator[str]:
    """Give the words for `--dbname`; the password stands in a file that goes again, not there."""
    parts = make_url(url)
    found = {
        "host": parts.host or str(parts.query.get("host", "")),
        "port": str(parts.port or parts.query.get("port", "")),
        "user": parts.username or "",
        "dbname": parts.database or "",
    }
    with tempfile.NamedTemporaryFile("w", prefix="ospost-", encoding="utf-8") as file:
        if parts.password:
            file.write(f"*:*:*:*:{_escaped(parts.password, ':')}\n")
            file.flush()
            found["passfile"] = file.name
        yield " ".join(f"{key}='{_escaped(value, QUOTE)}'" for key, value in found.items() if value)


def _escaped(value: str, sign: str) -> str:
    return value.replace("\\", "\\\\").replace(sign, f"\\{sign}")
