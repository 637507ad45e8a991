"""All TCP and TLS connections of an endpoint: those that came, those that we made, and which one a message
takes (RFC 3261 §18, RFC 5923).

A message goes by the connection that its peer is reached by, whoever made it; where there is none, one is
made. What could not be handed over is told, so that a transaction need not wait for its timeout. There are
limits of connections at once, of all and of each host; beyond them a new one is closed.
"""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

import trio

from flowlang.sip.address import Address

from .connection import PING, Connection, OnMessage
from .sockets import Listener
from .tls import Tls, names_of

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 2_000
MOST_OF_HOST = 200  # an office behind one address
CONNECT_TIME = 5.0  # seconds, the TLS handshake included: then the next address is tried
HANDSHAKE_TIME = 10.0  # seconds, for who connects to us
_MOST_WAITING = 64  # messages for a connection that is being made

Failed = Callable[[Address], None]
"""Told where a message could not go to."""


class Streams:
    """`on_message` is given each message with its connection, `on_failed` each destination that could not be
    reached. `known` are names of peers that are looked for in certificates, in lower case."""

    def __init__(
        self, tls: Tls | None, on_message: OnMessage, on_failed: Failed, known: Iterable[str] = ()
    ) -> None:
        self._tls = tls
        self._on_message = on_message
        self._on_failed = on_failed
        self._known = frozenset(known)
        self._connections: dict[Address, Connection] = {}
        self._connecting: dict[Address, list[bytes]] = {}
        self._hosts: Counter[str] = Counter()
        self._connected = trio.lowlevel.ParkingLot()
        self._nursery: trio.Nursery | None = None

    def __len__(self) -> int:
        return len(self._connections) + len(self._connecting)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keeps the connections until cancelled; then all are closed."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for destination in self._connecting:
                nursery.start_soon(self._connect, destination)
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self._nursery = None

    async def accept(
        self, accepting: trio.SocketListener, listener: Listener, context: ssl.SSLContext | None
    ) -> None:
        """Takes what comes to a listening socket, until cancelled; what it took stays while `run` does."""

        async def handle(stream: trio.SocketStream) -> None:
            await self._on_connected(stream, listener, context)

        await trio.serve_listeners(handle, [accepting], handler_nursery=self._nursery)

    async def flush(self) -> None:
        """Returns when all that was given out is handed over, or never will be."""
        while self._connecting:
            await self._connected.park()
        for each in tuple(self._connections.values()):
            await each.flush()

    def has(self, peer: Address) -> bool:
        """Whether there is a connection with him, or is about to be."""
        return peer in self._connections or peer in self._connecting

    def send(self, data: bytes, destination: Address) -> None:
        """By the connection that is there, else by a new one."""
        connection = self._connections.get(destination)
        if connection is not None and connection.send(data):
            return
        waiting = self._connecting.get(destination)
        if waiting is not None:
            if len(waiting) < _MOST_WAITING:
                waiting.append(data)
        else:
            self._connecting[destination] = [data]
            if self._nursery is not None:
                self._nursery.start_soon(self._connect, destination)

    def ping(self, peer: Address) -> None:
        """A keep-alive by the connection that is there."""
        connection = self._connections.get(peer)
        if connection is not None:
            connection.send(PING)

    # Out

    async def _connect(self, destination: Address) -> None:
        stream = None
        try:
            with trio.move_on_after(CONNECT_TIME):
                stream = await self._opened(destination)
        except (OSError, trio.BrokenResourceError) as error:
            _log.info("no SIP connection to %s: %s", destination, _why(error))
        waiting = self._connecting.pop(destination, [])
        self._connected.unpark_all()
        if stream is None:
            self._on_failed(destination)
            return
        connection = Connection(stream, destination, self._on_message)
        for data in waiting:
            connection.send(data)
        await self._keep(connection)

    async def _opened(self, destination: Address) -> trio.abc.Stream:
        stream: trio.abc.Stream = await trio.open_tcp_stream(destination.host, destination.port)
        if destination.transport != "tls":
            return stream
        assert self._tls is not None  # nobody offers TLS where there is none
        # RFC 5922 §4: the name that was looked up, be it the address itself, is what must be proved.
        name = destination.name or destination.host
        secured = trio.SSLStream(stream, self._tls.client, server_hostname=name, https_compatible=True)
        try:
            await secured.do_handshake()
            if not self._tls.proves(secured.getpeercert(), name):
                raise OSError(f"a wildcard is no proof of the name {name}")
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return secured

    # In

    async def _on_connected(
        self, stream: trio.SocketStream, listener: Listener, context: ssl.SSLContext | None
    ) -> None:
        host, port = "", 0
        with suppress(OSError):
            host, port = stream.socket.getpeername()[:2]
        full = self._hosts.total() >= MOST_CONNECTIONS or self._hosts[host] >= MOST_OF_HOST
        if not host or full:
            await trio.aclose_forcefully(stream)
            return
        self._hosts[host] += 1
        try:
            if context is None:
                peer = Address(host, port, "tcp")
                await self._keep(Connection(stream, peer, self._on_message, listener))
                return
            secured = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
            name = await self._shaken_hands(secured)
            if name is not None:
                peer = Address(host, port, "tls", name)
                await self._keep(Connection(secured, peer, self._on_message, listener))
        finally:
            self._hosts[host] -= 1
            if not self._hosts[host]:
                del self._hosts[host]

    async def _shaken_hands(self, stream: trio.SSLStream[trio.SocketStream]) -> str | None:
        """The name of a known peer that the certificate proves, empty for nobody known; `None` where there is
        no TLS with this one."""
        with trio.move_on_after(HANDSHAKE_TIME):
            try:
                await stream.do_handshake()
            except (OSError, trio.BrokenResourceError) as error:
                _log.info("a TLS handshake failed: %s", _why(error))
            else:
                return min(names_of(stream.getpeercert()) & self._known, default="")
        await trio.aclose_forcefully(stream)
        return None

    async def _keep(self, connection: Connection) -> None:
        self._connections[connection.peer] = connection
        try:
            await connection.run()
        finally:
            if self._connections.get(connection.peer) is connection:
                del self._connections[connection.peer]


def _why(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) else error
    return str(cause or error)[:200]
