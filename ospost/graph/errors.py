"""What can go wrong between us and Meta, told apart by one question: may it have taken effect?

GraphError (an OspostError)
├── NotSent       no: not one byte of the request left this machine; `held_back` when we chose so
├── NoAnswer      perhaps: it was sent, and what came back does not say; look before repeating
└── Refused       Meta answered with an error body; `kind` says how to go on
    └── OAuthFailure   … while somebody was signing in; `reason` says why (in oauth.py)

A Refused of kind TRANSIENT, SPAM_BLOCK or WROTE_ANYWAY may have taken effect as well when the call
was a write. No text of these errors carries a token, a secret or the path of a URL.
"""

from datetime import datetime
from enum import StrEnum

from ospost.domain.meta_codes import Kind, Known, lookup
from ospost.errors import OspostError

TOKEN_ERROR = 190


class Trouble(StrEnum):
    """How a call failed without a word from Meta."""

    DNS = "dns"
    NO_LISTENER = "no_listener"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS = "tls"
    UNSENDABLE = "unsendable"
    HELD_BACK = "held_back"
    DEADLINE = "deadline"
    CLOSED = "closed"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    SERVER_ERROR = "server_error"
    HTML = "html"
    NOT_JSON = "not_json"
    INCOMPLETE = "incomplete"


WAIT = "Nothing needs to be done; this server tries again by itself."
CHECK = "This server checks whether it took effect before it does anything else."

WORDS: dict[Trouble, str] = {
    Trouble.DNS: "This server could not find Instagram's address.",
    Trouble.NO_LISTENER: "This server could not connect to Instagram.",
    Trouble.CONNECT_TIMEOUT: "This server waited too long for a connection to Instagram.",
    Trouble.TLS: "This server could not make a secure connection to Instagram.",
    Trouble.UNSENDABLE: "This server could not put the call together: a setting or text is broken.",
    Trouble.HELD_BACK: "This server held the call back because its moment had passed.",
    Trouble.DEADLINE: "Instagram did not answer in time.",
    Trouble.CLOSED: "The connection to Instagram was closed before an answer came.",
    Trouble.TRUNCATED: "The connection to Instagram broke in the middle of the answer.",
    Trouble.TOO_LARGE: "Instagram's answer was too large to be true.",
    Trouble.REDIRECT: "Instagram sent this server to another address, where it does not follow.",
    Trouble.SERVER_ERROR: "Instagram had a fault and gave no reason.",
    Trouble.HTML: "A web page came back where Instagram's answer should be.",
    Trouble.NOT_JSON: "Instagram's answer could not be read.",
    Trouble.INCOMPLETE: "Instagram's answer lacked what was asked for.",
}


class GraphError(OspostError):
    """A call to Meta that did not succeed.

    `sent_at` is the moment at which the first byte left, None if none did or if it is not known.
    """

    status = 502
    title = "Instagram could not be reached"
    remedy = WAIT
    sent_at: datetime | None = None

    def details(self) -> dict[str, str | int | None]:
        """What the timeline keeps: flat, short, without secrets."""
        return {}


class _Silent(GraphError):
    """No word from Meta itself."""

    def __init__(self, trouble: Trouble, *, http_status: int | None = None) -> None:
        super().__init__(WORDS[trouble])
        self.trouble = trouble
        self.http_status = http_status

    def details(self) -> dict[str, str | int | None]:
        """The trouble by name, and the HTTP status if there was one."""
        return {"trouble": self.trouble.value, "http_status": self.http_status}


class NotSent(_Silent):
    """The request surely did not leave this machine; repeating it is safe."""

    @property
    def held_back(self) -> bool:
        """Whether our own guard forbade sending, rather than the network."""
        return self.trouble is Trouble.HELD_BACK


class NoAnswer(_Silent):
    """The request left and its outcome is unknown; a write must be looked up, never repeated."""

    remedy = CHECK


class Refused(GraphError):
    """Meta answered with an error body."""

    title = "Instagram refused"

    def __init__(
        self,
        *,
        code: int | None,
        subcode: int | None = None,
        message: str = "",
        error_type: str = "",
        user_title: str = "",
        user_message: str = "",
        fbtrace_id: str | None = None,
        http_status: int,
        retry_after_seconds: int | None = None,
    ) -> None:
        """Take the parts of the body, already without secrets; *retry_after_seconds* by headers."""
        self.known: Known = lookup(self._code_meant(code, error_type), subcode, message)
        super().__init__(self.known.sentence)
        self.code = code
        self.subcode = subcode
        self.message = message
        self.error_type = error_type
        self.user_title = user_title
        self.user_message = user_message
        self.fbtrace_id = fbtrace_id
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds
        self.remedy = self.known.remedy

    @staticmethod
    def _code_meant(code: int | None, error_type: str) -> int | None:
        # An OAuthException without a code is a login problem.
        # https://developers.facebook.com/docs/graph-api/guides/error-handling
        return TOKEN_ERROR if code is None and error_type == "OAuthException" else code

    @property
    def kind(self) -> Kind:
        """What the error asks of us."""
        return self.known.kind

    def details(self) -> dict[str, str | int | None]:
        """Code, subcode, Meta's message and trace id: what a support case needs."""
        return {
            "code": self.code,
            "subcode": self.subcode,
            "message": self.message,
            "fbtrace_id": self.fbtrace_id,
            "http_status": self.http_status,
        }

    def raw(self) -> dict[str, str | int | None]:
        """Everything that Meta said, for the details of the timeline; without tokens."""
        return {
            **self.details(),
            "type": self.error_type,
            "user_title": self.user_title,
            "user_message": self.user_message,
            "retry_after_seconds": self.retry_after_seconds,
        }
