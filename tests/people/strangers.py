"""Every route of the app against people who have no business there; a table of the answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.people.helping import JSON, token

METHODS = ("GET", "POST")
VISITORS = ("anonymous", "anonymous JSON", "ended session", "stranger", "stranger JSON")
LOGIN = "302 /login"
HIDDEN = "404"
ALL_WAYS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Victim:
    """Whose things the strangers try to reach: ids for the addresses and the forms."""

    account_id: int
    post_id: int
    other_post_id: int
    media_id: int
    found_id: int
    invitation_id: int
    session_id: int
    chat_id: int
    key: str

    def path(self, rule: Rule) -> str:
        """Return the address of *rule* with the victim's ids in it."""
        values: dict[str, Any] = {**vars(self), "token": "made.up", "secret": "made-up"}
        values["filename"] = "css/base.css"
        path = rule.rule
        for name in rule.arguments:
            for kind in ("int:", "path:", ""):
                path = path.replace(f"<{kind}{name}>", str(values[name]))
        return path


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What each visitor must get: a status, with the target where it is a redirect."""

    anonymous: str = LOGIN
    anonymous_json: str = "401"
    stranger: str = HIDDEN
    stranger_json: str = ""  # as `stranger`
    form: Callable[[Victim], dict[str, Any]] = field(default=lambda _victim: {})
    json: Callable[[Victim], dict[str, Any]] | None = None

    def of(self, visitor: str) -> str:
        """Return what *visitor* must get; an ended session is like none."""
        return {
            "anonymous": self.anonymous,
            "anonymous JSON": self.anonymous_json,
            "ended session": self.anonymous,
            "stranger": self.stranger,
            "stranger JSON": self.stranger_json or self.stranger,
        }[visitor]


def everybody(anonymous: str = "200", *, stranger: str = "", stranger_json: str = "") -> Expected:
    """A page for all; *stranger* where a signed-in person gets something else."""
    return Expected(
        anonymous=anonymous,
        anonymous_json=anonymous,
        stranger=stranger or anonymous,
        stranger_json=stranger_json,
    )


def own(page: str = "200", as_json: str = "", **form: str) -> Expected:
    """A page on which everybody sees and changes only what is theirs."""
    return Expected(stranger=page, stranger_json=as_json, form=lambda _victim: dict(form))


RULES: dict[str, Expected] = {
    "GET /": own(),
    "POST /": Expected(
        json=lambda v: {
            "account_id": v.account_id,
            "start": {"index": 0, "id": v.post_id},
            "end": {"index": 1, "id": v.other_post_id},
        }
    ),
    "GET /account": own(),
    "POST /account": own("303 /account", "200", name="Ben Okoye"),
    "GET /account/confirm/": everybody("404"),
    "GET /account/confirm/<token>": everybody("404"),
    "GET /account/delete": own(),
    "POST /account/delete": own("422", confirm="no"),
    "POST /account/email": own("422"),
    "GET /account/notices": own(),
    "POST /account/notices": own("303 /account/notices", "200"),
    "POST /account/notices/chats": own("422", form="slack", url="http://example.org/"),
    "POST /account/notices/chats/<int:chat_id>/remove": Expected(),
    "POST /account/notices/chats/<int:chat_id>/test": Expected(),
    "POST /account/notices/mail/test": own("303 /account/notices", "502"),
    "POST /account/sessions/<int:session_id>/end": Expected(),
    "POST /account/sessions/end-others": own("303 /account", "200"),
    "GET /account/storage": own(),
    "GET /accounts": own(),
    "GET /accounts/<int:account_id>": Expected(),
    "POST /accounts/<int:account_id>": Expected(form=lambda _v: {"timezone": "Asia/Tokyo"}),
    "POST /accounts/<int:account_id>/disconnect": Expected(),
    "POST /accounts/<int:account_id>/originals": Expected(
        form=lambda _v: {"keep_originals_days": "30"}
    ),
    "GET /accounts/<int:account_id>/settings": Expected(),
    "POST /accounts/<int:account_id>/settings": Expected(form=lambda _v: {"late_policy": "ask"}),
    "GET /accounts/<int:account_id>/checks": Expected(),
    "POST /accounts/<int:account_id>/test": Expected(),
    "GET /accounts/choose": own(),
    "POST /accounts/choose": Expected(form=lambda v: {"account": str(v.found_id)}),
    "GET /accounts/passed": own(),
    "POST /accounts/passed": Expected(
        stranger="303 /",  # nothing of theirs waits for an answer
        stranger_json="200",
        form=lambda v: {f"choice_{v.post_id}": "now", "all": "now"},
    ),
    "POST /go-on": Expected(form=lambda v: {"account_id": str(v.account_id)}),
    "GET /goodbye": everybody(),
    "GET /healthz": everybody(),
    "GET /metrics": everybody(),
    "POST /invitations": own("403"),
    "POST /invitations/<int:invitation_id>/revoke": Expected(),
    "GET /join/<secret>": everybody("404"),
    "GET /login": everybody(stranger="302 /", stranger_json="200"),
    "GET /login/facebook": everybody("302 dialog"),
    "GET /login/facebook/callback": everybody("400"),
    "GET /login/instagram": everybody("302 dialog"),
    "GET /login/instagram/callback": everybody("400"),
    "GET /login/trouble": everybody(),
    "GET /m/<token>": everybody("404"),
    "POST /media/add": own("422"),
    "GET /notices": own(),
    "POST /notices/read": own("303 /notices", "200"),
    "GET /post/<int:post_id>": Expected(),
    "GET /post/add": own(),
    "POST /post/add": Expected(
        stranger="422",  # a field names what is not theirs, as it would what does not exist
        form=lambda v: {
            "account_id": str(v.account_id),
            "media_id": str(v.media_id),
            "date": "2030-01-01T12:00",
        },
    ),
    "POST /outages/seen": own("303 /", "200", key="20261121120000"),
    "POST /post/by-hand/<int:post_id>": Expected(
        form=lambda _v: {"permalink": "https://www.instagram.com/p/abcdef/"}
    ),
    "POST /post/duplicate/<int:post_id>": Expected(),
    "POST /post/check": own(),
    "POST /post/check/<int:post_id>": Expected(),
    "GET /post/edit/<int:post_id>": Expected(),
    "POST /post/edit/<int:post_id>": Expected(form=lambda _v: {"caption": "taken over"}),
    "POST /post/move/<int:post_id>": Expected(form=lambda _v: {"date": "2030-01-01T12:00"}),
    "POST /post/publish/<int:post_id>": Expected(),
    "POST /post/remove/<int:post_id>": Expected(),
    "POST /post/retry/<int:post_id>": Expected(),
    "POST /post/review/<int:post_id>": Expected(form=lambda _v: {"is_live": "yes"}),
    "POST /post/swap": Expected(form=lambda v: {"a": str(v.post_id), "b": str(v.other_post_id)}),
    "GET /privacy": everybody(),
    "GET /readyz": everybody("503"),  # nothing publishes in this process
    "GET /static/<path:filename>": everybody(),
    "POST /stop": Expected(form=lambda v: {"account_id": str(v.account_id)}),
    "GET /uploads/<path:key>": Expected(),
    "GET /welcome": own(),
    "POST /welcome": own("303 /", "200"),
    "POST /logout": own("303 /login", "401"),  # the second one is signed out already
}
"""What every route must answer; a route that is missing here fails the test."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: a route, and the answer to each visitor in the order of VISITORS."""

    route: str
    answers: tuple[str, ...]
    expected: tuple[str, ...]
    texts: tuple[str, ...] = field(repr=False)


def routes(app: Flask) -> list[tuple[str, str, Rule]]:
    """Return name, method and rule of every route, the one that signs out last."""
    found = [
        (f"{method} {rule.rule}", method, rule)
        for rule in app.url_map.iter_rules()
        for method in METHODS
        if method in (rule.methods or ())
    ]
    return sorted(found, key=lambda one: (one[0] == "POST /logout", one[2].rule, one[1]))


def walk(app: Flask, victim: Victim, *, stranger: FlaskClient, ended: FlaskClient) -> Iterator[Row]:
    """Knock at every route as every visitor."""
    clients = {
        "anonymous": app.test_client(),
        "anonymous JSON": app.test_client(),
        "ended session": ended,
        "stranger": stranger,
        "stranger JSON": stranger,
    }
    for name, method, rule in routes(app):
        expected = RULES.get(name)
        if expected is None:
            raise AssertionError(f"{name} has no rule: say in RULES who may have it")
        answers = [
            knock(clients[who], method, rule, victim, expected, as_json=who.endswith("JSON"))
            for who in VISITORS
        ]
        yield Row(
            route=name,
            answers=tuple(short(answer) for answer in answers),
            expected=tuple(expected.of(who) for who in VISITORS),
            texts=tuple(answer.get_data(as_text=True) for answer in answers),
        )
        for answer in answers:
            answer.close()


def knock(
    client: FlaskClient,
    method: str,
    rule: Rule,
    victim: Victim,
    expected: Expected,
    *,
    as_json: bool,
) -> TestResponse:
    """Ask once; what changes something carries a token of the visitor's own."""
    headers = dict(JSON) if as_json else {"Accept": "text/html"}
    path = victim.path(rule)
    if method == "GET":
        return client.get(path, headers=headers)
    headers["X-CSRFToken"] = token(client)
    if expected.json is not None:
        return client.post(path, json=expected.json(victim), headers=headers)
    return client.post(path, data=expected.form(victim), headers=headers)


def short(answer: TestResponse) -> str:
    """Return the status, with the target of a redirect."""
    if answer.location is None or not 300 <= answer.status_code < 400:
        return str(answer.status_code)
    outside = answer.location.startswith("http")
    return f"{answer.status_code} {'dialog' if outside else answer.location.split('?')[0]}"


def as_text(rows: list[Row]) -> str:
    """Return the table as Markdown."""
    head = ["| route | " + " | ".join(VISITORS) + " |", "| --- |" + " --- |" * len(VISITORS)]
    return "\n".join(
        head + [f"| `{row.route}` | " + " | ".join(row.answers) + " |" for row in rows]
    )
