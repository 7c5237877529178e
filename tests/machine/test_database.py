"""One kind of write transaction: nothing is written outside it, and writers stand in line."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from models import Instance
from ospost.services.database import WriteOutsideTransaction, writing


@pytest.fixture
def sessions(app: Flask) -> sessionmaker[Session]:
    """The sessions of an app on a real file."""
    made: sessionmaker[Session] = app.extensions["ospost"].sessions
    return made


def put(session: Session, name: str, value: str) -> None:
    session.execute(insert(Instance).values(name=name, value=value))


def value_of(sessions: sessionmaker[Session], name: str) -> str | None:
    with sessions() as session:
        return session.scalar(select(Instance.value).where(Instance.name == name))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO instance (name, value) VALUES ('a', 'b')",
        "  update instance SET value = 'stolen'",
        "DELETE FROM instance",
        "REPLACE INTO instance (name, value) VALUES ('world', 'stolen')",
    ],
)
def test_a_write_outside_raises_and_changes_nothing(
    sessions: sessionmaker[Session], statement: str
) -> None:
    with sessions() as session, pytest.raises(WriteOutsideTransaction):
        session.connection().exec_driver_sql(statement)

    assert value_of(sessions, "world") == "sandbox"
    assert value_of(sessions, "a") is None


def test_what_is_written_inside_is_there_afterwards(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, writing(session):
        put(session, "a", "1")

    assert value_of(sessions, "a") == "1"


def test_an_error_takes_everything_back_and_the_next_one_writes(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        with pytest.raises(IntegrityError), writing(session):
            put(session, "a", "1")
            put(session, "a", "2")
        with writing(session):
            put(session, "b", "3")

    assert (value_of(sessions, "a"), value_of(sessions, "b")) == (None, "3")


def test_nested_use_is_part_of_the_outer_transaction(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, pytest.raises(ZeroDivisionError), writing(session):
        with writing(session):
            put(session, "inner", "1")
        assert value_of(sessions, "inner") is None  # nobody else sees it yet
        raise ZeroDivisionError

    assert value_of(sessions, "inner") is None


def test_after_a_nested_use_the_outer_one_still_writes(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, writing(session):
        with writing(session):
            put(session, "inner", "1")
        put(session, "outer", "2")

    assert (value_of(sessions, "inner"), value_of(sessions, "outer")) == ("1", "2")


def test_what_was_read_before_is_read_anew_inside(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, sessions() as other:
        known = session.get_one(Instance, "world")
        assert known.value == "sandbox"
        with writing(other):
            other.execute(update(Instance).values(value="changed"))

        with writing(session):
            value = session.get_one(Instance, "world").value

    assert value == "changed"


def test_two_threads_that_write_in_turn_lose_no_count(sessions: sessionmaker[Session]) -> None:
    """Each reads and then writes; without a lock from the beginning some would be lost."""
    with sessions() as session, writing(session):
        put(session, "count", "0")
    together = threading.Barrier(2)

    def count(_no: int) -> None:
        together.wait()
        for _ in range(50):
            with sessions() as session, writing(session):
                row = session.get_one(Instance, "count")
                row.value = str(int(row.value) + 1)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, range(2)))

    assert value_of(sessions, "count") == "100"
