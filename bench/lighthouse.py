"""What Lighthouse says of the pages people see first: `python -m bench --only lighthouse`.

Needs npm, a package registry and a Chromium. Without them the part says so and judges nothing.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench.page import Goal, Part, table
from bench.scale import Scale
from bench.stage import Stage, stage
from models import db
from ospost.services import sessions
from tests.support import in_seconds

VERSION = "12.8.2"
WANTED = {"performance": 98, "accessibility": 100, "best-practices": 100}
PAGES = {"sign-in": "/login", "plan": "/", "new post": "/post/add"}
POSTS = 30
DAY_SECONDS, POST_EVERY_SECONDS = 86_400, 6 * 3_600
ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build" / "lighthouse"
PATIENCE_SECONDS = 180
CHROME = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
)

METHOD = f"""[Lighthouse](https://github.com/GoogleChrome/lighthouse) {VERSION} with its own settings
for a phone on slow 4G, against the production server; a person with {POSTS} posts, signed in but
for the first page."""


class Missing(RuntimeError):
    """Something that Lighthouse needs is not on this machine; the text names it."""


def part(_scale: Scale) -> Part:
    """Let Lighthouse judge each page."""
    try:
        program, chromium = _program(), _chromium()
    except Missing as missing:
        return _page(f"Not run here: {missing}.", {})
    with stage(2) as on:
        for number in range(POSTS):
            due_at = in_seconds(DAY_SECONDS + number * POST_EVERY_SECONDS)
            on.post(f"Post {number}", due_at=due_at, account=number)
        signed_in = _signed_in(on)
        on.serve()
        scores = {
            name: _judged(on, program, chromium, path, "" if name == "sign-in" else signed_in)
            for name, path in PAGES.items()
        }
    return _page("", scores)


def _signed_in(on: Stage) -> str:
    """Return the cookie of a browser in which the first person is signed in."""
    with on.app.app_context():
        secret = sessions.begin(
            db.session(), user_id=on.studios[0].user_id, agent="", now=in_seconds(0), old_id=None
        )
        return f"{on.app.config['SIGN_IN_COOKIE']}={secret}"


def _page(words: str, scores: dict[str, dict[str, int]]) -> Part:
    rows = [(name, *(found[kind] for kind in WANTED)) for name, found in scores.items()]
    worst = {kind: min(found[kind] for found in scores.values()) for kind in WANTED if scores}
    goal = Goal(
        what=f"Lighthouse {VERSION}, phone",
        goal=f"≥ {' / '.join(map(str, WANTED.values()))}",
        measured=" / ".join(map(str, worst.values())) or "not run here",
        is_met=all(worst[kind] >= least for kind, least in WANTED.items()) if worst else None,
    )
    head = ("page", *(kind.replace("-", " ") for kind in WANTED))
    figures = words or table(head, rows)
    return Part(title="Lighthouse", method=METHOD, figures=figures, goals=(goal,))


def _judged(on: Stage, program: Path, chromium: str, path: str, cookie: str) -> dict[str, int]:
    """Return the points of a page, of 100 each."""
    folder = on.plant.folder
    headers, report = folder / "headers.json", folder / "report.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    subprocess.run(
        [
            *(str(program), f"http://127.0.0.1:{on.plant.port}{path}", "--quiet"),
            *("--output=json", f"--output-path={report}", f"--extra-headers={headers}"),
            *(f"--only-categories={','.join(WANTED)}", f"--chrome-flags={CHROME}"),
        ],
        env={**os.environ, "CHROME_PATH": chromium},
        check=True,
        timeout=PATIENCE_SECONDS,
        capture_output=True,
    )
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if not found["finalDisplayedUrl"].endswith(path):
        raise RuntimeError(f"{path} led to another page")
    return {kind: round(found["categories"][kind]["score"] * 100) for kind in WANTED}


def _program() -> Path:
    """Return Lighthouse, installed once into build/."""
    path = PROGRAM / "node_modules" / ".bin" / "lighthouse"
    if path.exists():
        return path
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    PROGRAM.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--prefix", str(PROGRAM), "--no-audit", "--no-fund", "--ignore-scripts"]
        + [f"lighthouse@{VERSION}"],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise Missing("npm could not fetch it")
    return path


def _chromium() -> str:
    found = subprocess.run(
        ["sh", "scripts/browser.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise Missing("there is no Chromium")
    return found.stdout.strip()
