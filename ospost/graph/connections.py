"""urllib3's connections and pools with our rules: guard before sending, fresh or closed, cuttable.

Whether a request was sent is known here and nowhere above: exceptions of requests do not tell.
"""

import logging
import socket
import ssl
from typing import Any

from requests import PreparedRequest
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import SSLError
from urllib3.util import create_urllib3_context
from urllib3.util.wait import wait_for_read

from ospost.graph.errors import NotSent, Trouble
from ospost.graph.exchange import Exchange, Leash, current

POOLS = 16  # hosts with pools of their own; Meta has six


class QuerylessLog(logging.Filter):
    """Cuts query strings out of urllib3's own log lines: two of Meta's URLs must hold tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the arguments in place and let the record pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args
            )
        return True


def _exchange() -> Exchange:
    exchange = current.get()
    if exchange is None:
        raise RuntimeError("A connection of Ospost was used outside of Http.")
    return exchange


class _Rules(HTTPConnection):
    """What plain and TLS connections have in common."""

    leash: Leash | None = None
    idle_since = 0.0

    def _new_conn(self) -> socket.socket:
        exchange = _exchange()
        addresses = exchange.addresses(self._dns_host, self.port)
        until = exchange.clock() + exchange.seconds_to_connect()
        failure: OSError | None = None
        for number, (family, kind, protocol, _, address) in enumerate(addresses):
            share = max(0.001, (until - exchange.clock()) / (len(addresses) - number))
            try:
                return self._connected(family, kind, protocol, address, share)
            except OSError as error:
                failure = error
        is_slow = isinstance(failure, TimeoutError)
        raise NotSent(Trouble.CONNECT_TIMEOUT if is_slow else Trouble.NO_LISTENER) from failure

    def _connected(
        self, family: int, kind: int, protocol: int, address: Any, seconds: float
    ) -> socket.socket:
        sock = socket.socket(family, kind, protocol)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(seconds)
            self._tie(sock)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock

    def _tie(self, sock: socket.socket) -> None:
        if self.leash is not None:
            self.leash.drop()
        self.leash = Leash(sock)
        _exchange().hold(self.leash)

    def connect(self) -> None:
        """Connect and, for https, shake hands; raise NotSent whatever goes wrong."""
        try:
            super().connect()
        except (ssl.SSLError, SSLError, ssl.CertificateError, OSError) as error:
            self.close()
            raise NotSent(Trouble.TLS) from error
        self.idle_since = _exchange().clock()

    def send(self, data: Any) -> None:
        """Hand *data* to the socket, once the exchange allows it."""
        if self.leash is not None:
            _exchange().hold(self.leash)
        _exchange().before_sending()
        super().send(data)

    def getresponse(self) -> Any:
        """Read the head of the answer."""
        answer = super().getresponse()
        self.idle_since = _exchange().clock()
        return answer

    @property
    def is_connected(self) -> bool:
        """Whether the other side still holds the connection open.

        TLS 1.3 servers send session tickets after the handshake, which urllib3 would take for a
        closed connection when none of them has been read yet; reading digests them.
        """
        if self.sock is None:
            return False
        if not wait_for_read(self.sock, timeout=0.0):
            return True
        return isinstance(self.sock, ssl.SSLSocket) and _holds_only_tickets(self.sock)

    def close(self) -> None:
        """Close the socket and its leash."""
        try:
            super().close()
        finally:
            if self.leash is not None:
                self.leash.drop()
                self.leash = None


def _holds_only_tickets(sock: ssl.SSLSocket) -> bool:
    sock.settimeout(0)
    try:
        sock.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False  # closed, or an answer that nobody asked for


class _Plain(_Rules):
    """An http connection."""


class _Secure(_Rules, HTTPSConnection):
    """An https connection."""


class _PoolRules(HTTPConnectionPool):
    """Connections stand before a request is made, and are fresh enough for it."""

    def _validate_conn(self, conn: Any) -> None:
        if conn.is_closed:
            conn.connect()

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)
        if isinstance(conn, _Rules) and not conn.is_closed and is_stale(conn):
            conn.close()
        return conn


class _PlainPool(_PoolRules):
    ConnectionCls = _Plain


class _SecurePool(_PoolRules, HTTPSConnectionPool):
    ConnectionCls = _Secure


def is_stale(conn: _Rules) -> bool:
    """Whether *conn* has been idle for longer than the present exchange accepts."""
    exchange = _exchange()
    limit = exchange.fresh_within_seconds
    return limit is not None and exchange.clock() - conn.idle_since > limit


class PooledAdapter(HTTPAdapter):
    """One pool per host for all threads; no proxies, no retries, certificates read once."""

    def __init__(self, *, pool_size: int, certificates: str | None) -> None:
        """Trust the authorities in the file *certificates*, or those that come with requests."""
        self._tls = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        self._tls.check_hostname = True
        self._tls.load_verify_locations(certificates or DEFAULT_CA_BUNDLE_PATH)
        super().__init__(pool_connections=POOLS, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Make the manager of pools use ours, with one TLS context for all connections."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._tls, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def cert_verify(self, conn: ConnectionPool, url: str, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies, and would else read the bundle for each connection."""

    def warm(self, request: PreparedRequest) -> None:
        """Leave an open connection to the host of *request* in the pool, if there is room."""
        pool = self.get_connection_with_tls_context(request, verify=True)
        if not isinstance(pool, _PoolRules) or pool.pool is None:
            return
        conn = pool._get_conn()
        try:
            pool._validate_conn(conn)
        finally:
            pool._put_conn(conn)
