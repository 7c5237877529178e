"""`make serve`: become gunicorn, in the foreground, on $HOST:$PORT."""

import argparse
import os
import sys
from collections.abc import Mapping

from ospost.config import BadSetting, Settings
from scripts.environment import DEFAULT_HOST, ROOT, keep_private, merged, port_of
from scripts.parent import die_with_parent

CONFIG = ROOT / "gunicorn.conf.py"


def command(*extra: str) -> list[str]:
    """Return the command line of the production server."""
    config = ["--config", str(CONFIG), "--chdir", str(ROOT)]
    return [sys.executable, "-m", "gunicorn", *config, *extra, "scripts.wsgi:make_app()"]


def address(environ: Mapping[str, str]) -> str:
    """Return HOST and PORT as gunicorn wants them, with brackets around an IPv6 address."""
    host = environ.get("HOST", DEFAULT_HOST)
    return f"[{host}]:{port_of(environ)}" if ":" in host else f"{host}:{port_of(environ)}"


def main() -> None:
    """Check the settings, then turn this process into the server."""
    parser = argparse.ArgumentParser(description="Serve Ospost on $HOST:$PORT.")
    parser.add_argument("--stop-with-parent", action="store_true", help="end when make ends")
    if parser.parse_args().stop_with_parent:
        die_with_parent()
    keep_private()
    environ = merged()
    bind = address(environ)
    environ.setdefault("APP_URL", f"http://localhost:{port_of(environ)}")
    try:
        Settings.from_env(environ)
    except BadSetting as error:
        raise SystemExit(f"Ospost cannot start: {error}") from error
    arguments = command("--bind", bind)
    os.execve(arguments[0], arguments, {**os.environ, "APP_URL": environ["APP_URL"]})  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main()
