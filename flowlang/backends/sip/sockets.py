"""The signalling socket: bound with a clear word where that fails, read in batches, written without waiting.

And the address of ours that a peer sees: what the operator advertises, else what the socket is bound to, else
what the kernel's routes say; never an unspecified one.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import trio

from flowlang.backends.border import BackendError
from flowlang.sip import Address
from flowlang.sip.address import bracketed, ip_literal

BATCH = 64  # datagrams, about 10 ms of work; then the ticker and the other tasks have their turn
# A second of 500 calls, at four messages a call and some 2 kB each in the kernel's accounting. It grants what
# net.core.rmem_max allows.
RECEIVE_BUFFER = 4 << 20
_DISCARD_PORT = 9  # RFC 863; nothing is sent to it
_LONGEST = 65_535


async def open_udp(host: str, port: int) -> socket.socket:
    """A bound, non-blocking UDP socket; port 0 takes any. `BackendError` says why there is none."""
    where = f"{bracketed(host)}:{port}"
    if not 0 <= port <= 0xFFFF:
        raise BackendError(f"cannot listen for SIP on {where}: a port is a number from 0 to 65535")
    try:
        found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise BackendError(f"cannot listen for SIP on {where}: there is no such address") from None
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # no IPv4 in disguise
        sock.bind(address)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    except OSError as error:
        sock.close()
        raise BackendError(f"cannot listen for SIP on UDP {where}: {_why(error)}") from None
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
            yield bytes(self._view[:size]), Address(source[0], source[1])


class Facing:
    """Which address of ours faces a peer. `advertise`, an IP literal, is what peers are told in its place."""

    def __init__(self, sock: socket.socket, advertise: str | None = None) -> None:
        self._family = sock.family
        self._bound: str = sock.getsockname()[0]
        bound = ip_literal(self._bound)
        self._any = bound is not None and bound.is_unspecified
        self._advertise = advertise

    def bound(self, peer: str) -> str | None:
        """The local address to bind to for this peer; `None` where no route leads to him."""
        return _local_address(self._family, peer) if self._any else self._bound

    def told(self, peer: str) -> str | None:
        """The address of ours that this peer is told."""
        return self._advertise or self.bound(peer)


def _local_address(family: socket.AddressFamily, peer: str) -> str | None:
    with suppress(OSError), closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        probe.connect((peer, _DISCARD_PORT))  # sends nothing: it only asks for the route
        return probe.getsockname()[0]
    return None
