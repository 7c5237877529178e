"""The world outlives its process."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.people import new_world
from sandbox.server import serve
from sandbox.state import dump, load
from sandbox.world import World

ROOT = Path(__file__).parents[2]


class Process:
    """`python -m sandbox` with a state file."""

    def __init__(self, state: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.base = self.process.stdout.readline().split()[-1].rstrip("/")

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)


@pytest.fixture
def started(tmp_path):
    made = []

    def start() -> Process:
        made.append(Process(tmp_path / "world.json"))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


def publish(base, url):
    minted = requests.post(
        f"{base}/_sandbox/tokens", json={"login": "instagram", "account": "clay.studio"}, timeout=5
    ).json()
    requests.patch(f"{base}/_sandbox/switches", json={"container_seconds": 0}, timeout=5)
    token = {"access_token": minted["access_token"]}
    graph = f"{base}/graph.instagram.com/v26.0"
    made = requests.post(
        f"{graph}/me/media", data={"image_url": url, "caption": "Kept", **token}, timeout=5
    ).json()
    answer = requests.post(
        f"{graph}/me/media_publish", data={"creation_id": made["id"], **token}, timeout=5
    ).json()
    return token, answer["id"]


@pytest.mark.processes
def test_world_survives_a_restart(started, picture_server, tmp_path):
    first = started()
    token, media = publish(first.base, picture_server.url())
    first.end(signal.SIGTERM)
    second = started()

    graph = f"{second.base}/graph.instagram.com/v26.0/{media}"
    found = requests.get(graph, params={"fields": "caption,media_url", **token}, timeout=5).json()

    assert first.process.returncode == 0
    assert found["caption"] == "Kept"
    assert requests.get(found["media_url"], timeout=5).content == picture_server.files["ok.jpg"]
    switches = requests.get(f"{second.base}/_sandbox/switches", timeout=5).json()
    assert switches["container_seconds"] == 0
    assert (tmp_path / "world.json").stat().st_mode & 0o077 == 0


@pytest.mark.processes
def test_kill_loses_only_the_last_moment(started, picture_server, tmp_path):
    first = started()
    token, media = publish(first.base, picture_server.url())
    deadline = time.monotonic() + 20
    path = tmp_path / "world.json"
    while time.monotonic() < deadline and not (path.exists() and media in path.read_text()):
        time.sleep(0.05)
    first.end(signal.SIGKILL)
    second = started()

    answer = requests.get(
        f"{second.base}/graph.instagram.com/v26.0/{media}", params=token, timeout=5
    )

    assert answer.json() == {"id": media}


@pytest.mark.processes
def test_taken_port_is_an_error_in_words(running):
    port = running.base_url.rsplit(":", 1)[1]

    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("The practice Instagram cannot start:")


def test_dump_and_load_are_the_same_world(meta):
    token = meta.page_token()
    slides = [meta.container(token, is_carousel_item="true") for _ in range(2)]
    meta.live(token, media_type="CAROUSEL", children=",".join(slides))
    meta.control("POST", "clock", advance_s=100)
    text = dump(meta.world)

    other = World()
    load(other, text)

    assert dump(other) == text
    assert other.page_tokens == meta.world.page_tokens
    assert dict(other.media_of) == dict(meta.world.media_of)


def test_file_of_another_version_is_read():
    found = json.loads(dump(new_world()))
    found["switches"]["gone"] = 1
    del found["switches"]["quota_total"]
    found["accounts"][0]["gone"] = 1
    del found["accounts"][0]["biography"]
    world = World()

    load(world, json.dumps(found))

    assert world.switches.quota_total == 50
    assert world.account("clay.studio").biography == ""


def test_world_can_be_served_again_on_the_same_port():
    world = new_world()
    first = serve(world)
    port = int(first.base_url.rsplit(":", 1)[1])
    with requests.Session() as session:
        assert session.get(f"{first.base_url}/", timeout=5).ok
        first.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{first.base_url}/", timeout=5)

        second = serve(world, port)

        assert session.get(f"{second.base_url}/", timeout=5).ok
        second.stop()
