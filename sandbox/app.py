"""Puts the practice Meta together: its hosts as path prefixes, its own pages, its control API."""

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from sandbox import calls, control, dialogs, graph, pages
from sandbox.world import World

METHODS = ["GET", "POST", "DELETE"]
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"


def create_app(world: World) -> Flask:
    """The WSGI application around *world*; starts nothing."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 32 * 1024 * 1024
    app.register_blueprint(control.blueprint(world))
    app.register_blueprint(pages.blueprint(world))
    _add_dialogs(app, world)
    for host in (calls.FACEBOOK, calls.INSTAGRAM, calls.INSTAGRAM_TOKENS):
        _add_graph(app, world, host)
    app.after_request(_guard)
    return app


def _add_dialogs(app: Flask, world: World) -> None:
    def facebook(version: str = "") -> ResponseReturnValue:
        return dialogs.facebook(world, request)

    def instagram() -> ResponseReturnValue:
        return dialogs.instagram(world, request)

    methods = ["GET", "POST"]
    for rule in ("/www.facebook.com/<version>/dialog/oauth", "/www.facebook.com/dialog/oauth"):
        app.add_url_rule(rule, "facebook_dialog", facebook, methods=methods)
    app.add_url_rule(
        "/www.instagram.com/oauth/authorize", "instagram_dialog", instagram, methods=methods
    )


def _add_graph(app: Flask, world: World, host: str) -> None:
    def answer(path: str = "") -> Response:
        switches = world.switches
        call = calls.read(
            request,
            host=host,
            path=path,
            known=switches.versions,
            default=switches.default_version,
        )
        found = graph.respond(world, call)
        if found.wire is not None:
            request.environ["sandbox.wire"] = found.wire
        response = Response(found.encoded(), status=found.status, content_type=found.content_type)
        response.headers.update(found.headers)
        return response

    app.add_url_rule(f"/{host}/", f"{host} root", answer, methods=METHODS)
    app.add_url_rule(f"/{host}/<path:path>", host, answer, methods=METHODS)


def _guard(response: Response) -> Response:
    """Our own pages load nothing from elsewhere and are kept by no cache."""
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
