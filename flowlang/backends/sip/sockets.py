"""Signalling sockets: bound with a clear word where that fails; datagrams read in batches and written without
waiting.

And the address of ours that a peer sees: what the operator says for peers outside of the local networks, else
what the socket is bound to, else what the kernel's routes say; never an unspecified one.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import trio

from flowlang.backends.border import BackendError
from flowlang.sip import Address
from flowlang.sip.address import bracketed, ip_literal

Transport = Literal["udp", "tcp", "tls"]
Network = IPv4Network | IPv6Network

BATCH = 64  # datagrams, about 10 ms of work; then the ticker and the other tasks have their turn
# A second of 500 calls, at four messages a call and some 2 kB each in the kernel's accounting. It grants what
# net.core.rmem_max allows.
RECEIVE_BUFFER = 4 << 20
BACKLOG = 512  # connections that wait to be accepted
_DISCARD_PORT = 9  # RFC 863; nothing is sent to it
_LONGEST = 65_535
_ROUTE_LASTS = 1.0  # seconds for which the kernel's word on a route is taken: to ask takes three system calls
_MOST_ROUTES = 1_000
_PORT_TRIES = 20  # ports that are tried until one is free for both UDP and TCP


class Listener:
    """A bound socket. `address` is what it is bound to, `facing` tells how peers see it, `name` is what
    routes call it by; `open_to_all` is `None` where nobody has said who may call."""

    def __init__(
        self,
        transport: Transport,
        sock: socket.socket,
        facing: Facing,
        name: str = "",
        open_to_all: bool | None = None,
    ) -> None:
        host, port = sock.getsockname()[:2]
        self.transport = transport
        self.socket = sock
        self.facing = facing
        self.name = name
        self.open_to_all = open_to_all
        self.address = Address(host, port, transport)
        self._told: dict[str, Address] = {}  # by our own host, of which there are few

    @property
    def family(self) -> socket.AddressFamily:
        """IPv4 or IPv6."""
        return self.socket.family

    def told(self, peer: str) -> Address | None:
        """The address that this peer is told; `None` where no route leads to him from here."""
        host = self.facing.told(peer)
        if host is None:
            return None
        told = self._told.get(host)
        if told is None:
            told = self._told[host] = Address(host, self.address.port, self.transport)
        return told

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


async def open_listener(
    transport: Transport,
    host: str,
    port: int,
    *,
    advertise: str | None = None,
    local_nets: Iterable[Network] = (),
    name: str = "",
    open_to_all: bool | None = None,
) -> Listener:
    """A bound, non-blocking socket; port 0 takes any. `BackendError` says why there is none."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    sock = await _bound(transport, kind, host, port)
    return Listener(transport, sock, Facing(sock, advertise, local_nets), name, open_to_all)


async def open_pair(
    host: str, port: int, *, advertise: str | None = None, local_nets: Iterable[Network] = ()
) -> tuple[Listener, Listener]:
    """UDP and TCP on one port, as RFC 3261 §18.2.1 wants it; port 0 takes one that is free for both."""
    for last in (False,) * (_PORT_TRIES - 1) + (True,):
        datagrams = await open_listener("udp", host, port, advertise=advertise, local_nets=local_nets)
        try:
            return datagrams, await open_listener(
                "tcp", host, datagrams.address.port, advertise=advertise, local_nets=local_nets
            )
        except BackendError:
            datagrams.close()
            if port or last:
                raise
    raise AssertionError("the last try raises")


async def _bound(transport: str, kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    where = f"{bracketed(host)}:{port}"
    if not 0 <= port <= 0xFFFF:
        raise BackendError(f"cannot listen for SIP on {where}: a port is a number from 0 to 65535")
    try:
        found = await trio.socket.getaddrinfo(host, port, type=kind)
    except (OSError, UnicodeError):
        raise BackendError(f"cannot listen for SIP on {where}: there is no such address") from None
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # no IPv4 in disguise
        if transport != "udp":
            sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # a restart need not wait for TIME_WAIT
        sock.bind(address)
        sock.setblocking(False)
        if transport == "udp":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        else:
            sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise BackendError(f"cannot listen for SIP on {transport.upper()} {where}: {_why(error)}") from None
    return sock


def _why(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program has this port; stop it, or listen on another port"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address"
        case errno.EACCES:
            return "no right to use this port; ports from 1024 up are free to all"
        case _:
            return (error.strerror or str(error)).lower()


class Batches:
    """Reads what has come, at most `BATCH` datagrams at a time, into one buffer."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray(_LONGEST)
        self._view = memoryview(self._buffer)

    def take(self) -> Iterator[tuple[bytes, Address]]:
        """The datagrams that are there, with their sources."""
        for _ in range(BATCH):
            try:
                size, source = self._socket.recvfrom_into(self._buffer)
            except BlockingIOError:
                return
            except OSError:  # the echo of something sent to a port that is closed
                continue
            yield bytes(self._view[:size]), _peer(source[0], source[1])


@lru_cache(maxsize=1024)  # a peer sends several messages of a call, and what is kept of them names it
def _peer(host: str, port: int) -> Address:
    return Address(host, port)


class Facing:
    """Which address of ours faces a peer. `advertise`, an IP literal, is what peers are told in its place,
    but for those within `local_nets`."""

    def __init__(
        self, sock: socket.socket, advertise: str | None = None, local_nets: Iterable[Network] = ()
    ) -> None:
        self._family = sock.family
        self._version = 6 if sock.family == socket.AF_INET6 else 4
        self._bound: str = sock.getsockname()[0]
        bound = ip_literal(self._bound)
        self._any = bound is not None and bound.is_unspecified
        self._advertise = advertise
        self._local_nets = tuple(local_nets)
        self._routes: dict[str, tuple[float, str | None]] = {}  # with until when it counts, the oldest first

    def bound(self, peer: str) -> str | None:
        """The local address to bind to for this peer; `None` where no route leads to him."""
        there = ip_literal(peer)
        if there is not None and there.version != self._version:
            return None
        return self._route(peer) if self._any else self._bound

    def told(self, peer: str) -> str | None:
        """The address of ours that this peer is told."""
        bound = self.bound(peer)
        if bound is None or self._advertise is None or self._is_local(peer):
            return bound
        return self._advertise

    def _route(self, peer: str) -> str | None:
        now = trio.current_time()
        until, local = self._routes.get(peer, (0.0, None))
        if now >= until:
            local = _local_address(self._family, peer)
            self._routes.pop(peer, None)
            self._routes[peer] = now + _ROUTE_LASTS, local
            if len(self._routes) > _MOST_ROUTES:
                del self._routes[next(iter(self._routes))]
        return local

    def _is_local(self, peer: str) -> bool:
        there = ip_literal(peer)
        return there is not None and any(there in net for net in self._local_nets)


def _local_address(family: socket.AddressFamily, peer: str) -> str | None:
    with suppress(OSError), closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        probe.connect((peer, _DISCARD_PORT))  # sends nothing: it only asks for the route
        return probe.getsockname()[0]
    return None
