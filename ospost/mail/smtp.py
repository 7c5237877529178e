"""Sending plain text mails over SMTP."""

import ipaddress
import logging
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from ospost.errors import Unavailable

logger = logging.getLogger(__name__)

PORTS = {"smtp": 25, "smtps": 465}
TIMEOUT_SECONDS = 15.0


class MailError(Unavailable):
    """A mail could not be handed over; try again later."""

    title = "The e-mail could not be sent"


class BadMailAddress(ValueError):
    """The setting MAIL_URL cannot work."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail server and the sender's address."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    sender: str = ""

    @classmethod
    def from_url(cls, url: str, *, sender: str = "") -> "Mail":
        """Read `smtp://user:password@host:port` or `smtps://…`; BadMailAddress for others.

        `smtp` upgrades to TLS where the server offers it, `smtps` begins with it.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadMailAddress("MAIL_URL must look like smtps://user:password@mail.example.org.")
        user = unquote(parts.username or "")
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            user=user,
            password=unquote(parts.password or ""),
            is_tls=parts.scheme == "smtps",
            sender=sender or (user if "@" in user else f"ospost@{parts.hostname}"),
        )

    def send(self, to: str, *, subject: str, text: str, reference: str = "") -> None:
        """Hand one mail over; MailError when the server cannot be reached or refuses it.

        What is sent again under the same *reference* has the same id, so that mailboxes which look
        for repetitions see one mail.
        """
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = to
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate(usegmt=True)
        domain = self.sender.rpartition("@")[2].strip("> ") or None
        made = make_msgid(domain=domain)
        message["Message-ID"] = f"<{reference}@{made.rpartition('@')[2]}" if reference else made
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            with self._connected() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # The server's own words may quote addresses, so only the kind is kept.
            logger.warning("a mail was not sent: %s", type(error).__name__)
            raise MailError("The mail server did not take the e-mail.") from None

    def reach(self) -> None:
        """Connect and sign in, and send nothing; MailError when that does not work."""
        try:
            with self._connected():
                pass
        except (OSError, smtplib.SMTPException) as error:
            # the server's own words may quote names
            raise MailError(f"The mail server is not reached: {type(error).__name__}.") from None

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            self._greet(server, context)
        except BaseException:
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        is_safe = self.is_tls or _is_this_machine(self.host)
        if not self.is_tls and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            is_safe = True
        if self.user:
            if not is_safe:
                raise smtplib.SMTPNotSupportedError("no TLS, so the password stays here")
            server.login(self.user, self.password)


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
