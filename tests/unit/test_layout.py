"""The shape of the project: sizes, what the top-level files may import, what every part has."""

import ast
import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

import ospost
from ospost.errors import OspostError

ROOT = Path(__file__).resolve().parents[2]
TABLES_MAY_IMPORT = {"flask_sqlalchemy", "sqlalchemy", "helpers", "ospost.domain.states"}
CAPS = {"app.py": 150, "helpers.py": 200, "models.py": 600}
STARTERS = {"start_publishing", "stop_publishing"}


def imports(source):
    """Modules that *source* imports anywhere, as written."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def is_standard(module):
    return module.split(".")[0] in sys.stdlib_module_names


def foreign_to_helpers(source):
    """Imports that `helpers.py` must not have: whatever is not the standard library."""
    return {module for module in imports(source) if not is_standard(module)}


def foreign_to_models(source):
    """Imports that `models.py` must not have."""
    allowed = {
        module
        for module in imports(source)
        if is_standard(module)
        or module in TABLES_MAY_IMPORT
        or module.startswith(("sqlalchemy.", "flask_sqlalchemy."))
    }
    return imports(source) - allowed


def started_on_import(source):
    """Calls at the top level of a module; a composition root has none."""
    tree = ast.parse(source)
    statements = [node for node in tree.body if isinstance(node, ast.Expr)]
    return [node.lineno for node in statements if isinstance(node.value, ast.Call)]


def routes(source):
    """Names of functions that are decorated with a route."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            names = {ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list}
            if any(name.split(".")[-1] in {"route", "get", "post"} for name in names):
                found.append(node.name)
    return found


def relative_imports(source):
    return {module for module in imports(source) if module.startswith(".")}


def statements_beyond_docstring(source):
    return [ast.unparse(node) for node in ast.parse(source).body if not is_docstring(node)]


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def cap_of(path):
    """The most lines that a file may have, or None for files of others and unlimited kinds."""
    relative = path.relative_to(ROOT)
    if relative.name in CAPS and len(relative.parts) == 1:
        return CAPS[relative.name]
    if relative.parts[0] == "migrations" or "vendor" in relative.parts:
        return None
    if relative.parts[0] == "tests":
        return 500
    return {".py": 300, ".html": 150, ".js": 150}[relative.suffix]


def our_files():
    hidden = {".venv", "node_modules", "instance", "build"}
    for suffix in ("py", "html", "js"):
        for path in ROOT.rglob(f"*.{suffix}"):
            parts = path.relative_to(ROOT).parts
            if not hidden & set(parts) and not parts[0].startswith("."):
                yield path


def all_errors():
    """Every class of error in the product, after importing all of it."""
    for module in pkgutil.walk_packages(ospost.__path__, "ospost."):
        importlib.import_module(module.name)
    waiting, found = [OspostError], []
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        found.append(error)
    return {error for error in found if error.__module__.startswith("ospost.")}


def test_helpers_imports_only_the_standard_library():
    assert foreign_to_helpers((ROOT / "helpers.py").read_text()) == set()


@pytest.mark.parametrize(
    "line", ["import flask", "from ospost.domain import states", "def f():\n    import requests"]
)
def test_a_foreign_import_in_helpers_would_be_noticed(line):
    assert foreign_to_helpers((ROOT / "helpers.py").read_text() + "\n" + line)


def test_models_imports_only_sqlalchemy_helpers_and_the_states():
    assert foreign_to_models((ROOT / "models.py").read_text()) == set()


@pytest.mark.parametrize(
    "line",
    [
        "import requests",
        "from flask import request",
        "from ospost.services import posts",
        "from ospost.domain import schedule",
        "import sqlalchemyx",
    ],
)
def test_a_foreign_import_in_models_would_be_noticed(line):
    assert foreign_to_models((ROOT / "models.py").read_text() + "\n" + line)


def test_importing_the_composition_root_starts_nothing():
    assert started_on_import((ROOT / "app.py").read_text()) == []


def test_a_start_on_import_would_be_noticed():
    assert started_on_import((ROOT / "app.py").read_text() + "\ncreate_app()\n")


def test_the_composition_root_holds_no_route():
    assert routes((ROOT / "app.py").read_text()) == []


def test_a_route_in_the_composition_root_would_be_noticed():
    assert routes("@app.get('/')\ndef index():\n    return ''") == ["index"]


def test_the_composition_root_can_start_and_stop_publishing():
    tree = ast.parse((ROOT / "app.py").read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

    assert {"create_app", *STARTERS} <= functions


def test_nothing_but_the_server_starts_publishing():
    callers = {path for path in (ROOT / "ospost").rglob("*.py") if STARTERS & words(path)}

    assert callers == set()


def words(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def test_no_file_outgrows_its_cap():
    sizes = {path: len(path.read_text().splitlines()) for path in our_files()}
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path, lines in sizes.items()
        if (cap := cap_of(path)) is not None and lines > cap
    }

    assert too_long == {}


def test_the_caps_are_those_of_the_layout():
    caps = {
        name: cap_of(ROOT / name)
        for name in (
            "app.py",
            "helpers.py",
            "models.py",
            "ospost/web/posts.py",
            "sandbox/app.py",
            "tests/unit/test_layout.py",
            "templates/base.html",
            "static/js/main.js",
            "static/vendor/other.js",
        )
    }

    assert list(caps.values()) == [150, 200, 600, 300, 300, 500, 150, 150, None]


def test_package_files_hold_no_code():
    files = [*(ROOT / "ospost").rglob("__init__.py"), *(ROOT / "sandbox").rglob("__init__.py")]
    offenders = {path for path in files if statements_beyond_docstring(path.read_text())}

    assert len(files) >= 10
    assert offenders == set()


def test_imports_are_absolute():
    files = [path for path in our_files() if path.suffix == ".py"]
    offenders = {path for path in files if relative_imports(path.read_text())}

    assert offenders == set()


@pytest.mark.parametrize("line", ["from . import posts", "from ..domain import states"])
def test_a_relative_import_would_be_noticed(line):
    assert relative_imports(line)


def test_every_error_says_which_answer_and_which_words_it_becomes():
    speechless = [
        error
        for error in all_errors()
        if not (400 <= error.status < 600 and error.title and (error.__doc__ or "").strip())
    ]

    assert speechless == []


def test_the_search_for_errors_finds_those_of_every_layer():
    layers = {error.__module__.split(".")[1] for error in all_errors()}

    assert {"errors", "graph", "imaging", "mail", "vault"} <= layers


def test_direct_dependencies_are_few_and_each_has_a_reason():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]

    assert len(wanted) <= 20
    assert all("# " in line for line in wanted)


def test_every_dependency_is_pinned_exactly_and_names_no_host():
    lines = (ROOT / "constraints.txt").read_text().splitlines()

    assert len(lines) > 60
    assert all("==" in line for line in lines)
    assert not any("://" in line for line in lines)
