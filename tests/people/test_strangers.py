"""Nobody sees or touches what is not theirs: every route, asked by people without a right to it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from helpers import digest
from models import (
    Account,
    Base,
    ChatChannel,
    FoundAccount,
    Invitation,
    LoginSession,
    Media,
    Membership,
    User,
)
from ospost.web import security
from sandbox.world import World
from tests.people.helping import ADA, BEN, JSON, by_facebook, newcomer, now, rows, send
from tests.people.strangers import ALL_WAYS, RULES, Victim, as_text, routes, walk
from tests.people.test_deletion import add_picture
from tests.people.test_reconnecting import schedule

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = "canary-of-ada-7Hq"
ACCESS = Path(__file__).resolve().parents[2] / "docs" / "access.md"
HEAD = """# Who gets what

Every route of Ospost, asked by people without a right to it: what they are answered. The test
that compares this table with the running app is `tests/people/test_strangers.py`; run it with
`WRITE_ACCESS_TABLE=1` to write the table anew. An address that only takes a form sends a browser
that asks for it with GET to the page of the form, which answers as the table says.

"""


@pytest.fixture
def ada(make_open: Flask, world: World) -> FlaskClient:
    return newcomer(make_open, world, ADA)


@pytest.fixture
def victim(make_open: Flask, ada: FlaskClient) -> Victim:
    """Ada, with one of everything."""
    post_id = schedule(make_open, "clay.studio", SECRET)
    other_post_id = schedule(make_open, "clay.studio", SECRET)
    add_picture(make_open, post_id, SECRET)
    send(ada, "/account", name=SECRET, email=f"{SECRET}@example.org")
    send(ada, "/invitations")
    send(ada, "/account/notices/chats", form="slack", url=f"https://hooks.example.org/{SECRET}")
    with rows(make_open) as session:
        account = session.scalars(select(Account).where(Account.username == "clay.studio")).one()
        user_id = session.scalars(
            select(Membership.user_id).where(Membership.account_id == account.id)
        ).one()
        media = session.scalars(select(Media)).one()
        cookie = ada.get_cookie("sid")
        assert cookie is not None
        return Victim(
            account_id=account.id,
            post_id=post_id,
            other_post_id=other_post_id,
            media_id=media.id,
            found_id=session.scalars(
                select(FoundAccount.id).where(FoundAccount.user_id == user_id)
            ).first()
            or 0,
            invitation_id=session.scalars(select(Invitation.id)).one(),
            session_id=session.scalars(
                select(LoginSession.id).where(LoginSession.secret_digest == digest(cookie.value))
            ).one(),
            chat_id=session.scalars(select(ChatChannel.id)).one(),
            key=media.storage_key,
        )


@pytest.fixture
def stranger(make_open: Flask, world: World, ada: FlaskClient) -> FlaskClient:
    """Ben, signed in, with an account of his own whose zone he has confirmed."""
    client = newcomer(make_open, world, BEN)
    send(client, "/welcome")
    client.get("/accounts")  # has his limits read, so that the walk need not
    return client


@pytest.fixture
def ended(make_open: Flask, world: World, ada: FlaskClient) -> FlaskClient:
    """A browser of Ada's whose session is over."""
    client = make_open.test_client()
    by_facebook(client, world, ADA)
    cookie = client.get_cookie("sid")
    assert cookie is not None
    with rows(make_open) as session:
        row = session.scalars(
            select(LoginSession).where(LoginSession.secret_digest == digest(cookie.value))
        ).one()
        row.ended_at = now() - timedelta(minutes=1)
    return client


def everything_of(app: Flask, user_id: int) -> dict[str, list[str]]:
    """All rows but those that the walk may change: sessions, departures, the stranger."""
    left_out = {"login_session", "oauth_attempt", "identity", "found_account", "membership"}
    with rows(app) as session:
        return {
            table.name: sorted(
                str(row)
                for row in session.execute(select(table))
                if not (table.name == "user" and row.id != user_id)
                and not (table.name == "instance" and row.name == "probed")  # by /readyz
            )
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }


def test_every_route_gives_strangers_nothing(
    make_open: Flask,
    victim: Victim,
    stranger: FlaskClient,
    ended: FlaskClient,
) -> None:
    with rows(make_open) as session:
        ada_id = session.scalars(select(User.id).where(User.name == SECRET)).one()
    before = everything_of(make_open, ada_id)

    table = list(walk(make_open, victim, stranger=stranger, ended=ended))

    if os.environ.get("WRITE_ACCESS_TABLE"):
        ACCESS.write_text(f"{HEAD}{as_text(table)}\n", encoding="utf-8")
    assert as_text(table) in ACCESS.read_text(encoding="utf-8"), "docs/access.md is out of date"
    wrong = [f"{r.route}: {r.answers}, not {r.expected}" for r in table if r.answers != r.expected]
    assert not wrong, "\n".join(wrong)
    assert not [row.route for row in table for text in row.texts if SECRET in text]
    assert everything_of(make_open, ada_id) == before


def test_the_table_has_no_rule_for_a_route_that_is_gone(app: Flask) -> None:
    assert set(RULES) == {name for name, _, _ in routes(app)}


def test_a_wrong_method_is_refused_on_every_route(make_open: Flask, victim: Victim) -> None:
    client = make_open.test_client()
    found = {}
    allowed: dict[str, set[str]] = {}
    for rule in make_open.url_map.iter_rules():
        allowed.setdefault(victim.path(rule), set()).update(rule.methods or ())
    for path, methods in allowed.items():
        for method in set(ALL_WAYS) - methods:
            with client.open(path, method=method) as answer:
                found[f"{method} {path}"] = answer.status_code

    assert set(found.values()) == {405}, found


def only_for_forms(app: Flask) -> list[Rule]:
    """The rules whose address takes a form and shows nothing by itself."""
    takes: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        takes.setdefault(rule.rule, set()).update(rule.methods or ())
    return [rule for rule in app.url_map.iter_rules() if "GET" not in takes[rule.rule]]


def test_the_address_of_a_form_leads_a_browser_to_the_page_of_the_form(
    make_open: Flask, victim: Victim, ada: FlaskClient
) -> None:
    found = {}
    for rule in only_for_forms(make_open):
        answer = ada.get(victim.path(rule), headers=PAGE)
        found[rule.endpoint] = (answer.location or "").replace(str(victim.post_id), "7")
        if answer.location:
            assert (answer.status_code, ada.get(answer.location).status_code) == (303, 200), rule
            assert ada.get(victim.path(rule), headers=JSON).status_code == 405
        else:
            assert answer.status_code == 405

    settings, account = "/account/notices", f"/accounts/{victim.account_id}"
    posts = ("check", "remove", "publish", "move", "retry", "by_hand", "duplicate", "review")
    of_posts = {
        f"{'checks.post' if name == 'check' else 'posts.' + name}": "/post/7" for name in posts
    }
    assert found == of_posts | {
        "accounts.disconnect": account,
        "accounts.invite": "/accounts",
        "accounts.revoke_invitation": "/accounts",
        "auth.logout": "/account",
        "checks.form": "/post/add",
        "checks.test": account,
        "files.add": "",  # a script's alone
        "files.originals": account,
        "notices.add_chat": settings,
        "notices.read": "/notices",
        "notices.remove_chat": settings,
        "notices.try_chat": settings,
        "notices.try_mail": settings,
        "person.end_others": "/account",
        "person.end_session": "/account",
        "person.resend": "/account",
        "plan.seen_outage": "/",
        "posts.swap": "/",
        "stop.go_on": "/",
        "stop.stop": "/",
    }
    edit = ada.get(f"/post/check?post={victim.post_id}", headers=PAGE).location
    assert edit == f"/post/edit/{victim.post_id}"
    assert ada.get("/post/check?post=%C2%B2", headers=PAGE).location == "/post/add"


def test_the_address_of_a_form_tells_strangers_nothing(
    make_open: Flask, victim: Victim, stranger: FlaskClient
) -> None:
    nobody = make_open.test_client()
    for rule in only_for_forms(make_open):
        path = victim.path(rule)
        for client, ends in ((nobody, {"/login"}), (stranger, {"200", "404"})):
            answer = client.get(path, headers=PAGE)
            if answer.status_code == 405:
                continue
            page = client.get(answer.location or "", headers=PAGE)
            assert (page.location or str(page.status_code)) in ends, (path, page.status_code)
            assert SECRET not in answer.text + page.text
            if str(victim.post_id) in (answer.location or ""):
                made_up = client.get(path.replace(str(victim.post_id), "12345"), headers=PAGE)
                assert made_up.location == (answer.location or "").replace(
                    str(victim.post_id), "12345"
                )


def test_only_what_is_named_as_public_is_public(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert endpoints >= security.PUBLIC
    private = {e for e in endpoints if not security.is_public(e)}
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in private and not rule.arguments and "GET" in (rule.methods or ()):
            assert client.get(rule.rule).location == "/login", rule.rule
