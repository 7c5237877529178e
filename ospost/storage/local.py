"""Files in a folder of this machine."""

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from ospost.errors import NotFound, Unavailable
from ospost.storage.base import BadKey, TooLarge, Written, checked, fanned_out

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
CHUNK = 1 << 20
ARRIVING = ".arriving"  # a name that no key can have
ABANDONED_AFTER = timedelta(days=1)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStorage:
    """A folder that only this user can read; see `Storage` for what each method promises."""

    def __init__(self, root: Path | str) -> None:
        """Make the folder if it is not there, and close it to others if it is ours."""
        self._root = Path(os.path.abspath(root))
        self._root.parent.mkdir(parents=True, exist_ok=True)
        _private_folder(self._root)
        _private_folder(self._root / ARRIVING)
        self._real_root = self._root.resolve()

    def new_key(self, suffix: str) -> str:
        """Return an unused random key that ends in *suffix*, such as ".jpg"."""
        return fanned_out(secrets.token_hex(16), suffix)

    def key_for(self, name: str, suffix: str) -> str:
        """Return the key of a derived file, named by a digest."""
        return fanned_out(name, suffix)

    def write(self, key: str, stream: BinaryIO, *, max_bytes: int) -> Written:
        """Keep what *stream* gives, on disk when this returns, whole or not at all."""
        place = self.local_path(key)
        with self._arriving() as (path, file):
            written = _copy(stream, file, max_bytes=max_bytes)
            file.flush()
            os.fsync(file.fileno())
            os.replace(path, place)
        _sync_folder(place.parent)
        return written

    @contextmanager
    def _arriving(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Open a new file beside the others, and leave none behind that was not moved away."""
        path = self.scratch()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield path, file
        except OSError as error:
            if error.errno in FULL:
                raise Unavailable("There is no room left for files on this server.") from error
            raise
        finally:
            path.unlink(missing_ok=True)

    def open(self, key: str) -> BinaryIO:
        """Return the file for reading; raises `NotFound`."""
        try:
            return open(self._place(key), "rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound("There is no such file.") from error

    def local_path(self, key: str) -> Path:
        """Return where the file lies or can be made, with its folders made."""
        place = self._place(key)
        for folder in reversed(place.parents):
            if folder.is_relative_to(self._root):
                _private_folder(folder)
        return place

    def scratch(self) -> Path:
        """Return an unused place beside the files that are arriving, which `sweep` clears."""
        return self._root / ARRIVING / secrets.token_hex(16)

    def delete(self, key: str) -> None:
        """Remove the file; one that is missing is fine."""
        self._place(key).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        """Return whether there is such a file."""
        return self._place(key).is_file()

    def size(self, key: str) -> int:
        """Return its length in bytes; raises `NotFound`."""
        place = self._place(key)
        if not place.is_file():
            raise NotFound("There is no such file.")
        return place.stat().st_size

    def free_bytes(self) -> int:
        """Return how much more this user may write to the file system."""
        return shutil.disk_usage(self._root).free

    def sweep(self, now: datetime) -> int:
        """Remove what a killed process left half written a day ago; returns how many files."""
        oldest = (now - ABANDONED_AFTER).timestamp()
        abandoned = [
            path for path in (self._root / ARRIVING).iterdir() if path.stat().st_mtime < oldest
        ]
        for path in abandoned:
            path.unlink(missing_ok=True)
        return len(abandoned)

    def _place(self, key: str) -> Path:
        """Return the path of *key*; raises `BadKey` when it, or a link on the way, leads out."""
        place = self._root / checked(key)
        if not place.resolve().is_relative_to(self._real_root):
            raise BadKey
        return place


def _copy(stream: BinaryIO, file: BinaryIO, *, max_bytes: int) -> Written:
    """Copy in pieces, counting and hashing; raises `TooLarge` before writing too much."""
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(CHUNK):
        size += len(piece)
        if size > max_bytes:
            raise TooLarge(max_bytes)
        digest.update(piece)
        file.write(piece)
    return Written(byte_size=size, sha256=digest.hexdigest())


def _private_folder(path: Path) -> None:
    """Make one folder for this user only; one that is ours already is closed to others."""
    path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    found = path.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != PRIVATE_FOLDER:
        path.chmod(PRIVATE_FOLDER)


def _sync_folder(path: Path) -> None:
    """Make the new name last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
