"""One named fault: what is expected of Ospost, and which test holds it to that."""

from dataclasses import dataclass

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH_DATABASES = (POSTGRESQL, SQLITE)
REFUSE, DUPLICATE = "refuse", "duplicate"
BOTH_WORLDS = (DUPLICATE, REFUSE)
"""What Instagram does with a container that it published before: nobody knows which is true."""


@dataclass(frozen=True)
class Case:
    """A row of the table of faults."""

    number: int
    name: str
    outcome: str
    where: str = ""
    """The test's module below `tests/faults`; empty while `later` says why there is none."""
    worlds: tuple[str, ...] = BOTH_WORLDS
    """In which worlds it runs; empty where nothing is sent twice whatever the world does."""
    databases: tuple[str, ...] = BOTH_DATABASES
    stand_in: str = ""
    """What stands for a fault that a test cannot have, such as a power cut."""
    later: str = ""
    """Why there is no test yet."""
