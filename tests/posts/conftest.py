"""People with accounts, signed in on the real app; pictures are real files."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Account, Membership, Publication, User, db
from ospost.services import sessions
from ospost.services.database import writing
from tests.support import csrf_of, picture

JSON = {"Accept": "application/json"}


@dataclass
class Member:
    """A signed-in person, their browser, and the account that they post to."""

    app: Flask
    client: FlaskClient
    user_id: int
    account_id: int
    token: str = ""

    def post(
        self, url: str, data: Any = None, *, json: Any = None, page: bool = False
    ) -> TestResponse:
        """Send a form, or JSON; asks for JSON unless *page*."""
        headers = {"X-CSRFToken": self.token} | ({} if page else JSON)
        if json is not None:
            return self.client.post(url, json=json, headers=headers)
        kind = "multipart/form-data" if data and "media" in data else None
        answer = self.client.post(url, data=data or {}, headers=headers, content_type=kind)
        answer.request.input_stream.close()  # a large body is a file of the test client's
        return answer

    def get(self, url: str, **headers: str) -> TestResponse:
        """Fetch a page."""
        return self.client.get(url, headers=headers, buffered=True)

    def json(self, url: str) -> Any:
        """Fetch JSON that must be there."""
        answer = self.client.get(url, headers=JSON)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        return answer.get_json()

    def upload(self, data: bytes | None = None, name: str = "photo.jpg") -> int:
        """Put one picture into the library; return its id."""
        answer = self.post("/media/add", {"media": file(data or picture(), name)})
        assert answer.status_code == 201, answer.get_data(as_text=True)[:500]
        media_id: int = answer.get_json()["media"][0]["id"]
        return media_id

    def schedule(self, date: str, **fields: Any) -> int:
        """Schedule a picture; return the id of the post."""
        wanted = {"date": date, "timezone": "UTC", "account_id": self.account_id, **fields}
        wanted.setdefault("media_id", None)
        wanted["media_id"] = wanted["media_id"] or self.upload()
        answer = self.post("/post/add", json=wanted)
        assert answer.status_code == 201, answer.get_data(as_text=True)[:500]
        post_id: int = answer.get_json()["id"]
        return post_id

    def run(self, work: Callable[[Session], Any]) -> Any:
        """Do something in one write transaction."""
        with self.app.app_context(), writing(db.session()) as session:
            return work(session)


def file(data: bytes, name: str = "photo.jpg") -> tuple[io.BytesIO, str]:
    """Return a file as a form sends it."""
    return io.BytesIO(data), name


def ahead(**delta: float) -> str:
    """Return a wall clock in UTC, in whole minutes, some time from now."""
    moment = datetime.now(UTC) + timedelta(**delta)
    return moment.replace(second=0, microsecond=0, tzinfo=None).isoformat(timespec="minutes")


def errors_of(answer: TestResponse) -> dict[str, str]:
    """Return the messages of a problem by field."""
    assert answer.mimetype == "application/problem+json", answer.get_data(as_text=True)[:300]
    return {error["field"]: error["message"] for error in answer.get_json()["errors"]}


@pytest.fixture
def enter(app: Flask) -> Callable[..., Member]:
    """Make a person with an account in a zone, or let them share one, and sign them in."""
    return enter_into(app)


def enter_into(app: Flask) -> Callable[..., Member]:
    """Return what makes people of *app*."""

    def make(name: str = "ada", *, timezone: str = "UTC", share: int | None = None) -> Member:
        now = datetime.now(UTC)
        with app.app_context():
            with writing(db.session()) as session:
                user = User(name=name, created_at=now, timezone=timezone)
                session.add(user)
                session.flush()
                account_id = share or new_account(session, name, timezone, now)
                session.add(Membership(user_id=user.id, account_id=account_id, created_at=now))
                user_id = user.id
            secret = sessions.begin(
                db.session(), user_id=user_id, agent="test", now=now, old_id=None
            )
            db.session.remove()
        client = app.test_client()
        client.set_cookie(app.config["SIGN_IN_COOKIE"], secret)
        member = Member(app=app, client=client, user_id=user_id, account_id=account_id)
        member.token = csrf_of(client.get("/").get_data(as_text=True))
        return member

    return make


def join(member: Member, account_id: int) -> None:
    """Let a person publish to an account too."""
    now = datetime.now(UTC)
    row = Membership(user_id=member.user_id, account_id=account_id, created_at=now)
    member.run(lambda session: session.add(row))


def force(member: Member, post_id: int, **values: Any) -> None:
    """Put the publication of a post where the machine would have brought it."""
    change = update(Publication).where(Publication.post_id == post_id).values(**values)
    member.run(lambda session: session.execute(change))


def new_account(session: Session, name: str, timezone: str, now: datetime) -> int:
    """Make an Instagram account; return its id."""
    account = Account(
        ig_id=f"ig-{name}",
        username=name,
        login="facebook",
        timezone=timezone,
        connected_at=now,
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account.id


@pytest.fixture
def ada(enter: Callable[..., Member]) -> Member:
    """Ada, signed in, with an account whose clock shows UTC."""
    return enter("ada")


@pytest.fixture
def berta(enter: Callable[..., Member]) -> Member:
    """Berta, signed in, with an account in Berlin; a stranger to Ada."""
    return enter("berta", timezone="Europe/Berlin")
