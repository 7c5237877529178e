"""`flask ospost backup`, `restore` and `doctor`: what the person who runs the server types."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from helpers import utcnow
from models import Account, db
from ospost.services import backup_folder, nodes
from ospost.services.database import writing
from sandbox.server import Running
from sandbox.world import World
from tests.support import MakeApp, Studio, choose_all, in_seconds, sign_in_facebook

ROOT = Path(__file__).resolve().parents[2]


def flask(tmp_path: Path, sandbox: Running, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would, in a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    places = {"STATE_DIR": str(tmp_path / "instance"), "SANDBOX_URL": sandbox.base_url}
    return subprocess.run(
        [sys.executable, "-m", "flask", "ospost", *words],
        cwd=ROOT,
        env={**kept, **places},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def doctor(app: Flask, *words: str) -> tuple[int, str]:
    """Ask the doctor; return the exit code and what it says."""
    result = app.test_cli_runner().invoke(args=["ospost", "doctor", *words])
    return result.exit_code, result.output


def test_a_copy_is_made_and_what_else_to_save_is_said(client: FlaskClient, tmp_path: Path) -> None:
    app = client.application
    result = app.test_cli_runner().invoke(args=["ospost", "backup", str(tmp_path / "mine")])

    assert result.exit_code == 0, result.output
    (copy,) = backup_folder.copies(tmp_path / "mine").values()
    assert str(copy) in result.output
    assert "ospost.keys" in result.output
    assert "uploads" in result.output


def test_a_folder_that_takes_nothing_is_told_in_words(client: FlaskClient) -> None:
    result = client.application.test_cli_runner().invoke(args=["ospost", "backup", "/proc/mine"])

    assert result.exit_code == 1
    assert "could not be written" in result.output


def test_a_damaged_database_is_named_and_mended_by_a_copy(
    app: Flask, world: World, tmp_path: Path, sandbox: Running
) -> None:
    """Ospost does not start any more, and the two commands that help still do."""
    Studio(app, world).open()
    state_dir = app.extensions["ospost"].state_dir
    with app.app_context():
        db.engine.dispose()
    made = flask(tmp_path, sandbox, "backup")
    assert made.returncode == 0, made.stderr
    database, copy = state_dir / "ospost.db", Path(made.stdout.splitlines()[0])
    database.write_bytes(b"this was a database " * 500)

    look = flask(tmp_path, sandbox, "doctor")
    other = flask(tmp_path, sandbox, "rotate-keys")
    done = flask(tmp_path, sandbox, "restore", str(copy))

    assert look.returncode == 1
    assert "cannot start" in look.stdout
    assert other.returncode != 0
    assert done.returncode == 0, done.stdout + done.stderr
    assert "before-restore" in done.stdout
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("SELECT username FROM account").fetchall() == [("clay.studio",)]


def test_a_file_that_is_not_there_is_named(client: FlaskClient) -> None:
    result = client.application.test_cli_runner().invoke(args=["ospost", "restore", "/nowhere.db"])

    assert result.exit_code == 1
    assert "There is no file /nowhere.db" in result.output


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(studio_app: Flask) -> None:
    with studio_app.app_context(), writing(db.session()) as session:
        account = session.query(Account).one()
        account.needs_reconnect = True

    code, said = doctor(studio_app)

    assert code == 1
    lines = said.splitlines()
    assert any(line.startswith("WRONG") and "@clay.studio" in line for line in lines)
    assert any(line.startswith("WRONG") and "publisher" in line for line in lines)
    assert any(line.startswith("look") and "backups" in line for line in lines)
    assert "Sign in again" in said
    assert "Practice Instagram: answers" in said
    assert "database pages: all whole" in said


def test_the_doctor_is_content_with_an_instance_that_is_well(studio_app: Flask) -> None:
    run = studio_app.extensions["ospost"]
    with run.sessions() as session:
        nodes.beat(session, name="here:1:a", host="here", pid=1, version="0.1.0", now=utcnow())

    code, said = doctor(studio_app)

    assert code == 0, said
    assert "WRONG" not in said


@pytest.fixture
def studio_app(app: Flask, world: World) -> Flask:
    """An app with one account and a post."""
    studio = Studio(app, world).open()
    studio.post("Planned", due_at=in_seconds(9000))
    return app


def test_nobody_is_asked_outside_when_the_doctor_is_told_so(
    studio_app: Flask, sandbox: Running
) -> None:
    sandbox.stop()

    _, offline = doctor(studio_app, "--offline")
    code, online = doctor(studio_app)

    assert "Practice Instagram: answers" not in offline
    assert code == 1
    assert "could not connect" in online


def test_the_doctor_tells_no_secret(make_app: MakeApp, world: World) -> None:
    app = make_app(
        MAIL_URL="smtp://postman:canary-password@127.0.0.1:9",
        SECRET_KEY="canary-secret-key-of-this-instance-012345",
    )
    client = app.test_client()
    sign_in_facebook(client, world=world)
    choose_all(client)

    _, said = doctor(app)

    assert "WRONG   mail" in said
    run = app.extensions["ospost"]
    for secret in ("canary", "EAA", "sandbox-facebook-secret", run.secret_key):
        assert secret not in said
