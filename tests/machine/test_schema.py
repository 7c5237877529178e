"""A database is brought to this version once, with a copy aside, and never by the wrong program."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from models import Base
from ospost.services.database import copy_aside, prepare_engine
from ospost.services.schema import WrongDatabase, _config, upgrade

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
MakeEngine = Callable[[], Engine]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is to lie; nothing is there yet, not even its folder."""
    return tmp_path / "new" / "ospost.db"


@pytest.fixture
def connect(file: Path) -> Iterator[MakeEngine]:
    """Open the file as another process would."""
    made: list[Engine] = []

    def make() -> Engine:
        engine = create_engine(f"sqlite:///{file}")
        prepare_engine(engine)
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.dispose()


def read(file: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def write(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_new_file_gets_every_table_and_is_its_owners_only(
    file: Path, connect: MakeEngine
) -> None:
    upgrade(connect(), world="sandbox", now=NOW)

    tables = {name for (name,) in read(file, "SELECT name FROM sqlite_master WHERE type='table'")}
    assert set(Base.metadata.tables) <= tables
    assert read(file, "SELECT value FROM instance WHERE name='world'") == [("sandbox",)]
    assert file.stat().st_mode & 0o077 == 0
    assert list(file.parent.glob("*.before-*")) == []


def test_processes_that_start_together_upgrade_one_new_file_once(
    file: Path, connect: MakeEngine
) -> None:
    together = threading.Barrier(2)

    def start(_no: int) -> None:
        engine = connect()
        together.wait()
        upgrade(engine, world="sandbox", now=NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start, range(2)))

    assert len(read(file, "SELECT version_num FROM alembic_version")) == 1
    assert read(file, "SELECT value FROM instance WHERE name='world'") == [("sandbox",)]


def test_a_second_start_changes_nothing_and_copies_nothing(file: Path, connect: MakeEngine) -> None:
    upgrade(connect(), world="sandbox", now=NOW)
    before = read(file, "SELECT * FROM sqlite_master")

    upgrade(connect(), world="sandbox", now=NOW)

    assert read(file, "SELECT * FROM sqlite_master") == before
    assert list(file.parent.glob("*.before-*")) == []


def test_a_database_of_a_newer_ospost_is_refused_and_left_alone(
    file: Path, connect: MakeEngine
) -> None:
    upgrade(connect(), world="sandbox", now=NOW)
    write(file, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(WrongDatabase, match="9999"):
        upgrade(connect(), world="sandbox", now=NOW)

    assert read(file, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert list(file.parent.glob("*.before-*")) == []


@pytest.mark.parametrize(("first", "then"), [("sandbox", "meta"), ("meta", "sandbox")])
def test_a_database_of_the_other_world_is_refused(
    file: Path, connect: MakeEngine, first: str, then: str
) -> None:
    upgrade(connect(), world=first, now=NOW)

    with pytest.raises(WrongDatabase, match="belongs to"):
        upgrade(connect(), world=then, now=NOW)

    assert read(file, "SELECT value FROM instance WHERE name='world'") == [(first,)]


def test_the_copy_aside_has_every_row_also_those_still_in_the_log(
    file: Path, connect: MakeEngine
) -> None:
    upgrade(connect(), world="sandbox", now=NOW)
    keeper = sqlite3.connect(file)  # while somebody has it open, the log is not merged
    keeper.execute("INSERT INTO instance (name, value) VALUES ('late', 'in the log')")
    keeper.commit()
    assert file.with_name("ospost.db-wal").stat().st_size > 0

    copy = copy_aside(file, NOW)
    keeper.execute("DELETE FROM instance")
    keeper.commit()
    keeper.close()

    assert copy.name == "ospost.db.before-20261121-083000"
    rows = read(
        copy, "SELECT name, value FROM instance WHERE name IN ('late', 'world') ORDER BY name"
    )
    assert rows == [("late", "in the log"), ("world", "sandbox")]
    assert copy.stat().st_mode & 0o077 == 0


ROOT = Path(__file__).resolve().parents[2]
HEAD = ScriptDirectory(str(ROOT / "migrations")).get_current_head() or ""
ONE_MORE = '''
"""One version more.

Revision ID: next
Revises: {head}
"""

from alembic import op

revision, down_revision, branch_labels, depends_on = "next", "{head}", None, None


def upgrade() -> None:
    op.execute("ALTER TABLE instance ADD COLUMN note TEXT")
    op.execute("UPDATE instance SET value = 'of the new version' WHERE name = 'kept'")
    {last}
'''
START = """
import sys
from datetime import UTC, datetime
from sqlalchemy import create_engine
from ospost.services.database import prepare_engine
from ospost.services.schema import upgrade

engine = create_engine("sqlite:///" + sys.argv[1])
prepare_engine(engine)
upgrade(engine, world=sys.argv[2], now=datetime(2026, 11, 21, 8, 30, tzinfo=UTC))
"""


def start_next_version(folder: Path, file: Path, *, last: str, world: str = "sandbox") -> int:
    """Start an Ospost that has one migration more on *file*; return its exit code."""
    for name in ("ospost", "migrations"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("models.py", "helpers.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "migrations/versions/9999_next.py").write_text(ONE_MORE.format(last=last, head=HEAD))
    done = subprocess.run(
        [sys.executable, "-c", START, str(file), world],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 or "the migration breaks" in done.stderr, done.stderr
    return done.returncode


def values(file: Path) -> dict[object, object]:
    rows = read(file, "SELECT name, value FROM instance WHERE name IN ('kept', 'world')")
    return {name: value for name, value in rows}


@pytest.mark.parametrize(
    ("last", "version", "value"),
    [
        ("pass", "next", "of the new version"),
        ("raise ValueError('the migration breaks')", HEAD, "old"),
    ],
    ids=["upgraded", "broken"],
)
def test_before_an_upgrade_the_old_rows_are_copied_aside_and_a_broken_one_changes_nothing(
    file: Path, connect: MakeEngine, tmp_path: Path, last: str, version: str, value: str
) -> None:
    upgrade(connect(), world="sandbox", now=NOW)
    write(file, "INSERT INTO instance (name, value) VALUES ('kept', 'old')")
    folder = tmp_path / "next"

    start_next_version(folder, file, last=last)

    (copy,) = file.parent.glob("*.before-*")
    assert values(copy) == {"kept": "old", "world": "sandbox"}
    assert read(copy, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert values(file) == {"kept": value, "world": "sandbox"}
    assert read(file, "SELECT version_num FROM alembic_version") == [(version,)]
    columns = {row[1] for row in read(file, "PRAGMA table_info(instance)")}
    assert ("note" in columns) == (version == "next")


def create_first_version(engine: Engine) -> None:
    """Make the tables as the first Ospost made them."""
    config = _config()
    with engine.connect().execution_options(is_writing=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


def fill(file: Path) -> dict[str, int]:
    """Put one row into every table, each referring to the others; return how many each has."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA foreign_keys=OFF")
    tables = [name for name in counts(file) if name != "alembic_version"]
    for table in tables:
        columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        values = {name: "1" for _, name, _, _, _, _ in columns}
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        connection.execute(
            f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(values.values())
        )
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.commit()
    connection.close()
    return counts(file)


def counts(file: Path) -> dict[str, int]:
    """Return how many rows each table has."""
    connection = sqlite3.connect(file)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for (name,) in names
        if not name.startswith("sqlite_")
    }
    connection.close()
    return found


def shape(file: Path) -> list[tuple[object, ...]]:
    """Return every column and index, whatever the order in which they were made."""
    return sorted(
        read(
            file,
            'SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m,'
            " pragma_table_info(m.name) c WHERE m.type = 'table'",
        )
    ) + sorted(read(file, "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE%INDEX%'"))


def test_an_upgrade_of_a_database_in_use_loses_no_row_and_makes_the_tables_of_a_new_one(
    file: Path, connect: MakeEngine, tmp_path: Path
) -> None:
    file.parent.mkdir()
    create_first_version(connect())
    before = fill(file)

    upgrade(connect(), world="1", now=NOW)

    after = counts(file)
    assert {name: after[name] for name in before} == before | {"instance": before["instance"] + 2}
    assert read(file, "PRAGMA foreign_key_check") == []
    new = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    prepare_engine(new)
    upgrade(new, world="sandbox", now=NOW)
    new.dispose()
    assert shape(file) == shape(tmp_path / "fresh.db")


def test_a_table_that_an_upgrade_builds_anew_takes_nothing_with_it(
    file: Path, connect: MakeEngine, tmp_path: Path
) -> None:
    file.parent.mkdir()
    create_first_version(connect())
    fill(file)
    upgrade(connect(), world="1", now=NOW)
    before = counts(file)
    anew = """with op.batch_alter_table("user", recreate="always") as table:
        table.alter_column("name", nullable=True)"""

    start_next_version(tmp_path / "next", file, last=anew, world="1")

    assert read(file, "SELECT version_num FROM alembic_version") == [("next",)]
    assert counts(file) == before
