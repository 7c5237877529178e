"""Photo to rendition: the workshop beside bare Pillow and the naive way.

Run as `python -m bench --only images`.  Every number is the median of seven runs, the three
ways in turn.  *Bare* and *naive* run in a process of their own each time that has warmed up with
one run that does not count; *ours* is timed by its caller, with the way to the child and the disk
in it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bench.page import Goal, Part, table
from bench.scale import Scale
from ospost.imaging.values import Purpose, Recipe
from ospost.imaging.workshop import Workshop

SIZES = {"12 MP": (4032, 3024), "48 MP": (8064, 6048)}
RUNS = 7
WIDTH = 1440
ORIENTATION = 0x0112
LONGEST_RATIO, MOST_MB = 1.3, 60
WAYS = ("ours", "bare", "naive")

METHOD = """Photo to rendition: the child process beside bare Pillow (draft, resize, encode) and the
naive way (open, resize, save). Medians, the ways in turn; peak memory is the largest."""


def make_photo(path: Path, size: tuple[int, int]) -> None:
    """Write something like a phone's photo: soft shapes, grain, turned by its EXIF data."""
    width, height = size
    soft = Image.effect_noise((width // 8, height // 8), 90).resize(size, Image.Resampling.BICUBIC)
    slope = Image.linear_gradient("L").resize(size)
    grain = Image.effect_noise(size, 12)
    bands = (Image.blend(soft, slope, 0.5), Image.blend(slope, grain, 0.2), soft)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.merge("RGB", bands).save(path, "JPEG", quality=88, exif=exif)


def bare(path: str, out: str) -> None:
    """Draft, decode, resize, turn, encode: what any way that uses Pillow has to do."""
    with Image.open(path) as image:
        width, height = WIDTH * image.width // image.height, WIDTH
        image.draft("RGB", (width, height))
        small = image.resize((width, height), Image.Resampling.LANCZOS)
        small.transpose(Image.Transpose.ROTATE_270).save(out, "JPEG", quality=90)


def naive(path: str, out: str) -> None:
    """Open, turn, resize, save: all pixels are decoded."""
    with Image.open(path) as image:
        upright = image.transpose(Image.Transpose.ROTATE_270)
        height = WIDTH * upright.height // upright.width
        small = upright.resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.save(out, "JPEG", quality=90)


def alone(way: str, path: Path, out: Path) -> tuple[float, float]:
    """Run *way* in a process of its own; returns seconds and its peak memory in MB."""
    command = [sys.executable, "-m", "bench.images", way, str(path), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout)
    return seconds, peak


def in_child(workshop: Workshop, path: Path, out: Path) -> tuple[float, float]:
    """Run our way; returns seconds and the peak of the child since this job began, in MB."""
    forget_peak(workshop.pid)
    start = time.perf_counter()
    workshop.render(path, Recipe(purpose=Purpose.INSTAGRAM), out)
    return time.perf_counter() - start, peak_mb(workshop.pid)


def forget_peak(pid: int | None) -> None:
    """Set a process's peak of resident memory back to what it has now (Linux)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int | None) -> float:
    """Return a process's peak of resident memory in MB (the one of getrusage survives exec)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM: this needs Linux")


def time_alone(way: Callable[[str, str], None], path: str, out: str) -> None:
    """Warm up, run once, print seconds and the peak of this process."""
    way(path, out)
    forget_peak(os.getpid())
    start = time.perf_counter()
    way(path, out)
    print(json.dumps((time.perf_counter() - start, peak_mb(os.getpid()))))


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Seconds and megabytes of one photo, by way."""

    name: str
    seconds: dict[str, float]
    peaks: dict[str, float]

    @property
    def ratio(self) -> float:
        """Our seconds by those of bare Pillow."""
        return self.seconds["ours"] / self.seconds["bare"]

    @property
    def is_met(self) -> bool:
        """Whether it is as quick and as small as it has to be."""
        return self.ratio <= LONGEST_RATIO and self.peaks["ours"] <= MOST_MB

    def row(self) -> tuple[str, ...]:
        """Return its line of the table."""
        cells = [f"{self.seconds[way] * 1000:.0f} ms, {self.peaks[way]:.0f} MB" for way in WAYS]
        return (self.name, *cells, f"{self.ratio:.2f}")


def measure(name: str, path: Path, out: Path, runs: int = RUNS) -> Figures:
    """Make the rendition of one photo in all three ways."""
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    with Workshop() as workshop:
        workshop.probe(path)
        for _ in range(runs):
            found["ours"].append(in_child(workshop, path, out))
            found["bare"].append(alone("bare", path, out))
            found["naive"].append(alone("naive", path, out))
    return Figures(
        name=name,
        seconds={way: statistics.median(run[0] for run in runs) for way, runs in found.items()},
        peaks={way: max(run[1] for run in runs) for way, runs in found.items()},
    )


def part(scale: Scale) -> Part:
    """Measure both photos."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            path = Path(folder) / f"{size[0]}.jpg"
            make_photo(path, size)
            found.append(measure(name, path, Path(folder) / "out.jpg", scale.image_runs))
    goals = [
        Goal(
            what=f"Picture: {one.name} photo to rendition",
            goal=f"≤ {LONGEST_RATIO} × bare Pillow, ≤ {MOST_MB} MB in the child",
            measured=f"{one.ratio:.2f} ×, {one.peaks['ours']:.0f} MB; the naive way"
            f" {one.seconds['naive'] / one.seconds['bare']:.1f} ×",
            is_met=one.is_met,
        )
        for one in found
    ]
    head = ("photo", "ours, peak", "bare Pillow, peak", "naive, peak", "ours / bare")
    return Part(
        title="Pictures",
        method=METHOD,
        figures=table(head, [one.row() for one in found]),
        goals=tuple(goals),
    )


if __name__ == "__main__":
    time_alone({"bare": bare, "naive": naive}[sys.argv[1]], sys.argv[2], sys.argv[3])
