"""One HTTP call to Meta: a whole answer, or the certainty or doubt that nothing was sent.

Tokens go into headers and bodies. Where Meta documents nothing but a query parameter they stand in
the URL; no URL with a query gets into a log or an exception from here.
"""

import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from urllib3.exceptions import HTTPError

from helpers import utcnow
from ospost.graph.connections import PooledAdapter, QuerylessLog
from ospost.graph.errors import GraphError, NoAnswer, NotSent, Trouble
from ospost.graph.exchange import (
    AddressInfo,
    Clock,
    Exchange,
    Resolve,
    Watchdog,
    boot_seconds,
    current,
)
from ospost.graph.wire import Usage, server_date, usage_of
from ospost.meters import Meters

CHUNK = 65_536
USER_AGENT = "Ospost"

logging.getLogger("urllib3.connectionpool").addFilter(QuerylessLog())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer. Header names are in lower case; `sent_at` is when the first byte left."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sent_at: datetime
    usage: Usage
    server_date: datetime | None


def system_resolver(host: str, port: int) -> list[AddressInfo]:
    """Ask the system for the addresses of *host*."""
    return list(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))


class Http:
    """Calls over one pool of connections per host, shared by all threads.

    Follows no redirect, repeats nothing, keeps no cookies, asks no environment and no proxy: the
    adapter of requests is used without a session.
    """

    def __init__(
        self,
        *,
        pool_size: int,
        connect_seconds: float = 10,
        largest_body: int = 8_000_000,
        certificates: str | None = None,
        clock: Clock = boot_seconds,
        now: Callable[[], datetime] = utcnow,
        resolve: Resolve = system_resolver,
        meters: Meters | None = None,
    ) -> None:
        """Open nothing yet. *certificates*: a file of trusted authorities instead of the usual."""
        self.meters = meters or Meters()
        self._adapter = PooledAdapter(pool_size=pool_size, certificates=certificates)
        self._connect_seconds = connect_seconds
        self._largest_body = largest_body
        self._clock = clock
        self._now = now
        self._resolve = resolve
        self._watchdog = Watchdog(clock)
        self._dated: tuple[datetime, float] | None = None
        self.untrusted: set[str] = set()
        """Hosts whose latest call ended because their certificate is not trusted."""

    def clock_skew(self) -> timedelta | None:
        """Return how far our clock is ahead of the other side's, by the latest `date` header.

        None before the first answer. Right also when our clock was set since that answer.
        """
        if self._dated is None:
            return None
        told_at, boot_seconds_then = self._dated
        return self._now() - told_at - timedelta(seconds=self._clock() - boot_seconds_then)

    def clock_told_seconds_ago(self) -> float | None:
        """Return how old the `date` header is that `clock_skew` goes by; None before the first."""
        return None if self._dated is None else self._clock() - self._dated[1]

    def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        total_seconds: float,
        fresh_within_seconds: float | None = None,
        send_not_after: Callable[[], bool] | None = None,
    ) -> Answer:
        """Make one call that ends within *total_seconds*, whatever the other side does.

        *send_not_after* is asked when the connection stands, right before the first byte: False
        holds the call back. A connection idle for longer than *fresh_within_seconds* is closed
        instead of used. Raises NotSent when surely nothing left this machine, else NoAnswer.
        """
        request = _prepared(method, url, params, data, headers)
        exchange = self._exchange(total_seconds, fresh_within_seconds, send_not_after)
        self._watchdog.watch(exchange)
        token = current.set(exchange)
        try:
            result = self._send(request, exchange, total_seconds)
        except NotSent as failure:
            if failure.trouble is Trouble.TLS:
                self.untrusted.add(urlsplit(url).hostname or "")
            raise
        finally:
            current.reset(token)
            self._watchdog.release(exchange)
            is_whole = exchange.finish()
        # Raised here, outside of any handler: the exceptions of requests quote the whole URL.
        if isinstance(result, Answer) and is_whole:
            self.untrusted.discard(urlsplit(url).hostname or "")
            if result.server_date is not None:
                self._dated = (result.server_date, self._clock())
            return result
        raise _failure(result, exchange)

    def warm(self, url: str, *, total_seconds: float, fresh_within_seconds: float) -> bool:
        """Open a connection to the host of *url* if none is idle and fresh; tell if one stands."""
        request = _prepared("GET", url, None, None, None)
        exchange = self._exchange(total_seconds, fresh_within_seconds, None)
        self._watchdog.watch(exchange)
        token = current.set(exchange)
        try:
            self._adapter.warm(request)
        except NotSent:
            return False
        finally:
            current.reset(token)
            self._watchdog.release(exchange)
            is_whole = exchange.finish()
        return is_whole

    def close(self) -> None:
        """Close all idle connections."""
        self._adapter.close()

    def _exchange(
        self, total: float, fresh: float | None, may_send: Callable[[], bool] | None
    ) -> Exchange:
        return Exchange(
            total_seconds=total,
            connect_seconds=self._connect_seconds,
            fresh_within_seconds=fresh,
            may_send=may_send,
            clock=self._clock,
            now=self._now,
            resolve=self._resolve,
        )

    def _send(
        self, request: requests.PreparedRequest, exchange: Exchange, total_seconds: float
    ) -> Answer | Trouble:
        """Return the answer, or how it failed after sending; raise GraphError if before."""
        limit = (exchange.seconds_to_connect(), total_seconds + 1)  # the watchdog is earlier
        try:
            with self._adapter.send(request, stream=True, timeout=limit) as response:
                body = self._body(response)
        except GraphError:
            raise
        except (ChunkedEncodingError, ContentDecodingError):
            return Trouble.TRUNCATED
        except UnicodeError:
            return Trouble.UNSENDABLE
        except (requests.RequestException, HTTPError, OSError):
            return Trouble.CLOSED
        if body is None or exchange.sent_at is None:
            return Trouble.TOO_LARGE
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            status=response.status_code,
            headers=lower,
            body=body,
            sent_at=exchange.sent_at,
            usage=usage_of(lower),
            server_date=server_date(lower),
        )

    def _body(self, response: requests.Response) -> bytes | None:
        """Read the body; None when it is larger than any true answer."""
        body = bytearray()
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > self._largest_body:
                return None
        return bytes(body)


def _failure(result: Answer | Trouble, exchange: Exchange) -> GraphError:
    if exchange.sent_at is None:
        if result is Trouble.UNSENDABLE:
            return NotSent(result)
        return NotSent(Trouble.CONNECT_TIMEOUT if exchange.expired else Trouble.NO_LISTENER)
    trouble = result if isinstance(result, Trouble) and not exchange.expired else Trouble.DEADLINE
    failure = NoAnswer(trouble)
    failure.sent_at = exchange.sent_at
    return failure


def _prepared(
    method: str,
    url: str,
    params: Mapping[str, str] | None,
    data: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
) -> requests.PreparedRequest:
    """Raises NotSent, quoting nothing, for an address or a text that HTTP cannot carry."""
    every = {"Accept": "application/json", "User-Agent": USER_AGENT, **(headers or {})}
    request = requests.Request(method, url, params=params, data=data, headers=every)
    try:
        return request.prepare()
    except (requests.RequestException, UnicodeError):
        pass  # raised below, outside of the handler: the exception quotes the token
    raise NotSent(Trouble.UNSENDABLE)
