"""What a first visit loads in scripts and styles: `python -m bench --only weight`."""

import gzip
import re
import tempfile
from posixpath import dirname, join, normpath

from flask.testing import FlaskClient

from app import create_app
from bench import plan
from bench.page import Goal, Part, table
from bench.scale import Scale
from ospost.config import Settings
from tests.support import put_away

MOST_KB = 75
SCRIPTS = "/static/js/"
LINKED = re.compile(
    r'<script[^>]*\bsrc="([^"]+)"|<link rel="(?:stylesheet|modulepreload)"[^>]*\bhref="([^"]+)"'
)
IMPORTED = re.compile(
    r'^\s*(?:import|export)\b[^"\';(]*?["\']([^"\']+\.js[^"\']*)["\']', re.MULTILINE
)

STARTED = re.compile(r'\bdata-module="([^"]+)"')

METHOD = """Scripts and styles that a first visit loads: those that the page links, the modules that it
names for `main.js` to start, and what these import; each gzipped (level 6)."""


def loaded(client: FlaskClient, path: str) -> dict[str, float]:
    """Return the gzipped kilobytes of each script and style that the page links."""
    page = client.get(path).get_data(as_text=True)
    waiting = [script or style for script, style in LINKED.findall(page)]
    modules = {name for names in STARTED.findall(page) for name in names.split()}
    waiting += [f"{SCRIPTS}{name}.js" for name in sorted(modules)]
    found: dict[str, float] = {}
    while waiting:
        address = waiting.pop()
        name = address.split("?")[0]
        if name in found:
            continue
        data = client.get(address).data
        found[name] = len(gzip.compress(data, 6)) / 1000
        if name.endswith(".js"):
            imports = IMPORTED.findall(data.decode())
            waiting += [normpath(join(dirname(name), other)) for other in imports]
    return found


def part(_scale: Scale) -> Part:
    """Weigh the pages that people see first."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.from_env({"STATE_DIR": folder, "STORAGE_URL": f"{folder}/up"}))
        signed_in = plan.signed_in(app, 10)
        pages = {
            "sign-in": loaded(app.test_client(), "/login"),
            "plan": loaded(signed_in, "/"),
            "new post": loaded(signed_in, "/post/add"),
        }
        put_away(app)
    rows = [(name, len(files), f"{sum(files.values()):.1f} KB") for name, files in pages.items()]
    heaviest = max(sum(files.values()) for files in pages.values())
    goal = Goal(
        what="Page weight, first visit",
        goal=f"scripts and styles ≤ {MOST_KB} KB gzipped",
        measured=f"{heaviest:.1f} KB",
        is_met=heaviest <= MOST_KB,
    )
    head = ("page", "files", "gzipped")
    return Part(title="Page weight", method=METHOD, figures=table(head, rows), goals=(goal,))
