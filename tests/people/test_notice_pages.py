"""The list of notices, its bell, and the page on which a person says how they are told."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, Outbox, Post, User
from ospost.domain.space import Space
from ospost.jobs.periodic import PERIODIC
from ospost.mail.smtp import Mail
from ospost.services.disk import Disk
from ospost.services.notices import end_notice, raise_notice
from sandbox.world import World
from tests.people.helping import ADA, BEN, JSON, by_facebook, newcomer, now, rows, send, token
from tests.people.post_office import PostOffice
from tests.support import MakeApp, choose_all, picture


@pytest.fixture
def ada(make_open: Flask, world: World) -> FlaskClient:
    return newcomer(make_open, world, ADA)


@pytest.fixture
def ben(make_open: Flask, world: World, ada: FlaskClient) -> FlaskClient:
    return newcomer(make_open, world, BEN)


def tell(app: Flask, title: str, *, username: str = "", person: str = "", **more: object) -> None:
    with rows(app) as session:
        fields: dict[str, object] = {"kind": "post", "severity": "problem", **more}
        if username:
            found = select(Account.id).where(Account.username == username)
            fields["account_id"] = session.scalars(found).one()
        if person:
            fields["user_id"] = session.scalars(select(User.id).where(User.name == person)).one()
        raise_notice(
            session,
            key=title,
            title=title,
            sentence=f"Why {title} <b>.",
            remedy="Choose a new time.",
            now=now(),
            **fields,  # type: ignore[arg-type]  # as given
        )


def listed(client: FlaskClient, **query: object) -> list[dict[str, object]]:
    answer = client.get("/notices", headers=JSON, query_string=query)
    found: list[dict[str, object]] = answer.get_json()["notices"]
    return found


def titles(client: FlaskClient, **query: object) -> list[object]:
    return [one["title"] for one in listed(client, **query)]


def count(client: FlaskClient) -> int:
    answer = client.get("/notices", headers=JSON)
    found: int = answer.get_json()["unread"]
    return found


def test_everybody_sees_what_concerns_them_and_nothing_else(
    make_open: Flask, ada: FlaskClient, ben: FlaskClient
) -> None:
    tell(make_open, "Of clay", username="clay.studio")
    tell(make_open, "Of the server")
    tell(make_open, "For Ben", person=BEN)

    assert titles(ada) == ["Of the server", "Of clay"]  # she was first, so it is hers
    assert titles(ben) == ["For Ben"]


def test_the_bell_counts_what_stands_and_is_not_read(make_open: Flask, ada: FlaskClient) -> None:
    assert 'class="o-bell__count"' not in ada.get("/").text
    for title in ("One", "Two", "Three"):
        tell(make_open, title, username="clay.studio")
    assert "Notices, 3 unread" in ada.get("/").text

    with rows(make_open) as session:
        end_notice(session, key="One", now=now())
    assert "Notices, 2 unread" in ada.get("/").text
    two = next(one["id"] for one in listed(ada) if one["title"] == "Two")
    send(ada, "/notices/read", id=str(two))
    send(ada, "/notices/read", id=str(two))
    assert count(ada) == 1

    assert send(ada, "/notices/read", json=True).get_json() == {"read": 2}
    assert count(ada) == 0
    assert [one["is_read"] for one in listed(ada)] == [True, True, True]


def test_what_one_has_read_is_new_to_another(
    make_open: Flask, ada: FlaskClient, ben: FlaskClient
) -> None:
    tell(make_open, "For Ben", person=BEN)
    bens = listed(ben)[0]["id"]

    send(ada, "/notices/read", id=str(bens))
    send(ada, "/notices/read")

    assert count(ben) == 1


def test_the_list_tells_reason_remedy_post_and_end(make_open: Flask, ada: FlaskClient) -> None:
    with rows(make_open) as session:
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
        user = session.scalars(select(User.id).where(User.name == ADA)).one()
        posts = [
            Post(account_id=account.id, user_id=user, created_at=now(), updated_at=now())
            for _ in range(2)
        ]
        posts[1].removed_at = now()
        session.add_all(posts)
        session.flush()
        kept, removed = (post.id for post in posts)
    tell(make_open, "Stands", username="clay.studio", post_id=kept)
    tell(make_open, "Is over", username="clay.studio", post_id=removed, severity="warning")
    with rows(make_open) as session:
        end_notice(session, key="Is over", now=now())

    page = ada.get("/notices").text

    assert "Why Stands &lt;b&gt;." in page and "@clay.studio" in page
    assert f'href="/post/{kept}"' in page and f"/post/{removed}" not in page
    assert page.count("Choose a new time.") == 1  # nothing is to be done about what is over
    assert "over since" in page


def test_the_list_can_be_narrowed_to_one_account_and_goes_on(
    make_open: Flask, ada: FlaskClient, ben: FlaskClient
) -> None:
    for number in range(60):
        tell(make_open, f"Clay {number}", username="clay.studio")
    tell(make_open, "Harbour", username="harbour.cafe")
    with rows(make_open) as session:
        found = dict(session.execute(select(Account.username, Account.id)).all())

    assert titles(ada, account_id=found["harbour.cafe"]) == ["Harbour"]
    first = listed(ada, account_id=found["clay.studio"])
    rest = listed(ada, account_id=found["clay.studio"], before=first[-1]["id"])
    assert (len(first), len(rest)) == (50, 10)
    assert len({one["id"] for one in first + rest}) == 60
    assert "Older notices" in ada.get("/notices").text
    assert ben.get("/notices", query_string={"account_id": found["clay.studio"]}).status_code == 404
    assert ben.get("/notices", query_string={"account_id": "x"}).status_code == 404


def test_a_person_says_how_they_are_told(make_open: Flask, ada: FlaskClient) -> None:
    send(
        ada,
        "/account/notices",
        kinds=["post", "token"],
        digest="1",
        digest_hour="6",
    )

    found = ada.get("/account/notices", headers=JSON).get_json()
    assert (found["mail_notices"], found["kinds"]) == (False, ["post", "token"])
    assert (found["digest"], found["digest_hour"]) == (True, 6)

    kept = ada.post(
        "/account/notices",
        json={"mail_notices": "true"},
        headers={**JSON, "X-CSRFToken": token(ada)},
    )
    assert kept.get_json() == {**found, "mail_notices": True}


@pytest.mark.parametrize(("field", "value"), [("digest_hour", "24"), ("kinds", "pots")])
def test_what_cannot_be_is_refused_at_its_field(
    make_open: Flask, ada: FlaskClient, field: str, value: str
) -> None:
    refused = send(ada, "/account/notices", json=True, **{field: value})

    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["field"] == field
    assert send(ada, "/account/notices", **{field: value}).status_code == 422


def test_what_is_muted_sends_nothing_and_stands_in_the_list(
    make_open: Flask, ada: FlaskClient
) -> None:
    with rows(make_open) as session:
        user = session.scalars(select(User).where(User.name == ADA)).one()
        user.email, user.email_confirmed_at = "ada@example.org", now()
    send(ada, "/account/notices", mail_notices="1", kinds=["token"])

    tell(make_open, "Muted", username="clay.studio")

    assert titles(ada) == ["Muted"] and count(ada) == 1
    with rows(make_open) as session:
        assert session.scalars(select(Outbox)).all() == []


def test_a_test_mail_goes_to_the_confirmed_address(
    make_app: MakeApp, world: World, post_office: PostOffice
) -> None:
    app = make_app(MAIL_URL=post_office.url)
    client = app.test_client()
    by_facebook(client, world)
    choose_all(client)

    early = send(client, "/account/notices/mail/test", json=True)
    with rows(app) as session:
        user = session.scalars(select(User)).one()
        user.email, user.email_confirmed_at = "ada@example.org", now()
    fine = send(client, "/account/notices/mail/test", json=True)
    post_office.refuses = True
    bad = send(client, "/account/notices/mail/test")

    assert early.status_code == 502 and "Write an e-mail address first" in early.text
    assert fine.get_json() == {"delivered": True, "trouble": ""}
    assert post_office.mails[0]["Subject"] == "[Practice] A test message from Ospost"
    assert bad.status_code == 303
    assert "The mail server did not take the e-mail." in client.get("/account/notices").text


def test_the_page_says_why_the_last_mail_did_not_arrive(make_open: Flask, ada: FlaskClient) -> None:
    with rows(make_open) as session:
        user = session.scalars(select(User.id).where(User.name == ADA)).one()
        session.add(
            Outbox(
                at=now() - timedelta(days=1),
                kind="notice",
                user_id=user,
                tries=9,
                payload={"failure": "The mail server did not take the e-mail."},
            )
        )

    assert "was not delivered: The mail server" in ada.get("/account/notices").text


def test_how_long_originals_are_kept_is_an_accounts_setting(
    make_open: Flask, ada: FlaskClient, ben: FlaskClient
) -> None:
    with rows(make_open) as session:
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
    path = f"/accounts/{account.id}/originals"

    assert send(ada, path, json=True, keep_originals_days="90").get_json() == {
        "keep_originals_days": 90
    }
    assert "90 days after publishing" in ada.get("/account/storage").text
    assert send(ada, path, json=True, keep_originals_days="6").status_code == 422
    assert send(ada, path, json=True, keep_originals_days="-1").status_code == 422
    assert send(ben, path, json=True, keep_originals_days="30").status_code == 404
    assert send(ada, path, json=True).get_json() == {"keep_originals_days": None}


def test_only_an_owner_sees_what_everybody_takes(
    make_open: Flask, ada: FlaskClient, ben: FlaskClient
) -> None:
    assert "This server" in ada.get("/account/storage").text
    assert "This server" not in ben.get("/account/storage").text
    assert ben.get("/account/storage", headers=JSON).get_json()["space"] is None


def test_a_full_server_refuses_an_upload_at_its_field(
    make_open: Flask, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = make_open.extensions["ospost"].storage
    monkeypatch.setattr(type(storage), "free_bytes", lambda _self: 299_000_000)

    refused = ada.post(
        "/media/add",
        data={"media": (io.BytesIO(picture()), "x.jpg"), "csrf_token": token(ada)},
        headers=JSON,
    )

    assert refused.status_code == 507
    (error,) = refused.get_json()["errors"]
    assert error["field"] == "media" and "takes no more files" in error["message"]


@pytest.mark.parametrize("name", ["notices", "digests", "space", "files"])
def test_the_work_that_comes_round_is_wired(
    make_open: Flask, ada: FlaskClient, post_office: PostOffice, name: str
) -> None:
    run = make_open.extensions["ospost"]
    run.mail = Mail.from_url(post_office.url)
    run.disk = Disk(places=(Path("/"),), look=lambda _: Space(free_bytes=10**9, total_bytes=10**10))
    with rows(make_open) as session:
        user = session.scalars(select(User).where(User.name == ADA)).one()
        user.email, user.email_confirmed_at, user.digest = "ada@example.org", now(), True
    tell(make_open, "Wired", username="clay.studio")
    jobs = {job.name: job for job in PERIODIC}
    later = now() + timedelta(hours=24)

    jobs[name].run(run, later - timedelta(minutes=5))
    jobs["notices"].run(run, later - timedelta(minutes=4))

    subjects = [str(mail["Subject"]) for mail in post_office.mails]
    expected = {
        "notices": ["[Practice] Wired (@clay.studio)"],
        "digests": ["1 thing needs you", "Wired"],
        "space": ["2 notices: Space is getting short, and more"],
        "files": ["Wired"],
    }[name]
    assert len(subjects) == len(expected)
    assert all(any(part in subject for subject in subjects) for part in expected), subjects
