"""Notices: one for a problem while it lasts, to whom it concerns, gathered into few mails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from models import Account, Membership, Notice, Outbox, Post, User
from ospost.mail.smtp import Mail
from ospost.outbound.door import Door
from ospost.services import notice_list
from ospost.services.deliveries import Carrier, deliver_due
from ospost.services.notices import end_notice, raise_notice
from tests.databases import ON_SQLITE
from tests.people.helping import now, rows
from tests.people.post_office import PostOffice

APP = "http://localhost:5000"
SOON = timedelta(seconds=31)


@pytest.fixture
def account_id(app: Flask) -> int:
    """An account of three people: two confirmed an address, one did not; Ada owns the instance."""
    with rows(app) as session:
        account = Account(
            ig_id="1",
            username="clay.studio",
            login="facebook",
            connected_at=now(),
            created_at=now(),
        )
        session.add(account)
        session.flush()
        for name, confirmed in (("ada", True), ("ben", True), ("cleo", False)):
            user = User(
                name=name,
                email=f"{name}@example.org",
                is_owner=name == "ada",
                timezone="Asia/Tokyo" if name == "ben" else "UTC",
                email_confirmed_at=now() if confirmed else None,
                created_at=now(),
            )
            session.add(user)
            session.flush()
            session.add(Membership(user_id=user.id, account_id=account.id, created_at=now()))
        return account.id


def tell(app: Flask, key: str = "post:7:missed", **more: object) -> bool:
    """Raise a notice as a part of the server would."""
    fields: dict[str, object] = {
        "kind": "post",
        "severity": "problem",
        "title": "A post was missed",
        "sentence": "The server was off.",
        "remedy": "Choose a new time.",
        "now": now(),
        **more,
    }
    with rows(app) as session:
        return raise_notice(session, key=key, **fields)  # type: ignore[arg-type]  # as given


def end(app: Flask, key: str = "post:7:missed") -> None:
    with rows(app) as session:
        end_notice(session, key=key, now=now())


def deliver(app: Flask, office: PostOffice | None, later: timedelta = SOON) -> int:
    run = app.extensions["ospost"]
    mail = Mail.from_url(office.url) if office else None
    carrier = Carrier(mail=mail, door=Door(), vault=run.vault, app_url=APP)
    return deliver_due(run.sessions, carrier, now() + later)


def outbox(app: Flask) -> list[Outbox]:
    with rows(app) as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def text_of(office: PostOffice, index: int = 0) -> str:
    text = office.mails[index].get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode().replace("\r\n", "\n")


def someone(app: Flask, name: str) -> int:
    with rows(app) as session:
        return session.scalars(select(User.id).where(User.name == name)).one()


def wish(app: Flask, name: str, **fields: object) -> None:
    with rows(app) as session:
        user = session.scalars(select(User).where(User.name == name)).one()
        for field, value in fields.items():
            setattr(user, field, value)


def test_a_problem_that_lasts_is_told_once_and_anew_after_its_end(
    app: Flask, account_id: int
) -> None:
    assert [tell(app, account_id=account_id) for _ in range(3)] == [True, False, False]
    assert len(outbox(app)) == 2
    end(app)

    assert tell(app, account_id=account_id)

    with rows(app) as session:
        ended = session.scalars(select(Notice.ended_at).order_by(Notice.at)).all()
    assert [moment is None for moment in ended] == [False, True]


def test_a_mail_says_what_happened_where_when_and_what_to_do(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    ada = someone(app, "ada")
    with rows(app) as session:
        post = Post(
            account_id=account_id,
            user_id=ada,
            due_at=now().replace(hour=20, minute=30, second=0, microsecond=0),
            created_at=now(),
            updated_at=now(),
        )
        session.add(post)
        session.flush()
        post_id = post.id
    tell(app, account_id=account_id, post_id=post_id)

    assert deliver(app, post_office) == 2

    by_person = {mail["To"]: number for number, mail in enumerate(post_office.mails)}
    assert set(by_person) == {"ada@example.org", "ben@example.org"}
    assert post_office.mails[0]["Subject"] == "A post was missed (@clay.studio)"
    text = text_of(post_office, by_person["ada@example.org"])
    assert "@clay.studio" in text and "The server was off.\nChoose a new time." in text
    assert f"{APP}/post/{post_id}" in text and f"{APP}/account/notices" in text
    assert "20:30 (UTC)" in text
    assert "05:30 (Asia/Tokyo)" in text_of(post_office, by_person["ben@example.org"])
    assert all(row.sent_at and row.next_at is None for row in outbox(app))


def test_an_outage_of_fifty_posts_is_one_mail_to_each(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    for number in range(50):
        tell(app, f"post:{number}:missed", account_id=account_id, title=f"Post {number} was missed")

    assert deliver(app, post_office, timedelta()) == 0  # it waits for more of the same
    assert deliver(app, post_office) == 2

    assert {mail["Subject"] for mail in post_office.mails} == {
        "50 notices: Post 49 was missed, and more"
    }
    text = text_of(post_office)
    assert "Post 49 was missed" in text and "And 30 more notices." in text
    assert f"{APP}/notices" in text


def test_what_comes_just_after_a_mail_waits_and_is_gathered(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    tell(app, "one", user_id=someone(app, "ben"))
    assert deliver(app, post_office) == 1
    tell(app, "two", user_id=someone(app, "ben"))
    tell(app, "three", user_id=someone(app, "ben"))

    assert deliver(app, post_office, timedelta(minutes=2)) == 0
    assert deliver(app, post_office, timedelta(minutes=6)) == 1

    assert post_office.mails[1]["Subject"] == "A post was missed (2 times)"


@pytest.mark.parametrize(
    ("whom", "told"),
    [
        ({"user": "ben"}, {"ben@example.org"}),
        ({"account": True}, {"ada@example.org", "ben@example.org"}),
        ({}, {"ada@example.org"}),  # what concerns the server is for its owner
    ],
)
def test_a_notice_goes_to_whom_it_concerns(
    app: Flask, account_id: int, post_office: PostOffice, whom: dict[str, object], told: set[str]
) -> None:
    tell(
        app,
        user_id=someone(app, str(whom["user"])) if "user" in whom else None,
        account_id=account_id if "account" in whom else None,
    )

    deliver(app, post_office)

    assert {mail["To"] for mail in post_office.mails} == told


@pytest.mark.parametrize("wishes", [{"muted_kinds": ["post"]}, {"mail_notices": False}])
def test_who_does_not_want_it_gets_no_mail(
    app: Flask, account_id: int, post_office: PostOffice, wishes: dict[str, object]
) -> None:
    wish(app, "ben", **wishes)
    tell(app, account_id=account_id)

    deliver(app, post_office)

    assert [mail["To"] for mail in post_office.mails] == ["ada@example.org"]


def test_who_changed_their_mind_meanwhile_gets_no_mail(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    tell(app, account_id=account_id)
    wish(app, "ben", mail_notices=False)

    assert deliver(app, post_office) == 1
    assert deliver(app, post_office, timedelta(days=1)) == 0


def test_what_is_over_before_it_was_sent_is_not_sent(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    tell(app, account_id=account_id)
    end(app)

    assert deliver(app, post_office) == 0
    assert [row.next_at for row in outbox(app)] == [None, None]


def test_who_was_reached_is_not_written_to_again_when_another_was_not(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    post_office.refused = {"ben@example.org"}
    tell(app, account_id=account_id)
    assert deliver(app, post_office) == 1
    late = next(row for row in outbox(app) if row.next_at is not None)
    assert late.payload["failure"] == "The mail server did not take the e-mail."

    post_office.refused = set()
    assert deliver(app, post_office, timedelta(minutes=3)) == 1

    assert [mail["To"] for mail in post_office.mails] == ["ada@example.org", "ben@example.org"]
    assert [row.next_at for row in outbox(app)] == [None, None]


def test_the_waits_grow_and_end_after_a_day(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    post_office.refuses = True
    tell(app, user_id=someone(app, "ben"))
    waits, later = [], SOON
    while True:
        deliver(app, post_office, later)
        (row,) = outbox(app)
        if row.next_at is None:
            break
        waits.append(row.next_at - now() - later)
        later = row.next_at - now() + timedelta(seconds=1)

    assert max(waits) > timedelta(hours=4)
    assert 6 <= len(waits) <= 14
    assert timedelta(hours=23) < later < timedelta(hours=24)  # not a try less than a day allows
    assert row.sent_at is None


def test_two_processes_do_not_send_the_same(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    tell(app, account_id=account_id)
    with rows(app) as session:  # as the other one leaves it while it is sending
        for row in session.scalars(select(Outbox)):
            row.next_at = now() + timedelta(minutes=5)

    assert deliver(app, post_office) == 0


def test_many_that_deliver_at_once_send_each_mail_once(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    tell(app, account_id=account_id)
    together = Barrier(4)

    def work(_: int) -> int:
        together.wait()
        return deliver(app, post_office)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 2

    assert len(post_office.mails) == 2


def test_without_a_mail_server_old_notices_are_closed_and_never_sent_late(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    tell(app, account_id=account_id, now=now() - timedelta(hours=25))

    assert deliver(app, None) == 0
    assert [row.next_at for row in outbox(app)] == [None, None]
    assert deliver(app, post_office) == 0


def test_other_kinds_are_left_alone(app: Flask, account_id: int, post_office: PostOffice) -> None:
    with rows(app) as session:
        session.add(Outbox(at=now(), kind="webhook", next_at=now(), account_id=account_id))

    assert deliver(app, post_office) == 0
    assert outbox(app)[0].next_at is not None


def test_a_dead_mail_server_holds_up_one_round_only_for_two_failures(
    app: Flask, account_id: int, post_office: PostOffice
) -> None:
    with rows(app) as session:
        for number in range(5):
            user = User(
                name=f"n{number}",
                email=f"n{number}@example.org",
                is_owner=True,
                email_confirmed_at=now(),
                created_at=now(),
            )
            session.add(user)
    post_office.refuses = True
    tell(app)  # to all owners: Ada and these five

    deliver(app, post_office)

    assert sorted(row.tries for row in outbox(app)) == [0, 0, 0, 0, 1, 1]
    post_office.refuses = False
    assert deliver(app, post_office, timedelta(minutes=3)) == 6


@ON_SQLITE
def test_what_is_asked_often_reads_no_table_from_end_to_end(app: Flask, account_id: int) -> None:
    """The list, the bell and a delivery, by SQLite's own plans; a long history costs no more."""
    carrier = Carrier(mail=None, door=Door(), vault=app.extensions["ospost"].vault, app_url=APP)
    for number in range(3):
        tell(app, key=f"post:{number}:missed", account_id=account_id)
    end(app, key="post:1:missed")
    plans: list[str] = []

    def explain(_c: Any, cursor: Any, statement: str, given: Any, _x: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")) and not many:
            asked = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            words = " | ".join(row[3] for row in asked)
            plans.append(f"{words} <= {statement}")

    with rows(app) as session:
        engine = session.get_bind()
        user_id = session.scalar(select(User.id).where(User.name == "ada")) or 0
    event.listen(engine, "before_cursor_execute", explain)
    try:
        with rows(app) as session:
            for is_owner in (True, False):
                notice_list.page(session, user_id=user_id, is_owner=is_owner, zone="UTC", now=now())
        deliver_due(app.extensions["ospost"].sessions, carrier, now() + SOON)
    finally:
        event.remove(engine, "before_cursor_execute", explain)

    lists = [plan for plan in plans if "FROM notice LEFT" in plan]
    assert len(lists) == 2
    assert all("SCAN notice USING INDEX ix_notice_at" in plan for plan in lists), lists
    assert not any("TEMP B-TREE" in plan for plan in lists), lists
    bells = [plan for plan in plans if "count(*)" in plan]
    assert all("SCAN notice USING INDEX uq_notice_open" in plan for plan in bells), bells
    carried = [plan for plan in plans if "outbox" in plan]
    assert sum("outbox.sent_at >" in plan for plan in carried) > 0
    assert not any("SCAN notice" in plan or "SCAN outbox" in plan for plan in carried), carried
