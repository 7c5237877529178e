"""Connections are shared, re-used while fresh, opened ahead, and never re-used when in doubt."""

import os
import socket
import threading
import time
from collections.abc import Callable

import pytest
import requests

from ospost.graph.connections import PooledAdapter
from ospost.graph.errors import NoAnswer, Trouble
from ospost.graph.exchange import Leash
from ospost.graph.http import Answer, Http
from tests.graph.scripted import ScriptedServer, Wire, answer, each

OK = answer('{"id":"1"}')


class Hands:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def post(http: Http, url: str, *, fresh_within_seconds: float | None = None) -> Answer:
    return http.call(
        "POST",
        url,
        data={"creation_id": "1"},
        total_seconds=5,
        fresh_within_seconds=fresh_within_seconds,
    )


def eventually(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.005)


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def test_calls_one_after_another_use_one_connection(http: Http, server: ScriptedServer) -> None:
    server.behaviour = each(OK)

    for _ in range(5):
        post(http, server.url, fresh_within_seconds=5)

    assert server.connections == 1


def test_32_threads_share_at_most_32_connections_and_use_them_again(server: ScriptedServer) -> None:
    http = Http(pool_size=32)
    meet = threading.Barrier(32)
    statuses: list[int] = []

    def behave(wire: Wire) -> None:
        while wire.read():
            time.sleep(0.01)
            wire.send(OK)

    def work() -> None:
        meet.wait()
        for _ in range(5):
            statuses.append(post(http, server.url).status)

    server.behaviour = behave
    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 160
    assert server.connections <= 32
    assert len(server.requests) == 160


def test_connection_idle_for_too_long_is_closed_and_not_used(server: ScriptedServer) -> None:
    clock = Hands()
    http = Http(pool_size=2, clock=clock)
    server.behaviour = each(OK)
    post(http, server.url)

    clock.seconds += 4.9
    post(http, server.url, fresh_within_seconds=5)
    assert server.connections == 1

    clock.seconds += 5.1
    post(http, server.url, fresh_within_seconds=5)
    assert server.connections == 2


def test_call_without_that_wish_uses_an_old_connection(server: ScriptedServer) -> None:
    clock = Hands()
    http = Http(pool_size=2, clock=clock)
    server.behaviour = each(OK)
    post(http, server.url)

    clock.seconds += 3_600
    post(http, server.url)

    assert server.connections == 1


def test_connection_that_the_server_has_closed_is_replaced(
    http: Http, server: ScriptedServer
) -> None:
    over = threading.Event()

    def answers_once(wire: Wire) -> None:
        wire.read()
        wire.send(OK)
        wire.sock.close()
        over.set()

    server.behaviour = answers_once
    post(http, server.url)
    assert over.wait(5)

    assert post(http, server.url).status == 200
    assert server.connections == 2
    assert len(server.requests) == 2


def test_stale_connection_that_dies_under_a_request_leaves_the_outcome_open(
    http: Http, server: ScriptedServer
) -> None:
    def answers_once_then_closes_on_request(wire: Wire) -> None:
        wire.read()
        wire.send(OK)
        wire.read()

    server.behaviour = answers_once_then_closes_on_request
    post(http, server.url)

    with pytest.raises(NoAnswer) as doubt:
        post(http, server.url)

    assert doubt.value.trouble is Trouble.CLOSED
    assert doubt.value.sent_at is not None
    assert len(server.requests) == 2
    assert server.connections == 1


def test_warm_connection_is_the_one_that_is_used(http: Http, server: ScriptedServer) -> None:
    server.behaviour = each(OK)

    assert http.warm(server.url, total_seconds=5, fresh_within_seconds=5)
    eventually(lambda: server.connections == 1)
    assert server.requests == []
    post(http, server.url, fresh_within_seconds=5)

    assert server.connections == 1


def test_warming_again_opens_no_second_connection_while_the_first_is_fresh(
    server: ScriptedServer,
) -> None:
    clock = Hands()
    http = Http(pool_size=4, clock=clock)

    for _ in range(3):
        assert http.warm(server.url, total_seconds=5, fresh_within_seconds=5)
    eventually(lambda: server.connections == 1)

    clock.seconds += 6
    assert http.warm(server.url, total_seconds=5, fresh_within_seconds=5)
    eventually(lambda: server.connections == 2)


def test_warming_does_not_make_an_idle_connection_count_as_used(server: ScriptedServer) -> None:
    clock = Hands()
    http = Http(pool_size=4, clock=clock)
    server.behaviour = each(OK)
    http.warm(server.url, total_seconds=5, fresh_within_seconds=60)

    clock.seconds += 4
    http.warm(server.url, total_seconds=5, fresh_within_seconds=60)
    clock.seconds += 4
    post(http, server.url, fresh_within_seconds=5)

    assert server.connections == 2


def test_warming_a_dead_host_says_so(http: Http) -> None:
    assert not http.warm("http://127.0.0.1:9/", total_seconds=1, fresh_within_seconds=5)


def test_deadline_of_one_call_does_not_cut_its_successor_on_the_same_connection(
    http: Http, server: ScriptedServer
) -> None:
    def slow_from_the_second_on(wire: Wire) -> None:
        wire.read()
        wire.send(OK)
        while wire.read():
            time.sleep(0.4)
            wire.send(OK)

    server.behaviour = slow_from_the_second_on
    http.call("GET", server.url, total_seconds=0.2)

    assert http.call("GET", server.url, total_seconds=5).status == 200
    assert server.connections == 1


def test_only_the_present_holder_can_cut_a_connection() -> None:
    ours, theirs = socket.socketpair()
    leash = Leash(ours)
    leash.give_to("first call")
    leash.give_to("second call")

    leash.cut("first call")
    ours.sendall(b"still open")
    assert theirs.recv(100) == b"still open"

    leash.cut("second call")
    assert theirs.recv(100) == b""
    leash.cut("second call")  # nobody is left to wake
    leash.take_from("second call")
    leash.drop()
    ours.close()
    theirs.close()


def test_connection_in_use_outside_of_a_call_is_a_defect(server: ScriptedServer) -> None:
    adapter = PooledAdapter(pool_size=1, certificates=None)

    with pytest.raises(RuntimeError):
        adapter.warm(requests.Request("GET", server.url).prepare())


def test_no_handle_is_left_behind(http: Http, server: ScriptedServer) -> None:
    def says_it_closes(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}")

    def lost(wire: Wire) -> None:
        wire.read()

    server.behaviour = says_it_closes
    post(http, server.url)
    before = open_files()

    for _ in range(50):
        server.behaviour = says_it_closes
        post(http, server.url)
        server.behaviour = lost
        with pytest.raises(NoAnswer):
            post(http, server.url)
    eventually(lambda: open_files() < before + 25)  # a leak would leave a hundred
