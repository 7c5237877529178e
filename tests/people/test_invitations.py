"""Invitations: made by the owner, used once, for seven days, until taken back."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, Invitation
from sandbox.world import World
from tests.people.helping import (
    ADA,
    BEN,
    JSON,
    by_facebook,
    by_instagram,
    me,
    newcomer,
    now,
    rows,
    send,
    usernames,
)
from tests.people.test_reconnecting import share
from tests.support import choose_all


def invite(client: FlaskClient, **fields: str) -> str:
    """Make an invitation; return its path."""
    page = send(client, "/invitations", **fields)
    assert page.status_code == 201
    found = re.search(r"http://localhost:5000(/join/[\w-]+)", page.text)
    assert found
    return found.group(1)


def account_id(app: Flask, username: str) -> str:
    with rows(app) as session:
        return str(session.scalars(select(Account.id).where(Account.username == username)).one())


def join(app: Flask, world: World, path: str, person: str = BEN) -> FlaskClient:
    """Follow an invitation in a new browser and sign in; the last answer is not checked."""
    client = app.test_client()
    client.get(path)
    by_facebook(client, world, person)
    return client


def test_an_invitation_lets_another_person_in(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    path = invite(signed_in)
    guest = app.test_client()
    assert "Ada Marin invites you" in guest.get(path).text

    assert by_facebook(guest, world, BEN).location == "/accounts/choose"
    choose_all(guest)

    assert usernames(guest) == ["okoye.foto"]
    assert me(guest)["is_owner"] is False


def test_the_link_is_shown_once_and_only_its_digest_is_kept(
    signed_in: FlaskClient, app: Flask
) -> None:
    secret = invite(signed_in).rpartition("/")[2]

    assert secret not in signed_in.get("/accounts").text
    with rows(app) as session:
        [row] = session.scalars(select(Invitation))
        assert secret not in str(vars(row))
        assert row.expires_at - row.made_at == timedelta(days=7)


def test_it_works_once(signed_in: FlaskClient, app: Flask, world: World) -> None:
    path = invite(signed_in)
    join(app, world, path)
    third = app.test_client()

    assert third.get(path).status_code == 404
    assert by_instagram(third, world, "ben.prints").status_code == 403


def test_two_browsers_that_hold_it_at_the_same_time_are_one_guest(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    path = invite(signed_in)
    first, second = app.test_client(), app.test_client()
    first.get(path)
    second.get(path)
    by_facebook(first, world, BEN)

    late = by_instagram(second, world, "ben.prints")

    assert late.status_code == 403 and "invitation does not work any more" in late.text
    # and the browser is not marked by it for ever
    assert "by invitation" in by_instagram(second, world, "ben.prints").text


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_it_ends_by_time_and_when_it_is_taken_back(
    end: str, signed_in: FlaskClient, app: Flask, world: World
) -> None:
    path = invite(signed_in)
    guest = app.test_client()
    guest.get(path)
    if end == "revoked":
        [link] = re.findall(r"/invitations/\d+/revoke", signed_in.get("/accounts").text)
        assert send(signed_in, link).status_code == 303
    else:
        with rows(app) as session:
            session.scalars(select(Invitation)).one().expires_at = now() - timedelta(seconds=1)

    answer = by_facebook(guest, world, BEN)

    assert answer.status_code == 403 and "invitation does not work any more" in answer.text
    assert app.test_client().get(path).status_code == 404


def test_a_named_account_is_shared_with_a_guest_who_has_rights_on_it(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    path = invite(signed_in, account_id=account_id(app, "clay.studio"))
    assert "@clay.studio" in app.test_client().get(path).text

    guest = join(app, world, path)
    choose_all(guest)

    assert usernames(guest) == ["clay.studio", "okoye.foto"]
    assert usernames(signed_in) == ["clay.studio", "harbour.cafe"]


def test_without_rights_at_meta_nothing_is_shared(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    guest = join(app, world, invite(signed_in, account_id=account_id(app, "clay.studio")))
    choose_all(guest)

    assert usernames(guest) == ["okoye.foto"]


def test_rights_at_meta_alone_share_nothing_that_the_invitation_does_not_name(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    share(world, "harbour.cafe", BEN)
    guest = join(app, world, invite(signed_in, account_id=account_id(app, "clay.studio")))
    offered = guest.get("/accounts/choose", headers=JSON).get_json()["accounts"]
    harbour = next(o["id"] for o in offered if o["username"] == "harbour.cafe")

    answer = send(guest, "/accounts/choose", account=str(harbour))

    assert answer.status_code == 403 and "@harbour.cafe belongs to somebody else" in answer.text
    assert usernames(guest) == []


def test_a_known_person_may_use_it_for_a_shared_account(make_open: Flask, world: World) -> None:
    ada = newcomer(make_open, world, ADA)
    ben = newcomer(make_open, world, BEN)
    make_open.extensions["ospost"].signups = "first"
    share(world, "clay.studio", BEN)
    path = invite(ada, account_id=account_id(make_open, "clay.studio"))

    ben.get(path)
    assert by_facebook(ben, world, BEN).location == "/accounts/choose"
    choose_all(ben)

    assert usernames(ben) == ["clay.studio", "okoye.foto"]


def test_only_the_owner_makes_and_sees_invitations(make_open: Flask, world: World) -> None:
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)
    invite(ada)
    with rows(make_open) as session:
        invitation_id = session.scalars(select(Invitation.id)).one()

    assert send(ben, "/invitations").status_code == 403
    assert send(ben, f"/invitations/{invitation_id}/revoke").status_code == 404
    assert "Let somebody in" not in ben.get("/accounts").text


def test_an_account_of_others_cannot_be_named(make_open: Flask, world: World) -> None:
    ada = newcomer(make_open, world, ADA)
    newcomer(make_open, world, BEN)

    theirs = account_id(make_open, "okoye.foto")

    assert send(ada, "/invitations", account_id=theirs).status_code == 404


def test_a_program_gets_the_link_as_json(signed_in: FlaskClient) -> None:
    answer = send(signed_in, "/invitations", json=True)

    assert answer.status_code == 201
    assert answer.get_json()["url"].startswith("http://localhost:5000/join/")
