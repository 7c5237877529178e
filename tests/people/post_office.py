"""A real mail server that keeps what it is given."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope


@dataclass
class PostOffice:
    """What arrived; it may be told to take nothing, or nothing for some."""

    url: str = ""
    mails: list[Message] = field(default_factory=list)
    refuses: bool = False
    refused: set[str] = field(default_factory=set)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        """Keep a mail."""
        if self.refuses or self.refused & set(envelope.rcpt_tos):
            return "451 come back later"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content))
        return "250 taken"


def _check(_server: Any, _session: Any, _envelope: Any, _way: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"ada", b"p@ss"))


@contextmanager
def opened() -> Iterator[PostOffice]:
    """Open a post office on a free port; user ada, password p@ss."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    office = PostOffice(url=f"smtp://ada:p%40ss@127.0.0.1:{port}")
    controller = Controller(
        office, hostname="127.0.0.1", port=port, authenticator=_check, auth_require_tls=False
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
