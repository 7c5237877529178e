"""One log line: when, what, and of which post, account and request; never a secret.

What a line is about comes along by itself: code that works for a post says so once (`about`), and
every line written until then carries it, also those of libraries. What looks like a token, a
signed address or a secret of this instance is taken out of the finished text, whoever wrote it. A
log that cannot be written disturbs nothing: the handler drops the line.
"""

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039 - replaced, never changed

HIDDEN = "[hidden]"
SHORTEST_SECRET = 8
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else was given by the caller."""

_TOKENS = re.compile(
    r"""
    \b(?:EAA|IGQ|IGA)[A-Za-z0-9_-]{16,}          # access tokens of both logins
    | \b[0-9]{6,}\|[A-Za-z0-9_-]{8,}             # an app's id and secret in one
    | (?<=/m/)[^\s"'?&<>]+                       # a picture's link for Meta
    | (?<=/join/)[^\s"'?&<>]+                    # an invitation
    | (?<=Bearer\ )[^\s"']+
    | (?<=://)[^\s/@"']+:[^\s/@"']+(?=@)         # user and password in an address
    """,
    re.VERBOSE,
)
_NAMED = re.compile(
    r"""
    \b(access_token|client_secret|appsecret_proof|fb_exchange_token|input_token|app_secret
        |secret_key|token_keys|password)(["']?\s*[=:]\s*["']?)[^\s"'&,;)}]{4,}
    | \b(code|state)(=)[^\s"'&,;)}]{20,}         # of a sign-in
    """,
    re.VERBOSE | re.IGNORECASE,
)


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Let every line that this thread writes meanwhile say what it is about."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def start_about(**fields: object) -> None:
    """Say what this thread is about from here on, and nothing of what was before."""
    _about.set(fields)


class Scrub:
    """Takes secrets out of text."""

    def __init__(self) -> None:
        """Know only what a secret looks like; `hide` tells what it cannot know by its looks."""
        self._known: tuple[str, ...] = ()

    def hide(self, words: Iterable[str]) -> None:
        """Hide these words too, from now on."""
        known = {*self._known, *(word for word in words if len(word) >= SHORTEST_SECRET)}
        self._known = tuple(sorted(known, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """Return *text* without secrets."""
        for word in self._known:
            text = text.replace(word, HIDDEN)
        return _NAMED.sub(_without_value, _TOKENS.sub(HIDDEN, text))


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1] or found[3]}{found[2] or found[4]}{HIDDEN}"


scrub = Scrub()
"""What every line of this process goes through."""


class TextLine(logging.Formatter):
    """For people: `2026-11-21 09:00:00,012 INFO ospost… what happened post=7 account=3`."""

    def __init__(self) -> None:
        """Begin each line with time, level and logger."""
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and the traceback below it if there is one."""
        first, newline, rest = super().format(record).partition("\n")
        said = "".join(f" {name}={value}" for name, value in fields_of(record).items())
        return scrub(first + said + newline + rest)


class JsonLine(logging.Formatter):
    """For programs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, whatever the message holds."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        line |= {name: self._plain(value) for name, value in fields_of(record).items()}
        if record.exc_info:
            line["traceback"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)

    def _plain(self, value: object) -> object:
        if isinstance(value, int | float | None):
            return value
        return scrub(str(value))


class CalmHandler(logging.StreamHandler):  # type: ignore[type-arg]  # of whatever stream it is given
    """Drops a line that cannot be written, for whatever reason, and says nothing of it."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Do nothing: to publish matters more than to log."""


class Onward(logging.Handler):
    """Hands a line to each handler of the root on its own, and lets none of them stop the work.

    Whoever runs Ospost may add handlers; one that lets an error out would end the step that writes
    a line. It needs no lock: each of them has its own.
    """

    def createLock(self) -> None:
        """Need none."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Let every handler of the root have the line."""
        for handler in tuple(logging.getLogger().handlers):
            if record.levelno >= handler.level:
                with suppress(Exception):  # to publish matters more than to log
                    handler.handle(record)


class StandardError:
    """Standard error without a buffer.

    What a full disk did not take must not wait in one: to start a child, `multiprocessing` empties
    the buffers of this process first, and fails if that fails.
    """

    def write(self, text: str) -> None:
        """Hand *text* to the system at once."""
        os.write(2, text.encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Nothing waits here."""


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what a record is about: the work under way, then what its caller gave."""
    given = {name: value for name, value in vars(record).items() if name not in OWN}
    return {name: value for name, value in {**_about.get(), **given}.items() if value is not None}


def formatter(form: str) -> logging.Formatter:
    """Return what writes lines as *form* says: text or json."""
    return JsonLine() if form == "json" else TextLine()


def calm_handler(form: str) -> logging.Handler:
    """Return what writes lines of *form* to standard error and stops for nothing."""
    handler = CalmHandler(StandardError())
    handler.setFormatter(formatter(form))
    return handler


def begin(form: str, *, secrets: Iterable[str] = ()) -> None:
    """Send every log line of this process to standard error, unless it goes somewhere already."""
    hide(*secrets)
    logging.basicConfig(level=logging.INFO, handlers=[calm_handler(form)])
    for chatty in ("apscheduler", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for name in ("ospost", "apscheduler"):
        own = logging.getLogger(name)
        own.propagate = False
        if not any(isinstance(handler, Onward) for handler in own.handlers):
            own.addHandler(Onward())


def hide(*words: str) -> None:
    """Let these words never stand in a line of this process."""
    scrub.hide(words)
