"""Settings: the only reader of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent

META = {
    "FACEBOOK_URL": "https://www.facebook.com",
    "GRAPH_URL": "https://graph.facebook.com",
    "RUPLOAD_URL": "https://rupload.facebook.com",
    "INSTAGRAM_AUTH_URL": "https://www.instagram.com",
    "INSTAGRAM_TOKEN_URL": "https://api.instagram.com",
    "INSTAGRAM_GRAPH_URL": "https://graph.instagram.com",
}

SANDBOX_APPS = {
    "FB_APP_ID": "100000000000001",
    "FB_APP_SECRET": "sandbox-facebook-secret",
    "IG_APP_ID": "200000000000002",
    "IG_APP_SECRET": "sandbox-instagram-secret",
}
"""The fixed apps that every sandbox knows."""


class BadSetting(Exception):
    """A setting that cannot work; the message names it and says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What `.env.example` lists, read and checked."""

    app_url: str = "http://localhost:5000"
    media_url: str = "http://localhost:5000"
    trusted_proxies: int = 0
    secret_key: str = field(default="", repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    token_keys: str = field(default="", repr=False)
    database_url: str = field(default="", repr=False)
    storage_url: str = ""
    state_dir: Path = ROOT / "instance"
    sandbox_url: str = ""
    fb_app_id: str = ""
    fb_app_secret: str = field(default="", repr=False)
    fb_config_id: str = ""
    fb_scopes: tuple[str, ...] = ()
    ig_app_id: str = ""
    ig_app_secret: str = field(default="", repr=False)
    ig_scopes: tuple[str, ...] = ()
    graph_version: str = "v26.0"
    facebook_url: str = META["FACEBOOK_URL"]
    graph_url: str = META["GRAPH_URL"]
    rupload_url: str = META["RUPLOAD_URL"]
    instagram_auth_url: str = META["INSTAGRAM_AUTH_URL"]
    instagram_token_url: str = META["INSTAGRAM_TOKEN_URL"]
    instagram_graph_url: str = META["INSTAGRAM_GRAPH_URL"]
    prepare_ahead_seconds: int = 900
    missed_after_seconds: int = 21_600
    publish: str = "on"
    scheduler: str = "apscheduler"
    publish_threads: int = 32
    signups: str = "first"
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    operator_name: str = ""
    operator_contact: str = ""
    max_upload_mb: int = 300
    log_format: str = "text"
    daily_backups: int = 7  # how many are kept; 0: none are made

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything here that must never stand in a log."""
        keys = (self.secret_key, *self.secret_key_fallbacks, *self.token_keys.split(","))
        urls = (urlsplit(self.mail_url).password, urlsplit(self.database_url).password)
        return tuple(s for s in (*keys, self.fb_app_secret, self.ig_app_secret, *urls) if s)

    @property
    def is_sandbox(self) -> bool:
        """Whether Practice Instagram stands in for Meta."""
        return bool(self.sandbox_url)

    @property
    def has_facebook(self) -> bool:
        """Whether people can sign in with Facebook."""
        return bool(self.fb_app_id)

    @property
    def has_instagram(self) -> bool:
        """Whether people can sign in with Instagram."""
        return bool(self.ig_app_id)

    @property
    def has_logins(self) -> bool:
        """Whether anybody can sign in at all."""
        return self.has_facebook or self.has_instagram

    @property
    def is_https(self) -> bool:
        """Whether cookies may be `Secure`."""
        return self.app_url.startswith("https://")

    @property
    def world(self) -> str:
        """Which Instagram the rows of this database belong to."""
        return "sandbox" if self.is_sandbox else "meta"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `.env` beside `app.py` and the environment, which wins.

        Raises `BadSetting` with a sentence that names the setting.
        """
        if environ is None:
            dotenv = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
            environ = {**dotenv, **os.environ}
        return _read({name: value.strip() for name, value in environ.items() if value.strip()})


def _read(env: Mapping[str, str]) -> Settings:
    sandbox_url = env.get("SANDBOX_URL", "").rstrip("/")
    if sandbox_url and (env.get("FB_APP_ID") or env.get("IG_APP_ID")):
        raise BadSetting(
            "SANDBOX_URL cannot be set together with FB_APP_ID or IG_APP_ID: remove one of them,"
            " so that practice posts can never reach Instagram."
        )
    apps = SANDBOX_APPS if sandbox_url else {}
    hosts = {k: f"{sandbox_url}/{urlsplit(v).hostname}" for k, v in META.items()}
    hosts = hosts if sandbox_url else {k: _url(env, k, v, with_path=True) for k, v in META.items()}
    app_url = _url(env, "APP_URL", f"http://localhost:{env.get('PORT', '5000')}")
    state_dir = Path(env.get("STATE_DIR", str(ROOT / "instance")))
    world_dir = state_dir / "sandbox" if sandbox_url else state_dir
    storage = world_dir / "uploads" if sandbox_url else ROOT / "uploads"
    settings = Settings(
        app_url=app_url,
        media_url=_url(env, "MEDIA_URL", app_url, with_path=True),
        trusted_proxies=_number(env, "TRUSTED_PROXIES", 0),
        secret_key=_secret(env, "SECRET_KEY", app_url),
        secret_key_fallbacks=_words(env, "SECRET_KEY_FALLBACKS"),
        token_keys=env.get("TOKEN_KEYS", ""),
        database_url=_database(env, world_dir),
        storage_url=_folder(env, storage),
        state_dir=world_dir,
        sandbox_url=sandbox_url,
        **{k.lower(): apps.get(k, env.get(k, "")) for k in SANDBOX_APPS},
        fb_config_id=env.get("FB_CONFIG_ID", ""),
        fb_scopes=_words(env, "FB_SCOPES"),
        ig_scopes=_words(env, "IG_SCOPES"),
        graph_version=_version(env),
        **{k.lower(): v for k, v in hosts.items()},
        prepare_ahead_seconds=_number(env, "PREPARE_AHEAD_SECONDS", 900),
        missed_after_seconds=_number(env, "MISSED_AFTER_SECONDS", 21_600),
        publish=_choice(env, "PUBLISH", "on", "rehearse"),
        scheduler=_choice(env, "SCHEDULER", "apscheduler", "off"),
        publish_threads=_number(env, "PUBLISH_THREADS", 32, least=1),
        signups=_choice(env, "SIGNUPS", "first", "open"),
        mail_url=env.get("MAIL_URL", ""),
        mail_from=env.get("MAIL_FROM", ""),
        operator_name=env.get("OPERATOR_NAME", ""),
        operator_contact=env.get("OPERATOR_CONTACT", ""),
        max_upload_mb=_number(env, "MAX_UPLOAD_MB", 300, least=1),
        log_format=_choice(env, "LOG_FORMAT", "text", "json"),
        daily_backups=_backups(env),
    )
    for login, app_id, secret in (
        ("FB", settings.fb_app_id, settings.fb_app_secret),
        ("IG", settings.ig_app_id, settings.ig_app_secret),
    ):
        if bool(app_id) != bool(secret):
            raise BadSetting(f"{login}_APP_ID and {login}_APP_SECRET belong together: set both.")
    return settings


def _database(env: Mapping[str, str], world_dir: Path) -> str:
    url = env.get("DATABASE_URL", f"sqlite:///{world_dir / 'ospost.db'}")
    if re.match(r"postgres(ql)?(\+psycopg)?://", url):
        return _postgresql(env, url)
    if not url.startswith("sqlite:///") or url in ("sqlite:///", "sqlite:///:memory:"):
        raise BadSetting(
            "DATABASE_URL must be sqlite:/// and the path of a file, or postgresql:// and the"
            " address of a database."
        )
    path = Path(url.removeprefix("sqlite:///"))
    # its keys lie beside it, so both must mean the same folder
    return url if path.is_absolute() else f"sqlite:///{ROOT / path}"


def _postgresql(env: Mapping[str, str], url: str) -> str:
    if find_spec("psycopg") is None:
        raise BadSetting(
            "DATABASE_URL names PostgreSQL, whose driver is not installed: run .venv/bin/python -m"
            " pip install -c constraints.txt -r requirements-scale.txt"
        )
    for name in ("SECRET_KEY", "TOKEN_KEYS"):
        if not env.get(name):
            raise BadSetting(
                f"{name} must be set when DATABASE_URL names PostgreSQL: there is no file beside"
                " it to keep keys in, and every process needs the same. `openssl rand -base64 32`"
                " prints one."
            )
    return f"postgresql+psycopg://{url.split('://', 1)[1]}"


def _folder(env: Mapping[str, str], default: Path) -> str:
    value = env.get("STORAGE_URL", str(default))
    if "://" in value:
        raise BadSetting("STORAGE_URL must be the path of a folder in this version of Ospost.")
    return value


def _secret(env: Mapping[str, str], name: str, app_url: str) -> str:
    value = env.get(name, "")
    if value and app_url.startswith("https://") and len(value) < 32:
        raise BadSetting(
            f"{name} is too short to protect a public server: use 32 random characters or more,"
            " or leave it out and Ospost makes one."
        )
    return value


def _version(env: Mapping[str, str]) -> str:
    value = env.get("GRAPH_VERSION", env.get("FB_VERSION", "v26.0"))
    if not re.fullmatch(r"v\d{1,3}\.\d", value):
        raise BadSetting(f"GRAPH_VERSION must look like v26.0, not {value!r}.")
    return value


def _url(env: Mapping[str, str], name: str, default: str, *, with_path: bool = False) -> str:
    value = env.get(name, default).rstrip("/")
    parts = urlsplit(value)
    has_path = bool(parts.path) and not with_path
    if parts.scheme not in ("http", "https") or not parts.hostname or has_path or parts.query:
        raise BadSetting(f"{name} must look like https://ospost.example.org, not {value!r}.")
    return value


def _number(env: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    value = env.get(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise BadSetting(f"{name} must be a whole number from {least} on, not {value!r}.")
    return int(value)


def _backups(env: Mapping[str, str]) -> int:
    is_off = env.get("BACKUPS", "").lower() == "off"
    return 0 if is_off else _number(env, "BACKUPS", 7, least=1)


def _choice(env: Mapping[str, str], name: str, *choices: str) -> str:
    value = env.get(name, choices[0]).lower()
    if value not in choices:
        raise BadSetting(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def _words(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(word for word in env.get(name, "").replace(",", " ").split() if word)
