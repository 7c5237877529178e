"""Every fault of the table has its test, and the page for people says what the tests hold."""

import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from tests.faults.case import Case
from tests.faults.collecting import MARK
from tests.faults.table import CASES, PAGE, page

ROOT = PAGE.parents[1]


@dataclass
class Found:
    """What the collected tests of one fault say of themselves."""

    names: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    databases: set[str] = field(default_factory=set)
    worlds: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def collected() -> dict[int, Found]:
    """Collect the folder as a run of the tests does, and sort the tests by their fault."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-p", "tests.faults.collecting", "tests/faults"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[int, Found] = defaultdict(Found)
    for line in done.stdout.splitlines():
        if line.startswith(MARK):
            test = json.loads(line.removeprefix(MARK))
            fault = found[test["number"]]
            fault.names.add(test["name"])
            fault.modules.add(test["where"])
            fault.databases.add(test["database"] or "sqlite")
            fault.worlds.add(test["world"])
    return found


def test_the_table_has_every_number_once() -> None:
    assert [case.number for case in CASES] == list(range(1, 85))
    assert len({case.name for case in CASES}) == 84


@pytest.mark.parametrize("case", CASES, ids=[f"{case.number}-{case.name}" for case in CASES])
def test_each_fault_is_tested_under_its_name_as_the_table_says(
    case: Case, collected: dict[int, Found]
) -> None:
    found = collected.get(case.number)
    if case.later:
        assert not case.where
        assert found is None, "there is a test now: the table need not put it off"
        return
    assert found is not None, "no test names this fault"
    assert found.names == {case.name}
    assert case.where in found.modules
    assert set(case.databases) <= found.databases
    assert set(case.worlds) <= found.worlds


def test_no_test_names_a_fault_that_is_not_in_the_table(collected: dict[int, Found]) -> None:
    assert set(collected) <= {case.number for case in CASES}


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.faults.table"
