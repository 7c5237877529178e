"""Versions that do not fit: a schema that nobody here knows, and an older Ospost beside this one."""

import io
import subprocess
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from models import Instance, db
from sandbox.server import Running
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS
from tests.ports import free_port
from tests.processes.plant import ROOT, Plant
from tests.support import MakeApp, Studio, in_seconds

OLD = "1a142e2"
"""The last commit whose tables are one migration behind."""


@ON_BOTH
@pytest.mark.fault(33, "schema_migration_midway")
def test_a_schema_that_this_version_does_not_know_is_left_alone(make_app: MakeApp) -> None:
    app = make_app()
    with app.app_context():
        engine = db.engine.execution_options(is_writing=True)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'half'"))
            before = connection.execute(select(Instance.name, Instance.value)).all()

    with pytest.raises(SystemExit, match="version half, which this Ospost does not know"):
        make_app()

    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(select(Instance.name, Instance.value)).all() == before
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        assert found == "half"


@pytest.fixture
def old_root(tmp_path: Path) -> Path:
    """The older program, out of the history."""
    folder = tmp_path / "old"
    folder.mkdir()
    packed = subprocess.run(["git", "archive", OLD], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("this copy of the program has no history")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@IN_BOTH_WORLDS
@pytest.mark.processes
@pytest.mark.fault(34, "old_and_new_version_side_by_side")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_older_process_that_still_runs_and_a_newer_one_publish_nothing_twice(
    plant: Plant, make_app: MakeApp, sandbox: Running, old_root: Path
) -> None:
    """The old one has made the database; the tables are brought up to date under it."""
    port = free_port()
    plant.divisor = 10  # the older one does not know how long a busy machine needs
    old = plant.start(port=port, root=old_root)
    desk = Studio(make_app(APP_URL=f"http://127.0.0.1:{port}"), plant.world).open()
    due_at = in_seconds(3)
    for number in range(12):
        desk.post(f"Number {number}", due_at=due_at + timedelta(milliseconds=100 * number))

    plant.start()
    plant.wait_for(plant.all_live, seconds=90)

    plant.assert_each_live_once(12)
    assert old.poll() is None
