"""`make run`: practice Instagram and the app, one address, one Ctrl-C."""

import re
import signal
import sqlite3

import psutil
import pytest
import requests

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

READY = "Ctrl-C stops it."
ADDRESS = re.compile(r"https?://\S+")


def address_of(program):
    """The one address in everything that the program said."""
    program.wait_for_word(READY)
    found = set(ADDRESS.findall(program.said))
    assert len(found) == 1, program.said
    return found.pop()


def test_it_takes_free_ports_and_tells_the_one_address_that_works(run, occupy, port):
    occupy(port)
    occupy(port + 1)

    program = run()
    address = address_of(program)
    page = requests.get(f"{address}/login", timeout=10)

    assert address not in (f"http://localhost:{port}", f"http://localhost:{port + 1}")
    assert page.status_code == 200
    assert "nothing here reaches Instagram" in page.text
    assert "nothing here reaches Instagram" in program.said


def test_another_name_of_this_machine_leads_to_the_address(run, port):
    address = address_of(run())

    answer = requests.get(f"http://127.0.0.1:{port}/login", timeout=10, allow_redirects=False)

    assert answer.is_redirect
    assert answer.headers["Location"] == f"{address}/login"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_both(run, number):
    program = run()
    address_of(program)
    assert len(program.family) >= 4  # launcher, sandbox, server, worker

    program.signal(number)

    assert program.end() == 0
    assert program.survivors() == []


def test_it_starts_again_on_the_same_world(run, tmp_path, port):
    first = run()
    address = address_of(first)
    first.signal(signal.SIGINT)
    first.end()
    database = tmp_path / "state" / "sandbox" / "ospost.db"
    mark(database)

    assert address_of(run()) == address == f"http://localhost:{port}"
    assert is_marked(database)


def mark(database):
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO instance (name, value) VALUES ('mark', 'seen')")
    connection.close()


def is_marked(database):
    connection = sqlite3.connect(database)
    found = connection.execute("SELECT value FROM instance WHERE name = 'mark'").fetchall()
    connection.close()
    return found == [("seen",)]


def test_a_second_one_in_the_same_folder_names_the_first(run):
    address = address_of(run())

    second = run()

    assert second.end() == 1
    assert f"runs from this folder already: open {address}" in second.said


def test_killing_the_launcher_leaves_nothing_and_it_starts_again(run, kill):
    program = run()
    address = address_of(program)

    kill(program)

    assert program.survivors() == []
    assert address_of(run()) == address


def test_killing_make_leaves_nothing(start, kill):
    program = start("make", "--no-print-directory", "run")
    address_of(program)
    assert len(program.family) >= 5

    kill(program)

    assert program.survivors() == []


def test_ctrl_c_in_make_stops_everything(start):
    program = start("make", "--no-print-directory", "run")
    address_of(program)

    for process in program.family:  # what a terminal does: its whole foreground group
        if process.pid == program.process.pid or "scripts.run" in process.cmdline():
            process.send_signal(signal.SIGINT)
    program.end()

    assert program.survivors() == []
    assert "Stopping." in program.said


@pytest.mark.parametrize(
    ("victim", "name"), [("sandbox", "Practice Instagram"), ("gunicorn", "The app")]
)
def test_when_one_dies_the_other_stops_and_the_reason_is_told(run, victim, name):
    program = run()
    address_of(program)

    children = psutil.Process(program.process.pid).children()
    next(child for child in children if victim in child.cmdline()).kill()

    assert program.end() == 1
    assert program.survivors() == []
    assert f"{name} ended by itself (signal SIGKILL)" in program.said


def test_with_real_keys_a_taken_port_is_an_error_that_names_it(run, occupy, port):
    occupy(port)

    program = run(FB_APP_ID="1", FB_APP_SECRET="secret-of-the-app")

    assert program.end() == 1
    assert f"Port {port} is taken" in program.said
    assert "secret-of-the-app" not in program.said


def test_with_real_keys_no_practice_world_is_started(run, tmp_path, port):
    program = run(FB_APP_ID="1", FB_APP_SECRET="secret-of-the-app")
    address = address_of(program)

    page = requests.get(f"{address}/login", timeout=10)

    assert address == f"http://localhost:{port}"
    assert not [p for p in program.family if "sandbox" in p.cmdline()]
    assert "nothing here reaches Instagram" not in page.text
    assert not (tmp_path / "state" / "sandbox").exists()


@pytest.mark.parametrize(
    ("setting", "value"), [("PORT", "many"), ("PUBLISH_THREADS", "none"), ("SIGNUPS", "nobody")]
)
def test_a_setting_that_cannot_work_is_named(run, setting, value):
    program = run(**{setting: value})

    assert program.end() == 1
    assert f"{setting} must be" in program.said
    assert "Traceback" not in program.said
