"""Notices: from the outbox to the mailboxes of those whom they concern."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from models import Account, Membership, Outbox, User
from ospost.mail.smtp import Mail
from ospost.services.deliveries import deliver_due
from tests.people.helping import now, rows
from tests.people.post_office import PostOffice

APP = "http://localhost:5000"


@pytest.fixture
def account_id(app: Flask) -> int:
    """An account of three people: two confirmed an address, one did not."""
    with rows(app) as session:
        account = Account(
            ig_id="1", username="x", login="facebook", connected_at=now(), created_at=now()
        )
        session.add(account)
        session.flush()
        for name, confirmed in (("ada", True), ("ben", True), ("cleo", False)):
            user = User(
                name=name,
                email=f"{name}@example.org",
                email_confirmed_at=now() if confirmed else None,
                created_at=now(),
            )
            session.add(user)
            session.flush()
            session.add(Membership(user_id=user.id, account_id=account.id, created_at=now()))
        return account.id


def notice(app: Flask, **fields: object) -> int:
    with rows(app) as session:
        row = Outbox(
            at=now(),
            kind="notice",
            next_at=now(),
            payload={
                "post_id": 7,
                "title": "A post was missed",
                "sentence": "The server was off.",
                "remedy": "Choose a new time.",
            },
        )
        for name, value in fields.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row.id


def deliver(app: Flask, office: PostOffice | None, later: timedelta = timedelta()) -> int:
    mail = Mail.from_url(office.url) if office else None
    return deliver_due(app.extensions["ospost"].sessions, mail, APP, now() + later)


def row(app: Flask, notice_id: int) -> Outbox:
    with rows(app) as session:
        return session.get_one(Outbox, notice_id)


def test_members_with_a_confirmed_address_are_told(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    notice_id = notice(app, account_id=account_id)

    assert deliver(app, post_office) == 2

    assert {mail["To"] for mail in post_office.mails} == {"ada@example.org", "ben@example.org"}
    mail = post_office.mails[0]
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert mail["Subject"] == "A post was missed"
    assert b"The server was off." in text and b"Choose a new time." in text
    assert f"{APP}/post/7".encode() in text
    assert row(app, notice_id).sent_at is not None


def test_nobody_is_told_twice(app: Flask, account_id: int, post_office: PostOffice) -> None:
    notice(app, account_id=account_id)
    deliver(app, post_office)

    assert deliver(app, post_office, timedelta(days=1)) == 0


def test_a_notice_for_one_person_goes_to_them_alone(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    with rows(app) as session:
        ben = session.scalars(select(User.id).where(User.name == "ben")).one()
    notice(app, user_id=ben)

    deliver(app, post_office)

    assert [mail["To"] for mail in post_office.mails] == ["ben@example.org"]


def test_who_was_reached_is_not_written_to_again_when_another_was_not(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    post_office.refused = {"ben@example.org"}
    notice_id = notice(app, account_id=account_id)
    assert deliver(app, post_office) == 1
    assert row(app, notice_id).next_at is not None

    post_office.refused = set()
    assert deliver(app, post_office, timedelta(minutes=2)) == 1

    assert [mail["To"] for mail in post_office.mails] == ["ada@example.org", "ben@example.org"]
    assert row(app, notice_id).next_at is None


def test_the_waits_grow_and_end_after_a_day(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    post_office.refuses = True
    notice_id = notice(app, account_id=account_id)
    waits = []
    later = timedelta()
    while True:
        deliver(app, post_office, later)
        next_at = row(app, notice_id).next_at
        if next_at is None:
            break
        waits.append(next_at - now() - later)
        later = next_at - now() + timedelta(seconds=1)

    assert waits == sorted(waits) or waits[-1] > timedelta(hours=4)
    assert 6 <= len(waits) <= 14
    assert later < timedelta(hours=24)
    assert row(app, notice_id).sent_at is None


def test_two_processes_do_not_send_the_same(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    notice_id = notice(app, account_id=account_id)
    with rows(app) as session:  # as the other one leaves it while it is sending
        session.get_one(Outbox, notice_id).next_at = now() + timedelta(minutes=5)

    assert deliver(app, post_office) == 0


def test_without_a_mail_server_old_notices_are_closed_and_never_sent_late(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    notice_id = notice(app, account_id=account_id, at=now() - timedelta(hours=25))

    assert deliver(app, None) == 0
    assert row(app, notice_id).next_at is None
    assert deliver(app, post_office) == 0


def test_other_kinds_are_left_alone(app: Flask, account_id: int, post_office: PostOffice) -> None:
    notice_id = notice(app, account_id=account_id, kind="webhook")

    assert deliver(app, post_office) == 0
    assert row(app, notice_id).next_at is not None
