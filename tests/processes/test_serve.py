"""`make serve`: the production server in the foreground, its start, its end, its database."""

import os
import shutil
import signal
import socket
import sqlite3
import stat
import sys
import time
from pathlib import Path

import pytest
import requests

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"FB_APP_ID": "1", "FB_APP_SECRET": "secret-of-the-app"}
ADDITION = '''"""A later version of the tables."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("later", sa.String(10)))


def downgrade() -> None:
    op.drop_column("user", "later")
'''


def rows(path, statement):
    connection = sqlite3.connect(path)
    found = connection.execute(statement).fetchall()
    connection.close()
    return found


def write(path, statement):
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def database(tmp_path):
    return tmp_path / "state" / "ospost.db"


@pytest.fixture
def later_version(tmp_path, serve, database):
    """A copy of the program whose tables are one migration further than ours."""
    server, _ = serve()
    server.signal(signal.SIGTERM)
    server.end()
    [(head,)] = rows(database, "SELECT version_num FROM alembic_version")
    folder = tmp_path / "later"
    hidden = shutil.ignore_patterns(".*", "__pycache__", "instance", "node_modules", "tests")
    shutil.copytree(ROOT, folder, ignore=hidden)
    (folder / "migrations" / "versions" / "9999_later.py").write_text(ADDITION.format(head=head))
    return folder


def test_without_keys_it_says_how_to_set_them_and_signs_nobody_in(serve):
    _, address = serve()

    health = requests.get(f"{address}/healthz", timeout=10)
    page = requests.get(f"{address}/login", timeout=10)
    dialogs = [
        requests.get(f"{address}/login/{way}", timeout=10, allow_redirects=False)
        for way in ("facebook", "instagram")
    ]

    assert health.status_code == 200
    assert page.status_code == 200
    assert "FB_APP_ID" in page.text
    assert 'href="/login/facebook"' not in page.text
    assert 'href="/login/instagram"' not in page.text
    assert not [d for d in dialogs if "facebook.com" in d.headers.get("Location", "")]
    assert not [d for d in dialogs if "instagram.com" in d.headers.get("Location", "")]


def test_it_stays_in_one_process_group_and_ends_at_sigterm(serve):
    server, address = serve()

    groups = {os.getpgid(process.pid) for process in server.family}
    assert requests.get(f"{address}/readyz", timeout=10).status_code == 200
    server.signal(signal.SIGTERM)

    assert groups == {server.process.pid}
    assert server.end() == 0
    assert server.survivors() == []


def test_connections_that_say_nothing_do_not_keep_it_from_its_end(serve, port):
    """One that is kept for a next request, and two that never sent a byte."""
    server, address = serve()
    with (
        requests.Session() as browser,
        socket.create_connection(("127.0.0.1", port)),
        socket.create_connection(("127.0.0.1", port)),
    ):
        browser.get(f"{address}/healthz", timeout=10)
        began = time.monotonic()

        server.signal(signal.SIGTERM)

        assert server.end() == 0
        assert time.monotonic() - began < 3  # it was over 4 s; less than 1 s on an idle machine


def test_ctrl_c_ends_it_like_sigterm(serve):
    server, _ = serve()

    os.killpg(server.process.pid, signal.SIGINT)

    assert server.end() == 0
    assert server.survivors() == []
    assert "Traceback" not in server.said


def test_a_request_that_has_begun_is_answered_before_the_end(serve, port):
    server, _ = serve()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n"
        connection.sendall(head.encode())
        # The server has the connection once it has answered a later one.
        assert requests.get(f"http://localhost:{port}/healthz", timeout=10).status_code == 200
        server.signal(signal.SIGTERM)
        connection.sendall(b"Connection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 200")
    assert server.end() == 0


def test_after_sigkill_it_starts_again_on_the_same_port_and_database(serve, tmp_path, database):
    first, _ = serve()
    write(database, "INSERT INTO instance (name, value) VALUES ('mark', 'seen')")
    os.killpg(first.process.pid, signal.SIGKILL)
    assert first.survivors() == []

    _, address = serve()

    assert requests.get(f"{address}/healthz", timeout=10).status_code == 200
    assert rows(database, "SELECT value FROM instance WHERE name = 'mark'") == [("seen",)]
    left = {path.suffix for path in (tmp_path / "state").rglob("*")}
    assert not left & {".pid", ".lock", ".sock", ".ctl"}


def test_killing_the_first_process_alone_leaves_nothing_on_the_port(serve, kill):
    first, _ = serve()

    kill(first)

    assert first.survivors() == []
    serve()


def test_killing_make_leaves_nothing_on_the_port(start, port, kill):
    program = start("make", "--no-print-directory", "serve")
    program.wait_for_word("Booting worker")
    program.remember_family()

    kill(program)

    assert program.survivors() == []


def test_sigterm_to_make_ends_the_server(start):
    program = start("make", "--no-print-directory", "serve")
    program.wait_for_word("Booting worker")

    program.signal(signal.SIGTERM)
    program.end()

    assert program.survivors() == []


def test_the_log_holds_no_query_and_answers_name_no_server(serve):
    server, address = serve()

    answer = requests.get(f"{address}/login?code=hush-hush", timeout=10)
    server.signal(signal.SIGTERM)
    server.end()

    assert "hush-hush" not in server.said
    assert "gunicorn" not in str(answer.headers)
    assert "Werkzeug" not in str(answer.headers)
    assert "Python" not in str(answer.headers)


def test_database_and_keys_are_readable_by_their_owner_only(serve, database):
    serve()

    files = [path for path in database.parent.iterdir() if path.is_file()]
    open_to_others = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]

    assert database in files
    assert open_to_others == []


def test_the_port_that_it_got_is_in_the_address_that_it_sends_people_to(serve, port):
    serve()

    answer = requests.get(f"http://127.0.0.1:{port}/login", timeout=10, allow_redirects=False)

    assert answer.headers["Location"] == f"http://localhost:{port}/login"


def test_a_database_of_the_practice_world_is_refused_with_real_keys(start, serve, database):
    practice, _ = serve(
        SANDBOX_URL="http://localhost:9", DATABASE_URL=f"sqlite:///{database}", SCHEDULER="off"
    )
    practice.signal(signal.SIGTERM)
    practice.end()

    program = start(sys.executable, "-m", "scripts.serve", **KEYS)

    assert program.end() != 0
    assert "belongs to Practice Instagram" in program.said
    assert "Traceback" not in program.said


def test_an_older_database_is_copied_aside_and_upgraded(serve, later_version, database):
    write(database, "INSERT INTO instance (name, value) VALUES ('mark', 'seen')")

    serve(folder=later_version)

    [copy] = database.parent.glob("ospost.db.before-*")
    assert rows(database, "SELECT version_num FROM alembic_version") == [("9999",)]
    assert rows(copy, "SELECT version_num FROM alembic_version") != [("9999",)]
    for path in (database, copy):
        assert rows(path, "SELECT value FROM instance WHERE name = 'mark'") == [("seen",)]


def test_a_newer_database_is_refused_and_left_alone(start, serve, later_version, database):
    later, _ = serve(folder=later_version)
    later.signal(signal.SIGTERM)
    later.end()

    program = start(sys.executable, "-m", "scripts.serve")

    assert program.end() != 0
    assert "newer" in program.said
    assert rows(database, "SELECT version_num FROM alembic_version") == [("9999",)]


@pytest.mark.parametrize(("setting", "value"), [("PORT", "0"), ("APP_URL", "localhost")])
def test_a_setting_that_cannot_work_is_named(start, setting, value):
    program = start(sys.executable, "-m", "scripts.serve", **{setting: value})

    assert program.end() == 1
    assert f"{setting} must" in program.said
    assert "Traceback" not in program.said


def test_a_taken_port_ends_it_and_is_named(start, occupy, port):
    occupy(port)

    program = start(sys.executable, "-m", "scripts.serve")

    assert program.end() == 1
    assert f"{port}" in program.said
