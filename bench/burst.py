"""Many posts due in one second, one per account, beside a bare loop of the same calls.

Run: `python -m bench.burst [posts]`.
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from app import create_app
from bench.punctuality import LATENCY_SECONDS
from ospost.config import Settings
from sandbox.people import add_accounts, new_world
from sandbox.server import serve
from sandbox.world import World
from tests.processes.plant import Plant
from tests.support import page_token, studios_on

THREADS = 32


def bare(world: World, base_url: str, count: int) -> float:
    """Return how long *count* plain publish calls take; they name no container, but wait as long."""
    page = next(page for page in world.pages.values() if page.account_id)
    account = world.accounts[page.account_id or ""]
    token = page_token(world, account.owner, page.id)
    world.switches.require_proof = False
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=THREADS))
    url = f"{base_url}/graph.facebook.com/v26.0/{account.id}/media_publish"
    form = {"creation_id": "1", "access_token": token}
    begin = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: session.post(url, data=form, timeout=30), range(count)))
    return time.monotonic() - begin


def measure(posts: int, ahead_seconds: float) -> tuple[float, float, int, int]:
    """Return (bare seconds, our seconds to the last call's end, live, doubled)."""
    folder = Path(tempfile.mkdtemp(prefix="ospost-bench-"))
    world = new_world()
    world.switches.container_seconds = 0
    world.switches.quota_total = posts
    world.switches.latency = {"publish": LATENCY_SECONDS}
    add_accounts(world, count=posts - 2)
    plant = Plant(folder, serve(world), divisor=1)
    bare_seconds = bare(world, plant.sandbox.base_url, posts)
    app = create_app(Settings.from_env(plant.environ))
    due_at = datetime.now(UTC) + timedelta(seconds=ahead_seconds)
    studios = studios_on(app, world)
    with app.app_context():
        for number, studio in enumerate(studios[:posts]):
            studio.post(f"Burst {number}", due_at=due_at)
    app.extensions["ospost"].close()
    plant.start()
    try:
        plant.wait_for(plant.all_live, seconds=ahead_seconds + bare_seconds * 3 + 60)
    finally:
        plant.stop()
        plant.sandbox.stop()
    return bare_seconds, _last_answer(world) - due_at.timestamp(), len(world.media), _twice(world)


def _last_answer(world: World) -> float:
    ends = [
        call["at_ms"] + call["took_ms"]
        for call in world.calls
        if call["endpoint"] == "publish" and call["status"] == 200
    ]
    return float(max(ends)) / 1000


def _twice(world: World) -> int:
    captions = [media.caption for media in world.media.values()]
    return len(captions) - len(set(captions))


def main() -> None:
    """Print one row of figures."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    plain, ours, live, doubled = measure(posts, ahead_seconds=60 + posts * 0.12)
    print("| posts | live | doubled | bare loop | Ospost, due to last answer | ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(f"| {posts} | {live} | {doubled} | {plain:.1f} s | {ours:.1f} s | {ours / plain:.2f} |")


if __name__ == "__main__":
    main()
