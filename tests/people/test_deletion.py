"""A person leaves: nothing of theirs is left here or granted at Meta; what others hold stays."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, text

from models import Account, Base, Identity, Media, Post, Publication, Revocation, Slide, User
from ospost.domain.states import State
from ospost.services.revocations import retry_revocations
from sandbox.world import World
from tests.databases import ON_SQLITE
from tests.people.helping import (
    ADA,
    BEN,
    JSON,
    by_instagram,
    me,
    newcomer,
    now,
    rows,
    send,
    usernames,
)
from tests.people.test_reconnecting import schedule, share, token_of
from tests.support import folder_files, picture

CANARY = "canary-Xq7-in-the-mine"


def add_picture(app: Flask, post_id: int, name: str = CANARY) -> list[Path]:
    """Give the post a real picture with a rendition; return the files."""
    import io

    storage = app.extensions["ospost"].storage
    keys = [storage.new_key(".jpg"), storage.new_key(".jpg")]
    for key in keys:
        storage.write(key, io.BytesIO(picture(320, 320)), max_bytes=10_000_000)
    with rows(app) as session:
        post = session.get_one(Post, post_id)
        media = Media(
            user_id=post.user_id,
            storage_key=keys[0],
            file_name=name,
            format="JPEG",
            byte_size=1,
            sha256="0" * 64,
            width=320,
            height=320,
            created_at=now(),
        )
        session.add(media)
        session.flush()
        from models import Rendition

        session.add(
            Rendition(
                media_id=media.id,
                recipe="r",
                purpose="publish",
                storage_key=keys[1],
                byte_size=1,
                sha256="0" * 64,
                width=320,
                height=320,
                created_at=now(),
            )
        )
        session.add(Slide(post_id=post_id, no=1, media_id=media.id, alt_text=CANARY))
    return [storage.local_path(key) for key in keys]


def counts(app: Flask) -> dict[str, int]:
    """How many rows each table has, those apart that are about the server itself."""
    with rows(app) as session:
        names = set(inspect(session.get_bind()).get_table_names())
        found = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name in names
        }
    return {name: count for name, count in found.items() if count and name != "instance"}


def state(app: Flask, post_id: int, new: State, **fields: object) -> None:
    with rows(app) as session:
        row = session.scalars(select(Publication).where(Publication.post_id == post_id)).one()
        row.state = new.value
        for name, value in fields.items():
            setattr(row, name, value)


def leave(client: FlaskClient, *, json: bool = False):  # type: ignore[no-untyped-def]
    return send(client, "/account/delete", json=json, confirm="DELETE")


def test_the_page_says_what_goes_and_what_stays(signed_in: FlaskClient, app: Flask) -> None:
    add_picture(app, schedule(app, "clay.studio", "planned"))
    state(app, schedule(app, "harbour.cafe", "live"), State.PUBLISHED)

    page = " ".join(signed_in.get("/account/delete").text.split())
    told = signed_in.get("/account/delete", headers=JSON).get_json()

    assert "2 posts" in page and "1 of them is planned" in page and "1 photo" in page
    assert "@clay.studio, @harbour.cafe" in page
    assert "what is live stays on Instagram (1 by Ospost)" in page
    assert told == {
        "posts": 2,
        "planned": 1,
        "live": 1,
        "files": 1,
        "accounts": ["clay.studio", "harbour.cafe"],
        "kept_by_others": [],
    }


@pytest.mark.parametrize("confirm", ["", "delete", "yes", "DELETE it"])
def test_without_the_word_nothing_happens(
    confirm: str, signed_in: FlaskClient, world: World
) -> None:
    page = send(signed_in, "/account/delete", confirm=confirm)
    problem = send(signed_in, "/account/delete", json=True, confirm=confirm)

    assert page.status_code == 422 and 'id="confirm-error"' in page.text
    assert problem.get_json()["errors"][0]["field"] == "confirm"
    assert len(usernames(signed_in)) == 2 and world.grants


def test_nothing_is_left_in_tables_files_or_grants(
    signed_in: FlaskClient, app: Flask, world: World, tmp_path: Path
) -> None:
    files = add_picture(app, schedule(app, "clay.studio", CANARY))
    by_instagram(signed_in, world, "clay.studio")
    send(signed_in, "/account", email=f"{CANARY}@example.org", name=CANARY)
    send(signed_in, "/invitations")
    world.grants = [grant for grant in world.grants if grant.login == "facebook"]
    assert all(path.exists() for path in files)

    answer = leave(signed_in)

    assert (answer.status_code, answer.location) == (303, "/goodbye")
    assert counts(app) == {}
    assert not any(path.exists() for path in files)
    assert world.grants == []
    assert signed_in.get("/account").location == "/login"
    assert signed_in.get("/goodbye").status_code == 200


@ON_SQLITE
def test_no_word_of_theirs_can_be_found_in_the_database_files(
    signed_in: FlaskClient, app: Flask, tmp_path: Path
) -> None:
    post_id = schedule(app, "clay.studio", CANARY)
    add_picture(app, post_id)
    send(signed_in, "/account", name=CANARY)

    def hits() -> list[str]:
        folder = tmp_path / "instance"
        return [p.name for p in folder_files(folder) if CANARY.encode() in p.read_bytes()]

    assert hits()
    leave(signed_in)

    assert hits() == []


def test_a_program_is_told_that_it_is_done(signed_in: FlaskClient) -> None:
    answer = leave(signed_in, json=True)

    assert answer.get_json() == {"deleted": True}


def test_all_browsers_of_the_person_are_signed_out(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    from tests.people.helping import by_facebook

    other = app.test_client()
    by_facebook(other, world)

    leave(signed_in)

    assert other.get("/account").location == "/login"


def test_meta_being_down_leaves_one_sealed_token_that_is_tried_again(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    fault = world.faults.add(endpoint="permissions", kind="html_502", method="DELETE")
    run = app.extensions["ospost"]

    assert leave(signed_in).status_code == 303

    assert counts(app) == {"revocation": 1}
    with rows(app) as session:
        [row] = session.scalars(select(Revocation))
        assert not [token for token in world.tokens if token in str(vars(row))]

    def again(later: timedelta) -> int:
        return retry_revocations(
            run.sessions,
            vault=run.vault,
            facebook=run.facebook,
            instagram=run.instagram,
            now=now() + later,
        )

    assert again(timedelta()) == 0  # not due yet
    assert again(timedelta(minutes=6)) == 0 and counts(app) == {"revocation": 1}
    world.faults.remove(fault.id)
    assert again(timedelta(hours=7)) == 1
    assert counts(app) == {} and world.grants == []


def test_after_seven_days_the_token_is_dropped_in_any_case(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    world.faults.add(endpoint="permissions", kind="lost_before", method="DELETE")
    leave(signed_in)
    run = app.extensions["ospost"]

    later = timedelta()
    tries = 0
    while counts(app):
        later += timedelta(hours=6, minutes=1)
        retry_revocations(
            run.sessions,
            vault=run.vault,
            facebook=run.facebook,
            instagram=run.instagram,
            now=now() + later,
        )
        tries += 1

    assert timedelta(days=7) <= later < timedelta(days=7, hours=7)
    assert tries > 10


def test_a_grant_that_is_gone_already_leaves_nothing(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    from sandbox import tokens

    tokens.end(world, login="facebook", subject=world.person(ADA).id, subcode=458)

    leave(signed_in)

    assert counts(app) == {}


def test_a_post_that_is_going_out_is_waited_for(signed_in: FlaskClient, app: Flask) -> None:
    post_id = schedule(app, "clay.studio", "going out")
    state(app, post_id, State.PUBLISHING)
    seen: list[int] = []

    def arrive() -> None:
        time.sleep(0.5)
        with rows(app) as session:
            seen.append(len(session.scalars(select(Post.id)).all()))
        state(app, post_id, State.PUBLISHED, ig_media_id="18000000000000001")

    thread = threading.Thread(target=arrive)
    thread.start()
    answer = leave(signed_in)
    thread.join()

    assert answer.status_code == 303
    assert seen == [1]  # the row was there until the shot had ended
    assert counts(app) == {}


def test_planned_posts_are_cancelled_before_anything_is_taken_away(
    signed_in: FlaskClient, app: Flask
) -> None:
    from ospost.services import deletion

    planned = schedule(app, "clay.studio", "planned")
    going = schedule(app, "harbour.cafe", "going out")
    state(app, going, State.PUBLISHING)

    with app.app_context():
        from models import db

        deletion.cancel_work(db.session(), me(signed_in)["id"], now=now())

    with rows(app) as session:
        found = dict(session.execute(select(Publication.post_id, Publication.state)).all())
    assert found == {planned: "cancelled", going: "publishing"}


def test_an_account_with_another_member_stays_with_all_its_posts(
    make_open: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)
    shared = schedule(make_open, "clay.studio", "written by Ada")
    alone = schedule(make_open, "harbour.cafe", "goes")
    kept_files, gone_files = add_picture(make_open, shared), add_picture(make_open, alone)
    assert "@clay.studio, since others here" in " ".join(ada.get("/account/delete").text.split())

    leave(ada)

    assert usernames(ben) == ["clay.studio", "okoye.foto"]
    assert all(path.exists() for path in kept_files)
    assert not any(path.exists() for path in gone_files)
    with rows(make_open) as session:
        heir = me(ben)["id"]
        [post] = session.scalars(select(Post))
        [media] = session.scalars(select(Media))
        assert (post.id, post.user_id, media.user_id) == (shared, heir, heir)
        row = session.scalars(select(Publication)).one()
        assert row.state == State.SCHEDULED.value
        assert session.get_one(User, heir).is_owner  # somebody must be
        assert session.scalars(select(Account.username)).all().count("harbour.cafe") == 0


def test_a_shared_account_goes_on_by_the_token_of_the_other_member(
    make_open: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)

    leave(ada)

    token = world.tokens[token_of(make_open, "clay.studio")]
    assert (token.subject, token.dead_by) == (world.person(BEN).id, None)
    accounts = ben.get("/accounts", headers=JSON).get_json()["accounts"]
    assert not any(account["needs_reconnect"] for account in accounts)


def test_without_a_token_of_the_other_the_account_asks_to_be_connected(
    make_open: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)
    with rows(make_open) as session:
        session.execute(text("UPDATE found_account SET token_sealed = ''"))

    leave(ada)

    [clay] = [
        a
        for a in ben.get("/accounts", headers=JSON).get_json()["accounts"]
        if a["username"] == "clay.studio"
    ]
    assert clay["needs_reconnect"] is True
    assert "has left this Ospost" in ben.get("/accounts").text


def test_the_pictures_of_the_leaving_in_posts_of_others_stay(
    make_open: Flask, world: World
) -> None:
    share(world, "clay.studio", BEN)
    ada, ben = newcomer(make_open, world, ADA), newcomer(make_open, world, BEN)
    post_id = schedule(make_open, "clay.studio", "by Ben with Ada's picture")
    files = add_picture(make_open, post_id)
    with rows(make_open) as session:
        session.get_one(Post, post_id).user_id = me(ben)["id"]
    from tests.people.test_accounts import ids

    send(ada, f"/accounts/{ids(ada)['clay.studio']}/disconnect")

    leave(ada)

    assert all(path.exists() for path in files)
    with rows(make_open) as session:
        assert session.scalars(select(Media.user_id)).all() == [me(ben)["id"]]


def test_who_left_may_come_back_as_a_new_person(
    signed_in: FlaskClient, app: Flask, world: World
) -> None:
    before = me(signed_in)["id"]
    leave(signed_in)

    again = newcomer(app, world, ADA)

    assert me(again)["id"] != before and usernames(again) == ["clay.studio", "harbour.cafe"]
    with rows(app) as session:
        assert len(session.scalars(select(Identity)).all()) == 1
