"""Chats: what is posted to each, and that an address leads only to the open internet."""

import datetime as dt
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import ChatChannel, Outbox, User
from ospost.outbound.door import BadAddress, Door, NotDelivered, is_public
from ospost.services.deliveries import Carrier, deliver_due
from ospost.services.notices import raise_notice
from tests.graph.scripted import ScriptedServer, Wire, answer, each
from tests.graph.test_tls import make_certificate
from tests.people.helping import JSON, now, rows, send

OK = answer("ok")
HOST = "hooks.example.org"
SOON = dt.timedelta(seconds=31)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), HOST)


@pytest.fixture
def chat(certificate: Path) -> Iterator[ScriptedServer]:
    """A server with a certificate for a public name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    scripted = ScriptedServer(
        behaviour=each(OK), wrap=lambda sock: context.wrap_socket(sock, server_side=True)
    )
    scripted.url = f"https://{HOST}:{scripted.port}/hook?x=1"
    yield scripted
    scripted.close()


@pytest.fixture
def make_door(chat: ScriptedServer, certificate: Path) -> Callable[..., Door]:
    """A door for which the name leads here, and here counts as public."""

    def make(**more: Any) -> Door:
        given: dict[str, Any] = {
            "port": chat.port,
            "resolve": lambda _host, _port: ["127.0.0.1"],
            "allows": lambda address: address == "127.0.0.1",
            "context": ssl.create_default_context(cafile=str(certificate)),
            "deadline_seconds": 3.0,
            **more,
        }
        return Door(**given)

    return make


@pytest.fixture
def reaching(app: Flask, make_door: Callable[..., Door]) -> Flask:
    app.extensions["ospost"].door = make_door()
    return app


def add(client: FlaskClient, url: str, form: str = "slack") -> int:
    made = send(client, "/account/notices/chats", json=True, form=form, url=url)
    assert made.status_code == 201, made.text
    found: int = made.get_json()["id"]
    return found


def tell(app: Flask, *titles: str) -> None:
    for title in titles:
        with rows(app) as session:
            raise_notice(
                session,
                key=title,
                kind="post",
                severity="problem",
                title=title,
                sentence="Why <it> & *that*.",
                remedy="Do this.",
                user_id=session.scalars(select(User.id)).one(),
                now=now(),
            )


def deliver(app: Flask, later: dt.timedelta = SOON) -> int:
    run = app.extensions["ospost"]
    carrier = Carrier(
        mail=None, door=run.door, vault=run.vault, app_url="https://me.example", is_practice=True
    )
    return deliver_due(run.sessions, carrier, now() + later)


def words_of(body: dict[str, Any], form: str) -> str:
    """Return what a person reads of it."""
    if form == "teams":
        (attached,) = body["attachments"]
        assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert attached["content"]["actions"][0]["url"].startswith("https://me.example/")
        return "\n".join(block["text"] for block in attached["content"]["body"])
    return str(body["content" if form == "discord" else "text"])


@pytest.mark.parametrize("form", ["slack", "discord", "teams", "json"])
def test_each_chat_gets_its_form_with_all_notices_in_one_message(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer, form: str
) -> None:
    add(signed_in, chat.url, form)
    tell(reaching, "First", "@everyone second")

    assert deliver(reaching) == 1

    (request,) = chat.requests
    assert (request.method, request.target) == ("POST", "/hook?x=1")
    assert request.headers["host"] == HOST
    body = json.loads(request.body)
    words = words_of(body, form)
    assert "First" in words and "second" in words and "Do this." in words
    assert "Practice Instagram" in words
    if form == "slack":
        assert "Why &lt;it&gt; &amp; *that*." in words
    if form == "discord":
        assert body["allowed_mentions"] == {"parse": []} and "\\*that\\*" in words
        assert len(words) <= 2000
    if form == "json":
        assert [one["title"] for one in body["notices"]] == ["@everyone second", "First"]


def test_a_long_outage_fits_into_discord(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer
) -> None:
    add(signed_in, chat.url, "discord")
    tell(reaching, *(f"Post {number} " + "x" * 150 for number in range(30)))

    assert deliver(reaching) == 1

    words = json.loads(chat.requests[0].body)["content"]
    assert len(words) <= 2000 and words.endswith("https://me.example/notices")


def test_an_address_is_kept_sealed_and_only_its_host_is_shown(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer
) -> None:
    add(signed_in, chat.url)

    page = signed_in.get("/account/notices").text
    with rows(reaching) as session:
        kept = session.scalars(select(ChatChannel)).one()

    assert "Slack" in page and HOST in page and "x=1" not in page
    assert "hook?x" not in kept.url_sealed and kept.host == HOST


def test_the_test_button_says_how_it_ended(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer
) -> None:
    chat_id = add(signed_in, chat.url)

    fine = send(signed_in, f"/account/notices/chats/{chat_id}/test", json=True)
    chat.behaviour = each(answer("no_service", 404))
    bad = send(signed_in, f"/account/notices/chats/{chat_id}/test", json=True)

    assert (fine.status_code, fine.get_json()["delivered"]) == (200, True)
    assert b"A test message from Ospost" in chat.requests[0].body
    assert bad.status_code == 502
    said = "Slack answered 404. The address does not exist any more."
    assert bad.get_json()["trouble"] == said
    assert said in signed_in.get("/account/notices").text


def test_a_chat_that_is_down_is_tried_again_and_its_page_says_so(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer
) -> None:
    add(signed_in, chat.url)
    chat.behaviour = each(answer("", 503), answer("", 429, retry_after="600"), OK)
    tell(reaching, "First")

    assert deliver(reaching) == 0
    assert "Slack answered 503." in signed_in.get("/account/notices").text
    assert deliver(reaching, dt.timedelta(minutes=2)) == 0
    assert deliver(reaching, dt.timedelta(minutes=11)) == 0  # it asked for ten minutes
    assert deliver(reaching, dt.timedelta(minutes=13)) == 1

    assert len(chat.requests) == 3
    assert "was not delivered" not in signed_in.get("/account/notices").text


@pytest.mark.parametrize("status", [301, 307, 400, 403, 404, 410])
def test_an_address_that_is_gone_or_leads_elsewhere_is_not_tried_again(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer, status: int
) -> None:
    add(signed_in, chat.url)
    chat.behaviour = each(answer("", status, location="http://127.0.0.1/"))
    tell(reaching, "First")

    deliver(reaching)
    deliver(reaching, dt.timedelta(hours=2))

    assert len(chat.requests) == 1
    with rows(reaching) as session:
        assert session.scalars(select(Outbox.next_at)).all() == [None]
        assert str(status) in session.scalars(select(ChatChannel.failure)).one()


def test_a_removed_chat_gets_nothing(
    reaching: Flask, signed_in: FlaskClient, chat: ScriptedServer
) -> None:
    chat_id = add(signed_in, chat.url)
    tell(reaching, "First")
    send(signed_in, f"/account/notices/chats/{chat_id}/remove", json=True)

    assert deliver(reaching) == 0
    assert chat.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "https://",
        "https:///path",
        "https://hooks.example.org:8443/",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:99999/",
        "https://user:word@hooks.example.org/",
        "https://user@hooks.example.org/",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\r\nHost: other",
        "https://hooks.exämple.org/\u2028",
        "https://[::1/",
        "https://" + "a" * 300 + ".org/",
        "https://hooks.example.org/" + "a" * 3000,
        "//hooks.example.org/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
    ],
)
def test_an_address_that_is_none_is_refused_at_its_field(signed_in: FlaskClient, url: str) -> None:
    refused = send(signed_in, "/account/notices/chats", json=True, form="slack", url=url)
    page = send(signed_in, "/account/notices/chats", form="slack", url=url)

    assert refused.status_code == 422, refused.text
    assert refused.get_json()["errors"][0]["field"] == "url"
    assert page.status_code == 422 and 'id="url-error"' in page.text


PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "2001:db8::1",
    "not an address",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "[::1]",
        "[::ffff:7f00:1]",
    ],
)
def test_this_machine_is_reached_under_none_of_its_names(
    chat: ScriptedServer, certificate: Path, host: str
) -> None:
    door = Door(port=chat.port, context=ssl.create_default_context(cafile=str(certificate)))

    with pytest.raises((BadAddress, NotDelivered)):
        door.post_json(f"https://{host}:{chat.port}/", {})

    assert chat.connections == 0


def test_a_name_with_one_private_address_among_its_public_ones_is_refused(
    make_door: Callable[..., Door], chat: ScriptedServer
) -> None:
    door = make_door(resolve=lambda _host, _port: ["127.0.0.1", "10.0.0.1"])

    with pytest.raises(BadAddress, match="not an address of the public internet"):
        door.post_json(chat.url, {})

    assert chat.connections == 0


def test_a_name_is_looked_up_once_so_that_a_second_answer_cannot_lead_elsewhere(
    make_door: Callable[..., Door], chat: ScriptedServer
) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    door = make_door(resolve=lambda _host, _port: answers.pop(0))

    assert door.post_json(chat.url, {}).status == 200
    assert len(answers) == 1


def drips(wire: Wire) -> None:
    wire.read()
    wire.send(b"HTTP/1.1")
    while True:
        wire.send(b" ")
        time.sleep(0.02)


def says_nothing(wire: Wire) -> None:
    wire.read()
    wire.sock.recv(1)


@pytest.mark.parametrize("behaviour", [drips, says_nothing])
def test_a_receiver_that_never_ends_is_left_at_the_deadline(
    make_door: Callable[..., Door], chat: ScriptedServer, behaviour: Callable[[Wire], None]
) -> None:
    chat.behaviour = behaviour

    with pytest.raises(NotDelivered, match="did not answer in time"):
        make_door(deadline_seconds=0.4).post_json(chat.url, {})


def test_a_look_up_that_hangs_is_left_at_the_deadline(make_door: Callable[..., Door]) -> None:
    def hangs(_host: str, _port: int) -> list[str]:
        time.sleep(2)
        return ["127.0.0.1"]

    door = make_door(deadline_seconds=0.2, resolve=hangs)

    with pytest.raises(NotDelivered, match="was not found"):
        door.post_json(f"https://{HOST}:{door.port}/", {})


def test_only_the_beginning_of_a_large_answer_is_read(
    make_door: Callable[..., Door], chat: ScriptedServer
) -> None:
    chat.behaviour = each(answer("x" * 10_000_000))

    assert make_door().post_json(chat.url, {}).status == 200


def test_a_receiver_that_cannot_prove_its_name_gets_nothing(
    make_door: Callable[..., Door], chat: ScriptedServer
) -> None:
    with pytest.raises(NotDelivered, match="certificate is not valid"):
        make_door().post_json(f"https://other.example.org:{chat.port}/", {})
    with pytest.raises(NotDelivered, match="certificate is not valid"):
        make_door(context=None).post_json(chat.url, {})

    assert chat.requests == []


def test_ten_chats_are_enough(signed_in: FlaskClient) -> None:
    for number in range(10):
        add(signed_in, f"https://{HOST}/{number}")

    refused = send(
        signed_in, "/account/notices/chats", json=True, form="slack", url=f"https://{HOST}/11"
    )

    assert refused.status_code == 422 and "10 chats already" in refused.text
    listed = signed_in.get("/account/notices", headers=JSON).get_json()["chats"]
    assert len(listed) == 10
