"""Faults of this server's own house: lost and changed files, too little memory, a log that fails."""

import contextlib
import hashlib
import io
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from models import Media, Rendition
from ospost.imaging.values import Limits
from ospost.imaging.workshop import Workshop
from ospost.jobs.on_apscheduler import Driver
from ospost.services.database import writing
from tests.faults.helping import assert_live_once
from tests.machine.driving import Drive, fault
from tests.support import Studio, fast, in_seconds, picture

LOST = pytest.mark.fault(81, "media_file_missing_or_changed_on_disk")


def place_of_original(studio: Studio, drive: Drive) -> Path:
    with drive.session() as session:
        return studio.run.storage.local_path(session.scalars(select(Media.storage_key)).one())


def place_of_rendition(studio: Studio, drive: Drive) -> Path:
    with drive.session() as session:
        return studio.run.storage.local_path(session.scalars(select(Rendition.storage_key)).one())


def creates(drive: Drive) -> int:
    """How many containers Instagram was asked for."""
    return [call["endpoint"] for call in drive.world.calls].count("create")


@LOST
@pytest.mark.parametrize("is_missing", [True, False], ids=["missing", "changed"])
def test_an_original_that_is_not_what_was_kept_fails_the_post_before_a_container_is_made(
    studio: Studio, drive: Drive, is_missing: bool
) -> None:
    studio.post("Not this picture", due_at=in_seconds(600))
    place = place_of_original(studio, drive)
    place.unlink()
    if not is_missing:
        place.write_bytes(picture(640, 800, "#000000"))

    drive.run(seconds=1200)

    row = drive.row()
    assert row.state == "failed"
    assert row.error and "this server's disk" in row.error["message"] and row.error["remedy"]
    assert creates(drive) == 0
    assert drive.notices() == ["A post could not be published"]


@LOST
@pytest.mark.parametrize("is_missing", [True, False], ids=["missing", "changed"])
def test_a_rendition_that_is_not_what_was_made_is_made_anew(
    studio: Studio, drive: Drive, is_missing: bool
) -> None:
    """Prepared once, then refused by Meta, so that it is prepared again from what lies there."""
    fault(studio.world, "create", "error", code=9004, subcode=2207052, count=1)
    studio.post("This picture and no other", due_at=in_seconds(600))
    drive.run(seconds=1)
    place = place_of_rendition(studio, drive)
    made = place.read_bytes()
    place.unlink()
    if not is_missing:
        place.write_bytes(picture(640, 800, "#000000"))

    drive.run(seconds=1200)

    assert_live_once(drive)
    (media,) = drive.live()
    assert media.picture is not None
    sent = studio.world.pictures.get(media.picture) or b""
    assert hashlib.sha256(sent).digest() == hashlib.sha256(made).digest()


MEMORY = pytest.mark.fault(83, "memory_limit_hit_in_render")


def large_png() -> bytes:
    """A picture that cannot be reduced while it is read."""
    file = io.BytesIO()
    Image.new("RGB", (6000, 6000), "#b4532a").save(file, "PNG")
    return file.getvalue()


@MEMORY
def test_a_picture_beyond_the_childs_memory_fails_with_its_cause_and_harms_no_other(
    studio: Studio, drive: Drive
) -> None:
    drive.tools.workshop = Workshop(Limits(memory=160 << 20))
    studio.post("Too large", due_at=in_seconds(600))
    studio.post("Small enough", due_at=in_seconds(600))
    data = large_png()
    with drive.session() as session, writing(session):
        media = session.scalars(select(Media).order_by(Media.created_at)).first()
        assert media is not None
        media.sha256, media.byte_size = hashlib.sha256(data).hexdigest(), len(data)
        media.format, media.width, media.height = "PNG", 6000, 6000
        studio.run.storage.local_path(media.storage_key).write_bytes(data)

    with drive.tools.workshop:
        drive.run(seconds=1200)

    failed = next(row for row in drive.rows() if row.state == "failed")
    assert failed.error and "memory" in failed.error["message"]
    assert sorted(drive.states()) == ["failed", "published"]


@contextmanager
def out_of_memory(drive: Drive, *, times: int) -> Iterator[None]:
    """Kill the children that read pictures, as the system does, while the post is prepared."""
    ended, workshop = threading.Event(), drive.tools.workshop

    def kill() -> None:
        while not ended.wait(0.001):
            if workshop.pid is not None and drive.passed.count("preparing") <= times:
                try:
                    os.kill(workshop.pid, signal.SIGKILL)
                except (ProcessLookupError, TypeError):
                    continue  # it is dead already, or was let go this moment

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@MEMORY
@pytest.mark.parametrize(("tries", "state"), [(2, "published"), (4, "failed")])
def test_a_child_that_is_killed_at_work_is_replaced_until_the_tries_are_used_up(
    studio: Studio, drive: Drive, tries: int, state: str
) -> None:
    studio.post("Heavy", due_at=in_seconds(900))
    with drive.tools.workshop, out_of_memory(drive, times=tries):
        drive.run(seconds=1800)

    row = drive.row()
    assert row.state == state
    assert drive.causes().count("picture") == tries
    if state == "failed":
        assert row.error and "memory" in row.error["remedy"]
        assert creates(drive) == 0


class Nonsense(logging.Formatter):
    """A formatter that cannot cope with what it is given."""

    def format(self, record: logging.LogRecord) -> str:
        raise ValueError(record.name)


class Rude(logging.Handler):
    """A handler of somebody else's that lets its own errors out, into whoever writes a line."""

    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError(record.name)


@pytest.fixture(params=["full disk", "cannot be formatted", "raises"])
def broken_log(request: pytest.FixtureRequest, studio: Studio) -> Iterator[None]:
    """From now on no line of this process's log can be written."""
    path = "/dev/full" if request.param == "full disk" else os.devnull
    is_rude = request.param == "raises"
    handler = Rude() if is_rude else logging.FileHandler(path, encoding="utf-8")
    if request.param == "cannot be formatted":
        handler.setFormatter(Nonsense())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield
    root.removeHandler(handler)
    root.setLevel(level)
    with contextlib.suppress(OSError):  # what was written last does not fit either
        handler.close()


@pytest.mark.usefixtures("broken_log")
@pytest.mark.fault(84, "log_disk_full / log_handler_raises")
def test_a_log_that_fails_stops_no_post_and_no_thread(studio: Studio) -> None:
    """More steps fail, and are to be logged, than there are threads; then all is well again."""
    run = studio.run
    run.publish_threads, run.timings = 2, fast(50)
    driver = Driver(run)
    failures = [3]

    def fail(moment: str) -> None:
        if moment == "preparing" and failures[0]:
            failures[0] -= 1
            raise RuntimeError("a step fails")

    driver.machine.tools.reached = fail
    fault(studio.world, "publish", "lost_after", count=1)
    for number in range(3):
        studio.post(f"Told or not {number}", due_at=in_seconds(3))
    driver.start()
    try:
        drive = Drive(studio.app, studio.world)
        end = time.monotonic() + 60
        while set(drive.states()) != {"published"} and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        driver.stop()

    assert failures == [0]
    assert drive.states() == ["published"] * 3
    assert len(drive.live()) == 3
