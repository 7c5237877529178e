"""The layers hold, and each contract about them breaks when somebody breaks it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

LAYERS = "Entrypoints over services over adapters over domain"
OFFENCES = [
    (LAYERS, {"ospost/domain/intruder.py": "import ospost.services.database"}),
    (LAYERS, {"ospost/graph/intruder.py": "import ospost.storage.local"}),
    (LAYERS, {"ospost/errors_of_nobody.py": '"""A module in no layer."""'}),
    (
        "Only the composition root reads settings",
        {"ospost/services/intruder.py": "from ospost.config import Settings"},
    ),
    ("Nothing imports the composition root", {"ospost/web/intruder.py": "import app"}),
    ("Nothing imports the composition root", {"sandbox/intruder.py": "from app import create_app"}),
    (
        "Flask and the scheduler stay in the entrypoints",
        {"ospost/services/intruder.py": "from flask import request"},
    ),
    (
        "Flask and the scheduler stay in the entrypoints",
        {"ospost/services/intruder.py": "import apscheduler.schedulers.background"},
    ),
    ("Adapters and domain do not know the tables", {"ospost/graph/intruder.py": "import models"}),
    (
        "Adapters and domain do not know the tables",
        {"ospost/domain/intruder.py": "from sqlalchemy import select"},
    ),
    ("One owner for each outside library", {"ospost/web/intruder.py": "import requests"}),
    (
        "One owner for each outside library",
        {"ospost/services/intruder.py": "from PIL import Image"},
    ),
    ("Product and sandbox do not know each other", {"sandbox/intruder.py": "import ospost.errors"}),
    ("Product and sandbox do not know each other", {"ospost/web/intruder.py": "import sandbox"}),
    (
        "No cycles",
        {
            "ospost/domain/hen.py": "import ospost.domain.egg",
            "ospost/domain/egg.py": "import ospost.domain.hen",
        },
    ),
]


def contracts():
    """Names of the contracts in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


def verdicts(folder):
    """Run the linter in *folder*: its exit code, and for each contract KEPT or BROKEN."""
    done = subprocess.run(
        [LINTER, "--config", folder / "pyproject.toml", "--no-cache"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE)
    found = {name: verdict for name, verdict in lines if name in contracts()}
    assert found.keys() == contracts(), done.stdout + done.stderr
    return done.returncode, found


@pytest.fixture
def copied(tmp_path):
    """A copy of both packages with the contracts, to be broken."""
    ignored = shutil.ignore_patterns("__pycache__", "static", "templates")
    for package in ("ospost", "sandbox"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_code_keeps_every_contract():
    code, found = verdicts(ROOT)

    assert set(found.values()) == {"KEPT"}
    assert code == 0


@pytest.mark.parametrize(("contract", "files"), OFFENCES)
def test_an_offending_import_breaks_its_contract(copied, contract, files):
    for name, source in files.items():
        (copied / name).write_text(source + "\n")

    code, found = verdicts(copied)

    assert found[contract] == "BROKEN"
    assert code == 1


def test_every_contract_is_shown_to_break():
    assert {contract for contract, _ in OFFENCES} == contracts()
