"""The usual scheme: one APScheduler date job per post, which creates, waits and publishes.

It does what posting tools with APScheduler were found to do: the web process's scheduler with a
pool of 20 threads and a job store in memory, the default grace of one second for a job that starts
late, and in each job `create`, then a look at the container's status and a sleep of four seconds
until FINISHED was said (the sleep comes after that answer too; nine looks at most), then `publish`.
Scheduler and calls run in this process, beside the practice Instagram.
"""

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, Response

from bench.stage import practice, publish_calls, tickets
from sandbox.server import Running
from tests.support import picture, served

THREADS = 20
SLEEP_SECONDS = 4
MOST_LOOKS = 9
ENDS = {EVENT_JOB_EXECUTED: "live", EVENT_JOB_ERROR: "failed", EVENT_JOB_MISSED: "dropped"}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One post."""

    account: int
    caption: str
    due_at: datetime


@dataclass(kw_only=True)
class Outcome:
    """What became of the posts; lateness in milliseconds, in order."""

    ends: Counter[str] = field(default_factory=Counter)
    end_of: dict[str, str] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)


class Usual:
    """The scheme on one practice Instagram."""

    def __init__(self, running: Running, picture_url: str) -> None:
        """Start the scheduler without a job."""
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # it warns of each it drops
        running.world.switches.require_proof = False
        self._graph = f"{running.base_url}/graph.facebook.com/v26.0"
        self._picture_url = picture_url
        self._tickets = tickets(running.world)
        self._end_of: dict[str, str] = {}
        self._ended = threading.Condition()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS)}, timezone=UTC
        )
        self._scheduler.add_listener(self._note, sum(ENDS))
        self._scheduler.start()

    def schedule(self, wish: Wish) -> None:
        """Add a date job."""
        self._scheduler.add_job(
            self._publish, "date", run_date=wish.due_at, args=[wish], id=wish.caption
        )

    def wait(self, count: int) -> dict[str, str]:
        """Wait until that many jobs have ended; return how each did."""
        with self._ended:
            self._ended.wait_for(lambda: len(self._end_of) >= count, timeout=900)
        self._scheduler.shutdown()
        return self._end_of

    def _note(self, event: JobEvent) -> None:
        with self._ended:
            self._end_of[event.job_id] = ENDS[event.code]
            self._ended.notify_all()

    def _publish(self, wish: Wish) -> None:
        account_id, token = self._tickets[wish.account]
        made = self._post(f"{account_id}/media", token, caption=wish.caption)
        for _ in range(MOST_LOOKS):
            words = {"fields": "status_code", "access_token": token}
            answer = requests.get(f"{self._graph}/{made}", params=words, timeout=30)
            answer.raise_for_status()
            time.sleep(SLEEP_SECONDS)
            if answer.json()["status_code"] == "FINISHED":
                self._post(f"{account_id}/media_publish", token, creation_id=made)
                return
        raise TimeoutError("the container was not ready in time")

    def _post(self, path: str, token: str, **form: str) -> str:
        if path.endswith("/media"):
            form["image_url"] = self._picture_url
        data = {**form, "access_token": token}
        answer = requests.post(f"{self._graph}/{path}", data=data, timeout=30)
        answer.raise_for_status()
        found: str = answer.json()["id"]
        return found


def play(wishes: list[Wish], *, accounts: int, stuck: str = "") -> Outcome:
    """Run the scheme; containers of posts with *stuck* in their caption never finish."""
    photos = Flask("photos")
    data = picture(640, 800)
    photos.add_url_rule("/photo.jpg", view_func=lambda: Response(data, mimetype="image/jpeg"))
    with served(photos) as address, practice(accounts) as running:
        if stuck:
            running.world.faults.add(endpoint="create", kind="stuck", caption_contains=stuck)
        usual = Usual(running, f"{address}/photo.jpg")
        for wish in wishes:
            usual.schedule(wish)
        end_of = usual.wait(len(wishes))
        due = {wish.caption: wish.due_at.timestamp() * 1000 for wish in wishes}
        media = running.world.media.values()
        captions = {item.container_id: item.caption or "" for item in media}
        late = [
            call["at_ms"] - due[captions[call["container"]]]
            for call in publish_calls(running.world)
        ]
    return Outcome(ends=Counter(end_of.values()), end_of=dict(end_of), late_ms=sorted(late))
