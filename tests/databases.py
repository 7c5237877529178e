"""The databases that a test may run on: a SQLite file, or a fresh database of PostgreSQL.

A test that must hold on both says `@ON_BOTH`; everything else runs on what `TEST_DATABASE` names.
"""

import base64
import os
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.postgresql import Cluster

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DEFAULT = os.environ.get("TEST_DATABASE", SQLITE)
ON_BOTH = pytest.mark.parametrize("database", [SQLITE, POSTGRESQL], indirect=True)

ON_SQLITE = pytest.mark.parametrize("database", [SQLITE], indirect=True)
"""For what concerns the files of a SQLite database."""

KEYS = {
    "SECRET_KEY": "a secret of the tests that is long enough for anybody",
    "TOKEN_KEYS": base64.b64encode(bytes(range(32))).decode(),
}
"""PostgreSQL has no folder beside it, so its keys are settings."""


_opened: list[psycopg.Connection[Any]] = []


@event.listens_for(Pool, "connect")
def _note(connection: object, _record: object) -> None:
    if isinstance(connection, psycopg.Connection):
        _opened.append(connection)


def close_connections() -> None:
    """Close what a test, or a thread that it left behind, still holds open at PostgreSQL."""
    while _opened:
        _opened.pop().close()


@dataclass(frozen=True)
class Database:
    """Where the rows of a test lie."""

    kind: str
    url: str = ""
    cluster: Cluster | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What to add to the settings of an app or of a process; SQLite is the default."""
        return {"DATABASE_URL": self.url, **KEYS} if self.url else {}
