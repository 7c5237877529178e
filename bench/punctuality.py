"""How late the publish call leaves: 50 single posts at random milliseconds, real processes.

The practice Instagram runs in this process and notes when each call arrives; the app runs in a
process of its own, with its database on disk. Run: `python -m bench.punctuality [posts] [seconds]`.
"""

import random
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import create_app
from ospost.config import Settings
from sandbox.people import add_accounts, new_world
from sandbox.server import serve
from tests.processes.plant import Plant
from tests.support import studios_on

AHEAD_SECONDS = 25
LATENCY_SECONDS = 0.3


def measure(posts: int, seconds: float) -> list[float]:
    """Return for each post how many milliseconds after its due time the call arrived."""
    folder = Path(tempfile.mkdtemp(prefix="ospost-bench-"))
    world = new_world()
    world.switches.container_seconds = 1
    world.switches.quota_total = posts + 10
    world.switches.latency = {"publish": LATENCY_SECONDS}
    add_accounts(world, count=max(0, posts - 2))
    plant = Plant(folder, serve(world), divisor=1)
    app = create_app(Settings.from_env(plant.environ))
    begin = datetime.now(UTC) + timedelta(seconds=AHEAD_SECONDS)
    studios = studios_on(app, world)
    due: dict[str, datetime] = {}
    for number in range(posts):
        caption = f"Post {number}"
        due[caption] = begin + timedelta(seconds=random.uniform(0, seconds))
        studios[number % len(studios)].post(caption, due_at=due[caption])
    app.extensions["ospost"].close()
    plant.start()
    try:
        plant.wait_for(plant.all_live, seconds=AHEAD_SECONDS + seconds + 60)
    finally:
        plant.stop()
        plant.sandbox.stop()
    containers = {media.container_id: media.caption or "" for media in world.media.values()}
    return [
        call["at_ms"] - due[containers[call["container"]]].timestamp() * 1000
        for call in world.calls
        if call["endpoint"] == "publish"
    ]


def main() -> None:
    """Print one row of figures."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    late = sorted(measure(posts, seconds))
    print("| posts | over | median | p99 | max | earliest |")
    print("| --- | --- | --- | --- | --- | --- |")
    p99 = late[min(len(late) - 1, round(len(late) * 0.99) - 1)]
    print(
        f"| {posts} | {seconds:.0f} s | {statistics.median(late):.1f} ms | {p99:.1f} ms"
        f" | {late[-1]:.1f} ms | {late[0]:.1f} ms |"
    )


if __name__ == "__main__":
    main()
