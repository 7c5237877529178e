"""Measures everything and writes docs/benchmarks.md: `make bench`.

`--quick` runs all parts with tiny sizes and prints the page; `--only burst,size` runs some parts and
prints them.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    burst,
    images,
    lighthouse,
    memory,
    plan,
    punctuality,
    recovery,
    results,
    size,
    stuck,
    weight,
)
from bench.page import Part, machine, written
from bench.scale import FULL, QUICK, Scale

logger = logging.getLogger(__name__)

REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"

PARTS: dict[str, Callable[[Scale], Part]] = {
    "punctuality": punctuality.part,
    "burst": burst.part,
    "few": burst.part_few,
    "stuck": stuck.part,
    "size": size.part,
    "recovery": recovery.part,
    "memory": memory.part,
    "images": images.part,
    "plan": plan.part,
    "weight": weight.part,
    "lighthouse": lighthouse.part,
    "results": results.part,
}


def run(names: list[str], scale: Scale) -> list[Part]:
    """Run parts one after the other, so that none disturbs another."""
    return [_run(name, scale) for name in names]


def _run(name: str, scale: Scale) -> Part:
    begin = time.monotonic()
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    try:
        part = PARTS[name](scale)
    except Exception as error:  # what the other parts found in half an hour must not be lost
        logger.exception("%s broke", name)
        words = f"This part broke: {type(error).__name__}."
        part = Part(title=name.capitalize(), method=words, figures="", is_broken=True)
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return part


def main() -> int:
    """Run what is asked for; 1 when a part broke."""
    words = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "")[:60])
    words.add_argument("--quick", action="store_true", help="tiny sizes; prints, writes no file")
    words.add_argument("--only", default="", help=f"of {', '.join(PARTS)}; prints, writes no file")
    words.add_argument("--out", type=Path, help="write the page there")
    asked = words.parse_args()
    names = [name for name in asked.only.split(",") if name] or list(PARTS)
    if unknown := set(names) - set(PARTS):
        words.error(f"there is no part {', '.join(sorted(unknown))}")
    begun = machine()
    parts = run(names, QUICK if asked.quick else FULL)
    page = written(parts, begun=begun, is_quick=asked.quick)
    out = asked.out or (None if asked.quick or asked.only else REPORT)
    if out:
        out.write_text(page, encoding="utf-8")
    print(page)
    return 1 if any(part.is_broken for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
