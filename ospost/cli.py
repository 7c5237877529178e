"""`flask ospost …`: commands for the person who runs the server."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from helpers import utcnow
from models import db
from ospost import vault
from ospost.config import Settings
from ospost.domain.timings import Timings
from ospost.runtime import runtime
from ospost.services import backup_folder, doctor, keys
from ospost.services.backup import BackupFailed, make
from ospost.services.database import is_sqlite_url, sqlite_path
from ospost.services.readiness import Probe
from ospost.services.restore import CannotRestore, restore
from ospost.storage.keyfile import NAME as KEY_FILE

group = AppGroup("ospost", help="Look after this instance.")

MARKS = {"good": "ok      ", "warn": "look    ", "bad": "WRONG   "}
REACH_SECONDS = 10.0
FOR_TROUBLE = {"doctor", "restore"}


def init_app(app: Flask) -> None:
    """Bind the commands to *app*."""
    app.cli.add_command(group)


def bare_app(settings: Settings, trouble: Exception) -> Flask | None:
    """Return an app without pages for the commands that mend what keeps Ospost from starting.

    None when something else was asked for: then the start fails.
    """
    asked = click.get_current_context(silent=True) is not None and FOR_TROUBLE & set(sys.argv)
    if not asked:
        return None
    app = Flask("ospost")
    app.config.update(OSPOST_SETTINGS=settings, OSPOST_TROUBLE=str(trouble))
    init_app(app)
    return app


@group.command("new-key")
def new_key() -> None:
    """Print a fresh key; put it first in TOKEN_KEYS, then run rotate-keys."""
    click.echo(vault.new_key())


@group.command("rotate-keys")
def rotate_keys() -> None:
    """Seal every stored token anew with the first of TOKEN_KEYS."""
    count = keys.rotate(db.session(), runtime().vault)
    click.echo(f"{count} tokens sealed anew. Older keys may now leave TOKEN_KEYS.")


@group.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
def backup(folder: Path | None) -> None:
    """Copy the database into FOLDER, also while the server runs, and check the copy."""
    settings = _settings()
    place = folder or backup_folder.folder_of(_state_dir(settings))
    try:
        made = make(settings.database_url, place.absolute(), now=utcnow())
    except BackupFailed as error:
        raise click.ClickException(error.sentence) from error
    what = "rows" if is_sqlite_url(settings.database_url) else "tables"
    click.echo(f"{made.path}")
    click.echo(f"{made.byte_size:,} bytes, {made.rows:,} {what}, checked. SHA-256 {made.sha256}")
    click.echo("Not in it, and needed as well:")
    click.echo(f"  the photos: {settings.storage_url}")
    if not (settings.secret_key and settings.token_keys):
        click.echo(f"  the keys, in another place than the copy: {_state_dir(settings) / KEY_FILE}")
    else:
        click.echo("  SECRET_KEY and TOKEN_KEYS of your settings, in another place than the copy.")


@group.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
def restore_command(file: Path) -> None:
    """Put a copy in the place of the database; the server must be stopped."""
    settings = _settings()
    if "sqlalchemy" in current_app.extensions:
        db.session.remove()
        db.engine.dispose()
    try:
        done = restore(
            settings.database_url,
            file.absolute(),
            world=settings.world,
            state_dir=_state_dir(settings),
            silent_after=Timings().silent_after,
            now=utcnow(),
        )
    except CannotRestore as error:
        raise click.ClickException(error.sentence) from error
    click.echo(f"{file} is now the database.")
    if done.aside:
        click.echo(f"What was there before is kept in {done.aside}")
    click.echo(
        "At the next start Ospost looks on Instagram for every post that may be live by now,"
    )
    click.echo("before it sends anything. Everybody signs in again.")


@group.command("doctor")
@click.option("--offline", is_flag=True, help="Ask neither Meta nor the mail server.")
def doctor_command(offline: bool) -> None:
    """Look at everything and say what is wrong and how to mend it. Exit code 1 if something is."""
    trouble = current_app.config.get("OSPOST_TROUBLE")
    lines = [doctor.cannot_start(trouble)] if trouble else _examined(offline=offline)
    is_wrong = False
    for line in lines:
        is_wrong |= line.level == "bad"
        click.echo(f"{MARKS[line.level]}{line.what}: {line.sentence}")
        if line.remedy and line.level != "good":
            click.echo(f"        {line.remedy}")
    if is_wrong:
        raise SystemExit(1)


def _settings() -> Settings:
    found: Settings = current_app.config["OSPOST_SETTINGS"]
    return found


def _examined(*, offline: bool) -> Iterator[doctor.Line]:
    run, settings = runtime(), _settings()
    folders = {
        "The folder of the database": run.state_dir,
        "The folder of photos": Path(run.storage_url),
    }
    instance = doctor.Instance(
        app_url=run.app_url,
        media_url=run.media_url,
        database_url=run.database_url,
        state_dir=run.state_dir,
        storage_url=run.storage_url,
        is_sandbox=run.is_sandbox,
        has_logins=settings.has_logins,
        daily_backups=run.daily_backups,
        graph=run.graph,
        mail=run.mail,
        probe=Probe(sessions=run.sessions, folders=folders),
        silent_after=run.timings.silent_after,
        reach_seconds=0 if offline else REACH_SECONDS,
    )
    return doctor.examine(db.session(), instance, now=utcnow())


def _state_dir(settings: Settings) -> Path:
    if is_sqlite_url(settings.database_url):
        return sqlite_path(settings.database_url).parent
    return settings.state_dir
