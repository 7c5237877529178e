"""Ospost's composition root: puts the parts together and starts nothing by itself."""

import logging
import sys
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_compress import Compress
from sqlalchemy import make_url
from sqlalchemy.orm import sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from helpers import utcnow
from models import db
from ospost import cli
from ospost.config import BadSetting, Settings
from ospost.domain.timings import Timings
from ospost.graph.client import Deadlines, GraphClient
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.http import Http
from ospost.graph.instagram_login import InstagramLogin
from ospost.imaging.workshop import Workshop
from ospost.jobs.on_apscheduler import Driver
from ospost.mail.smtp import Mail
from ospost.runtime import Runtime
from ospost.services.database import prepare_sqlite
from ospost.services.schema import WrongDatabase, upgrade
from ospost.storage.keyfile import load_or_make
from ospost.storage.local import LocalStorage
from ospost.vault import Vault
from ospost.web import (
    accounts,
    auth,
    context,
    errors,
    files,
    health,
    legal,
    person,
    plan,
    posts,
    security,
    stop,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web app: settings, database, runtime, pages, commands. Starts no thread."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        return _build(settings or Settings.from_env())
    except (BadSetting, WrongDatabase) as error:
        raise SystemExit(f"Ospost cannot start: {error}") from error


def _build(settings: Settings) -> Flask:
    app = Flask(__name__)
    database = Path(make_url(settings.database_url).database or "")
    keys = load_or_make(database.parent)
    secret_key = settings.secret_key or keys.secret_key
    app.config.update(
        SECRET_KEY=secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 8,
            "max_overflow": settings.publish_threads + 24,
            "pool_timeout": 60,
        },
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1_000_000 * 2,
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
        prepare_sqlite(db.engine)
        upgrade(db.engine, world=settings.world, now=utcnow())
        app.extensions["ospost"] = _runtime(
            settings, secret_key, settings.token_keys or keys.token_keys, database.parent
        )
    Compress(app)
    for concern in (security, errors, context, cli):
        concern.init_app(app)
    for part in (health, auth, accounts, person, legal, stop, plan, posts, files):
        app.register_blueprint(part.bp)
    return app


def _runtime(settings: Settings, secret_key: str, token_keys: str, state_dir: Path) -> Runtime:
    timings = Timings(lead=timedelta(seconds=settings.prepare_ahead_seconds))
    http = Http(pool_size=settings.publish_threads)
    facebook = FacebookLogin(
        http,
        app_id=settings.fb_app_id,
        app_secret=settings.fb_app_secret,
        config_id=settings.fb_config_id,
        scopes=settings.fb_scopes,
        version=settings.graph_version,
        facebook_url=settings.facebook_url,
        graph_url=settings.graph_url,
    )
    instagram = InstagramLogin(
        http,
        app_id=settings.ig_app_id,
        app_secret=settings.ig_app_secret,
        scopes=settings.ig_scopes,
        version=settings.graph_version,
        auth_url=settings.instagram_auth_url,
        token_url=settings.instagram_token_url,
        graph_url=settings.instagram_graph_url,
    )
    return Runtime(
        sessions=sessionmaker(db.engine, expire_on_commit=False),
        vault=Vault.from_text(token_keys),
        http=http,
        graph=GraphClient(
            http,
            graph_url=settings.graph_url,
            instagram_graph_url=settings.instagram_graph_url,
            version=settings.graph_version,
            app_secret=settings.fb_app_secret,
        ),
        facebook=facebook if settings.has_facebook else None,
        instagram=instagram if settings.has_instagram else None,
        storage=LocalStorage(Path(settings.storage_url)),
        workshop=Workshop(),
        mail=Mail.from_url(settings.mail_url, sender=settings.mail_from)
        if settings.mail_url
        else None,
        timings=timings,
        app_url=settings.app_url,
        media_url=settings.media_url,
        secret_key=secret_key,
        signups=settings.signups,
        is_sandbox=settings.is_sandbox,
        sandbox_url=settings.sandbox_url,
        rehearse=settings.publish == "rehearse",
        operator_name=settings.operator_name,
        operator_contact=settings.operator_contact,
        max_upload_bytes=settings.max_upload_mb * 1_000_000,
        missed_after_seconds=settings.missed_after_seconds,
        publish_threads=settings.publish_threads,
        scheduler=settings.scheduler,
        state_dir=state_dir,
    )


def start_publishing(app: Flask) -> None:
    """Start the machine in this process, if the settings want it here."""
    settings: Settings = app.config["OSPOST_SETTINGS"]
    if settings.scheduler != "off" and "ospost.driver" not in app.extensions:
        driver = app.extensions["ospost.driver"] = Driver(app.extensions["ospost"])
        driver.start()


def stop_publishing(app: Flask) -> None:
    """Claim no more, give back what was not sent, wait for shots in flight (35 s at most)."""
    driver: Driver | None = app.extensions.pop("ospost.driver", None)
    if driver is not None:
        driver.stop()
    app.extensions["ospost"].close()
