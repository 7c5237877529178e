"""The floor: a loop of plain publish calls of ready containers, in a process of its own.

`python -m bench.bare` reads the calls as JSON on standard input and prints what they took.
"""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter

from bench.stage import practice, publish_calls, tickets
from sandbox import ids
from sandbox.things import Container


@dataclass(frozen=True, kw_only=True)
class Bare:
    """What the calls alone took."""

    seconds: float
    cpu_seconds: float


def measure(calls: int, *, threads: int) -> Bare:
    """Publish that many ready containers, one per account, on *threads* threads."""
    with practice(calls) as running:
        world = running.world
        world.switches.require_proof = False
        orders = []
        for number, (account_id, token) in enumerate(tickets(world)[:calls]):
            container = world.add_container(
                Container(
                    id=ids.object_id(),
                    account_id=account_id,
                    media_type="IMAGE",
                    created_at=world.now(),
                    ready_at=world.now(),
                    caption=f"Bare {number}",
                )
            )
            url = f"{running.base_url}/graph.facebook.com/v26.0/{account_id}/media_publish"
            orders.append((url, {"creation_id": container.id, "access_token": token}))
        done = subprocess.run(
            [sys.executable, "-m", "bench.bare"],
            input=json.dumps({"threads": threads, "orders": orders}),
            capture_output=True,
            text=True,
            check=True,
        )
        if len(publish_calls(world)) != calls:
            raise RuntimeError("the bare loop was refused")
    return Bare(**json.loads(done.stdout))


def main() -> None:
    """Make the calls."""
    order = json.load(sys.stdin)
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=order["threads"]))

    def call(wanted: tuple[str, dict[str, str]]) -> None:
        session.post(wanted[0], data=wanted[1], timeout=30)

    begin, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(order["threads"]) as pool:
        list(pool.map(call, order["orders"]))
    seconds, cpu_seconds = time.monotonic() - begin, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds}))


if __name__ == "__main__":
    main()
