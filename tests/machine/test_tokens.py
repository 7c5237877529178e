"""Tokens are renewed before they end, so that a post may be years away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from helpers import utcnow
from models import Account, Identity, User
from ospost.runtime import Runtime
from ospost.services import tokens
from ospost.services.database import writing
from sandbox import deeds
from sandbox.faults import Facts, Fault, FaultBox
from sandbox.world import World

DAY = timedelta(days=1)


@dataclass
class People:
    """Signs people in to Instagram, straight into the tables, and lets time pass."""

    run: Runtime
    world: World
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return utcnow() + self.ahead

    def wait(self, time: timedelta) -> None:
        self.ahead += time
        self.world.clock_ahead += time.total_seconds()

    def sign_in(self, username: str) -> int:
        """Make the rows of a person with one account; return the identity's id."""
        token = deeds.mint(self.world, {"login": "instagram", "account": username})["access_token"]
        now = self.now()
        with self.run.sessions() as session, writing(session):
            user = User(name=username, created_at=now)
            session.add(user)
            session.flush()
            identity = Identity(
                user_id=user.id,
                login="instagram",
                subject=username,
                token_expires_at=now + 60 * DAY,
                created_at=now,
                renewed_at=now,
            )
            session.add(identity)
            session.flush()
            account = Account(
                ig_id=self.world.account(username).id,
                username=username,
                login="instagram",
                identity_id=identity.id,
                connected_at=now,
                created_at=now,
            )
            session.add(account)
            session.flush()
            identity.token_sealed = self.seal(identity, token)
            account.token_sealed = self.seal(account, token)
            return identity.id

    def seal(self, row: Identity | Account, token: str) -> str:
        table = row.__tablename__
        return self.run.vault.seal(token, table=table, column="token_sealed", row_id=row.id)

    def open(self, row: Identity | Account) -> str:
        return self.run.vault.open(
            row.token_sealed, table=row.__tablename__, column="token_sealed", row_id=row.id
        )

    def identity(self, identity_id: int) -> Identity:
        with self.run.sessions() as session:
            return session.get_one(Identity, identity_id)

    def account(self, identity_id: int) -> Account:
        with self.run.sessions() as session:
            return session.scalars(select(Account).where(Account.identity_id == identity_id)).one()

    def change(self, identity_id: int, token_sealed: str) -> None:
        with self.run.sessions() as session, writing(session):
            session.get_one(Identity, identity_id).token_sealed = token_sealed

    def expire(self, identity_id: int, at: datetime) -> None:
        with self.run.sessions() as session, writing(session):
            session.get_one(Identity, identity_id).token_expires_at = at

    def renew(self) -> int:
        """What comes round every hour."""
        return tokens.refresh_due(
            self.run.sessions,
            vault=self.run.vault,
            facebook=self.run.facebook,
            instagram=self.run.instagram,
            now=self.now(),
        )


@pytest.fixture
def people(app: Flask, world: World) -> People:
    return People(app.extensions["ospost"], world)


def test_a_token_is_renewed_for_the_person_and_the_account(people: People) -> None:
    ada = people.sign_in("clay.studio")
    old = people.open(people.identity(ada))
    people.wait(1.1 * DAY)

    count = people.renew()

    identity, account = people.identity(ada), people.account(ada)
    assert count == 1
    assert people.open(identity) != old
    assert people.open(account) == people.open(identity)
    assert identity.token_expires_at is not None
    assert identity.token_expires_at > utcnow() + 59 * DAY
    assert account.token_expires_at == identity.token_expires_at


def test_every_day_it_is_renewed_once_for_two_months_and_longer(people: People) -> None:
    ada = people.sign_in("clay.studio")

    counts = []
    for _ in range(70 * 4):
        people.wait(DAY / 4)
        counts.append(people.renew())

    assert 66 <= sum(counts) <= 70
    assert counts[4:].count(0) > 3 * 60
    ends_at = people.account(ada).token_expires_at
    assert ends_at is not None and ends_at > people.now() + 58 * DAY


@pytest.mark.parametrize(("age", "count"), [(DAY * 0.9, 0), (DAY * 1.1, 1)])
def test_instagram_is_not_asked_before_the_token_is_a_day_old(
    people: People, age: timedelta, count: int
) -> None:
    """Although it ends soon: Instagram renews nothing younger."""
    ada = people.sign_in("clay.studio")
    people.expire(ada, people.now() + 10 * DAY)
    people.wait(age)
    asked = len(people.world.calls)

    assert people.renew() == count
    assert len(people.world.calls) - asked == count


def test_a_token_that_does_not_open_does_not_stop_the_others(people: People) -> None:
    ada, ben = people.sign_in("clay.studio"), people.sign_in("ben.prints")
    broken = min(ada, ben)
    people.change(broken, "v1.aaaa.bbbb.cccc")
    people.wait(8 * DAY)

    count = people.renew()

    assert count == 1
    assert people.identity(broken).token_sealed == "v1.aaaa.bbbb.cccc"
    assert people.identity(max(ada, ben)).renewed_at > utcnow() + 7 * DAY


@pytest.mark.parametrize("is_dead", [False, True])
def test_a_new_sign_in_while_instagram_is_asked_wins(people: People, is_dead: bool) -> None:
    """Neither the renewed nor the refused old token says anything about the new one."""
    ada = people.sign_in("clay.studio")
    people.wait(8 * DAY)
    if is_dead:
        deeds.end_tokens(people.world, {"account": "clay.studio"}, subcode=463)
    fresh = people.seal(people.identity(ada), "of the new sign-in")
    people.world.faults = During(lambda: people.change(ada, fresh))

    count = people.renew()

    assert count == 0
    assert people.identity(ada).token_sealed == fresh
    assert not people.account(ada).needs_reconnect


class During(FaultBox):
    """Something that happens while Instagram is being asked."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self._happens = happens

    def take(self, facts: Facts) -> Fault | None:
        self._happens()
        return super().take(facts)


def test_no_connection_to_the_database_is_in_use_while_instagram_is_asked(people: People) -> None:
    people.sign_in("clay.studio")
    people.wait(8 * DAY)
    pool = people.run.sessions.kw["bind"].pool
    seen: list[int] = []
    people.world.faults = During(lambda: seen.append(pool.checkedout()))

    people.renew()

    assert seen == [0]


def test_a_dead_token_marks_its_accounts_and_no_others(people: People) -> None:
    ada, ben = people.sign_in("clay.studio"), people.sign_in("ben.prints")
    people.wait(8 * DAY)
    deeds.end_tokens(people.world, {"account": "clay.studio"}, subcode=463)

    count = people.renew()

    marked = people.account(ada)
    assert count == 1
    assert marked.needs_reconnect and marked.trouble and marked.trouble_at is not None
    assert not people.account(ben).needs_reconnect


def test_an_outage_changes_nothing_and_the_next_hour_renews(people: People) -> None:
    ada = people.sign_in("clay.studio")
    people.wait(8 * DAY)
    people.world.faults.add(endpoint="any", kind="html_502", count=1)

    first, at_once = people.renew(), people.renew()
    people.wait(timedelta(minutes=11))
    later = people.renew()

    assert (first, at_once, later) == (0, 0, 1)
    assert not people.account(ada).needs_reconnect
