"""The scripted server and the transport that most tests of the graph use."""

from collections.abc import Iterator

import pytest

from ospost.graph.http import Http
from tests.graph.scripted import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def http() -> Iterator[Http]:
    transport = Http(pool_size=32, connect_seconds=2)
    yield transport
    transport.close()
