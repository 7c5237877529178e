"""The database's file is copied while Ospost runs, and another machine starts on the copy."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from models import Account, Notice
from ospost.services import publications
from ospost.services.database import writing
from tests.faults.helping import IN_BOTH_WORLDS
from tests.machine.serving import serving
from tests.support import MakeApp, Studio, in_seconds, served

pytestmark = [
    IN_BOTH_WORLDS,
    pytest.mark.processes,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def copy_of(studio: Studio, folder: Path) -> Path:
    """Copy the whole folder of the database, as a careful person does; return the copy's file."""
    with studio.run.sessions() as session:
        file = Path(str(session.get_bind().engine.url.database))  # type: ignore[union-attr]  # an engine
    shutil.copytree(file.parent, folder)
    (folder / file.name).unlink()
    with sqlite3.connect(file) as source, sqlite3.connect(folder / file.name) as target:
        source.backup(target)
    source.close()
    target.close()
    return folder / file.name


@pytest.mark.fault(32, "db_file_copied_to_second_machine_both_run")
def test_a_copy_of_a_database_that_is_in_use_sends_nothing_until_a_person_says_so(
    studio: Studio, make_app: MakeApp, tmp_path: Path
) -> None:
    studio.post("Once", due_at=in_seconds(4))
    with serving(studio) as first:
        first.start()
        first.wait_for(lambda: first.states() == ["ready"])
        copy = copy_of(studio, tmp_path / "second")
        app = make_app(DATABASE_URL=f"sqlite:///{copy}")
        with served(app) as address, serving(Studio(app, studio.world)) as second:
            app.extensions["ospost"].media_url = address
            second.start()
            first.wait_for(first.is_all_live)
            second.wait_for(lambda: second.states() == ["held"])

            assert len(studio.world.media) == 1
            with second.studio.run.sessions() as session:
                assert session.scalars(select(Notice.key)).all() == ["copied"]
                account = session.scalars(select(Account)).one()
                with writing(session):
                    publications.resume(session, account, now=in_seconds(0))
            second.wait_for(lambda: second.states() != ["held"])


def test_a_copy_of_a_database_that_was_at_rest_goes_on(
    studio: Studio, make_app: MakeApp, tmp_path: Path
) -> None:
    """Ospost was stopped, and moved to another machine."""
    studio.post("Moved", due_at=in_seconds(5))
    with serving(studio) as first:
        first.start()
    copy = copy_of(studio, tmp_path / "second")
    app = make_app(DATABASE_URL=f"sqlite:///{copy}")

    with served(app) as address, serving(Studio(app, studio.world)) as second:
        app.extensions["ospost"].media_url = address
        second.start()
        second.wait_for(second.is_all_live)

    assert len(studio.world.media) == 1
