"""What a part of the benchmarks hands in, and the page made of all of them."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

HEAD = """# Benchmarks

Written by `make bench`, in one run on one machine. Absolute figures belong to that machine on that
day; compare what stands side by side in one table. *The usual scheme* is one APScheduler date job
per post that creates, waits and publishes in its thread, as posting tools do it
([`bench/usual.py`](../bench/usual.py)); a *bare loop* makes the same calls with `requests` from a
process of its own and nothing else.

"""
WORDS = {True: "yes", False: "**no**", None: "–"}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One line of the table on top."""

    what: str
    goal: str
    measured: str
    is_met: bool | None  # None: said, but nothing here can decide it


@dataclass(frozen=True, kw_only=True)
class Part:
    """What was measured together: how, the figures, and what they say of the goals."""

    title: str
    method: str
    figures: str
    goals: tuple[Goal, ...] = ()
    is_broken: bool = False


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, figures: bool = True) -> str:
    """Return a Markdown table; the first column holds words, the others figures or words too."""
    lines = [head, ["---", *["---:" if figures else "---"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine() -> str:
    """Return in a line what this was measured on."""
    return (
        f"Machine: {os.cpu_count()} cores ({_model()}), {_memory_gb():.0f} GB,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()};"
        f" load average at the start {os.getloadavg()[0]:.1f}; {datetime.now(UTC):%d %B %Y}."
    )


def written(parts: Sequence[Part], *, begun: str, is_quick: bool = False) -> str:
    """Return the whole page."""
    warning = "**A quick run with tiny sizes: it shows that all parts work, no more.**\n\n"
    goals = [goal for part in parts for goal in part.goals]
    rows = [(goal.what, goal.goal, goal.measured, WORDS[goal.is_met]) for goal in goals]
    top = [HEAD, begun, "\n\n", warning if is_quick else ""]
    top += [
        "## Goals\n\n",
        table(("what", "goal", "measured", "met?"), rows, figures=False),
        "\n\n",
    ]
    body = [f"## {part.title}\n\n{part.method}\n\n{part.figures.strip()}\n\n" for part in parts]
    return "".join([*top, *body]).rstrip() + "\n"


def _model() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unnamed"


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
