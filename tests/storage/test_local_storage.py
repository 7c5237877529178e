"""Files in a private folder: whole or not at all, and never outside it."""

import hashlib
import io
import os
import resource
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ospost.errors import NotFound
from ospost.storage.base import BadKey, Storage, TooLarge
from ospost.storage.local import LocalStorage

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the storage lies."""
    return tmp_path / "uploads"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    """An empty storage."""
    return LocalStorage(root)


def files(root: Path) -> list[Path]:
    """Return all files under a folder."""
    return [path for path in root.rglob("*") if not path.is_dir()]


class Dying(io.RawIOBase):
    """A stream that breaks off, as an upload does."""

    def __init__(self) -> None:
        self.left = 3

    def read(self, size: int = -1) -> bytes:
        self.left -= 1
        if not self.left:
            raise ConnectionResetError("gone")
        return b"x" * 1000


def test_what_was_written_is_read_back_with_its_length_and_hash(storage: LocalStorage) -> None:
    body = os.urandom(3_000_000)
    key = storage.new_key(".jpg")

    written = storage.write(key, io.BytesIO(body), max_bytes=3_000_000)

    assert written.byte_size == len(body) == storage.size(key)
    assert written.sha256 == hashlib.sha256(body).hexdigest()
    with storage.open(key) as file:
        assert file.read() == body
    assert storage.local_path(key).read_bytes() == body
    assert storage.exists(key)


def test_it_is_what_the_product_expects_of_a_storage(storage: LocalStorage) -> None:
    as_storage: Storage = storage

    assert as_storage.free_bytes() > 0


def test_keys_are_random_and_spread_over_folders(storage: LocalStorage) -> None:
    keys = {storage.new_key(".heic") for _ in range(1000)}

    assert len(keys) == 1000
    assert len({key[:2] for key in keys}) > 200
    for key in keys:
        first, second, name = key.split("/")
        assert name.startswith(first + second) and name.endswith(".heic")
        assert len(name) == 32 + len(".heic")


def test_a_derived_file_has_the_key_of_its_digest(storage: LocalStorage) -> None:
    name = hashlib.sha256(b"recipe").hexdigest()

    assert storage.key_for(name, ".webp") == f"{name[:2]}/{name[2:4]}/{name}.webp"


@pytest.mark.parametrize(
    "suffix", ["jpg", "./x", ".jpg/..", ".JPG", ".a.b", "\0", ".toolongsuffix"]
)
def test_a_strange_suffix_is_refused(suffix: str, storage: LocalStorage) -> None:
    with pytest.raises(BadKey):
        storage.new_key(suffix)


@pytest.mark.parametrize("limit", [0, 1, 999, 2_500_000])
def test_a_file_above_the_limit_is_refused_and_leaves_nothing(
    limit: int, storage: LocalStorage, root: Path
) -> None:
    with pytest.raises(TooLarge) as caught:
        storage.write(storage.new_key(".jpg"), io.BytesIO(bytes(limit + 1)), max_bytes=limit)

    assert (caught.value.status, caught.value.max_bytes) == (413, limit)
    assert caught.value.complaints[0][0] == "media"
    assert files(root) == []


def test_a_file_of_exactly_the_limit_is_taken(storage: LocalStorage) -> None:
    key = storage.new_key("")

    assert storage.write(key, io.BytesIO(bytes(1000)), max_bytes=1000).byte_size == 1000


def test_an_upload_that_breaks_off_leaves_nothing(storage: LocalStorage, root: Path) -> None:
    key = storage.new_key(".jpg")

    with pytest.raises(ConnectionResetError):
        storage.write(key, Dying(), max_bytes=10_000)  # type: ignore[arg-type]  # enough of one

    assert files(root) == []
    assert not storage.exists(key)


def test_a_failed_write_keeps_what_was_there(storage: LocalStorage) -> None:
    key = storage.new_key(".jpg")
    storage.write(key, io.BytesIO(b"old"), max_bytes=10)

    with pytest.raises(TooLarge):
        storage.write(key, io.BytesIO(b"x" * 11), max_bytes=10)

    assert storage.local_path(key).read_bytes() == b"old"


def test_a_full_disk_is_told_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    code = """
import io, sys
from pathlib import Path
from ospost.errors import Unavailable
from ospost.storage.local import LocalStorage
storage = LocalStorage(sys.argv[1])
try:
    storage.write(storage.new_key(".jpg"), io.BytesIO(bytes(5_000_000)), max_bytes=10_000_000)
except Unavailable as error:
    print(error.sentence)
print([path for path in Path(sys.argv[1]).rglob("*") if path.is_file()])
"""

    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "uploads")],
        cwd=ROOT,
        preexec_fn=limit_file_size,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == ["There is no room left for files on this server.", "[]"]


def test_folders_and_files_are_closed_to_others_even_with_a_careless_umask(tmp_path: Path) -> None:
    root = tmp_path / "uploads"
    root.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        storage = LocalStorage(root)
        key = storage.new_key(".jpg")
        storage.write(key, io.BytesIO(b"private"), max_bytes=100)
    finally:
        os.umask(before)

    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    assert len(folders) == 4  # the root, two levels, and the place where files arrive
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert stat.S_IMODE(storage.local_path(key).stat().st_mode) == 0o600


def test_deleting_twice_is_fine(storage: LocalStorage) -> None:
    key = storage.new_key(".jpg")
    storage.write(key, io.BytesIO(b"x"), max_bytes=1)

    storage.delete(key)
    storage.delete(key)

    assert not storage.exists(key)


def test_a_missing_file_is_not_found(storage: LocalStorage) -> None:
    key = storage.new_key(".jpg")

    with pytest.raises(NotFound):
        storage.open(key)
    with pytest.raises(NotFound):
        storage.size(key)
    with pytest.raises(NotFound):
        storage.open("ab")


def test_an_answer_that_names_a_folder_is_not_a_file(storage: LocalStorage) -> None:
    key = storage.new_key(".jpg")
    storage.write(key, io.BytesIO(b"x"), max_bytes=1)

    with pytest.raises(NotFound):
        storage.open(key[:2])
    assert not storage.exists(key[:2])


def test_a_link_that_leads_out_is_not_followed(
    storage: LocalStorage, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (root / "way").symlink_to(tmp_path)
    (root / "file.txt").symlink_to(tmp_path / "secret.txt")

    for key in ("way/secret.txt", "file.txt"):
        for touch in (storage.open, storage.local_path, storage.exists, storage.delete):
            with pytest.raises(BadKey):
                touch(key)
    assert (tmp_path / "secret.txt").read_text() == "secret"


def test_what_a_killed_process_left_is_swept_after_a_day(storage: LocalStorage, root: Path) -> None:
    old, young = root / ".arriving" / "old", root / ".arriving" / "young"
    for path, age in ((old, timedelta(hours=25)), (young, timedelta(hours=1))):
        path.write_bytes(b"half")
        moment = (NOW - age).timestamp()
        os.utime(path, (moment, moment))

    swept = storage.sweep(NOW)

    assert swept == 1
    assert files(root) == [young]


def test_a_relative_root_stays_where_it_was_when_the_program_moves(tmp_path: Path) -> None:
    code = """
import io, os, sys
from ospost.storage.local import LocalStorage
storage = LocalStorage("uploads")
key = storage.new_key(".txt")
os.chdir("/")
storage.write(key, io.BytesIO(b"here"), max_bytes=9)
print(storage.local_path(key))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "uploads")
