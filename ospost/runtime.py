"""The long-lived objects of a process, built once by `app.py` and found from the current app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app
from sqlalchemy.orm import Session, sessionmaker

from ospost.domain.timings import Timings
from ospost.graph.client import GraphClient
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.http import Http
from ospost.graph.instagram_login import InstagramLogin
from ospost.imaging.workshop import Workshop
from ospost.mail.smtp import Mail
from ospost.storage.base import Storage
from ospost.vault import Vault


@dataclass(kw_only=True)
class Runtime:
    """What entrypoints hand to services."""

    sessions: sessionmaker[Session]
    vault: Vault
    http: Http
    graph: GraphClient
    facebook: FacebookLogin | None
    instagram: InstagramLogin | None
    storage: Storage
    workshop: Workshop
    mail: Mail | None
    timings: Timings
    app_url: str
    media_url: str
    secret_key: str = field(repr=False)
    signups: str
    is_sandbox: bool
    sandbox_url: str
    rehearse: bool
    operator_name: str
    operator_contact: str
    max_upload_bytes: int
    missed_after_seconds: int
    publish_threads: int
    scheduler: str
    state_dir: Path
    nudge: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Let go of child processes and connections."""
        self.workshop.close()
        self.http.close()


def runtime() -> Runtime:
    """Return the runtime of the current app."""
    found: Runtime = current_app.extensions["ospost"]
    return found
