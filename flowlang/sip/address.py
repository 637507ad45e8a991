"""Transport addresses: where a message came from and where one goes."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
RELIABLE = frozenset({"tcp", "tls"})
_LIMITED_BROADCAST = IPv4Address("255.255.255.255")


class Address(NamedTuple):
    """An IP literal (IPv6 without brackets), a port, and the transport in lower case. Over TLS `name` is what
    the peer's certificate has to prove, or has proved; empty for none but its address."""

    host: str
    port: int
    transport: str = "udp"
    name: str = ""

    @property
    def reliable(self) -> bool:
        """True where the transport itself retransmits (RFC 3261 §17)."""
        return self.transport in RELIABLE

    @property
    def hostport(self) -> str:
        """`host:port`, IPv6 in brackets, as SIP writes it."""
        return f"{bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        return f"{self.transport}:{self.hostport}"


def bracketed(host: str) -> str:
    """An IPv6 literal in the brackets that URIs and Via want; anything else as it is."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def ip_literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` writes (brackets allowed), None for a name; IPv4 mapped in IPv6 is IPv4."""
    return _ip_literal(host) if len(host) <= _LONGEST_LITERAL else None


_LONGEST_LITERAL = 47  # 45 characters of IPv6 with IPv4 at its end, in brackets


@lru_cache(maxsize=1024)
def _ip_literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_specified(host: str) -> bool:
    """Whether it writes an IP address, and not the unspecified one."""
    return len(host) <= _LONGEST_LITERAL and _is_specified(host)


@lru_cache(maxsize=1024)
def _is_specified(host: str) -> bool:
    address = ip_literal(host)
    return address is not None and not address.is_unspecified


def is_loopback(host: str) -> bool:
    """Whether it writes an address of this machine alone."""
    return len(host) <= _LONGEST_LITERAL and _is_loopback(host)


@lru_cache(maxsize=1024)
def _is_loopback(host: str) -> bool:
    address = ip_literal(host)
    return address is not None and address.is_loopback


def may_send_to(host: str) -> bool:
    """False for names, and for what no one peer owns: multicast, broadcast, 0.0.0.0 (RFC 4475 §3.3.10)."""
    return len(host) <= _LONGEST_LITERAL and _may_send_to(host)


@lru_cache(maxsize=1024)
def _may_send_to(host: str) -> bool:
    address = ip_literal(host)
    if address is None or address.is_multicast or address.is_unspecified:
        return False
    return address != _LIMITED_BROADCAST


def same_host(one: str, other: str) -> bool:
    """True if both write the same IP address, or the same name."""
    if one == other:
        return True
    first = ip_literal(one)
    return first is not None and first == ip_literal(other)
