"""The long-lived objects of a process, built once by `app.py` and found from the current app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from ospost.clock import SharedClock
from ospost.config import Settings
from ospost.domain.timings import Timings
from ospost.graph.client import Deadlines, GraphClient
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.http import Http
from ospost.graph.instagram_login import InstagramLogin
from ospost.graph.own_link import OwnLink
from ospost.imaging.workshop import Workshop
from ospost.mail.smtp import Mail
from ospost.meters import Meters
from ospost.outbound.door import Door
from ospost.services.deliveries import Carrier
from ospost.services.disk import Disk
from ospost.storage.base import Storage
from ospost.storage.local import LocalStorage
from ospost.vault import Vault


@dataclass(kw_only=True)
class Runtime:
    """What entrypoints hand to services."""

    sessions: sessionmaker[Session]
    vault: Vault
    http: Http
    graph: GraphClient
    own_link: OwnLink
    facebook: FacebookLogin | None
    instagram: InstagramLogin | None
    storage: Storage
    workshop: Workshop
    mail: Mail | None
    door: Door
    disk: Disk
    timings: Timings
    clock: SharedClock
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
    database_url: str = field(repr=False)
    storage_url: str
    world: str
    daily_backups: int
    meters: Meters = field(default_factory=Meters)
    nudge: Callable[[], None] = lambda: None

    @property
    def carrier(self) -> Carrier:
        """What carries messages to people."""
        return Carrier(
            mail=self.mail,
            door=self.door,
            vault=self.vault,
            app_url=self.app_url,
            is_practice=self.is_sandbox,
        )

    def close(self) -> None:
        """Let go of child processes and connections."""
        self.workshop.close()
        self.http.close()
        self.own_link.close()


def runtime() -> Runtime:
    """Return the runtime of the current app."""
    found: Runtime = current_app.extensions["ospost"]
    return found


def build(
    settings: Settings, *, engine: Engine, secret_key: str, token_keys: str, state_dir: Path
) -> Runtime:
    """Build every long-lived object of a process from its settings; starts nothing."""
    timings = Timings(lead=timedelta(seconds=settings.prepare_ahead_seconds))
    clock = SharedClock(timings.clock_tolerance)
    meters = Meters()
    http = Http(pool_size=settings.publish_threads, now=clock.now, meters=meters)
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
        sessions=sessionmaker(engine, expire_on_commit=False),
        vault=Vault.from_text(token_keys),
        http=http,
        graph=GraphClient(
            http,
            graph_url=settings.graph_url,
            instagram_graph_url=settings.instagram_graph_url,
            version=settings.graph_version,
            app_secret=settings.fb_app_secret,
            deadlines=Deadlines(
                create=timings.create_call.total_seconds(),
                publish=timings.publish_deadline.total_seconds(),
                read=timings.call.total_seconds(),
            ),
        ),
        own_link=OwnLink(),
        facebook=facebook if settings.has_facebook else None,
        instagram=instagram if settings.has_instagram else None,
        storage=LocalStorage(Path(settings.storage_url)),
        workshop=Workshop(),
        mail=Mail.from_url(settings.mail_url, sender=settings.mail_from)
        if settings.mail_url
        else None,
        door=Door(),
        disk=Disk(places=(Path(settings.storage_url), state_dir)),
        timings=timings,
        clock=clock,
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
        database_url=settings.database_url,
        storage_url=settings.storage_url,
        world=settings.world,
        daily_backups=settings.daily_backups,
        meters=meters,
    )
