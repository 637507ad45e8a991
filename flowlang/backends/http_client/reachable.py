"""Which addresses a request may be sent to: those of the public Internet, and what the operator names.

A script, or who feeds it, must not reach the machine it runs on, its network, or a cloud's metadata service
(OWASP, Server-Side Request Forgery). What carries an IPv4 address inside is judged by that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_UNICAST = ip_network("2000::/3")  # RFC 4291 §2.4: all that IANA gives out of IPv6
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052 §2.1
_ASSIGNMENTS = ip_network("192.0.0.0/24")  # RFC 6890 §2.1; clouds have services there
_COMPATIBLE = ip_network("::/96")  # RFC 4291 §2.5.5.1, deprecated
_TRANSLATED = ip_network("::ffff:0:0:0/96")  # RFC 2765 §2.1, SIIT
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214 §6.1: before the IPv4 address
_DOCUMENTED = ip_network("3fff::/20")  # RFC 9637: for documentation; Python before 3.13 has it as global
_RELAY = ip_network("192.88.99.0/24")  # RFC 7526: 6to4's relays, deprecated
_NAMED = frozenset(
    map(
        ip_address,
        (
            "168.63.129.16",  # Azure's WireServer
            "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254",  # metadata of AWS, Google, …
            "100.100.100.200",  # Alibaba's
            "192.0.0.192",  # Oracle's
        ),
    )
)  # fmt: skip
"""Services that a cloud gives its machines, some of them at addresses that look public."""

EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""For addresses that the operator himself has written down."""


def network(text: str) -> Network | None:
    """A network or an address that an operator names."""
    try:
        return ip_network(text)
    except ValueError:
        return None


def is_reachable(text: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether an address, as a resolver gives it, may be connected to."""
    try:
        address = ip_address(text.partition("%")[0])  # a zone, as in fe80::1%eth0
    except ValueError:
        return False
    inside = _inside(address)
    named = any(each in one for one in allowed for each in (address, inside) if each.version == one.version)
    return named or (_is_public(inside) and _is_public(address))


def _inside(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64 or address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            return True  # by what is inside
        if address not in _UNICAST:
            return False
        if address.sixtofour is not None or address.teredo is not None:
            return True
    if address in _NAMED or address in _ASSIGNMENTS or address in _RELAY or address in _DOCUMENTED:
        return False
    return address.is_global and not address.is_multicast
