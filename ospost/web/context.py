"""What every template may use."""

import hashlib
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, url_for
from flask_login import current_user

from helpers import browser_name
from models import db
from ospost.runtime import runtime
from ospost.services import notice_list, people

VERSION_CHARACTERS = 12


def init_app(app: Flask) -> None:
    """Give the templates of *app* the person, their accounts and the facts of the instance."""
    version = _our_version(Path(app.root_path) / "pyproject.toml")
    app.context_processor(_facts)
    app.add_template_filter(browser_name)
    app.context_processor(lambda: {"asset": asset, "version": version})


def asset(name: str) -> str:
    """Return the address of a static file with its content's hash, so that it may be kept."""
    path = Path(current_app.static_folder or "") / name
    try:
        version = _version(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=version)


def _our_version(project_file: Path) -> str:
    found: str = tomllib.loads(project_file.read_text("utf-8"))["project"]["version"]
    return found


@lru_cache(maxsize=512)
def _version(path: Path, _changed_at: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:VERSION_CHARACTERS]


def _facts() -> dict[str, Any]:
    here = runtime()
    facts: dict[str, Any] = {
        "me": None,
        "my_accounts": [],
        "all_paused": False,
        "unread": 0,
        "is_sandbox": here.is_sandbox,
        "sandbox_url": here.sandbox_url,
        "operator_name": here.operator_name,
    }
    if g.get("is_bare") or not current_user.is_authenticated:
        return facts  # an error page must not ask a database that may be the trouble
    accounts = people.accounts_of(db.session(), current_user.id)
    facts["me"] = current_user
    facts["my_accounts"] = accounts
    facts["unread"] = notice_list.unread(
        db.session(), current_user.id, is_owner=current_user.is_owner
    )
    facts["all_paused"] = bool(accounts) and all(account.paused_at for account in accounts)
    return facts
