"""Measures everything and writes docs/benchmarks.md: `make bench`."""

import contextlib
import io
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import burst, images, plan, punctuality

REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"

HEAD = """# Benchmarks

Written by `make bench`. Absolute figures belong to one machine on one day; compare what stands
side by side in one table.

"""

PARTS: tuple[tuple[str, str, Callable[[], None]], ...] = (
    (
        "Punctuality",
        (
            "Single posts at random milliseconds, one per account. The app runs in a process of its"
            " own with its database on disk and full sync; what is measured is when the publish call"
            " arrives at the practice Instagram, less when the post was due."
        ),
        punctuality.main,
    ),
    (
        "Burst",
        (
            "Posts due in one and the same second, one per account, 300 ms a call, 32 threads; beside"
            " it a bare loop of the same calls on as many threads, run right before."
        ),
        burst.main,
    ),
    (
        "Pictures",
        (
            "Photo to rendition: the child process beside bare Pillow (draft, resize, encode) and the"
            " naive way (open, resize, save). Medians of seven."
        ),
        images.main,
    ),
    ("Plan page", "Server time of the plan of a person with 1,000 posts.", plan.main),
)


def main() -> None:
    """Run all parts one after the other, so that none disturbs another."""
    parts = [HEAD, _machine()]
    for title, method, run in PARTS:
        print(f"{title} …", file=sys.stderr, flush=True)
        out = io.StringIO()
        sys.argv[1:] = []
        with contextlib.redirect_stdout(out):
            run()
        figures = out.getvalue().rstrip()
        if not figures.lstrip().startswith("|"):  # a table of plain text
            figures = f"```\n{figures}\n```"
        parts.append(f"## {title}\n\n{method}\n\n{figures.strip()}\n\n")
    REPORT.write_text("".join(parts).rstrip() + "\n", encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"Machine: {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python"
        f" {platform.python_version()}; load average at the start {load:.1f};"
        f" {datetime.now(UTC):%d %B %Y}.\n\n"
    )


if __name__ == "__main__":
    main()
