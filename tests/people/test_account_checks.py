"""The page of an account: its limit is read behind it, and “Test” answers at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, Media, db
from ospost.services.database import writing
from tests.people.helping import JSON, token


def accounts(app: Flask) -> list[Account]:
    with app.app_context():
        return list(db.session().scalars(select(Account).order_by(Account.username)))


def change(app: Flask, **values: Any) -> None:
    with app.app_context(), writing(db.session()) as session:
        for account in session.scalars(select(Account)):
            for name, value in values.items():
                setattr(account, name, value)


def test_opening_the_accounts_has_old_limits_read_and_asks_nobody_itself(
    app: Flask, signed_in: FlaskClient
) -> None:
    page = signed_in.get("/accounts").get_data(as_text=True)

    assert "Daily limit: not read yet · reading it anew" in page
    assert all(account.ask_at is not None for account in accounts(app))


def test_a_fresh_limit_is_shown_and_not_read_again(app: Flask, signed_in: FlaskClient) -> None:
    now = datetime.now(UTC)
    change(app, quota_used=12, quota_total=100, quota_read_at=now - timedelta(minutes=3))

    index = signed_in.get("/accounts").get_data(as_text=True)
    account_id = accounts(app)[0].id
    card = signed_in.get(f"/accounts/{account_id}").get_data(as_text=True)

    for page in (index, card):
        assert "12 of 100 in 24 hours, read 3 minutes ago" in page
    assert [account.ask_at for account in accounts(app)] == [None, None]


def test_an_account_that_is_not_connected_is_not_asked_about(
    app: Flask, signed_in: FlaskClient
) -> None:
    change(app, needs_reconnect=True)

    signed_in.get("/accounts")

    assert [account.ask_at for account in accounts(app)] == [None, None]


def test_the_test_begins_at_once_and_its_photo_is_the_same_each_time(
    app: Flask, signed_in: FlaskClient
) -> None:
    account_id = accounts(app)[0].id
    headers = {"X-CSRFToken": token(signed_in)}

    answer = signed_in.post(f"/accounts/{account_id}/test", headers=headers)

    assert (answer.status_code, answer.location) == (303, f"/accounts/{account_id}#checks")
    page = signed_in.get(f"/accounts/{account_id}").get_data(as_text=True)
    assert "Testing: Instagram is fetching the photo." in page
    change(app, test_outcome=None)
    again = signed_in.post(f"/accounts/{account_id}/test", headers={**headers, **JSON})
    assert again.status_code == 202
    assert again.get_json()["test"]["state"] == "testing"
    with app.app_context():
        assert len(list(db.session().scalars(select(Media)))) == 1


def test_programs_read_the_limit_and_the_outcome(app: Flask, signed_in: FlaskClient) -> None:
    now = datetime.now(UTC)
    outcome = {"state": "failed", "sentence": "It could not be fetched.", "remedy": "Open a port."}
    change(
        app, quota_used=1, quota_total=50, quota_read_at=now, tested_at=now, test_outcome=outcome
    )
    account_id = accounts(app)[0].id

    told = signed_in.get(f"/accounts/{account_id}/checks", headers=JSON).get_json()

    assert (told["limit"]["used"], told["limit"]["total"]) == (1, 50)
    assert told["test"]["state"] == "failed"
    assert told["test"]["sentence"] == "It could not be fetched."
    assert told["test"]["remedy"] == "Open a port."


def test_the_changing_part_of_the_card_is_a_page_only_for_the_script(
    app: Flask, signed_in: FlaskClient
) -> None:
    account_id = accounts(app)[0].id
    url = f"/accounts/{account_id}/checks"

    by_hand = signed_in.get(url)
    part = signed_in.get(url, headers={"HX-Request": "true"})
    same = signed_in.get(url, headers={"HX-Request": "true", "If-None-Match": part.headers["ETag"]})

    assert by_hand.location == f"/accounts/{account_id}#checks"
    assert "<html" not in part.get_data(as_text=True)
    assert same.status_code == 304
