"""Faults before a byte is sent: no address, nobody there, no trust, and a reset at the door."""

import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.server import serve
from sandbox.world import World
from tests.certificates import make_certificate
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once
from tests.faults.road import NO_SUCH_NAME, Road, never_accepting, nobody, resetting
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds

WAYS = [
    pytest.param(
        lambda: nullcontext(NO_SUCH_NAME), marks=pytest.mark.fault(35, "dns_failure"), id="no name"
    ),
    pytest.param(
        nobody,
        marks=pytest.mark.fault(36, "connect_refused / connect_timeout"),
        id="refused",
    ),
    pytest.param(
        never_accepting,
        marks=pytest.mark.fault(36, "connect_refused / connect_timeout"),
        id="timeout",
    ),
]


@ON_BOTH
@pytest.mark.parametrize("way", WAYS)
def test_what_was_never_sent_is_simply_sent_again(
    studio: Studio, drive: Drive, way: type[AbstractContextManager[int]]
) -> None:
    """Once while preparing, for many tries, and once at the shot itself."""
    road = Road(drive, connect_seconds=0.1)
    studio.post("As if nothing had happened", due_at=in_seconds(600))
    with way() as port:
        road.block(port)
        drive.run(seconds=240)
        assert drive.states() == ["preparing"]
        assert drive.row().tries == 0
        road.clear()
        drive.run(seconds=300, until="ready")
        road.block(port)
        drive.meet(drive.row().due_at)
        drive.run(seconds=30)
        assert drive.states() == ["ready"]
        assert drive.row().tries == 0
        road.clear()

    drive.run(seconds=600)

    assert_live_once(drive)
    assert {"outage", "not_sent"} <= set(drive.causes())
    assert "unknown" not in drive.causes()
    assert drive.passed.count("container_made") == 1
    assert drive.notices() == []


@contextmanager
def shielded(world: World, certificate: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Serve the practice Instagram over TLS too; what the context loads counts from then on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    running = serve(world)
    running.server.socket = context.wrap_socket(
        running.server.socket, server_side=True, do_handshake_on_connect=False
    )
    try:
        yield running.server.port, context
    finally:
        running.stop()
        world.closing.clear()


@pytest.mark.fault(37, "tls_error_or_expired_ca")
def test_an_expired_certificate_holds_everything_back_and_raises_the_alarm(
    studio: Studio, drive: Drive, tmp_path: Path
) -> None:
    good = make_certificate(tmp_path, "localhost", name="good")
    expired = make_certificate(tmp_path, "localhost", name="old", ends_in=timedelta(days=-1))
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(good.read_bytes() + expired.read_bytes())
    with shielded(studio.world, good) as (port, context):
        road = Road(
            drive, base=f"https://localhost:{port}", certificates=str(trusted), connect_seconds=5
        )
        studio.post("Only where it is safe", due_at=in_seconds(60))
        drive.run(seconds=50, until="ready")
        context.load_cert_chain(expired)
        road.http.close()
        drive.meet(drive.row().due_at)
        drive.run(seconds=240)
        assert (drive.states(), drive.row().tries) == (["ready"], 0)
        for _ in range(2):
            road.watch()
        assert road.alarms() == ["tls"]
        context.load_cert_chain(good)

        drive.run(seconds=600)
        road.watch()

    assert_live_once(drive)
    assert "unknown" not in drive.causes()
    assert (road.alarms(), road.alarms(over=True)) == ([], ["tls"])


@ON_BOTH
@IN_BOTH_WORLDS
@pytest.mark.fault(38, "reset_on_accept")
def test_a_reset_at_the_door_is_looked_into_and_sent_again_with_the_same_container(
    studio: Studio, drive: Drive
) -> None:
    road = Road(drive)
    studio.post("Perhaps, perhaps not", due_at=in_seconds(60))
    drive.run(seconds=50, until="ready")
    with resetting() as port:
        drive.meet(drive.row().due_at)
        (shot,) = drive.take_shots()
        road.block(port)
        shot.run()
        road.clear()
    assert drive.states() == ["unknown"]

    drive.run(seconds=600)

    assert_live_once(drive)
    assert "proved_absent" in drive.causes()
    assert drive.passed.count("container_made") == 1
