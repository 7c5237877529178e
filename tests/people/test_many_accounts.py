"""The page of a person with many accounts asks as often as that of a person with one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from models import Account, Membership, User, db
from ospost.services.database import writing


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that are run meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_forty_accounts_cost_no_more_questions_than_two(signed_in: FlaskClient) -> None:
    app = signed_in.application
    signed_in.get("/accounts")
    with counted(app) as few:
        assert signed_in.get("/accounts").status_code == 200
    now = datetime.now(UTC)
    with app.app_context(), writing(db.session()) as session:
        user_id = session.scalars(select(User.id)).one()
        for number in range(38):
            account = Account(
                ig_id=f"99{number}",
                username=f"shop.{number}",
                login="facebook",
                connected_at=now,
                created_at=now,
            )
            session.add(account)
            session.flush()
            session.add(Membership(user_id=user_id, account_id=account.id, created_at=now))

    with counted(app) as many:
        page = signed_in.get("/accounts")

    assert "@shop.37" in page.get_data(as_text=True)
    assert len(many) == len(few)
