"""UDP sockets for media: an even port in a range, non-blocking, with a large receive buffer."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from flowlang.rtp import Address

from .errors import MediaError, NoPortLeft

# 200 ms of a 10 ms stream in the kernel's accounting (about 800 bytes a packet), times ten for a stalled
# process.
_RECEIVE_BUFFER = 256 * 1024

_EXPEDITED = 46 << 2  # DSCP EF, which RFC 4594 §4.1 gives to telephone sound

Take = Callable[[Callable[[int], bool]], bool]
"""Given how to bind a port, binds one: see `Ports.take`."""


def bind_media(local_ip: str, take: Take, span: str) -> socket.socket:
    """Bind one of the ports that `take` tries; `span` names them all in the error."""
    family = socket.AF_INET6 if _parse_ip(local_ip).version == 6 else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise MediaError(f"cannot open an RTP socket: {(error.strerror or str(error)).lower()}") from None
    try:
        if not take(lambda port: _bind(sock, local_ip, port)):
            raise NoPortLeft(
                f"no RTP port is free on {local_ip} among the even ones of {span}; widen the range"
            )
        sock.setblocking(False)
        _mark(sock, family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    except BaseException:
        sock.close()
        raise
    return sock


def _mark(sock: socket.socket, family: int) -> None:
    with suppress(OSError):  # a courtesy to the network, not a need
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _EXPEDITED)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)


def _bind(sock: socket.socket, local_ip: str, port: int) -> bool:
    try:
        sock.bind((local_ip, port))
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return False
        reason = (error.strerror or str(error)).lower()
        raise MediaError(f"cannot bind an RTP port on {local_ip}: {reason}") from None
    return True


def destination(address: Address) -> Address | None:
    """Where to send for an address of an SDP, None for hold; `MediaError` for what is no unicast address."""
    host, port = address
    _parse_ip(host)
    if not 0 <= port <= 0xFFFF:
        raise MediaError(f"{port} is no UDP port")
    there = None if port == 0 else _unicast(host)  # RFC 3264 §5.1
    return None if there is None else (there, port)


@lru_cache(maxsize=1024)
def _unicast(host: str) -> str | None:
    ip = _parse_ip(host)
    if ip.is_unspecified:  # RFC 3264 §8.4
        return None
    if ip.is_multicast or host == "255.255.255.255":
        raise MediaError(f"media cannot be sent to {ip}: it is no unicast address")
    return str(ip)


@lru_cache(maxsize=1024)
def numeric(host: str) -> str:
    """A host as the kernel writes it. Raises `MediaError` for what is no IP address."""
    return str(_parse_ip(host))


@lru_cache(maxsize=1024)
def _parse_ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise MediaError(f"{text!r} is no IP address") from None
