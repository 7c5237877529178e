"""The table of faults that Ospost must survive. `python -m tests.faults.table` writes docs/faults.md.

A test says which fault it is by `@pytest.mark.fault(7, "crash_after_intent_before_send")`; another
compares what was collected with this table, and the table with the page.
"""

from pathlib import Path

from tests.faults.case import BOTH_DATABASES, BOTH_WORLDS, Case
from tests.faults.rows_machine import ROWS as MACHINE
from tests.faults.rows_world import ROWS as WORLD

CASES: tuple[Case, ...] = (*MACHINE, *WORLD)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"

HEAD = """# Faults

What can go wrong, what Ospost does then, and the test that holds it to that. Written from
`tests/faults/table.py` by `python -m tests.faults.table`; a test compares the two.

*Once* means: the post is live exactly once, its true media is linked, and nobody had to do anything.
Every test runs against real things: real processes that are killed, or the machine in virtual time,
over real HTTP to the practice Instagram. *Worlds*: what Instagram does with a container that was
published before, which nobody knows: it refuses it, or it publishes a second copy.

| # | fault | what happens | tested in | databases | worlds |
| --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Return docs/faults.md."""
    notes = [
        f"- **{case.number} {case.name}**: {text}"
        for case in CASES
        for text in (case.stand_in, case.later)
        if text
    ]
    remarks = "\n## Remarks\n\n" + "\n".join(notes) + "\n" if notes else ""
    return HEAD + "".join(_line(case) for case in CASES) + remarks


def _line(case: Case) -> str:
    where = f"`{case.where}`" if case.where else "later"
    databases = "both" if case.databases == BOTH_DATABASES else ", ".join(case.databases)
    worlds = "both" if case.worlds == BOTH_WORLDS else ", ".join(case.worlds)
    cells: tuple[str, ...] = (str(case.number), f"`{case.name}`", case.outcome, where)
    cells += (databases, worlds or "–") if case.where else ("–", "–")
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
