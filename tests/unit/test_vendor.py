"""What is vendored is what the manifest says, small enough, and fit for our policy."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
FOLDERS = [STATIC / "vendor", ROOT / "tests" / "browser" / "vendor"]
BUDGET = 75 * 1024  # bytes, gzipped: scripts and styles of a first visit to the plan
STYLES = ["tokens", "base", "components", "plan"]
MODULES = ["theme", "main", "theme-switch", "kept", "menu", "live", "pace", "plan", "swap", "talk"]


def gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_what_the_manifest_says(folder):
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }

    assert present == set(listed)
    for name, entry in listed.items():
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
        assert len(content) == entry["bytes"], name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_package_has_its_licence_and_the_version_of_package_json(folder):
    wanted = json.loads((ROOT / "package.json").read_text())
    versions = wanted["dependencies"] | wanted["devDependencies"]

    for package in json.loads((folder / "MANIFEST.json").read_text())["packages"]:
        assert package["version"] == versions[package["name"]]
        assert package["licence"]
        assert (folder / "licences" / f"{package['name']}.txt").read_text().strip()


def test_a_first_visit_to_the_plan_is_within_its_budget():
    vendored = ["bootstrap.min.css", "htmx.min.js", "sortable.min.js"]
    files = [STATIC / "vendor" / name for name in vendored]
    files += [STATIC / "css" / f"{name}.css" for name in STYLES]
    files += [STATIC / "js" / f"{name}.js" for name in MODULES]

    assert sum(gzipped(path) for path in files) <= BUDGET


def test_no_style_or_sprite_carries_a_data_image():
    for path in STATIC.rglob("*.css"):
        assert "url(data:" not in path.read_text().replace('"', "").replace("'", ""), path.name


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = set(
        re.findall(r'<symbol id="([\w-]+)"', (STATIC / "vendor" / "icons.svg").read_text())
    )
    named = set()
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        named |= set(re.findall(r'\b(?:icon|sign)\("([\w-]+)"', text))
        named |= set(
            re.findall(
                r'"(?:draft|\w+ed|ok|wait|bad|ask|warn|review|publishing|checking)": "([a-z-]+)"',
                text,
            )
        )

    assert named
    assert named - sprite == set()


def test_no_template_carries_a_script_a_style_or_a_handler_of_its_own():
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|hx-on|javascript:|<script(?![^>]*\bsrc=)")
    for template in (ROOT / "templates").rglob("*.html"):
        assert not inline.search(template.read_text()), template.name
