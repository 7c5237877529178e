"""A world in a file: written whole and atomically, a moment after each change and at the end."""

import json
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.people import seed
from sandbox.pictures import PictureStore
from sandbox.things import (
    Account,
    Code,
    Comment,
    Container,
    Grant,
    Media,
    Page,
    Person,
    Token,
)
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
PAUSE = 0.3
"""Seconds that changes are gathered before the file is written."""


def dump(world: World) -> str:
    """The world as JSON text, tokens too: the file is as secret as they are (mode 0600)."""
    with world.lock:
        found = {
            "switches": asdict(world.switches),
            "clock_ahead": world.clock_ahead,
            "people": _plain(world.people.values()),
            "pages": _plain(world.pages.values()),
            "accounts": _plain(world.accounts.values()),
            "grants": _plain(world.grants),
            "tokens": _plain(world.tokens.values()),
            "codes": _plain(world.codes.values()),
            "containers": _plain(world.containers.values()),
            "media": _plain(world.media.values()),
            "comments": _plain(world.comments.values()),
        }
        return json.dumps(found, separators=(",", ":"))


def _plain(things: Iterable[object]) -> list[dict[str, Any]]:
    return [vars(thing) for thing in things]


def load(world: World, text: str) -> None:
    """Put what `dump` wrote into *world*; ValueError or KeyError when it is something else.

    What an older or newer version wrote may lack or have a field: defaults fill in, extras go.
    """
    found = json.loads(text)
    with world.lock:
        world.clear()
        known = vars(world.switches)
        world.switches.patch({k: v for k, v in found["switches"].items() if k in known})
        world.clock_ahead = float(found["clock_ahead"])
        world.people = _by_id(Person, found["people"])
        world.pages = _by_id(Page, found["pages"])
        world.accounts = _by_id(Account, found["accounts"])
        world.grants = [_make(Grant, item) for item in found["grants"]]
        world.tokens = {item["value"]: _make(Token, item) for item in found["tokens"]}
        world.codes = {item["value"]: _make(Code, item) for item in found["codes"]}
        world.containers = _by_id(Container, found["containers"])
        world.media = _by_id(Media, found["media"])
        world.comments = _by_id(Comment, found["comments"])
        world.index()


def _by_id(kind: type[T], items: list[dict[str, Any]]) -> dict[str, T]:
    return {item["id"]: _make(kind, item) for item in items}


def _make(kind: type[T], item: dict[str, Any]) -> T:
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in item.items() if name in names})


class Keeper:
    """Keeps a world in a file while it lives."""

    def __init__(self, world: World, path: Path) -> None:
        """Write *world* to *path* after each change, from a thread of its own."""
        self._world, self._path = world, path
        self._dirty = threading.Event()
        self._ended = False
        self._write_lock = threading.Lock()
        world.on_change = self._dirty.set
        self._thread = threading.Thread(target=self._run, daemon=True, name="sandbox state")
        self._thread.start()

    def save(self) -> None:
        """Write now: beside the file first, then in its place."""
        with self._write_lock:
            self._dirty.clear()
            text = dump(self._world)
            partial = self._path.with_name(self._path.name + ".part")
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)

    def close(self) -> None:
        """Write a last time and stop."""
        self._ended = True
        self._dirty.set()
        self._thread.join(timeout=10)
        self.save()

    def _run(self) -> None:
        pause = PAUSE
        while not self._ended:
            self._dirty.wait()
            if self._ended:
                return
            time.sleep(pause)
            started = time.monotonic()
            self.save()
            pause = max(PAUSE, 10 * (time.monotonic() - started))


def open_world(path: Path) -> tuple[World, Keeper]:
    """The world in *path*, or a seeded one that will be kept there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    world = World(PictureStore(path.with_name(path.name + ".pictures")))
    if path.exists():
        load(world, path.read_text())
    else:
        seed(world)
    return world, Keeper(world, path)
