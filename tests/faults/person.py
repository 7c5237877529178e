"""A person with a browser, signed in through the real dialog, and the machine beside them."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, Membership, db
from sandbox.world import World
from tests.machine.driving import Drive
from tests.support import Studio, choose_all, csrf_of, sign_in_facebook


@dataclass
class Person:
    """Ada Marin, whose account clay.studio publishes."""

    client: FlaskClient
    studio: Studio
    drive: Drive
    name: str = "Ada Marin"

    @property
    def world(self) -> World:
        """The practice Instagram."""
        return self.studio.world

    def sign_in(self) -> None:
        """Go through Facebook's dialog, for the first time or again."""
        sign_in_facebook(self.client, person=self.name, world=self.world)
        page = self.client.get("/accounts/choose")
        if page.status_code == 200:
            choose_all(self.client)

    def find(self) -> None:
        """Look up what signing in made."""
        with self.studio.app.app_context():
            row = db.session.execute(
                select(Account.id, Membership.user_id)
                .join(Membership, Membership.account_id == Account.id)
                .where(Account.username == self.studio.username)
            ).one()
        self.studio.account_id, self.studio.user_id = row

    def send(self, path: str, client: FlaskClient | None = None, **fields: Any) -> int:
        """Send a form as a page would; return the status of the answer."""
        browser = client or self.client
        token = csrf_of(browser.get("/privacy").get_data(as_text=True))
        answer = browser.post(
            path, data={"csrf_token": token, **fields}, headers={"Accept": "application/json"}
        )
        answer.close()
        return answer.status_code

    def other_window(self) -> FlaskClient:
        """A second client with the same cookies."""
        other = self.studio.app.test_client()
        other._cookies = dict(self.client._cookies)
        return other
