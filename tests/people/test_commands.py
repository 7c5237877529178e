"""`flask ospost …`: what the person who runs the server types."""

from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, db
from ospost.vault import Vault
from sandbox.world import World
from tests.databases import ON_SQLITE
from tests.support import choose_all, sign_in_facebook


def test_a_new_key_is_one_that_the_vault_takes(client: FlaskClient) -> None:
    printed = client.application.test_cli_runner().invoke(args=["ospost", "new-key"]).output

    vault = Vault.from_text(printed.strip())
    sealed = vault.seal("token", table="account", column="token_sealed", row_id=1)
    assert vault.open(sealed, table="account", column="token_sealed", row_id=1) == "token"


@ON_SQLITE
def test_rotating_seals_everything_with_the_first_key(client: FlaskClient, world: World) -> None:
    sign_in_facebook(client, world=world)
    choose_all(client)
    app = client.application
    runtime = app.extensions["ospost"]
    fresh = app.test_cli_runner().invoke(args=["ospost", "new-key"]).output.strip()
    old_keys = next(
        line.removeprefix("TOKEN_KEYS=")
        for line in (runtime.state_dir / "ospost.keys").read_text().split()
        if line.startswith("TOKEN_KEYS=")
    )
    runtime.vault = Vault.from_text(f"{fresh},{old_keys}")

    result = app.test_cli_runner().invoke(args=["ospost", "rotate-keys"])

    assert result.exit_code == 0
    assert "sealed anew" in result.output
    only_new = Vault.from_text(fresh)
    with app.app_context():
        for account in db.session.scalars(select(Account)):
            place = {"table": "account", "column": "token_sealed"}
            assert only_new.open(account.token_sealed, **place, row_id=account.id).startswith("EAA")
