"""Signing in again: the same account, a fresh token, all posts; and who counts as the same person."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import Account, FoundAccount, Identity, Membership, Notice, Post, Publication, User
from ospost.domain.states import HoldReason, State
from ospost.services import keys, publications
from sandbox import tokens
from sandbox.things import Page
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
from tests.support import choose_all


def schedule(app: Flask, username: str, caption: str) -> int:
    """Put a post of that account into the tables."""
    with rows(app) as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        user_id = session.scalars(
            select(Membership.user_id).where(Membership.account_id == account.id)
        ).first()
        due_at = now() + timedelta(days=3)
        post = Post(
            account_id=account.id,
            user_id=user_id,
            caption=caption,
            due_at=due_at,
            zone="UTC",
            created_at=now(),
            updated_at=now(),
        )
        session.add(post)
        session.flush()
        publications.open_for(session, post, now=now())
        return post.id


def token_of(app: Flask, username: str) -> str:
    with rows(app) as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        return keys.open_token(account, app.extensions["ospost"].vault)


def lose(app: Flask, username: str, reason: HoldReason) -> None:
    """Do what the machine does when Meta calls a token dead."""
    with rows(app) as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        account.needs_reconnect = True
        account.trouble = "The session ended."
        for row in session.scalars(select(Publication).where(Publication.account_id == account.id)):
            row.state = State.HELD.value
            row.hold_reason = reason.value
            row.held_from = State.SCHEDULED.value
            row.next_at = now() + timedelta(days=3)


@pytest.mark.parametrize("reason", [HoldReason.TOKEN, HoldReason.PERMISSION])
def test_signing_in_again_renews_the_token_and_lets_waiting_posts_go(
    signed_in: FlaskClient, app: Flask, world: World, reason: HoldReason
) -> None:
    post_id = schedule(app, "clay.studio", "kept")
    lose(app, "clay.studio", reason)
    tokens.end(world, login="facebook", subject=world.person(ADA).id, subcode=460)
    before = token_of(app, "clay.studio")

    answer = by_facebook(app.test_client(), world)

    assert answer.location == "/"
    assert token_of(app, "clay.studio") != before
    with rows(app) as session:
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
        assert (account.needs_reconnect, account.trouble) == (False, "")
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        assert row.next_at is not None and row.next_at <= now()


def test_it_ends_at_the_plan_with_a_message_when_every_account_is_theirs(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    browser = app.test_client()

    assert by_facebook(browser, world).location == "/"
    assert "Connected again: @clay.studio, @harbour.cafe" in browser.get("/").text


def test_no_account_and_no_person_is_made_twice(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    for _ in range(3):
        by_facebook(app.test_client(), world)

    with rows(app) as session:
        assert len(session.scalars(select(User)).all()) == 1
        assert len(session.scalars(select(Identity)).all()) == 1
        assert len(session.scalars(select(Account)).all()) == 2
        assert len(session.scalars(select(FoundAccount)).all()) == 3


def test_a_refused_account_is_not_offered_at_each_sign_in_but_when_asked_for(
    client: FlaskClient, app: Flask, world: World
) -> None:
    by_facebook(client, world)
    first = client.get("/accounts/choose", headers=JSON).get_json()["accounts"][0]
    send(client, "/accounts/choose", account=str(first["id"]))

    later = app.test_client()
    assert by_facebook(later, world).location == "/"
    assert by_facebook(later, world).location == "/accounts/choose"  # set out signed in
    choose_all(later)
    assert usernames(later) == ["clay.studio", "harbour.cafe"]


def test_a_signed_in_person_adds_the_other_login_to_themselves(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    post_id = schedule(app, "clay.studio", "kept")
    who = me(signed_in)["id"]

    assert by_instagram(signed_in, world, "clay.studio").location == "/"

    assert me(signed_in)["id"] == who
    with rows(app) as session:
        logins = session.scalars(select(Identity.login).order_by(Identity.login)).all()
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
        assert logins == ["facebook", "instagram"]
        assert account.login == "instagram"
        assert session.get_one(Post, post_id).account_id == account.id
    assert token_of(app, "clay.studio").startswith("IG")


def test_a_container_of_the_other_login_is_dropped(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    post_id = schedule(app, "clay.studio", "prepared")
    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        row.state, row.container_id = State.READY.value, "17900000000000001"
        row.container_revision, row.container_made_at = row.revision, now()

    by_instagram(signed_in, world, "clay.studio")

    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        assert (row.state, row.container_id) == (State.SCHEDULED.value, "")


def test_the_other_login_reconnects_the_same_account_also_signed_out(
    client: FlaskClient, app: Flask, world: World
) -> None:
    by_instagram(client, world, "clay.studio")
    choose_all(client)
    post_id = schedule(app, "clay.studio", "kept")
    who, [account] = me(client)["id"], client.get("/accounts", headers=JSON).get_json()["accounts"]

    browser = app.test_client()
    by_facebook(browser, world)

    assert me(browser)["id"] == who
    mine = browser.get("/accounts", headers=JSON).get_json()["accounts"]
    assert [(a["id"], a["login"]) for a in mine] == [(account["id"], "facebook")]
    with rows(app) as session:
        assert session.get_one(Post, post_id).caption == "kept"
        [notice] = session.scalars(select(Notice))
        assert notice.title == "Facebook was added to how you sign in"


def test_who_controls_only_a_part_is_not_taken_for_the_same_person(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    stranger = app.test_client()

    answer = by_instagram(stranger, world, "clay.studio")  # Ada has harbour.cafe too

    assert answer.status_code == 403 and "by invitation" in answer.text


def test_a_lesser_role_on_the_page_does_not_make_the_same_person(
    client: FlaskClient, app: Flask, world: World
) -> None:
    by_instagram(client, world, "okoye.foto")
    choose_all(client)
    page = next(p for p in world.pages.values() if p.name == "Okoye Foto")
    page.tasks[world.person(BEN).id] = ["CREATE_CONTENT", "ANALYZE"]

    answer = by_facebook(app.test_client(), world, BEN)

    assert answer.status_code == 403 and "by invitation" in answer.text


def share(world: World, username: str, person: str) -> None:
    """Give *person* full control of the Page behind *username* at Meta."""
    page: Page = next(p for p in world.pages.values() if p.account_id == world.account(username).id)
    page.tasks[world.person(person).id] = ["CREATE_CONTENT", "MANAGE"]


def test_with_open_sign_ups_rights_at_meta_make_a_second_member(
    make_open: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    ada = newcomer(make_open, world, ADA)
    before = token_of(make_open, "clay.studio")

    ben = newcomer(make_open, world, BEN)

    assert usernames(ben) == ["clay.studio", "okoye.foto"]
    assert usernames(ada) == ["clay.studio", "harbour.cafe"]
    assert token_of(make_open, "clay.studio") == before  # the working one of the other stays


def test_a_second_members_sign_in_mends_a_lost_token(make_open: Flask, world: World) -> None:
    share(world, "clay.studio", BEN)
    newcomer(make_open, world, ADA)
    ben = newcomer(make_open, world, BEN)
    lose(make_open, "clay.studio", HoldReason.TOKEN)
    before = token_of(make_open, "clay.studio")

    by_facebook(ben, world, BEN)

    assert token_of(make_open, "clay.studio") != before
    assert not any(
        a["needs_reconnect"] for a in ben.get("/accounts", headers=JSON).get_json()["accounts"]
    )
