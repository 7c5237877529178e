"""Copy the browser parts named in package.json into static/vendor.

Run by `make vendor`. Needs npm and a package registry; what it writes is committed, so that
neither users nor tests need either of them.
"""

import gzip
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
TEST_VENDOR = ROOT / "tests" / "browser" / "vendor"

FILES = {
    "bootstrap": {"dist/css/bootstrap.min.css": "bootstrap.min.css"},
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js"},
    "sortablejs": {"Sortable.min.js": "sortable.min.js"},
    "cropperjs": {"dist/cropper.esm.min.js": "cropper.esm.min.js"},
    "lucide-static": {},
    "axe-core": {"axe.min.js": "axe.min.js"},
}
"""What is taken from each package, and what it is called here."""

ICONS = (ROOT / "scripts" / "icons.txt").read_text().split()
"""The icons that our pages use; all others stay out of the sprite."""

DATA_URL = re.compile(r"""url\((["'])data:image/svg\+xml,(?P<svg>.*?)\1\)""")
SOURCE_MAP = re.compile(rb"\s*(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$")
SVG = "http://www.w3.org/2000/svg"


def main() -> None:
    """Fetch every package, write its files and the manifest of each folder."""
    wanted = json.loads((ROOT / "package.json").read_text())
    with tempfile.TemporaryDirectory() as temp:
        for folder, part in ((VENDOR, "dependencies"), (TEST_VENDOR, "devDependencies")):
            _empty(folder)
            packages = [
                _take(name, version, folder, Path(temp)) for name, version in wanted[part].items()
            ]
            manifest = {"packages": packages, "files": list(_facts(folder))}
            (folder / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)


def _take(name: str, version: str, folder: Path, temp: Path) -> dict[str, Any]:
    """Unpack *name* at *version*, write what is wanted of it, return its manifest entry."""
    package = _unpack(f"{name}@{version}", temp)
    facts = json.loads((package / "package.json").read_text())
    for source, target in FILES[name].items():
        content = SOURCE_MAP.sub(b"\n", (package / source).read_bytes())
        if target.endswith(".css"):
            content = _move_images(content.decode(), folder).encode()
        (folder / target).write_bytes(content)
    if name == "lucide-static":
        (folder / "icons.svg").write_text(_sprite(package / "icons"))
    licences = folder / "licences"
    licences.mkdir(exist_ok=True)
    (licences / f"{name}.txt").write_text((package / "LICENSE").read_text())
    return {"name": name, "version": facts["version"], "licence": facts["license"]}


def _unpack(spec: str, temp: Path) -> Path:
    packed = subprocess.run(
        ["npm", "pack", "--json", spec], cwd=temp, check=True, capture_output=True, text=True
    )
    answer = json.loads(packed.stdout)
    entry = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    target = temp / str(entry["filename"]).removesuffix(".tgz")
    with tarfile.open(temp / entry["filename"]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def _move_images(css: str, folder: Path) -> str:
    """Write each data: image of *css* to a file, since our policy allows none, and point at it."""
    (folder / "img").mkdir(exist_ok=True)

    def as_file(match: re.Match[str]) -> str:
        svg = unquote(match["svg"])
        name = hashlib.sha256(svg.encode()).hexdigest()[:12] + ".svg"
        (folder / "img" / name).write_text(svg + "\n")
        return f'url("img/{name}")'

    return DATA_URL.sub(as_file, css)


def _sprite(icons: Path) -> str:
    """Return one SVG whose symbols are the wanted icons; they draw with currentColor."""
    ElementTree.register_namespace("", SVG)
    sprite = ElementTree.Element(f"{{{SVG}}}svg")
    for name in ICONS:
        icon = ElementTree.parse(icons / f"{name}.svg").getroot()  # noqa: S314 - a pinned package
        symbol = ElementTree.SubElement(sprite, f"{{{SVG}}}symbol", id=name, viewBox="0 0 24 24")
        symbol.extend(icon)
    text = ElementTree.tostring(sprite, encoding="unicode")
    return re.sub(r">\s+<", "><", text) + "\n"


def _facts(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield path, SHA-256 and sizes in bytes of every file below *folder*."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "MANIFEST.json":
            content = path.read_bytes()
            yield {
                "path": path.relative_to(folder).as_posix(),
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
                "gzip_bytes": len(gzip.compress(content, 9, mtime=0)),
            }


if __name__ == "__main__":
    main()
