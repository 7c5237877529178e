"""Secure connections: whom we trust, what counts as not sent, and session tickets."""

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ospost.graph.errors import NoAnswer, NotSent, Trouble
from ospost.graph.http import Http
from tests.certificates import make_certificate
from tests.graph.scripted import ScriptedServer, Wire, answer, each

OK = answer('{"id":"1"}')


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def secure(certificate: Path) -> Iterator[ScriptedServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    scripted = ScriptedServer(
        behaviour=each(OK), wrap=lambda sock: context.wrap_socket(sock, server_side=True)
    )
    scripted.url = f"https://localhost:{scripted.port}"
    yield scripted
    scripted.close()


@pytest.fixture
def trusting(certificate: Path) -> Iterator[Http]:
    http = Http(pool_size=4, connect_seconds=2, certificates=str(certificate))
    yield http
    http.close()


def test_trusted_server_is_answered(trusting: Http, secure: ScriptedServer) -> None:
    got = trusting.call("POST", secure.url, data={"a": "b"}, total_seconds=5)

    assert got.body == b'{"id":"1"}'
    assert secure.requests[0].form == {"a": "b"}


def test_secure_connections_are_used_again(trusting: Http, secure: ScriptedServer) -> None:
    for _ in range(3):
        trusting.call("GET", secure.url, total_seconds=5, fresh_within_seconds=5)

    assert secure.connections == 1


def test_unknown_authority_is_not_sent(http: Http, secure: ScriptedServer) -> None:
    with pytest.raises(NotSent) as refusal:
        http.call("POST", secure.url, total_seconds=5)

    assert refusal.value.trouble is Trouble.TLS
    assert secure.requests == []


def test_certificate_of_another_host_is_not_sent(
    tmp_path: Path, secure: ScriptedServer, trusting: Http
) -> None:
    with pytest.raises(NotSent) as refusal:
        trusting.call("POST", f"https://127.0.0.1:{secure.port}", total_seconds=5)

    assert refusal.value.trouble is Trouble.TLS
    assert secure.requests == []


def test_plain_server_on_a_secure_address_is_not_sent(
    trusting: Http, server: ScriptedServer
) -> None:
    def speaks_plainly(wire: Wire) -> None:
        wire.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    server.behaviour = speaks_plainly

    with pytest.raises(NotSent) as refusal:
        trusting.call("POST", f"https://localhost:{server.port}", total_seconds=5)

    assert refusal.value.trouble is Trouble.TLS


def test_reset_in_the_handshake_is_not_sent(trusting: Http, server: ScriptedServer) -> None:
    def resets(wire: Wire) -> None:
        wire.sock.recv(1)
        wire.reset()

    server.behaviour = resets

    with pytest.raises(NotSent) as refusal:
        trusting.call("POST", f"https://localhost:{server.port}", total_seconds=5)

    assert refusal.value.trouble is Trouble.TLS


def test_handshake_that_hangs_ends_at_the_deadline_and_is_not_sent(
    certificate: Path, server: ScriptedServer
) -> None:
    def says_nothing(wire: Wire) -> None:
        while wire.sock.recv(65_536):
            pass

    server.behaviour = says_nothing
    http = Http(pool_size=1, connect_seconds=60, certificates=str(certificate))

    with pytest.raises(NotSent):
        http.call("POST", f"https://localhost:{server.port}", total_seconds=0.3)


def test_secure_answer_that_drips_ends_at_the_deadline(
    trusting: Http, secure: ScriptedServer
) -> None:
    def drips(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while True:
            wire.send(b" ")
            time.sleep(0.02)

    secure.behaviour = drips

    with pytest.raises(NoAnswer) as doubt:
        trusting.call("POST", secure.url, total_seconds=0.3)

    assert doubt.value.trouble is Trouble.DEADLINE


def test_connection_opened_ahead_survives_the_session_tickets(
    trusting: Http, secure: ScriptedServer
) -> None:
    assert trusting.warm(secure.url, total_seconds=5, fresh_within_seconds=5)
    time.sleep(0.1)  # the tickets of TLS 1.3 come after the handshake

    trusting.call("POST", secure.url, total_seconds=5, fresh_within_seconds=5)

    assert secure.connections == 1


def test_connection_opened_ahead_and_closed_since_is_replaced(
    trusting: Http, secure: ScriptedServer
) -> None:
    def closes_the_first(wire: Wire) -> None:
        if secure.connections > 1:
            each(OK)(wire)
        else:
            wire.sock.shutdown(socket.SHUT_RDWR)

    secure.behaviour = closes_the_first
    assert trusting.warm(secure.url, total_seconds=5, fresh_within_seconds=5)
    time.sleep(0.1)

    assert trusting.call("POST", secure.url, total_seconds=5).status == 200
    assert secure.connections == 2
