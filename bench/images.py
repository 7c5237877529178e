"""Photo to rendition: the workshop beside bare Pillow and the naive way.  Prints Markdown.

Run as `python -m bench.images [folder]`.  Every number is the median of seven runs, the three
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
from pathlib import Path

from PIL import Image

from ospost.imaging.values import Purpose, Recipe
from ospost.imaging.workshop import Workshop

SIZES = {"12 MP": (4032, 3024), "48 MP": (8064, 6048)}
RUNS = 7
WIDTH = 1440
ORIENTATION = 0x0112
LONGEST_RATIO, MOST_MB = 1.3, 60


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


def measure(name: str, path: Path, out: Path) -> str:
    """Return the row of one photo."""
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": [], "naive": []}
    with Workshop() as workshop:
        workshop.probe(path)
        for _ in range(RUNS):
            found["ours"].append(in_child(workshop, path, out))
            found["bare"].append(alone("bare", path, out))
            found["naive"].append(alone("naive", path, out))
    seconds = {way: statistics.median(run[0] for run in runs) for way, runs in found.items()}
    peaks = {way: max(run[1] for run in runs) for way, runs in found.items()}
    ratio = seconds["ours"] / seconds["bare"]
    verdict = "yes" if ratio <= LONGEST_RATIO and peaks["ours"] <= MOST_MB else "NO"
    cells = [f"{seconds[way] * 1000:.0f} ms, {peaks[way]:.0f} MB" for way in found]
    return f"| {name} | {' | '.join(cells)} | {ratio:.2f} | {verdict} |"


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    print("| photo | ours, peak | bare Pillow, peak | naive, peak | ours / bare | goal met |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, size in SIZES.items():
        path = folder / f"{size[0]}.jpg"
        if not path.exists():
            make_photo(path, size)
        print(measure(name, path, folder / "out.jpg"), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] in (["bare"], ["naive"]):
        time_alone({"bare": bare, "naive": naive}[sys.argv[1]], sys.argv[2], sys.argv[3])
    else:
        main()
