"""One copy of the form makes one post, however often it is sent."""

import io
import re

from flask.testing import FlaskClient
from sqlalchemy import func, select

from models import Account, Post, db
from tests.support import csrf_of, picture


def test_pressing_schedule_twice_is_one_post(signed_in: FlaskClient) -> None:
    page = signed_in.get("/post/add").get_data(as_text=True)
    found = re.search(r'name="form_id" value="([^"]+)"', page)
    assert found
    with signed_in.application.app_context():
        account_id = db.session.scalar(select(Account.id))

    answers = [
        signed_in.post(
            "/post/add",
            data={
                "csrf_token": csrf_of(page),
                "form_id": found[1],
                "account_id": account_id,
                "caption": "Only once",
                "date": "2030-05-01T09:00",
                "media": (io.BytesIO(picture()), "a.jpg"),
            },
            headers={"Accept": "application/json"},
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json()["id"] == answers[1].get_json()["id"]
    with signed_in.application.app_context():
        assert db.session.scalar(select(func.count()).select_from(Post)) == 1
