"""Pictures on disk, named by their hash: what Meta's servers would keep of an upload."""

import hashlib
import shutil
import tempfile
import threading
import weakref
from pathlib import Path


class PictureStore:
    """Keeps the bytes that were fetched, exactly, once each."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use *folder*, or a temporary one that goes with this object."""
        self._lock = threading.Lock()
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="practice-instagram-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            return self._folder

    def put(self, content: bytes) -> str:
        """Keep *content* and return its key."""
        key = hashlib.sha256(content).hexdigest()
        path = self.folder / f"{key}.jpg"
        if not path.exists():
            partial = path.with_suffix(f".{threading.get_ident()}.part")
            partial.write_bytes(content)
            partial.replace(path)
        return key

    def get(self, key: str) -> bytes | None:
        """The bytes behind *key*, or None when they are gone."""
        path = self.folder / f"{key}.jpg"
        return path.read_bytes() if path.exists() else None

    def clear(self) -> None:
        """Throw every picture away."""
        for path in self.folder.glob("*.jpg"):
            path.unlink(missing_ok=True)
