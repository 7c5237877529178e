"""Calls that go wrong at random, by a seed: what Meta and the network may do to any call."""

import random
from dataclasses import dataclass, field

from sandbox.faults import Facts, Fault, FaultBox

SOMETIMES: dict[str, list[tuple[float, str, dict[str, float | int]]]] = {
    "create": [
        (0.02, "error", {"code": 9004, "subcode": 2207052, "status": 400}),
        (0.01, "error", {"code": 2, "status": 500}),
        (0.01, "lost_before", {}),
        (0.01, "lost_after", {}),
        (0.005, "hang", {"seconds": 1.5}),
        (0.005, "html_502", {}),
        (0.003, "container_error", {"subcode": 2207082}),
    ],
    "status": [
        (0.02, "error", {"code": 100, "subcode": 33, "status": 400}),
        (0.01, "html_502", {}),
        (0.01, "drip", {"seconds": 1.5}),
        (0.01, "reset", {}),
    ],
    "publish": [
        (0.03, "lost_after", {}),
        (0.03, "lost_before", {}),
        (0.02, "error_after", {"code": 4, "subcode": 2207051, "status": 403}),
        (0.02, "error_after", {"code": 2, "status": 500}),
        (0.01, "error", {"code": 9007, "subcode": 2207027, "status": 400}),
        (0.01, "error", {"code": 1, "status": 500}),
        (0.01, "truncated", {}),
        (0.01, "hang_after", {"seconds": 1.5}),
        (0.01, "hang", {"seconds": 1.5}),
        (0.01, "late_effect", {"seconds": 1.0}),  # as 50 s are to a machine at full length
        (0.005, "html_502", {}),
        (0.005, "redirect", {}),
    ],
    "media": [
        (0.03, "error", {"code": 2, "status": 500}),
        (0.02, "empty", {}),
        (0.01, "hang", {"seconds": 1.0}),
    ],
    "limit": [(0.02, "error", {"code": 4, "status": 400}), (0.01, "reset", {})],
}
"""By endpoint: how often, which fault, with what; the words are those of the sandbox."""


@dataclass
class RandomFaults(FaultBox):
    """A box that draws a fault for each call; the calls' order decides who is hit."""

    seed: int = 0
    is_on: bool = True
    hits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._chance = random.Random(self.seed)

    def take(self, facts: Facts) -> Fault | None:
        """Return what befalls this call, if anything."""
        if not self.is_on:
            return None
        with self._lock:
            lot = self._chance.random()
            for share, kind, words in SOMETIMES.get(facts.endpoint, []):
                lot -= share
                if lot < 0:
                    self.hits[kind] = self.hits.get(kind, 0) + 1
                    return Fault(endpoint=facts.endpoint, kind=kind, **words)  # type: ignore[arg-type]  # words of a table
        return None
