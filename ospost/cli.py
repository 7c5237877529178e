"""`flask ospost …`: commands for the person who runs the server."""

import click
from flask import Flask
from flask.cli import AppGroup

from models import db
from ospost import vault
from ospost.runtime import runtime
from ospost.services import keys

group = AppGroup("ospost", help="Look after this instance.")


def init_app(app: Flask) -> None:
    """Bind the commands to *app*."""
    app.cli.add_command(group)


@group.command("new-key")
def new_key() -> None:
    """Print a fresh key; put it first in TOKEN_KEYS, then run rotate-keys."""
    click.echo(vault.new_key())


@group.command("rotate-keys")
def rotate_keys() -> None:
    """Seal every stored token anew with the first of TOKEN_KEYS."""
    count = keys.rotate(db.session(), runtime().vault)
    click.echo(f"{count} tokens sealed anew. Older keys may now leave TOKEN_KEYS.")
