"""Fault switches: which call goes wrong, how, and how often.

A fault matches a call by endpoint, account, container and a part of the caption; `skip` lets the
first matches through, `count` limits how many are hit (none: all). The first that matches acts.
"""

import threading
from dataclasses import asdict, dataclass, field
from itertools import count as counting
from typing import Any

ENDPOINTS = (
    "any",
    "accounts",
    "account",
    "children",
    "comment",
    "comments",
    "create",
    "debug_token",
    "delete",
    "limit",
    "me",
    "media",
    "node",
    "page",
    "permissions",
    "publish",
    "status",
    "stories",
    "token",
)

WITHOUT_EFFECT = {
    "error": "answer `code`, `subcode`, `status`, `message`",
    "lost_before": "close the connection without an answer",
    "hang": "hold the connection for `seconds`, then close it",
    "reset": "reset the connection (TCP RST)",
    "redirect": "answer 302 to `location` (by default a dead loopback address)",
    "throttle": "answer `code` (80002) with usage at 100 % and `seconds` to regain access",
    "html_502": "answer an HTML page with `status` (502)",
    "empty": "answer `status` (500) without a body",
}
WITH_EFFECT = {
    "error_after": "answer the error although the effect is done",
    "lost_after": "close the connection without an answer",
    "hang_after": "hold the connection for `seconds`, then close it",
    "late_effect": "close the connection at once; the effect comes `seconds` later (world's clock)",
    "slow": "do it and answer after `seconds`",
    "slow_after": "do it at once, answer after `seconds`",
    "truncated": "cut the answer in the middle",
    "wrong_length": "announce half the length that the answer has",
    "drip": "send the answer byte by byte over `seconds`",
    "omit": "leave the keys in `omit` out of the answer",
    "stuck": "on create: the container never finishes; on status: it reads IN_PROGRESS",
    "container_error": "on create: the container ends in ERROR with `subcode`",
}
KINDS = WITHOUT_EFFECT | WITH_EFFECT


@dataclass(kw_only=True)
class Facts:
    """What a fault looks at."""

    endpoint: str
    method: str = "GET"
    account_id: str | None = None
    username: str | None = None
    container_id: str | None = None
    caption: str | None = None


@dataclass(kw_only=True)
class Fault:
    """One fault switch. See `KINDS` and `ENDPOINTS` for the words."""

    endpoint: str = "any"
    kind: str = "error"
    code: int | None = None
    subcode: int | None = None
    status: int | None = None
    message: str | None = None
    count: int | None = None
    skip: int = 0
    method: str | None = None
    account: str | None = None
    container: str | None = None
    caption_contains: str | None = None
    seconds: float | None = None
    location: str | None = None
    omit: list[str] = field(default_factory=list)
    effect: bool | None = None
    """Overrides whether the effect happens; None: as the kind says."""
    id: int = 0
    hits: int = 0
    seen: int = 0

    @property
    def has_effect(self) -> bool:
        """Whether the call is carried out."""
        return self.kind in WITH_EFFECT if self.effect is None else self.effect

    def wants(self, facts: Facts) -> bool:
        """Whether this call is meant, whatever the counters say."""
        return (
            self.endpoint in ("any", facts.endpoint)
            and self.method in (None, facts.method)
            and self.account in (None, facts.account_id, facts.username)
            and self.container in (None, facts.container_id)
            and (self.caption_contains is None or self.caption_contains in (facts.caption or ""))
        )


class FaultBox:
    """The faults that are switched on, in the order of their making."""

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        self._ids = counting(1)
        self.faults: list[Fault] = []

    def add(self, **words: Any) -> Fault:
        """Switch a fault on; ValueError names what is wrong."""
        unknown = set(words) - set(Fault.__dataclass_fields__)
        if unknown or {"id", "hits", "seen"} & set(words):
            raise ValueError(f"A fault has no field {', '.join(sorted(unknown or words))}.")
        fault = Fault(**words)
        if fault.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}.")
        if fault.endpoint not in ENDPOINTS:
            raise ValueError(f"endpoint is one of {', '.join(ENDPOINTS)}.")
        fault.id = next(self._ids)
        with self._lock:
            self.faults.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> None:
        """Switch one off, or all."""
        with self._lock:
            self.faults = [f for f in self.faults if fault_id is not None and f.id != fault_id]

    def take(self, facts: Facts) -> Fault | None:
        """The fault that hits this call, if any; counts it."""
        if not self.faults:
            return None
        with self._lock:
            for fault in self.faults:
                if not fault.wants(facts):
                    continue
                fault.seen += 1
                used_up = fault.count is not None and fault.hits >= fault.count
                if fault.seen > fault.skip and not used_up:
                    fault.hits += 1
                    return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """Every fault with how often it matched (`seen`) and hit (`hits`)."""
        return [asdict(fault) for fault in self.faults]
