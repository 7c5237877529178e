"""What a server that has nothing to do holds in memory: `python -m bench --only memory`."""

import time

import requests

from bench.gauge import family, pss_mb
from bench.page import Goal, Part, table
from bench.scale import Scale
from bench.stage import stage

MOST_MB = 130
VISITS = 20

METHOD = """All processes of `make serve`, web and scheduler, with SQLite: proportional memory (PSS) of
each, after some visits to the sign-in page and then no work. The peak in the burst stands there."""


def part(scale: Scale) -> Part:
    """Measure an idle server."""
    with stage(2) as on:
        pid = on.serve()
        for _ in range(VISITS):
            requests.get(f"http://localhost:{on.plant.port}/login", timeout=10)
        time.sleep(scale.settle_seconds)
        found = [(process.name(), pss_mb(process.pid)) for process in family(pid)]
    total = sum(megabytes for _, megabytes in found)
    rows = [(f"process {no}", f"{mb:.1f} MB") for no, (_, mb) in enumerate(found, start=1)]
    rows.append(("together", f"{total:.1f} MB"))
    goal = Goal(
        what="Memory, idle",
        goal=f"web and scheduler together ≤ {MOST_MB} MB",
        measured=f"{total:.0f} MB",
        is_met=total <= MOST_MB,
    )
    return Part(title="Memory", method=METHOD, figures=table(("", "memory"), rows), goals=(goal,))
