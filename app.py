"""Ospost's composition root: puts the parts together and starts nothing by itself."""

from pathlib import Path

from flask import Flask
from flask_compress import Compress
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError
from werkzeug.middleware.proxy_fix import ProxyFix

from helpers import utcnow
from models import db
from ospost import cli, logs
from ospost.config import BadSetting, Settings
from ospost.jobs.on_apscheduler import Driver
from ospost.mail.smtp import BadMailAddress
from ospost.runtime import build
from ospost.services.database import engine_options, is_sqlite_url, prepare_engine, sqlite_path
from ospost.services.durability import check_before_use
from ospost.services.schema import WrongDatabase, upgrade
from ospost.storage.keyfile import Keys, load_or_make
from ospost.vault import VaultError
from ospost.web import (
    accounts,
    auth,
    checks,
    context,
    errors,
    files,
    health,
    ids,
    legal,
    metrics,
    notices,
    person,
    plan,
    posts,
    security,
    stop,
    tracing,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web app: settings, database, runtime, pages, commands. Starts no thread."""
    try:
        settings = settings or Settings.from_env()
        logs.begin(settings.log_format, secrets=settings.secrets)
        return _build(settings)
    except (BadSetting, WrongDatabase, VaultError, BadMailAddress, DatabaseError) as error:
        bare = cli.bare_app(settings, error) if settings else None
        if bare is None:
            raise SystemExit(f"Ospost cannot start: {error}") from error
        return bare


def _build(settings: Settings) -> Flask:
    app = Flask(__name__)
    state_dir = _state_dir(settings)
    keys = (
        Keys(secret_key=settings.secret_key, token_keys=settings.token_keys)
        if settings.secret_key and settings.token_keys
        else load_or_make(state_dir)
    )
    logs.hide(keys.secret_key, *keys.token_keys.split(","))
    secret_key = settings.secret_key or keys.secret_key
    app.config.update(
        SECRET_KEY=secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            settings.database_url, threads=settings.publish_threads
        ),
        # each file is cut off at its limit while it comes in, so that the form's text survives
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1_000_000 * 21,
        APP_URL=settings.app_url,
        OSPOST_SETTINGS=settings,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        if is_sqlite_url(settings.database_url):
            check_before_use(sqlite_path(settings.database_url))
        upgrade(db.engine, world=settings.world, now=utcnow())
        app.extensions["ospost"] = build(
            settings,
            engine=db.engine,
            secret_key=secret_key,
            token_keys=settings.token_keys or keys.token_keys,
            state_dir=state_dir,
        )
    Compress(app)
    for concern in (tracing, ids, security, errors, context, cli):
        concern.init_app(app)
    pages = (health, metrics, auth, accounts, person, legal, stop, plan, posts, notices, files)
    for part in (*pages, checks):
        app.register_blueprint(part.bp)
    return app


def _state_dir(settings: Settings) -> Path:
    """Return where this instance keeps small files: beside a SQLite database, else as set."""
    url = make_url(settings.database_url)
    folder = Path(url.database or "").parent if url.drivername == "sqlite" else settings.state_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def start_publishing(app: Flask) -> None:
    """Start the machine in this process, if the settings want it here."""
    settings: Settings = app.config["OSPOST_SETTINGS"]
    driver: Driver | None = app.extensions.get("ospost.driver")
    if driver is not None and not driver.presence.is_here:
        driver = None  # forked from a process that publishes: its threads are not here
    if settings.scheduler != "off" and driver is None:
        driver = app.extensions["ospost.driver"] = Driver(app.extensions["ospost"])
        driver.start()


def stop_publishing(app: Flask) -> None:
    """Claim no more, give back what was not sent, wait for shots in flight (35 s at most)."""
    driver: Driver | None = app.extensions.pop("ospost.driver", None)
    if driver is not None and driver.presence.is_here:
        driver.stop()
