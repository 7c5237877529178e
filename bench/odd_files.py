"""What each odd or hostile file got, with its time and the child's memory.  Prints Markdown.

Run as `python -m bench.odd_files > docs/odd-files.md`.
"""

import tempfile
import time
from pathlib import Path

from bench.images import forget_peak, peak_mb
from ospost.imaging.errors import BadPicture
from ospost.imaging.values import Purpose, Recipe
from ospost.imaging.workshop import Workshop
from tests.imaging.odd_files import CATALOGUE, Good, Odd

INTRO = """# Odd and hostile files

Each file is read and made into the picture for Instagram by the workshop's child process.
Seconds and peak memory (resident, of the child) are of both together, after one ordinary picture
has warmed it up.  Made by `python -m bench.odd_files > docs/odd-files.md`.

| file | size | what it got | seconds | peak MB |
| --- | ---: | --- | ---: | ---: |"""


def outcome(workshop: Workshop, path: Path, out: Path) -> str:
    """Return in words what the file got."""
    try:
        facts = workshop.probe(path)
        made = workshop.render(path, Recipe(purpose=Purpose.INSTAGRAM), out)
    except BadPicture as bad:
        return f"refused, {bad.reason}: {bad.sentence}"
    was = f"{facts.format} {facts.width} × {facts.height}"
    return f"taken: {was} → JPEG {made.width} × {made.height}, {made.byte_size / 1000:.0f} KB"


def row(workshop: Workshop, odd: Odd, folder: Path) -> str:
    """Return one line of the table."""
    path = folder / "odd"
    path.write_bytes(odd.build())
    forget_peak(workshop.pid)
    start = time.perf_counter()
    got = outcome(workshop, path, folder / "out.jpg")
    seconds = time.perf_counter() - start
    wanted = "taken:" if isinstance(odd.expected, Good) else f"refused, {odd.expected}:"
    mark = "" if got.startswith(wanted) else " **UNEXPECTED**"
    size = f"{path.stat().st_size / 1000:,.1f} KB"
    return f"| {odd.name} | {size} | {got}{mark} | {seconds:.2f} | {peak_mb(workshop.pid):.0f} |"


def main() -> None:
    """Print the table."""
    print(INTRO)
    with tempfile.TemporaryDirectory() as name, Workshop(files_per_child=1_000) as workshop:
        folder = Path(name)
        (folder / "odd").write_bytes(CATALOGUE[0].build())
        outcome(workshop, folder / "odd", folder / "out.jpg")
        for odd in CATALOGUE:
            print(row(workshop, odd, folder), flush=True)


if __name__ == "__main__":
    main()
