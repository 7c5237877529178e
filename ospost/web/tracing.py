"""A number for each request, so that its lines in the log can be told from those of others."""

import secrets

from flask import Flask, request

from ospost import logs


def init_app(app: Flask) -> None:
    """Number requests of *app*; before everything else that may log."""

    @app.before_request
    def begin() -> None:
        logs.start_about(request=secrets.token_hex(4), endpoint=request.endpoint)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        logs.start_about()
