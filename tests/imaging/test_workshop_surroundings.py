"""The workshop in the programs that it must work in: scripts, modules, gunicorn, forks."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.imaging import makers as make

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A sound picture."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg())
    return path


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with the product importable, wherever it is started."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


PROGRAM = """
import sys
with open("imported.txt", "a") as file:
    file.write(__name__ + "\\n")
import flask, sqlalchemy
from ospost.imaging.workshop import Workshop
with Workshop() as one:
    print(one.probe(sys.argv[1]).width)
    maps = open(f"/proc/{one.pid}/maps").read()
    print("sqlalchemy" in maps, "greenlet" in maps, "PIL" in maps)
"""


@pytest.mark.parametrize("way", [["program.py"], ["-m", "program"]])
def test_the_main_program_is_not_imported_again_by_the_child(
    way: list[str], tmp_path: Path, photo: Path
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)

    done = run(*way, str(photo), cwd=tmp_path)

    assert done.stderr == ""
    assert done.stdout.split() == ["400", "False", "False", "True"]
    assert (tmp_path / "imported.txt").read_text() == "__main__\n"


def test_what_the_child_imports_knows_no_web_and_no_tables(tmp_path: Path) -> None:
    code = """
import sys
import ospost.imaging.child, ospost.imaging.jobs
print([name for name in ("flask", "sqlalchemy", "requests", "cryptography") if name in sys.modules])
"""
    assert run("-c", code, cwd=tmp_path).stdout == "[]\n"


def test_the_web_process_never_loads_a_decoder(tmp_path: Path, photo: Path) -> None:
    code = """
import sys
from ospost.imaging.workshop import Workshop
with Workshop() as one:
    one.probe(sys.argv[1])
print([name for name in sys.modules if name.startswith(("PIL", "pillow_heif"))])
"""
    assert run("-c", code, str(photo), cwd=tmp_path).stdout == "[]\n"


def test_a_workshop_used_before_a_fork_works_on_both_sides(tmp_path: Path, photo: Path) -> None:
    code = """
import os, sys
from ospost.imaging.workshop import Workshop
one = Workshop()
one.probe(sys.argv[1])
mine = one.pid
if os.fork() == 0:
    print("child", one.pid, one.probe(sys.argv[1]).width, one.pid != mine, flush=True)
    sys.exit(0)
_, status = os.wait()
print("parent", status, one.probe(sys.argv[1]).width, one.pid == mine)
"""
    done = run("-c", code, str(photo), cwd=tmp_path)

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["child None 400 True", "parent 0 400 True"]


SERVED = """
import os
from ospost.imaging.workshop import Workshop
one = Workshop()
def app(environ, start_response):
    body = f"{one.probe(os.environ['PHOTO']).width} {os.getpid()}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.mark.parametrize("preload", [[], ["--preload"]])
def test_gunicorn_workers_with_threads_can_use_it(
    preload: list[str], tmp_path: Path, photo: Path
) -> None:
    (tmp_path / "served.py").write_text(SERVED)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--workers", "2", "--threads", "4", "--bind", address, "--log-level", "critical"]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *preload, *options, "served:app"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PHOTO": str(photo)},
    )
    try:
        answers = [read(f"http://{address}/") for _ in range(12)]
    finally:
        server.terminate()
        code = server.wait(30)

    assert {answer.split()[0] for answer in answers} == {"400"}
    assert code == 0


def read(url: str) -> str:
    """Read a page as soon as there is one."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return str(answer.read().decode())
        except ConnectionError:
            time.sleep(0.05)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.05)
