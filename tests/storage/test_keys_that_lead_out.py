"""Every way to spell a path that leaves the folder is refused, by every method."""

import io
from pathlib import Path

import pytest

from ospost.storage.base import BadKey
from ospost.storage.local import LocalStorage

SPELLINGS = [
    "",
    ".",
    "..",
    "...",
    "/",
    "//",
    "~",
    "~root",
    "../secret.txt",
    "../../secret.txt",
    "../../../../../../../../etc/passwd",
    "./../secret.txt",
    "ab/../../secret.txt",
    "ab/cd/../../../secret.txt",
    "ab/./../../secret.txt",
    "ab//../../secret.txt",
    "ab/..",
    "ab/../",
    "ab/.",
    "ab/",
    "/ab",
    "//ab",
    "ab//cd",
    "/etc/passwd",
    "//etc/passwd",
    "///etc/passwd",
    "/proc/self/environ",
    "file:///etc/passwd",
    "..\\secret.txt",
    "..\\..\\secret.txt",
    "ab\\..\\..\\secret.txt",
    "\\\\server\\share",
    "\\etc\\passwd",
    "C:\\secret.txt",
    "C:/secret.txt",
    "C:secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "..%252fsecret.txt",
    "..%c0%afsecret.txt",
    "..%00/secret.txt",
    "....//secret.txt",
    "..;/secret.txt",
    ".. /secret.txt",
    " ../secret.txt",
    "../secret.txt ",
    "ab/cd.jpg/../../../secret.txt",
    "ab/cd.jpg\0",
    "\0",
    "ab\0/../../secret.txt",
    "ab\n",
    "ab/cd\n/../../../secret.txt",
    "ab\r\ncd",
    "ab\tcd",
    "‥/secret.txt",
    "․․/secret.txt",
    "．．/secret.txt",
    "..∕secret.txt",
    "..／secret.txt",
    "..⁄secret.txt",
    "ab\u202e/..",
    "ab\ufeff/../../secret.txt",
    "é.jpg",
    ".hidden",
    ".arriving/x",
    "ab/.hidden",
    "$HOME/secret.txt",
    "`id`",
    "a" * 201,
    "a/" * 150 + "a",
]


def test_there_are_at_least_sixty_spellings() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 60


@pytest.mark.parametrize("key", SPELLINGS, ids=ascii)
def test_a_key_that_leads_out_or_is_strange_is_refused_by_every_method(
    key: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    storage = LocalStorage(tmp_path / "uploads")
    before = sorted(tmp_path.rglob("*"))

    for touch in (storage.open, storage.local_path, storage.exists, storage.size, storage.delete):
        with pytest.raises(BadKey) as caught:
            touch(key)
        assert not key.strip() or key not in caught.value.sentence.split()
    with pytest.raises(BadKey):
        storage.write(key, io.BytesIO(b"mine now"), max_bytes=100)

    assert secret.read_text() == "secret"
    assert sorted(tmp_path.rglob("*")) == before
