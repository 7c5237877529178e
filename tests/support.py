"""What many tests need: a browser without a screen, a served app, ready rows, a real picture."""

import hashlib
import io
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import FileWrapper

from models import Account, Identity, Media, Membership, Post, Slide, User, db
from ospost.domain.timings import Timings
from ospost.runtime import Runtime
from ospost.services import publications
from ospost.services.database import writing
from sandbox import deeds
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MakeApp = Callable[..., Flask]


def picture(width: int = 1080, height: int = 1350, color: str = "#b4532a") -> bytes:
    """Return a real JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "JPEG", quality=80)
    return file.getvalue()


def sign_in_facebook(client: FlaskClient, *, person: str = "Ada Marin", world: World) -> str:
    """Walk through the real dialog as *person*; return where the callback sends the browser."""
    person_id = world.person(person).id
    return _through_dialog(client, "/login/facebook", {"action": "continue", "person": person_id})


def sign_in_instagram(client: FlaskClient, *, username: str, world: World) -> str:
    """The same with Instagram Login."""
    account = next(a for a in world.accounts.values() if a.username == username)
    return _through_dialog(
        client, "/login/instagram", {"action": "continue", "account": account.id}
    )


def _through_dialog(client: FlaskClient, start: str, form: dict[str, str]) -> str:
    dialog = client.get(start)
    assert dialog.status_code in (302, 303), dialog.get_data(as_text=True)[:2000]
    back = requests.post(dialog.location, data=form, allow_redirects=False, timeout=10)
    assert back.status_code in (302, 303), back.text[:2000]
    parts = urlsplit(back.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    answer = client.get(parts.path, query_string=query)
    return answer.location or ""


def choose_all(client: FlaskClient) -> None:
    """Take every account that the sign-in found."""
    page = client.get("/accounts/choose").get_data(as_text=True)
    found = re.findall(r'name="account"[^>]*value="(\d+)"', page)
    client.post("/accounts/choose", data={"account": found, "csrf_token": csrf_of(page)})


def csrf_of(page: str) -> str:
    """Return the form token of a page."""
    match = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert match, page[:500]
    return match.group(1)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        return None

    def run_wsgi(self) -> None:
        """Answer; Werkzeug leaves a file open whose reader went away in the middle of it."""
        self.opened: list[IO[bytes]] = []
        try:
            super().run_wsgi()
        finally:
            for file in self.opened:
                file.close()

    def make_environ(self) -> "WSGIEnvironment":
        return super().make_environ() | {"wsgi.file_wrapper": self._wrap}

    def _wrap(self, file: IO[bytes], buffer_size: int) -> FileWrapper:
        self.opened.append(file)
        return FileWrapper(file, buffer_size)


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve *app* over real HTTP; yields its address."""
    server: BaseWSGIServer = make_server(
        "127.0.0.1", port, app, threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def put_away(app: Flask) -> None:
    """Close what *app* holds open: children, connections."""
    app.extensions["ospost"].close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@dataclass
class Studio:
    """An account with its owner, put straight into the tables, with a token the sandbox knows."""

    app: Flask
    world: World
    username: str = "clay.studio"
    user_id: int = 0
    account_id: int = 0
    made: list[int] = field(default_factory=list)

    @property
    def run(self) -> Runtime:
        found: Runtime = self.app.extensions["ospost"]
        return found

    def open(self, user_id: int | None = None) -> "Studio":
        """Make the rows."""
        now = datetime.now(UTC)
        page = next(
            page
            for page in self.world.pages.values()
            if page.account_id and self.world.accounts[page.account_id].username == self.username
        )
        account = self.world.accounts[page.account_id or ""]
        token = page_token(self.world, account.owner, page.id)
        with self.app.app_context(), writing(db.session()) as session:
            if user_id is None:
                user = User(name="Ada Marin", is_owner=True, created_at=now, timezone="UTC")
                session.add(user)
                session.flush()
                user_id = user.id
                session.add(
                    Identity(
                        user_id=user_id,
                        login="facebook",
                        subject=str(user_id),
                        created_at=now,
                        renewed_at=now,
                    )
                )
            row = Account(
                ig_id=account.id,
                username=account.username,
                login="facebook",
                timezone="UTC",
                page_id=page.id,
                connected_at=now,
                created_at=now,
            )
            session.add(row)
            session.flush()
            row.token_sealed = self.run.vault.seal(
                token, table="account", column="token_sealed", row_id=row.id
            )
            session.add(Membership(user_id=user_id, account_id=row.id, created_at=now))
            self.user_id, self.account_id = user_id, row.id
        return self

    def media(self, session: Session, *, color: str = "#b4532a") -> Media:
        """Keep a real picture."""
        data = picture(640, 800, color)
        key = self.run.storage.new_key(".jpg")
        self.run.storage.write(key, io.BytesIO(data), max_bytes=10_000_000)
        media = Media(
            user_id=self.user_id,
            storage_key=key,
            format="JPEG",
            byte_size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            width=640,
            height=800,
            created_at=datetime.now(UTC),
        )
        session.add(media)
        session.flush()
        return media

    def post(
        self,
        caption: str,
        *,
        due_at: datetime,
        first_comment: str = "",
        media_id: int | None = None,
    ) -> int:
        """Schedule one picture."""
        now = datetime.now(UTC)
        with self.app.app_context(), writing(db.session()) as session:
            media_id = media_id or self.media(session).id
            post = Post(
                account_id=self.account_id,
                user_id=self.user_id,
                caption=caption,
                first_comment=first_comment,
                due_at=due_at,
                wall_time=due_at.strftime("%Y-%m-%dT%H:%M:%S"),
                zone="UTC",
                created_at=now,
                updated_at=now,
            )
            session.add(post)
            session.flush()
            session.add(Slide(post_id=post.id, no=1, media_id=media_id))
            session.flush()
            publications.open_for(session, post, now=now)
            self.made.append(post.id)
            return post.id


def studios_on(app: Flask, world: World) -> list[Studio]:
    """Connect every account of the world's first person, by one and the same user."""
    first = Studio(app, world).open()
    others = [name for name in _usernames(world) if name != first.username]
    return [first] + [Studio(app, world, username=name).open(first.user_id) for name in others]


def _usernames(world: World) -> list[str]:
    pages = world.pages.values()
    accounts = world.accounts
    owner = accounts[next(page.account_id for page in pages if page.account_id)].owner
    return [
        accounts[page.account_id].username
        for page in pages
        if page.account_id and accounts[page.account_id].owner == owner
    ]


def page_token(world: World, person_id: str, page_id: str) -> str:
    """Return a Page token as a sign-in with everything granted would give."""
    minted = deeds.mint(world, {"login": "facebook", "person": world.people[person_id].name})
    found: str = next(
        page["access_token"] for page in minted["pages"] if page["page_id"] == page_id
    )
    return found


def in_seconds(seconds: float) -> datetime:
    """Return the moment *seconds* from now."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def fast(divisor: float = 20) -> Timings:
    """Return the machine's timings, sped up."""
    return Timings().scaled(divisor)


def folder_files(folder: Path) -> list[Path]:
    """Return every file below *folder*."""
    return [path for path in folder.rglob("*") if path.is_file()]
