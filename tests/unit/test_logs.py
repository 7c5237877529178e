"""A log line: of which post it is, without secrets, and harmless when it cannot be written."""

import contextlib
import io
import json
import logging
import threading

import pytest

from ospost import logs


@pytest.fixture
def lines():
    """A logger of its own, and what it wrote as text and as JSON."""
    logger = logging.getLogger("ospost.test_logs")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    streams = {}
    for form in ("text", "json"):
        streams[form] = io.StringIO()
        handler = logs.CalmHandler(streams[form])
        handler.setFormatter(logs.formatter(form))
        logger.addHandler(handler)
    yield logger, streams
    logger.handlers.clear()


def test_a_line_says_what_the_work_under_way_is_about(lines):
    logger, streams = lines
    with logs.about(post=7, account=3), logs.about(fence=2):
        logger.info("step %s", "done", extra={"fbtrace_id": "AbC", "post": 8})
    logger.info("afterwards")

    first, second = streams["text"].getvalue().splitlines()
    assert first.endswith("INFO ospost.test_logs step done post=8 account=3 fence=2 fbtrace_id=AbC")
    assert second.endswith("afterwards")
    found, bare = map(json.loads, streams["json"].getvalue().splitlines())
    assert found.items() >= {
        "level": "info", "message": "step done", "post": 8, "account": 3, "fence": 2
    }.items()  # fmt: skip
    assert set(bare) == {"at", "level", "logger", "message"}


def test_threads_do_not_mix_up_what_they_are_about(lines):
    logger, streams = lines
    with logs.about(post=7):
        thread = threading.Thread(target=logger.info, args=["of another"])
        thread.start()
        thread.join()

    assert "post=" not in streams["text"].getvalue()


SECRETS = [
    "EAAB" + "x" * 40,
    "IGAAB" + "y" * 40,
    "https://x/v26.0/me?access_token=abcdef123456&fields=id",
    "POST {'client_secret': 'very-quiet-word'}",
    "Authorization: Bearer canary1234567",
    "GET https://ospost.example.org/m/canary.token-1234",
    "smtp://postman:canary-pass@mail.example.org",
    "/login/facebook/callback?code=AQDxxxxxxxxxxxxxxxxxxxxxxxxxx&state=x",
    "123456789|canaryCanary",
    "the key is a-known-secret-of-this-instance",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_written_wherever_it_stands(lines, text):
    logger, streams = lines
    logs.hide("a-known-secret-of-this-instance", "")
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("%s", text, extra={"url": text})

    for stream in streams.values():
        said = stream.getvalue()
        assert said.count(logs.HIDDEN) >= 3  # message, field, traceback
        for word in ("xxxx", "yyyy", "abcdef", "quiet", "anary", "known-secret"):
            assert word not in said


def test_what_is_no_secret_stays_readable(lines):
    logger, streams = lines
    logger.info(
        "state=published code=9007 worker exited with code 3, post 1234567 at /post/1234567"
    )

    assert logs.HIDDEN not in streams["text"].getvalue()


class Broken(io.StringIO):
    def write(self, _text):
        raise RuntimeError("no more")


def test_a_log_that_cannot_be_written_disturbs_nobody(lines, capsys):
    logger, _ = lines
    full = open("/dev/full", "w")  # noqa: SIM115 - a context would fail as it ends
    for stream in (full, Broken()):
        handler = logs.CalmHandler(stream)
        handler.setFormatter(logs.formatter("json"))
        logger.addHandler(handler)
        logger.info("a line", extra={"anything": object()})
        logger.removeHandler(handler)
    with contextlib.suppress(OSError):  # the line is still in its buffer
        full.close()

    assert capsys.readouterr().err == ""
