"""Every setting is documented, with its true default, and nothing else reads the environment."""

import ast
import re
from pathlib import Path

import pytest

from ospost.config import META, SANDBOX_APPS, BadSetting, Settings

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|BACKUPS|HOST|PORT|PUBLISH|SCHEDULER|SIGNUPS")
LINE = re.compile(r"^#([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| (.*?) \|", re.MULTILINE)
LAUNCHER = {"HOST", "PORT"}
ALIAS = {"FB_VERSION"}


def names_read_by(path):
    """Names of settings that occur as text in the code of *path*."""
    texts = (node.value for node in ast.walk(ast.parse(path.read_text())) if is_text(node))
    return {text for text in texts if NAME.fullmatch(text)}


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def settings_of_the_product():
    return names_read_by(ROOT / "ospost" / "config.py") | set(META) | set(SANDBOX_APPS)


def example():
    return dict(LINE.findall((ROOT / ".env.example").read_text()))


def documented():
    return dict(ROW.findall((ROOT / "docs" / "settings.md").read_text()))


def reads_of_the_environment(source):
    """Line numbers where *source* touches the environment of the process."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if touches_environment(node)]


def touches_environment(node):
    forbidden = {"environ", "environb", "getenv", "putenv", "unsetenv"}
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in forbidden
    if isinstance(node, ast.ImportFrom) and node.module in {"os", "dotenv"}:
        return any(alias.name in forbidden | {"load_dotenv"} for alias in node.names)
    return False


def product_files():
    found = [path for path in ROOT.glob("*.py") if path.name != "gunicorn.conf.py"]
    found += (ROOT / "ospost").rglob("*.py")
    found += (ROOT / "sandbox").rglob("*.py")
    return [path for path in found if path != ROOT / "ospost" / "config.py"]


def test_every_setting_that_is_read_stands_in_the_example_file():
    assert settings_of_the_product() - ALIAS | LAUNCHER == set(example())


def test_every_setting_that_is_read_stands_in_the_documentation():
    assert settings_of_the_product() | LAUNCHER == set(documented())


def test_the_documentation_names_the_defaults_of_the_example_file():
    written = {name: f"`{value}`" if value else "empty" for name, value in example().items()}

    assert {name: documented()[name] for name in written} == written


def test_the_values_of_the_example_file_are_the_defaults():
    assert Settings.from_env(example()) == Settings.from_env({})


def test_a_default_in_the_example_file_that_is_not_true_would_be_noticed():
    wrong = {**example(), "PUBLISH_THREADS": "31"}

    assert Settings.from_env(wrong) != Settings.from_env({})


def test_only_the_settings_read_the_environment():
    offenders = {path for path in product_files() if reads_of_the_environment(path.read_text())}

    assert len(product_files()) > 60
    assert offenders == set()


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os\nos.getenv('A')",
        "from os import environ",
        "from dotenv import load_dotenv",
    ],
)
def test_reading_the_environment_elsewhere_would_be_noticed(source):
    assert reads_of_the_environment(source)


def test_empty_values_count_as_not_set():
    assert Settings.from_env({"PUBLISH_THREADS": "  "}).publish_threads == 32


def test_the_old_name_of_the_version_still_holds():
    assert Settings.from_env({"FB_VERSION": "v25.0"}).graph_version == "v25.0"


def test_pictures_are_fetched_at_the_app_unless_told_otherwise():
    assert Settings.from_env({"APP_URL": "https://a.example"}).media_url == "https://a.example"


def test_practice_has_its_own_folder_apps_and_hosts():
    settings = Settings.from_env({"SANDBOX_URL": "http://localhost:5001/"})

    assert settings.world == "sandbox"
    assert settings.state_dir.name == "sandbox"
    assert settings.database_url.endswith("/sandbox/ospost.db")
    assert settings.graph_url == "http://localhost:5001/graph.facebook.com"
    assert settings.has_facebook
    assert settings.has_instagram


@pytest.mark.parametrize("key", ["FB_APP_ID", "IG_APP_ID"])
def test_practice_and_real_keys_exclude_each_other(key):
    with pytest.raises(BadSetting, match="cannot be set together"):
        Settings.from_env({"SANDBOX_URL": "http://localhost:5001", key: "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_URL", "localhost:5000"),
        ("APP_URL", "https://a.example/path"),
        ("DATABASE_URL", "postgresql://localhost/ospost"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("STORAGE_URL", "s3://bucket/prefix"),
        ("GRAPH_VERSION", "latest"),
        ("GRAPH_URL", "nonsense"),
        ("PUBLISH", "perhaps"),
        ("PUBLISH_THREADS", "0"),
        ("MISSED_AFTER_SECONDS", "-1"),
        ("TRUSTED_PROXIES", "one"),
        ("FB_APP_ID", "1"),
        ("IG_APP_SECRET", "1"),
    ],
)
def test_a_setting_that_cannot_work_is_named(name, value):
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({name: value})


def test_a_short_key_does_not_protect_a_public_server():
    with pytest.raises(BadSetting, match="SECRET_KEY"):
        Settings.from_env({"SECRET_KEY": "hunter2", "APP_URL": "https://a.example"})
    assert Settings.from_env({"SECRET_KEY": "hunter2"}).secret_key == "hunter2"


def test_a_relative_database_and_its_keys_mean_the_same_folder():
    url = Settings.from_env({"DATABASE_URL": "sqlite:///data/posts.db"}).database_url

    assert url == f"sqlite:///{ROOT / 'data' / 'posts.db'}"


def test_secrets_do_not_show_when_settings_are_printed():
    secrets = {
        "FB_APP_ID": "1",
        "FB_APP_SECRET": "fb-hush",
        "IG_APP_ID": "2",
        "IG_APP_SECRET": "ig-hush",
        "SECRET_KEY": "session-hush",
        "SECRET_KEY_FALLBACKS": "older-hush",
        "TOKEN_KEYS": "token-hush",
        "MAIL_URL": "smtp://me:mail-hush@localhost",
    }

    assert "hush" not in repr(Settings.from_env(secrets))
