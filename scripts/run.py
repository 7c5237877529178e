"""`make run`: practice Instagram and the app side by side, or the app alone with real keys."""

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from ospost.config import BadSetting, Settings
from scripts import serve
from scripts.children import Child, ChildDied, start, wait_until_healthy, watch
from scripts.environment import DEFAULT_HOST, ROOT, has_keys, keep_private, merged, port_of
from scripts.parent import die_with_parent
from scripts.ports import NoFreePort, free_from, listen, listen_from

START_SECONDS = 60.0
APP_STOP_SECONDS = 45.0
SANDBOX_STOP_SECONDS = 5.0


class CannotRun(Exception):
    """Something stands in the way; the message says what, and what to do."""


class Stop:
    """Whether somebody asked us to stop; a second wish ends everything at once."""

    def __init__(self) -> None:
        """Listen to Ctrl-C, `kill` and a closed terminal."""
        self.is_asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.is_asked and number == signal.SIGINT:
            os._exit(130)  # the children die with us
        self.is_asked = True

    def __call__(self) -> bool:
        """Return whether somebody asked."""
        return self.is_asked


@contextmanager
def only_one(folder: Path, address: str) -> Iterator[None]:
    """Hold the practice world in *folder* for ourselves; the system lets go when we die."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(
                f"Ospost runs from this folder already: open {lock.read().strip()}"
            ) from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def practice(environ: Mapping[str, str], stack: ExitStack, stop: Stop) -> tuple[Child, ...]:
    """Start practice Instagram, then the app on the next free port."""
    first = port_of(environ)
    listener = stack.enter_context(listen_from(environ.get("HOST", DEFAULT_HOST), first))
    port = int(listener.getsockname()[1])
    address = f"http://localhost:{port}"
    state_dir = Path(environ.get("STATE_DIR", ROOT / "instance")).resolve() / "sandbox"
    stack.enter_context(only_one(state_dir, address))
    sandbox_port = free_from(first + 1)
    env = {
        **os.environ,
        "SANDBOX_URL": f"http://localhost:{sandbox_port}",
        "APP_URL": address,
        "MEDIA_URL": address,
    }
    Settings.from_env(merged(env))
    sandbox = start(
        "Practice Instagram",
        [
            *(sys.executable, "-m", "sandbox", "--port", str(sandbox_port)),
            *("--state", str(state_dir / "world.json")),
        ],
        port=sandbox_port,
        environ=os.environ,
        health="/",
    )
    stack.callback(sandbox.stop, within=SANDBOX_STOP_SECONDS)
    app = _app(listener.fileno(), port, env)
    stack.callback(app.stop, within=APP_STOP_SECONDS)
    listener.close()
    for child in (sandbox, app):
        wait_until_healthy(child, within=START_SECONDS, is_asked_to_stop=stop)
    _tell(address, "Practice Instagram: nothing here reaches Instagram.")
    return (sandbox, app)


def real(environ: Mapping[str, str], stack: ExitStack, stop: Stop) -> tuple[Child, ...]:
    """Start the app alone, on exactly the port that Meta (or a sandbox set by hand) knows."""
    port = port_of(environ)
    try:
        listener = stack.enter_context(listen(environ.get("HOST", DEFAULT_HOST), port))
    except OSError as error:
        raise CannotRun(
            f"Port {port} is taken by another program. Stop that one, or choose another PORT and"
            " an APP_URL that Meta's settings list."
        ) from error
    address = environ.get("APP_URL", f"http://localhost:{port}")
    env = {**os.environ, "APP_URL": address}
    Settings.from_env(merged(env))
    app = _app(listener.fileno(), port, env)
    stack.callback(app.stop, within=APP_STOP_SECONDS)
    listener.close()
    wait_until_healthy(app, within=START_SECONDS, is_asked_to_stop=stop)
    is_real = has_keys(environ)
    _tell(address, "Real keys are set: posts really go out." if is_real else "Practice Instagram.")
    return (app,)


def _app(descriptor: int, port: int, env: Mapping[str, str]) -> Child:
    command = serve.command("--bind", f"fd://{descriptor}", "--log-level", "warning")
    return start("The app", command, port=port, environ=env, health="/healthz", keep=(descriptor,))


def _tell(address: str, world: str) -> None:
    print(f"\n  Ospost is ready: {address}\n  {world}\n  Ctrl-C stops it.\n", flush=True)


def main() -> int:
    """Run until Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(description="Start Ospost to try it.")
    parser.add_argument("--stop-with-parent", action="store_true", help="end when make ends")
    if parser.parse_args().stop_with_parent:
        die_with_parent()
    keep_private()
    stop = Stop()
    environ = merged()
    begin = real if has_keys(environ) or "SANDBOX_URL" in environ else practice
    try:
        with ExitStack() as stack:
            children = begin(environ, stack, stop)
            watch(children, is_asked_to_stop=stop)
            print("Stopping.", flush=True)
    except (BadSetting, CannotRun, NoFreePort, ChildDied) as error:
        print(f"Ospost cannot run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
