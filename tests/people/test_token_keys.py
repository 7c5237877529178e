"""Replacing the keys of stored tokens."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, FoundAccount, Identity, Revocation, db
from ospost.services import keys
from ospost.vault import Vault, VaultError, new_key
from sandbox.world import World
from tests.people.helping import by_facebook, now, rows
from tests.support import MakeApp

KINDS = (Identity, Account, FoundAccount, Revocation)


def test_every_stored_token_is_sealed_anew_and_the_old_key_may_go(
    make_app: MakeApp, world: World
) -> None:
    old, new = new_key(), new_key()
    app = make_app(TOKEN_KEYS=old)
    client = app.test_client()
    by_facebook(client, world)  # identity and found accounts
    with rows(app) as session:
        identity = session.scalars(select(Identity)).one()
        account = Account(
            id=1, ig_id="1", username="x", login="facebook", connected_at=now(), created_at=now()
        )
        left = Revocation(id=2, login="facebook", made_at=now(), next_at=now())
        for row in (account, left):
            keys.seal(row, "EAAsecret", Vault.from_text(old))
            session.add(row)
        token = keys.open_token(identity, Vault.from_text(old))

    with app.app_context():
        count = keys.rotate(db.session(), Vault.from_text(f"{new},{old}"))
        again = keys.rotate(db.session(), Vault.from_text(f"{new},{old}"))

    assert (count, again) == (5, 0)
    alone = Vault.from_text(new)
    with rows(app) as session:
        found = [row for kind in KINDS for row in session.scalars(select(kind))]
        opened = {keys.open_token(row, alone) for row in found if row.token_sealed}
        assert {"EAAsecret", token} <= opened


def test_a_token_that_no_key_opens_stops_it(signed_in: FlaskClient, app: Flask) -> None:
    with app.app_context(), pytest.raises(VaultError):
        keys.rotate(db.session(), Vault.from_text(new_key()))


def test_a_token_moved_to_another_row_does_not_open(signed_in: FlaskClient, app: Flask) -> None:
    with rows(app) as session:
        first, second = session.scalars(select(Account).order_by(Account.username))
        second.token_sealed = first.token_sealed

        with pytest.raises(VaultError):
            keys.open_token(second, app.extensions["ospost"].vault)
