"""Who is told, and when, that an access to Instagram ends; and what a look at Facebook's tokens keeps."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from helpers import utcnow
from models import Account, FoundAccount, Identity, Membership, Notice, Post, Publication, User
from ospost.jobs.periodic import look_at_tokens
from ospost.runtime import Runtime
from ospost.services import keys, publications
from ospost.services.database import writing
from sandbox import deeds
from sandbox.world import World
from tests.people.helping import ADA, BEN, by_facebook, by_instagram, newcomer
from tests.support import MakeApp, choose_all

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class House:
    """An instance with people in it, and time that passes for it and for the practice Meta."""

    app: Flask
    world: World
    ahead: timedelta = timedelta()

    @property
    def run(self) -> Runtime:
        found: Runtime = self.app.extensions["ospost"]
        return found

    def wait(self, time: timedelta, *, rounds: int = 1) -> None:
        """Let *time* pass, with as many rounds of the token job in it."""
        for _ in range(rounds):
            self.ahead += time / rounds
            self.world.clock_ahead += (time / rounds).total_seconds()
            look_at_tokens(self.run, utcnow() + self.ahead)

    def notices(self, *, is_open: bool = True) -> list[Notice]:
        with self.run.sessions() as session:
            wanted = select(Notice).where(Notice.kind == "token").order_by(Notice.at, Notice.key)
            if is_open:
                wanted = wanted.where(Notice.ended_at.is_(None))
            return list(session.scalars(wanted))

    def account(self, username: str = "clay.studio") -> Account:
        with self.run.sessions() as session:
            return session.scalars(select(Account).where(Account.username == username)).one()

    def identity(self, login: str) -> Identity:
        with self.run.sessions() as session:
            return session.scalars(select(Identity).where(Identity.login == login)).one()

    def opened(self, row: Account | Identity | FoundAccount) -> str:
        return keys.open_token(row, self.run.vault)

    def plan(self, username: str, *, due_in: timedelta) -> None:
        """Plan a post, with rows alone."""
        now = utcnow()
        account_id = self.account(username).id
        with self.run.sessions() as session, writing(session):
            user_id = session.scalars(
                select(Membership.user_id).where(Membership.account_id == account_id)
            ).first()
            post = Post(
                account_id=account_id,
                user_id=user_id,
                due_at=now + due_in,
                created_at=now,
                updated_at=now,
            )
            session.add(post)
            session.flush()
            publications.open_for(session, post, now=now)


@pytest.fixture
def house(app: Flask, world: World) -> House:
    return House(app, world)


def live_in(house: House, zone: str) -> None:
    with house.run.sessions() as session, writing(session):
        for user in session.scalars(select(User)):
            user.timezone = zone


def test_the_end_of_a_consent_is_told_at_each_threshold_once_and_ended_by_signing_in(
    house: House, signed_in: FlaskClient
) -> None:
    live_in(house, "Asia/Tokyo")
    for days in (80, 91, 95):
        house.plan("clay.studio", due_in=days * DAY)
    ends_at = house.account().data_access_expires_at
    assert ends_at is not None and 89 * DAY < ends_at - utcnow() <= 90 * DAY

    house.wait(75 * DAY, rounds=75)
    assert house.notices() == []  # although Facebook's token was exchanged ten times meanwhile
    seen = []
    for _ in range(32):
        house.wait(DAY / 2)
        seen.append({n.key.split(":")[3] for n in house.notices()})

    steps = [next(iter(days), "") for days in seen]
    assert all(len(days) <= 1 for days in seen)
    assert list(dict.fromkeys(steps)) == ["", "14", "7", "3", "1", "0"]
    assert len(house.notices(is_open=False)) == 2 * 5  # of two accounts
    told = house.notices(is_open=False)[0]
    day = ends_at + 9 * HOUR
    assert f"{day.day} {day:%b %Y}, {day:%H:%M} (Asia/Tokyo)" in told.sentence
    assert any("2 posts are planned after this date" in n.sentence for n in house.notices())
    assert f'href="/accounts/{told.account_id}"' in signed_in.get("/notices").text
    assert "Sign in again" in told.remedy and "clay.studio" in told.title + seen_titles(house)

    by_facebook(signed_in, house.world, start="/login/facebook?renew=1")
    house.wait(HOUR)

    assert house.notices() == []
    ends_at = house.account().data_access_expires_at
    assert ends_at is not None and ends_at > utcnow() + house.ahead + 89 * DAY


def seen_titles(house: House) -> str:
    return " ".join(notice.title for notice in house.notices(is_open=False))


def test_signing_in_anew_asks_facebook_for_a_new_consent(
    house: House, signed_in: FlaskClient
) -> None:
    page = signed_in.get(f"/accounts/{house.account().id}").text
    assert "/login/facebook?renew=1" in page

    dialog = signed_in.get("/login/facebook?renew=1")

    assert "auth_type=reauthorize" in dialog.location


def test_a_token_that_renews_itself_is_told_of_only_when_that_fails(
    house: House, client: FlaskClient
) -> None:
    by_instagram(client, house.world, "clay.studio")
    choose_all(client)
    house.wait(30 * DAY, rounds=30)
    assert house.notices() == []

    outage = house.world.faults.add(endpoint="any", kind="html_502")
    house.wait(45 * DAY, rounds=90)
    assert house.notices() == []  # 15 days are left
    house.wait(1.5 * DAY, rounds=3)

    (notice,) = house.notices()
    assert ":token:14:" in notice.key and "could not renew it" in notice.sentence
    assert not house.account().needs_reconnect
    assert "did not work" in client.get("/accounts").text

    house.world.faults.remove(outage.id)
    house.wait(HOUR)

    assert house.notices() == []
    assert "did not work" not in client.get("/accounts").text
    assert house.identity("instagram").trouble == ""


def test_a_token_that_runs_out_in_an_outage_is_tried_again_before_anybody_is_asked_to_sign_in(
    house: House, client: FlaskClient
) -> None:
    by_instagram(client, house.world, "clay.studio")
    choose_all(client)
    house.plan("clay.studio", due_in=300 * DAY)
    outage = house.world.faults.add(endpoint="any", kind="html_502")
    house.wait(62 * DAY, rounds=62)

    (ended,) = house.notices()
    assert ":token:0:" in ended.key and not house.account().needs_reconnect
    house.world.faults.remove(outage.id)
    house.wait(DAY)

    assert house.account().needs_reconnect  # by Instagram's own word
    (lost,) = house.notices()
    assert lost.key.endswith(":lost") and "1 post is planned and will wait" in lost.sentence
    house.wait(5 * DAY, rounds=5)
    assert len(house.notices(is_open=False)) == 5 + 1  # 14, 7, 3, 1, 0 days, and lost: each once
    by_instagram(client, house.world, "clay.studio")
    assert house.notices() == []


def test_without_keys_for_instagram_nothing_renews_so_people_are_told(
    make_app: MakeApp, world: World
) -> None:
    house = House(make_app(), world)
    client = house.app.test_client()
    by_instagram(client, world, "clay.studio")
    choose_all(client)
    house.run.instagram = None

    house.wait(50 * DAY)

    (notice,) = house.notices()
    assert ":token:14:" in notice.key
    house.wait(11 * DAY)
    (notice,) = house.notices()
    assert notice.severity == "problem" and "has ended" in notice.title


def test_a_week_old_sign_in_of_facebook_is_exchanged_and_the_pages_token_stays(
    house: House, signed_in: FlaskClient
) -> None:
    person, page = house.opened(house.identity("facebook")), house.opened(house.account())

    house.wait(6.5 * DAY, rounds=13)
    assert house.opened(house.identity("facebook")) == person
    house.wait(DAY)

    identity = house.identity("facebook")
    assert house.opened(identity) != person
    assert identity.token_expires_at is not None
    assert identity.token_expires_at > utcnow() + house.ahead + 59 * DAY
    assert house.opened(house.account()) == page
    assert house.account().token_expires_at is None


def test_the_end_of_a_persons_own_token_does_not_disconnect_their_pages(
    house: House, signed_in: FlaskClient
) -> None:
    """A Page token has a life of its own; only Meta's word about it counts."""
    person = house.opened(house.identity("facebook"))
    house.world.tokens[person].dead_by = 463

    house.wait(8 * DAY, rounds=8)

    assert house.identity("facebook").trouble
    assert not house.account().needs_reconnect
    house.world.tokens[house.opened(house.account())].dead_by = 492
    house.wait(DAY)
    assert house.account().needs_reconnect
    assert "role" in house.account().trouble
    assert not house.account("harbour.cafe").needs_reconnect


def test_a_spare_token_is_kept_alive_for_the_day_on_which_it_is_needed(
    make_app: MakeApp, world: World
) -> None:
    """Two people hold one account; the working token of the first stays, that of the second waits."""
    house = House(make_app(SIGNUPS="open"), world)
    page = next(p for p in world.pages.values() if p.account_id == world.account("clay.studio").id)
    page.tasks[world.person(BEN).id] = ["CREATE_CONTENT", "MANAGE"]
    newcomer(house.app, world, ADA)
    ben = newcomer(house.app, world, BEN)
    by_instagram(ben, world, "clay.studio")
    with house.run.sessions() as session:
        spare = session.scalars(
            select(FoundAccount).where(
                FoundAccount.login == "instagram", FoundAccount.token_sealed != ""
            )
        ).one()
    first = house.opened(spare)
    assert house.account().login == "facebook"

    house.wait(3 * DAY, rounds=3)

    with house.run.sessions() as session:
        spare = session.get_one(FoundAccount, spare.id)
    assert house.opened(spare) != first
    assert house.opened(spare) == house.opened(house.identity("instagram"))
    assert spare.renewed_at is not None and spare.token_expires_at is not None
    assert spare.token_expires_at > utcnow() + house.ahead + 59 * DAY


def test_what_meta_takes_back_of_a_dead_token_connects_the_account_again(
    house: House, client: FlaskClient
) -> None:
    by_instagram(client, house.world, "clay.studio")
    choose_all(client)
    token = house.world.tokens[house.opened(house.account())]
    house.plan("clay.studio", due_in=100 * DAY)
    token.dead_by = 467
    house.wait(2 * DAY)
    assert house.account().needs_reconnect
    with house.run.sessions() as session, writing(session):
        row = session.scalars(select(Publication)).one()
        row.state, row.hold_reason, row.held_from = "held", "token", "scheduled"

    token.dead_by = None
    house.wait(2 * DAY)

    assert not house.account().needs_reconnect and house.account().trouble == ""
    assert house.notices() == []
    with house.run.sessions() as session:
        row = session.scalars(select(Publication)).one()
        assert row.next_at is not None and row.next_at <= utcnow() + house.ahead


def test_the_card_shows_the_dates_that_matter_in_the_persons_zone(
    house: House, signed_in: FlaskClient
) -> None:
    live_in(house, "America/New_York")
    by_instagram(signed_in, house.world, "clay.studio")
    ends_at = house.account().token_expires_at
    assert ends_at is not None

    page = signed_in.get("/accounts").text

    local = ends_at - 5 * HOUR
    assert f"{local.day} {local:%b %Y}, {local:%H:%M}" in page
    for words in ("renews itself every day", "Last renewed", "Next renewal", "Next look"):
        assert words in page
    assert "only signing in again renews it" in page and "no end of its own" in page
    assert page.count("o-badge--published") == 2 and page.count("Connected</span>") == 2

    deeds.end_tokens(house.world, {"account": "clay.studio"}, subcode=460)
    house.wait(2 * DAY)
    page = signed_in.get(f"/accounts/{house.account().id}").text
    assert "Not connected" in page and "password was changed" in page
    assert "/login/instagram?renew=1" in page
