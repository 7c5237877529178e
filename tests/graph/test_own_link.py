"""Fetching our own picture link: what is seen of redirects, types, lengths, certificates, silence."""

import hashlib
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ospost.domain.media_address import Fetched
from ospost.graph.own_link import OwnLink
from tests.certificates import make_certificate
from tests.graph.scripted import Behaviour, ScriptedServer, Wire, answer, each

PHOTO = b"\xff\xd8 a photo \xff\xd9" * 2000
SHA256 = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def link() -> Iterator[OwnLink]:
    own = OwnLink(seconds=2)
    yield own
    own.close()


def came(link: OwnLink, behaviour: Behaviour) -> Fetched:
    server = ScriptedServer(behaviour=behaviour)
    try:
        found = link.fetch(f"{server.url}/m/abc.jpg", sha256=SHA256)
        assert found is not None
        return found
    finally:
        server.close()


def test_a_photo_that_arrives_whole_is_told_with_type_length_and_address(link: OwnLink) -> None:
    found = came(link, each(answer(PHOTO, content_type="image/jpeg; x=y")))

    assert found == Fetched(
        status=200,
        content_type="image/jpeg",
        length=str(len(PHOTO)),
        is_same=True,
        addresses=("127.0.0.1",),
    )


def test_a_redirect_is_told_and_not_followed(link: OwnLink) -> None:
    server = ScriptedServer(
        behaviour=each(answer("", 302, location="https://login.example.org/?next=%2Fm%2Fabc"))
    )
    try:
        found = link.fetch(f"{server.url}/m/abc.jpg", sha256=SHA256)
    finally:
        server.close()

    assert found is not None
    assert (found.status, found.location) == (302, "login.example.org")
    assert len(server.requests) == 1


def test_a_picture_that_was_changed_on_its_way_is_not_the_same(link: OwnLink) -> None:
    found = came(link, each(answer(PHOTO[:-5] + b"\0" * 5, content_type="image/jpeg")))

    assert not found.is_same


def test_whatever_breaks_is_named(link: OwnLink) -> None:
    def silent(wire: Wire) -> None:
        wire.read()
        threading.Event().wait(4)

    def too_much(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 9_100_000)

    gone = ScriptedServer()
    gone.close()
    nobody = link.fetch(f"{gone.url}/m/abc.jpg", sha256=SHA256)
    nowhere = link.fetch("http://nowhere.invalid/m/abc.jpg", sha256=SHA256)

    assert nobody is not None
    assert nowhere is not None
    assert (nobody.trouble, nowhere.trouble) == ("no_listener", "dns")
    assert came(link, silent).trouble == "deadline"
    assert came(link, too_much).trouble == "too_large"


def test_a_certificate_that_does_not_verify_is_named(link: OwnLink, tmp_path: Path) -> None:
    ended = make_certificate(tmp_path, "localhost", ends_in=timedelta(days=-1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ended)
    server = ScriptedServer(
        behaviour=each(answer(PHOTO)), wrap=lambda sock: context.wrap_socket(sock, server_side=True)
    )
    trusting = OwnLink(seconds=2, certificates=str(ended))
    try:
        url = f"https://localhost:{server.port}/m/abc.jpg"
        found = [each_link.fetch(url, sha256=SHA256) for each_link in (link, trusting)]
    finally:
        server.close()
        trusting.close()

    assert [one.trouble for one in found if one is not None] == ["tls", "tls"]


def test_a_second_fetch_does_not_wait_for_the_first(link: OwnLink) -> None:
    started, end = threading.Event(), threading.Event()

    def slow(wire: Wire) -> None:
        wire.read()
        started.set()
        end.wait(2)
        wire.send(answer(PHOTO, content_type="image/jpeg"))

    server = ScriptedServer(behaviour=slow)
    first = threading.Thread(target=link.fetch, args=(server.url,), kwargs={"sha256": SHA256})
    first.start()
    try:
        assert started.wait(2)
        assert link.fetch(server.url, sha256=SHA256) is None
    finally:
        end.set()
        first.join()
        server.close()
