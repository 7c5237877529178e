"""What a family of processes costs: memory and processor time, sampled while it works."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

EVERY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One moment."""

    at: float  # seconds since 1970
    megabytes: float
    cpu_seconds: float


@dataclass
class Gauge:
    """Samples a process and its children; a page that several share counts once (PSS)."""

    pid: int
    samples: list[Sample] = field(default_factory=list)
    _seen: dict[int, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Take a last sample and end."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        self.sample()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self.sample()

    def sample(self) -> Sample:
        """Look now."""
        megabytes = 0.0
        for process in family(self.pid):
            try:
                self._seen[process.pid] = sum(process.cpu_times()[:2])
                megabytes += pss_mb(process.pid)
            except (psutil.Error, OSError):
                continue  # it ended meanwhile
        taken = Sample(at=time.time(), megabytes=megabytes, cpu_seconds=sum(self._seen.values()))
        self.samples.append(taken)
        return taken

    @property
    def peak_mb(self) -> float:
        """The most memory at one moment."""
        return max(sample.megabytes for sample in self.samples)

    def cpu_between(self, begin: float, end: float) -> float:
        """Return the processor seconds from the last sample before *begin* to the first after *end*."""
        before = [sample.cpu_seconds for sample in self.samples if sample.at <= begin]
        after = [sample.cpu_seconds for sample in self.samples if sample.at >= end]
        first, last = before[-1:] or [0.0], after[:1] or [self.samples[-1].cpu_seconds]
        return last[0] - first[0]


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that descend from it."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def pss_mb(pid: int) -> float:
    """Return the proportional memory of one process in MB (Linux)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
