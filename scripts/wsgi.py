"""What gunicorn loads: the app, with a start that fails once and in words."""

from flask import Flask
from gunicorn.errors import AppImportError

from app import create_app


def make_app() -> Flask:
    """Build the app.

    A setting or a database that cannot work ends the worker with `SystemExit`; gunicorn would
    start the next worker for ever, so it is told that the app does not load, which ends it.
    """
    try:
        return create_app()
    except SystemExit as error:
        raise AppImportError(str(error)) from error
