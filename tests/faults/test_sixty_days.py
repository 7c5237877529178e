"""Sixty days in seconds: one virtual clock for the machine, what comes round, pages and Instagram.

Three accounts on both logins in three zones that change their clocks meanwhile, a post a day each,
two outages, a revoked grant, a throttle and a full day.
"""

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from models import Account, Identity, Notice, Post, Publication, Slide
from ospost.domain.schedule import resolve
from ospost.jobs.periodic import PERIODIC
from ospost.services import publications
from ospost.services.database import writing
from sandbox import deeds
from sandbox.world import World
from tests.faults.person import Person
from tests.faults.road import Road
from tests.machine.driving import Drive, fault
from tests.support import Studio, choose_all, sign_in_instagram

DAYS = 60
SLOT = timedelta(hours=8)
HOUR = 3600.0
ZONES = {
    "clay.studio": "Europe/Berlin",
    "harbour.cafe": "America/New_York",
    "okoye.foto": "Australia/Sydney",
}
AT = timedelta(hours=9, minutes=30)
LIMIT = 100


@dataclass
class Life:
    """Everything that goes by the one clock."""

    person: Person
    road: Road
    start: datetime = field(init=False)
    accounts: dict[str, int] = field(default_factory=dict)
    rounds: dict[str, datetime] = field(default_factory=dict)
    soonest_end: timedelta = timedelta(days=999)

    def __post_init__(self) -> None:
        """Begin now, with what signing in made."""
        self.start = self.drive.now()
        with self.drive.session() as session, writing(session):
            found = session.scalars(select(Account)).all()
            assert {account.username for account in found} == set(ZONES)
            for account in found:
                account.timezone = ZONES[account.username]
                account.grace_seconds = 30 * 3600
                self.accounts[account.username] = account.id

    @property
    def drive(self) -> Drive:
        """The machine."""
        return self.person.drive

    @property
    def world(self) -> World:
        """The practice Instagram."""
        return self.person.world

    def plan(self) -> None:
        """Put a post a day into every account's plan, at half past nine on its own wall."""
        studio, now = self.person.studio, self.drive.now()
        with self.drive.session() as session, writing(session):
            media_id = studio.media(session).id
            for username, account_id in self.accounts.items():
                zone = ZONES[username]
                first = datetime.combine(
                    (self.start + timedelta(days=1)).date(), datetime.min.time()
                )
                for day in range(DAYS):
                    found = resolve(first + timedelta(days=day) + AT, zone)
                    post = Post(
                        account_id=account_id,
                        user_id=studio.user_id,
                        caption=f"{username} {day}",
                        due_at=found.due_at,
                        wall_time=found.wall.isoformat(timespec="seconds"),
                        zone=zone,
                        created_at=now,
                        updated_at=now,
                    )
                    session.add(post)
                    session.flush()
                    session.add(Slide(post_id=post.id, no=1, media_id=media_id))
                    publications.open_for(session, post, now=now)

    def until(self, day: float, *, slot: timedelta = SLOT) -> None:
        """Live on until so many days after the start; what comes round does so after each slot."""
        end = self.start + timedelta(days=day)
        while self.drive.now() < end:
            slot_end = min(self.drive.now() + slot, end)
            self.drive.run(seconds=(slot_end - self.drive.now()).total_seconds())
            self.drive.meet(slot_end)
            self.come_round()

    def come_round(self) -> None:
        """Do the periodic work that is due, as the driver does."""
        now = self.drive.now()
        for job in PERIODIC:
            if now - self.rounds.get(job.name, now - job.every) >= job.every:
                self.rounds[job.name] = now
                job.run(self.person.studio.run, now)
        with self.drive.session() as session:
            ends = session.scalars(select(Identity.token_expires_at)).all()
        left = min(at - now for at in ends if at is not None)
        self.soonest_end = min(self.soonest_end, left)

    def told(self) -> list[tuple[str, str, int]]:
        """What people were told: when, by the day, and what."""
        with self.drive.session() as session:
            rows = session.scalars(select(Notice).order_by(Notice.at, Notice.id))
            return [(row.kind, row.title, (row.at - self.start).days) for row in rows]


@pytest.fixture
def life(live_app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Life:
    """Begin on a 20 February, so that all three zones change their clocks in the sixty days."""
    world.switches.quota_total = LIMIT
    drive = Drive(live_app, world)
    year = datetime.now(UTC).year
    drive.meet(datetime(year + 1, 2, 20, 12, tzinfo=UTC))
    for name, module in list(sys.modules.items()):
        if name.startswith("ospost.") and hasattr(module, "utcnow"):
            monkeypatch.setattr(module, "utcnow", drive.now)
    road = Road(drive)
    run = live_app.extensions["ospost"]
    run.http, run.graph = road.http, drive.tools.graph
    person = Person(live_app.test_client(), Studio(live_app, world), drive)
    person.sign_in()
    sign_in_instagram(person.client, username="okoye.foto", world=world)
    if person.client.get("/accounts/choose").status_code == 200:
        choose_all(person.client)
    person.find()
    return Life(person, road)


def outage(life: Life, *, day: float, hours: float) -> None:
    """Nothing at Meta answers for some hours; once a call before them took effect unanswered."""
    life.until(day)
    fault(life.world, "any", "html_502")
    life.until(day + hours / 24, slot=timedelta(hours=1))
    life.world.faults.remove()


@pytest.mark.timeout(400)  # longer than others on a machine that is busy
def test_sixty_days_pass_without_a_lost_a_doubled_or_an_early_post(life: Life) -> None:
    life.plan()
    day_of = (timedelta(hours=24) - timedelta(hours=12) + AT).total_seconds() / 86_400

    outage(life, day=9 + day_of - 0.06, hours=3)
    fault(life.world, "publish", "lost_after", count=2)
    life.until(20.5)
    deeds.end_tokens(life.world, {"person": life.person.name}, subcode=463)
    life.until(21.3)
    life.person.sign_in()
    assert life.person.send("/accounts/passed", all="now") == 200
    outage(life, day=33 + day_of - 0.04, hours=2)
    life.until(45)
    fault(life.world, "create", "throttle", count=1, seconds=1800)
    life.until(50)
    clay = life.world.account("clay.studio")
    clay.published[:] = sorted([*clay.published, *(life.world.now() for _ in range(LIMIT))])
    life.until(DAYS + 2)

    assert_all_live_once_and_never_early(life)
    assert life.soonest_end > timedelta(days=45)
    assert changed_clocks(life) == set(ZONES)
    assert_told_little_and_right(life)


def assert_told_little_and_right(life: Life) -> None:
    """People heard of the revoked grant, its question and the full day, and of no post."""
    told = life.told()
    days = {day for _, _, day in told}
    assert sorted(title for kind, title, _ in told if kind == "token") == [
        "@clay.studio is not connected any more",
        "@harbour.cafe is not connected any more",
    ], told
    assert days <= {20, 21, 49, 50, 51}, told
    assert len(told) <= 10, told
    assert not {
        "A post was missed",
        "A post could not be published",
        "Please look on Instagram",
    } & {title for _, title, _ in told}, told
    with life.drive.session() as session:
        assert session.scalars(select(Notice).where(Notice.kind == "server")).all() == []


def assert_all_live_once_and_never_early(life: Life) -> None:
    """Compare what is live with what was planned."""
    with life.drive.session() as session:
        planned = session.execute(
            select(
                Post.caption, Publication.due_at, Publication.state, Publication.ig_media_id
            ).join(Publication, Publication.post_id == Post.id)
        ).all()
    live = {media.caption: media for media in life.drive.live()}
    assert len(planned) == DAYS * len(ZONES)
    assert [row for row in planned if row.state != "published"] == [], life.told()
    assert len(life.drive.live()) == len(planned)
    for caption, due_at, state, media_id in planned:
        assert (state, media_id) == ("published", live[caption].id), caption
        assert live[caption].timestamp >= due_at.timestamp(), caption


def changed_clocks(life: Life) -> set[str]:
    """The accounts whose last post went out at another hour, seen from afar, than the first."""
    with life.drive.session() as session:
        due = {
            caption: due_at.hour
            for caption, due_at in session.execute(select(Post.caption, Post.due_at))
        }
    return {name for name in ZONES if due[f"{name} 0"] != due[f"{name} {DAYS - 1}"]}
