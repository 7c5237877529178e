"""A newcomer's clock: taken from the browser where it said so, UTC where it did not."""

import pytest
from flask.testing import FlaskClient

from models import Account, User, db
from sandbox.world import World
from tests.support import choose_all, sign_in_facebook


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [("Europe/Berlin", "Europe/Berlin"), ("", "UTC"), ("Mars/Olympus", "UTC"), ("../etc", "UTC")],
)
def test_the_zone_of_the_browser_is_the_first_zone_of_person_and_accounts(
    client: FlaskClient, world: World, cookie: str, zone: str
) -> None:
    if cookie:
        client.set_cookie("zone", cookie)

    sign_in_facebook(client, world=world)
    choose_all(client)

    with client.application.app_context():
        person = db.session.scalars(db.select(User)).one()
        accounts = db.session.scalars(db.select(Account)).all()
        assert person.timezone == zone
        assert {account.timezone for account in accounts} == {zone}
        assert all(account.timezone_confirmed_at is None for account in accounts)
