"""The daily digest: right by the person's own days, and once."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from models import Account, Membership, Outbox, Post, Publication, User
from ospost.domain.states import State
from ospost.mail.smtp import Mail
from ospost.outbound.door import Door
from ospost.services import digest
from ospost.services.deliveries import Carrier, deliver_due
from ospost.services.notice_settings import Wishes, change
from ospost.services.notices import raise_notice
from tests.people.helping import rows
from tests.people.post_office import PostOffice

BERLIN = "Europe/Berlin"
MORNING = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)  # 08:30 in Berlin


@pytest.fixture
def user_id(app: Flask) -> int:
    """Ada, who wants a digest at eight."""
    with rows(app) as session:
        user = User(
            name="ada",
            email="ada@example.org",
            email_confirmed_at=MORNING,
            timezone=BERLIN,
            digest=True,
            created_at=MORNING,
        )
        account = Account(
            ig_id="1",
            username="clay.studio",
            login="facebook",
            connected_at=MORNING,
            created_at=MORNING,
        )
        session.add_all([user, account])
        session.flush()
        session.add(Membership(user_id=user.id, account_id=account.id, created_at=MORNING))
        return user.id


def post(app: Flask, caption: str, state: State, due_at: datetime, late: float = 0.04) -> None:
    with rows(app) as session:
        account = session.scalars(select(Account.id)).one()
        user = session.scalars(select(User.id)).one()
        row = Post(
            account_id=account,
            user_id=user,
            caption=caption,
            due_at=due_at,
            created_at=due_at,
            updated_at=due_at,
        )
        session.add(row)
        session.flush()
        is_live = state is State.PUBLISHED
        sent_at = due_at + timedelta(seconds=late)
        session.add(
            Publication(
                post_id=row.id,
                account_id=account,
                state=state.value,
                due_at=due_at,
                next_at=None if is_live else due_at,
                sent_at=sent_at if is_live else None,
                published_at=sent_at if is_live else None,
                updated_at=due_at,
            )
        )


def write(app: Flask, now: datetime) -> int:
    return digest.write_due(app.extensions["ospost"].sessions, now)


def test_it_tells_yesterday_today_and_what_needs_a_person_by_their_own_days(
    app: Flask, user_id: int, post_office: PostOffice
) -> None:
    midnight = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # in Berlin
    second = timedelta(seconds=1)
    post(app, "First of yesterday", State.PUBLISHED, midnight - timedelta(days=1))
    post(app, "Last of yesterday", State.PUBLISHED, midnight - 2 * second, late=1.5)
    post(app, "The day before", State.PUBLISHED, midnight - timedelta(days=1) - second)
    post(app, "First of today", State.READY, midnight)
    post(app, "Tomorrow", State.SCHEDULED, midnight + timedelta(days=1))
    with rows(app) as session:
        account = session.scalars(select(Account.id)).one()
        common = {"sentence": "", "remedy": "", "now": MORNING, "account_id": account}
        raise_notice(
            session, key="a", kind="token", severity="warning", title="Sign in again", **common
        )
        raise_notice(session, key="b", kind="account", severity="news", title="News", **common)

    assert write(app, MORNING) == 1
    carrier = Carrier(mail=Mail.from_url(post_office.url), door=Door(), vault=None, app_url="x")  # type: ignore[arg-type]  # no chat is asked
    assert deliver_due(app.extensions["ospost"].sessions, carrier, MORNING) == 1

    (mail,) = post_office.mails
    raw = mail.get_payload(decode=True)
    assert isinstance(raw, bytes)
    text = raw.decode().replace("\r\n", "\n")
    assert mail["Subject"] == "1 thing needs you: 2 posts went out yesterday"
    assert "Saturday 21 November 2026" in text
    assert "Needs you\n- Sign in again (@clay.studio)" in text and "News" not in text
    assert "00:00 @clay.studio: First of yesterday (on time, 40 ms after)" in text
    assert "23:59 @clay.studio: Last of yesterday (1 s late)" in text
    assert "Planned today\n- 00:00 @clay.studio: First of today" in text
    assert "The day before" not in text and "Tomorrow" not in text


def test_all_is_well_is_told_too(app: Flask, user_id: int) -> None:
    write(app, MORNING)

    with rows(app) as session:
        told = session.scalars(select(Outbox.payload)).one()
    assert told["title"] == "All is well: 0 posts went out yesterday"
    assert "Nothing needs you." in told["text"] and "Nothing is planned." in told["text"]


def test_it_comes_once_a_day_however_many_ask(app: Flask, user_id: int) -> None:
    hour = timedelta(hours=1)

    told = [write(app, MORNING + n * hour / 2) for n in range(-4, 100)]

    assert [n for n, count in enumerate(told) if count] == [3, 51, 99]


def test_two_processes_that_found_it_due_at_once_write_it_once(app: Flask, user_id: int) -> None:
    moment = digest.digest_moment(MORNING, zone=BERLIN, hour=8)
    sessions = app.extensions["ospost"].sessions
    with sessions() as one, sessions() as other:
        told = [digest._write(session, user_id, moment, MORNING) for session in (one, other)]

    assert told == [1, 0]


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ((2026, 3, 28), 2, "01:00"),  # winter: UTC+1
        ((2026, 3, 29), 2, "01:00"),  # 02:00 does not exist: 03:00 of the summer
        ((2026, 3, 30), 2, "00:00"),
        ((2026, 10, 25), 2, "00:00"),  # 02:00 comes twice: the first
        ((2026, 10, 26), 2, "01:00"),
        ((2026, 3, 29), 8, "06:00"),
        ((2026, 10, 25), 8, "07:00"),
    ],
)
def test_its_moment_is_right_on_the_days_when_clocks_change(
    day: tuple[int, int, int], hour: int, expected: str
) -> None:
    noon = datetime(*day, 12, tzinfo=UTC)

    moment = digest.digest_moment(noon, zone=BERLIN, hour=hour)

    assert f"{moment:%H:%M}" == expected and moment.date() == noon.date()


def test_who_does_not_want_it_gets_none_and_a_new_wish_waits_for_its_hour(
    app: Flask, user_id: int
) -> None:
    def wish(digest_on: bool) -> None:
        with app.extensions["ospost"].sessions() as session:
            change(
                session,
                user_id=user_id,
                wishes=Wishes(
                    mail_notices=True,
                    wanted_kinds=frozenset(),
                    digest=digest_on,
                    digest_hour="8",
                ),
                now=MORNING,
            )

    wish(False)
    assert write(app, MORNING) == 0
    wish(True)
    assert write(app, MORNING) == 0  # eight is past
    assert write(app, MORNING + timedelta(days=1)) == 1
