"""What a call over real sockets tells us: an answer, surely not sent, or in doubt."""

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ospost.graph.errors import NoAnswer, NotSent, Trouble
from ospost.graph.http import Http
from tests.graph.scripted import Behaviour, ScriptedServer, Wire, answer, each
from tests.ports import free_port

OK = answer('{"id":"1"}')
CREDENTIAL = "EAAB-very-secret-token-0123456789"


def get(http: Http, url: str, *, total_seconds: float = 5) -> bytes:
    return http.call("GET", url, total_seconds=total_seconds).body


# --- answers


def test_answer_carries_status_headers_body_and_moments(http: Http, server: ScriptedServer) -> None:
    server.behaviour = each(
        answer(
            '{"id":"1"}',
            201,
            Date="Fri, 20 Nov 2026 09:00:00 GMT",
            X_App_Usage='{"call_count":28,"total_time":25,"total_cputime":25}',
        )
    )
    before = datetime.now(UTC)

    got = http.call("POST", f"{server.url}/v26.0/1/media", data={"a": "ä&\r\n"}, total_seconds=5)

    assert (got.status, got.body, got.usage.percent) == (201, b'{"id":"1"}', 28)
    assert got.headers["x-app-usage"].startswith("{")
    assert got.server_date == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert before <= got.sent_at <= datetime.now(UTC)
    assert server.requests[0].form == {"a": "ä&\r\n"}


def test_compressed_and_chunked_answers_are_read(http: Http, server: ScriptedServer) -> None:
    packed = gzip.compress(b'{"id":"2"}')
    chunked = b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n5\r\n:"3"}\r\n0\r\n\r\n'
    server.behaviour = each(answer(packed, Content_Encoding="gzip"), chunked)

    assert get(http, server.url) == b'{"id":"2"}'
    assert get(http, server.url) == b'{"id":"3"}'
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 404, 429, 500, 502, 504])
def test_error_status_is_an_answer_for_the_wire_to_judge(
    http: Http, server: ScriptedServer, status: int
) -> None:
    server.behaviour = each(answer("<html>", status))

    assert http.call("GET", server.url, total_seconds=5).status == status


def test_cookies_and_environment_are_left_alone(
    http: Http, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.behaviour = each(answer("{}", Set_Cookie="a=b"))

    get(http, server.url)
    get(http, server.url)

    assert "cookie" not in server.requests[1].headers


# --- surely not sent


def test_no_listener_is_not_sent(http: Http) -> None:
    with pytest.raises(NotSent) as refusal:
        get(http, f"http://127.0.0.1:{free_port()}/")

    assert refusal.value.trouble is Trouble.NO_LISTENER
    assert not refusal.value.held_back
    assert refusal.value.sent_at is None


def test_unknown_host_is_not_sent(http: Http) -> None:
    with pytest.raises(NotSent) as refusal:
        get(http, "http://no-such-host.invalid/")

    assert refusal.value.trouble is Trouble.DNS


def test_resolver_that_hangs_is_not_waited_for() -> None:
    release = threading.Event()

    def hang(_host: str, _port: int) -> list[tuple[object, ...]]:
        release.wait(30)
        return []

    http = Http(pool_size=1, connect_seconds=0.1, resolve=hang)

    with pytest.raises(NotSent) as refusal:
        get(http, "http://graph.example/")

    release.set()
    assert refusal.value.trouble is Trouble.DNS


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel answers no handshake."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = int(listener.getsockname()[1])
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port
        for filler in fillers:
            filler.close()


def test_connection_that_never_stands_is_not_sent(full_backlog: int) -> None:
    http = Http(pool_size=1, connect_seconds=0.3)

    with pytest.raises(NotSent) as refusal:
        get(http, f"http://127.0.0.1:{full_backlog}/")

    assert refusal.value.trouble is Trouble.CONNECT_TIMEOUT


def test_second_address_is_tried_when_the_first_refuses(server: ScriptedServer) -> None:
    def both(_host: str, _port: int) -> list[tuple[object, ...]]:
        tcp = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*tcp, ("127.0.0.1", free_port())), (*tcp, ("127.0.0.1", server.port))]

    http = Http(pool_size=1, resolve=both)
    server.behaviour = each(OK)

    assert get(http, "http://graph.example/") == b'{"id":"1"}'


@pytest.mark.parametrize(
    ("url", "headers", "data"),
    [
        ("no address at all", {}, {}),
        ("http://[broken/", {}, {}),
        ("http://127.0.0.1:9/", {"Authorization": f"Bearer {CREDENTIAL}\nX: y"}, {}),
        ("{server}", {"Authorization": f"Bearer {CREDENTIAL}☕"}, {}),
        ("http://127.0.0.1:9/", {}, {"access_token": CREDENTIAL, "caption": "\ud800"}),
    ],
)
def test_call_that_http_cannot_carry_is_not_sent_and_not_quoted(
    http: Http, server: ScriptedServer, url: str, headers: dict[str, str], data: dict[str, str]
) -> None:
    with pytest.raises(NotSent) as refusal:
        http.call(
            "POST",
            url.replace("{server}", server.url),
            headers=headers,
            data=data,
            total_seconds=5,
        )

    assert refusal.value.trouble is Trouble.UNSENDABLE
    assert CREDENTIAL not in chain(refusal.value)
    assert server.bytes_seen == 0


# --- the guard


def test_guard_that_says_no_holds_back_every_byte(http: Http, server: ScriptedServer) -> None:
    with pytest.raises(NotSent) as refusal:
        http.call(
            "POST", server.url, data={"a": "b"}, total_seconds=5, send_not_after=lambda: False
        )

    assert refusal.value.held_back
    assert refusal.value.trouble is Trouble.HELD_BACK
    wait_for_connections(server, 1)
    assert server.bytes_seen == 0
    assert server.requests == []


def wait_for_connections(server: ScriptedServer, count: int) -> None:
    limit = time.monotonic() + 5
    while server.connections < count:
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_guard_holds_back_on_a_connection_that_was_used_before(
    http: Http, server: ScriptedServer
) -> None:
    server.behaviour = each(OK)
    get(http, server.url)
    seen = server.bytes_seen

    with pytest.raises(NotSent):
        http.call("POST", server.url, total_seconds=5, send_not_after=lambda: False)

    assert server.bytes_seen == seen


def test_guard_is_asked_once_and_only_when_the_connection_stands(
    http: Http, server: ScriptedServer
) -> None:
    connections_seen: list[int] = []

    def may_send() -> bool:
        wait_for_connections(server, 1)
        connections_seen.append(server.connections)
        return True

    got = http.call("POST", server.url, data={"a": "b"}, total_seconds=5, send_not_after=may_send)

    assert connections_seen == [1]
    assert got.status == 200


def test_guard_is_not_asked_when_no_connection_stands(http: Http) -> None:
    asked: list[bool] = []

    with pytest.raises(NotSent):
        http.call(
            "POST",
            f"http://127.0.0.1:{free_port()}/",
            total_seconds=5,
            send_not_after=lambda: asked.append(True) or True,
        )

    assert asked == []


def test_moment_of_sending_is_taken_after_the_guard(server: ScriptedServer) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC)])
    asked_at: list[str] = []
    http = Http(pool_size=1, now=lambda: asked_at.append("now") or next(moments))

    got = http.call(
        "GET",
        server.url,
        total_seconds=5,
        send_not_after=lambda: asked_at.append("guard") or True,
    )

    assert asked_at == ["guard", "now"]
    assert got.sent_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_failure_inside_the_guard_sends_nothing(http: Http, server: ScriptedServer) -> None:
    def broken() -> bool:
        raise LookupError("the row is gone")

    with pytest.raises(LookupError):
        http.call("POST", server.url, total_seconds=5, send_not_after=broken)

    wait_for_connections(server, 1)
    assert server.bytes_seen == 0


def test_deadline_that_passes_in_the_guard_sends_nothing(
    http: Http, server: ScriptedServer
) -> None:
    def slow() -> bool:
        time.sleep(0.3)
        return True

    with pytest.raises(NotSent) as refusal:
        http.call("POST", server.url, total_seconds=0.1, send_not_after=slow)

    assert refusal.value.trouble is Trouble.CONNECT_TIMEOUT
    assert server.bytes_seen == 0


# --- in doubt


def closes(wire: Wire) -> None:
    wire.read()


def resets(wire: Wire) -> None:
    wire.read()
    wire.reset()


def silent(wire: Wire) -> None:
    wire.read()
    wire.read()


def truncates(wire: Wire) -> None:
    wire.read()
    wire.send(answer('{"id":"1"}', Content_Length="50"))


def truncates_a_chunk(wire: Wire) -> None:
    wire.read()
    wire.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n32\r\n{")


def resets_in_the_body(wire: Wire) -> None:
    wire.read()
    wire.send(answer('{"id":"1"}', Content_Length="50"))
    time.sleep(0.05)
    wire.reset()


def drips_for_ever(wire: Wire, beginning: bytes) -> None:
    """Send a byte now and then, until the client hangs up."""
    wire.read()
    wire.send(beginning)
    while True:
        wire.send(b" ")
        time.sleep(0.02)


def drips_the_body(wire: Wire) -> None:
    drips_for_ever(wire, b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")


def drips_without_length(wire: Wire) -> None:
    drips_for_ever(wire, b'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"id":"1"}')


def drips_the_head(wire: Wire) -> None:
    drips_for_ever(wire, b"HTTP/1.1 200 OK\r\nx-slow: ")


def talks_nonsense(wire: Wire) -> None:
    wire.read()
    wire.send(b"\x00\x01\x02 this is not HTTP\r\n\r\n")


def bad_compression(wire: Wire) -> None:
    wire.read()
    wire.send(answer(b"not gzip at all", Content_Encoding="gzip"))


IN_DOUBT: list[tuple[Behaviour, Trouble]] = [
    (closes, Trouble.CLOSED),
    (resets, Trouble.CLOSED),
    (silent, Trouble.DEADLINE),
    (truncates, Trouble.TRUNCATED),
    (truncates_a_chunk, Trouble.TRUNCATED),
    (resets_in_the_body, Trouble.TRUNCATED),
    (drips_the_body, Trouble.DEADLINE),
    (drips_without_length, Trouble.DEADLINE),
    (drips_the_head, Trouble.DEADLINE),
    (talks_nonsense, Trouble.CLOSED),
    (bad_compression, Trouble.TRUNCATED),
]


@pytest.mark.parametrize(("behaviour", "trouble"), IN_DOUBT)
def test_lost_answer_leaves_the_outcome_open(
    http: Http, server: ScriptedServer, behaviour: Behaviour, trouble: Trouble
) -> None:
    server.behaviour = behaviour
    before = datetime.now(UTC)

    with pytest.raises(NoAnswer) as doubt:
        http.call("POST", server.url, data={"creation_id": "1"}, total_seconds=0.5)

    assert doubt.value.trouble is trouble
    assert doubt.value.sent_at is not None
    assert before <= doubt.value.sent_at < before + timedelta(seconds=60)
    assert len(server.requests) == 1


def test_reset_on_accept_leaves_the_outcome_open(http: Http, server: ScriptedServer) -> None:
    is_reset = threading.Event()

    def may_send() -> bool:
        server_may_reset.set()
        return is_reset.wait(5)

    def resets_unread(wire: Wire) -> None:
        server_may_reset.wait(5)
        wire.reset()
        is_reset.set()

    server_may_reset = threading.Event()
    server.behaviour = resets_unread

    with pytest.raises(NoAnswer) as doubt:
        http.call("POST", server.url, data={"a": "b"}, total_seconds=5, send_not_after=may_send)

    assert doubt.value.trouble is Trouble.CLOSED
    assert server.requests == []


def test_redirect_is_not_followed(http: Http, server: ScriptedServer) -> None:
    server.behaviour = each(answer("", 302, Location="/other"), OK)

    got = http.call("POST", server.url, data={"creation_id": "1"}, total_seconds=5)

    assert got.status == 302
    assert len(server.requests) == 1


def test_body_without_end_is_given_up(server: ScriptedServer) -> None:
    http = Http(pool_size=1, largest_body=100_000)
    server.behaviour = each(answer(b" " * 500_000))

    with pytest.raises(NoAnswer) as doubt:
        get(http, server.url)

    assert doubt.value.trouble is Trouble.TOO_LARGE


def test_small_answer_that_unpacks_to_a_huge_one_is_given_up(server: ScriptedServer) -> None:
    http = Http(pool_size=1, largest_body=100_000)
    server.behaviour = each(answer(gzip.compress(b" " * 5_000_000), Content_Encoding="gzip"))

    with pytest.raises(NoAnswer) as doubt:
        get(http, server.url)

    assert doubt.value.trouble is Trouble.TOO_LARGE


def test_connection_works_again_after_a_deadline(http: Http, server: ScriptedServer) -> None:
    server.behaviour = silent
    with pytest.raises(NoAnswer):
        get(http, server.url, total_seconds=0.1)

    server.behaviour = each(OK)

    assert get(http, server.url) == b'{"id":"1"}'


# --- secrecy


def test_no_error_text_quotes_the_token_or_the_query(
    http: Http, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviour = each(OK)
    query = {"access_token": CREDENTIAL, "client_secret": "hush-hush"}
    with caplog.at_level(logging.DEBUG):
        http.call("GET", server.url, params=query, total_seconds=5)
        server.behaviour = closes
        http.close()
        with pytest.raises(NoAnswer) as doubt:
            http.call("GET", f"{server.url}/x", params=query, total_seconds=5)
        with pytest.raises(NotSent) as refusal:
            http.call("GET", f"http://127.0.0.1:{free_port()}/", params=query, total_seconds=5)

    assert server.requests[0].query == query
    assert caplog.records
    for text in (caplog.text, *map(chain, (doubt.value, refusal.value))):
        assert CREDENTIAL not in text
        assert "hush-hush" not in text


def chain(error: BaseException | None) -> str:
    """Every text in an exception and in all that led to it."""
    texts = []
    while error is not None:
        texts.append(f"{error!r} {error} {error.args!r}")
        error = error.__cause__ or error.__context__
    return " ".join(texts)
