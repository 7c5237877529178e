"""A fault of Meta's never disconnects an account, wherever it is met; its word about a token does."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpers import utcnow
from models import Account, Identity, Media, Publication
from ospost.graph.client import Deadlines, GraphClient
from ospost.jobs.periodic import look_at_tokens
from ospost.services.database import writing
from sandbox import deeds
from sandbox.world import World
from tests.machine.driving import Drive, fault
from tests.people.helping import by_facebook, by_instagram
from tests.support import Studio, choose_all, in_seconds

OUTAGES: dict[str, dict[str, Any]] = {
    "100/33": {"kind": "error", "code": 100, "subcode": 33},
    **{str(code): {"kind": "error", "code": code} for code in (1, 2, 4, 17, 32, 341, 368, 613)},
    "4/2207051": {"kind": "error", "code": 4, "subcode": 2207051},
    "368/1390008": {"kind": "error", "code": 368, "subcode": 1390008},
    "80002": {"kind": "throttle", "seconds": 60},
    "503 empty": {"kind": "empty", "status": 503},
    "502 page": {"kind": "html_502"},
    "200 page": {"kind": "html_502", "status": 200},
    "404 page": {"kind": "html_502", "status": 404},
    "reset": {"kind": "reset"},
    "closed": {"kind": "lost_before"},
    "time-out": {"kind": "hang", "seconds": 3},
    "redirect": {"kind": "redirect"},
    "cut short": {"kind": "truncated"},
}
STEPS = {"quota": "limit", "prepare": "create", "status": "status", "publish": "publish"}


def impatient(studio: Studio, drive: Drive) -> None:
    """Give up after a second, so that hanging calls cost no more."""
    run = studio.run
    drive.tools.graph = GraphClient(
        run.http,
        graph_url=f"{run.sandbox_url}/graph.facebook.com",
        instagram_graph_url=f"{run.sandbox_url}/graph.instagram.com",
        version="v26.0",
        app_secret="sandbox-facebook-secret",
        deadlines=Deadlines(create=1, publish=1, read=1),
    )


def account_of(drive: Drive) -> tuple[bool, str]:
    account = drive.account()
    return account.needs_reconnect, account.token_sealed


@pytest.mark.parametrize("step", STEPS)
def test_no_step_of_the_machine_takes_an_outage_for_a_dead_token(
    studio: Studio, drive: Drive, step: str
) -> None:
    """Each fault meets a post of its own; all are live in the end, once."""
    impatient(studio, drive)
    studio.world.switches.quota_total = 1000
    before = account_of(drive)
    media_id = None
    for name, what in OUTAGES.items():
        fault(studio.world, STEPS[step], count=2, **what)
        due_at = drive.now() + timedelta(seconds=30)
        studio.post(name, due_at=due_at, media_id=media_id)
        drive.run(seconds=45)
        assert account_of(drive) == before, name
        with drive.session() as session:
            media_id = session.scalars(select(Media.id)).first()
        studio.world.faults.remove()

        drive.run(seconds=4 * 3600)

        assert account_of(drive) == before, name
        assert drive.states()[-1] == "published", (name, drive.sentences()[-5:])
    assert sorted(media.caption or "" for media in drive.live()) == sorted(OUTAGES)


def test_no_look_takes_an_outage_for_a_dead_token(studio: Studio, drive: Drive) -> None:
    impatient(studio, drive)
    before = account_of(drive)
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("In doubt", due_at=in_seconds(30))
    drive.run(seconds=31, until="unknown")
    for name, what in OUTAGES.items():
        for endpoint in ("media", "status"):
            fault(studio.world, endpoint, **what)
        at = drive.row().next_at
        assert at is not None
        drive.run(seconds=(at - drive.now()).total_seconds() + 1)
        assert (drive.states(), account_of(drive)) == (["unknown"], before), name
        studio.world.faults.remove()

    drive.run(seconds=3600)

    assert drive.states() == ["published"]


@pytest.mark.parametrize("login", ["facebook", "instagram"])
def test_no_renewal_takes_an_outage_for_a_dead_token(app: Flask, world: World, login: str) -> None:
    client, run = app.test_client(), app.extensions["ospost"]
    if login == "facebook":
        by_facebook(client, world)
    else:
        by_instagram(client, world, "clay.studio")
    choose_all(client)
    slow = {"time-out"}  # twenty seconds of a real clock; the same kind of error as `closed`
    names = [name for name in OUTAGES if name not in slow]
    for number, name in enumerate(names):
        fault(world, "any", **OUTAGES[name])
        world.clock_ahead += 8 * 86_400
        look_at_tokens(run, utcnow() + timedelta(days=8 * (number + 1)))
        with run.sessions() as session:
            marked = session.scalars(select(Account.needs_reconnect)).all()
            identity = session.scalars(select(Identity)).one()
        assert not any(marked), name
        assert identity.trouble, name
        world.faults.remove()
        again = utcnow() + timedelta(days=8 * (number + 1), minutes=11)
        look_at_tokens(run, again)
        with run.sessions() as session:
            identity = session.scalars(select(Identity)).one()
        assert (identity.trouble, identity.renewed_at) == ("", again), name


@pytest.mark.parametrize("subcode", [None, 458, 459, 460, 463, 464, 467, 492])
def test_every_documented_word_about_a_token_is_believed(
    studio: Studio, drive: Drive, subcode: int | None
) -> None:
    fault(studio.world, "create", "error", code=190, subcode=subcode)
    studio.post("Held", due_at=in_seconds(30))

    drive.run(seconds=40)

    assert (drive.states(), drive.row().hold_reason) == (["held"], "token")
    assert drive.account().needs_reconnect


@pytest.mark.parametrize("step", ["create", "publish"])
def test_a_dead_token_in_the_middle_of_a_storm_is_asked_about_once_more(
    studio: Studio, drive: Drive, step: str
) -> None:
    """First a fault, then a 190 that a harmless read does not bear out."""
    fault(studio.world, step, "error", code=2, count=1)
    fault(studio.world, step, "error", code=190, subcode=463, count=1)
    studio.post("Through the storm", due_at=in_seconds(60))

    drive.run(seconds=3600)

    assert drive.states() == ["published"]
    assert len(drive.live()) == 1
    assert not drive.account().needs_reconnect


@pytest.mark.parametrize("after", [timedelta(), timedelta(minutes=30)])
def test_a_token_that_died_in_a_storm_is_found_dead(
    studio: Studio, drive: Drive, after: timedelta
) -> None:
    fault(studio.world, "create", "error", code=2, count=1)
    studio.post("Held", due_at=in_seconds(3000))
    drive.run(seconds=2101, until="preparing")
    while "outage" not in drive.causes():
        drive.run(seconds=1)
        drive.jump(1)
    deeds.end_tokens(studio.world, {"account": "clay.studio"}, subcode=460)
    drive.jump(after.total_seconds())

    drive.run(seconds=3600, until="held")

    assert (drive.states(), drive.row().hold_reason) == (["held"], "token")
    assert drive.account().needs_reconnect


def test_a_token_that_is_over_by_its_date_burns_no_call(studio: Studio, drive: Drive) -> None:
    studio.post("Ready", due_at=in_seconds(600))
    drive.run(seconds=400, until="ready")
    with drive.session() as session, writing(session):
        session.get_one(Account, studio.account_id).token_expires_at = drive.now()
    studio.post("New", due_at=in_seconds(620))
    calls = len(studio.world.calls)

    drive.run(seconds=2 * 3600)

    assert [(row.state, row.hold_reason) for row in drive.rows()] == [("held", "token")] * 2
    assert len(studio.world.calls) == calls
    with drive.session() as session, writing(session):  # the clock was wrong, and was set right
        session.get_one(Account, studio.account_id).token_expires_at = None
    drive.run(seconds=2 * 3600)
    assert drive.states() == ["published", "published"]
    with drive.session() as session:
        assert session.scalars(select(Publication.hold_reason)).all() == ["", ""]
