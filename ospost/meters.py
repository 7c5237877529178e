"""What a process counts about itself: calls, steps, ticks. A bounded number of series, any thread.

Counts are handed on (`take`) and summed up in the database, so that they survive a restart and any
process can tell the figures of all.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

MOST_SERIES = 1_000
"""Labels are names of our own; should one ever not be, it is dropped here, not kept for ever."""

BUCKETS_SECONDS: Mapping[str, tuple[float, ...]] = {
    "graph_seconds": (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    "lateness_seconds": (0.05, 0.1, 0.25, 1.0, 5.0, 60.0, 600.0),
    "tick_seconds": (0.005, 0.02, 0.1, 0.5, 1.0, 5.0),
}
"""The histograms that there are, with the upper ends of their buckets."""

Series = tuple[str, ...]
"""A name, the values of its labels, and for a histogram the bucket or `sum`."""


class Meters:
    """The counts of one process since they were last taken."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._lock = threading.Lock()
        self._counts: dict[Series, float] = {}

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        self._add({(name, *labels): by})

    def observe(self, name: str, *labels: str, seconds: float) -> None:
        """Add one measurement to a histogram of `BUCKETS_SECONDS`."""
        limit = next((limit for limit in BUCKETS_SECONDS[name] if seconds <= limit), None)
        bucket = "+Inf" if limit is None else str(limit)
        self._add({(name, *labels, bucket): 1, (name, *labels, "sum"): seconds})

    @contextmanager
    def timing(self, name: str, *labels: str) -> Iterator[None]:
        """Measure how long the body takes, however it ends."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.observe(name, *labels, seconds=time.monotonic() - began)

    def take(self) -> dict[Series, float]:
        """Return the counts and start anew at nothing."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, counts: Mapping[Series, float]) -> None:
        """Take again what could not be handed on."""
        self._add(counts)

    def peek(self) -> dict[Series, float]:
        """Return the counts and keep them."""
        with self._lock:
            return dict(self._counts)

    def _add(self, counts: Mapping[Series, float]) -> None:
        with self._lock:
            for series, by in counts.items():
                if series in self._counts or len(self._counts) < MOST_SERIES:
                    self._counts[series] = self._counts.get(series, 0) + by
