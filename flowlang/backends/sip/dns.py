"""Where a SIP URI's host is (RFC 3263): NAPTR for the transport, SRV for hosts and ports, A and AAAA.

    await DnsResolver(SystemLookup(), transports, random).resolve(uri) -> the addresses, the preferred first

Rules: an address, a port or a transport that is written counts; only transports that we speak are looked
for; of equal SRV records chance decides by weight (RFC 2782); over TLS a peer has to prove the name that was
looked up, not that of the record (RFC 5922 §4). Records are limited, for whoever owns a name writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

import trio

from flowlang.sip import Address
from flowlang.sip.address import DEFAULT_PORTS, ip_literal, may_send_to
from flowlang.sip.uri import Uri

from .harmless import printable
from .targets import NO_WAY, NoTarget

LOOKUP_TIME = 5.0  # seconds for all of one name
MOST_RECORDS = 20  # of one kind that are looked at
MOST_ADDRESSES = 12  # that are tried, one after the other

_SERVICES = {"sip+d2u": "udp", "sip+d2t": "tcp", "sips+d2t": "tls"}  # RFC 3263 §4.1
_PREFIXES = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}


class Naptr(NamedTuple):
    """A NAPTR record; `flags` and `service` in lower case."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Srv(NamedTuple):
    """An SRV record."""

    priority: int
    weight: int
    port: int
    target: str


class Lookup(Protocol):
    """Asks the DNS. What is not there, and what cannot be asked, is an empty list."""

    async def naptr(self, name: str) -> Sequence[Naptr]: ...

    async def srv(self, name: str) -> Sequence[Srv]: ...

    async def addresses(self, name: str) -> Sequence[str]:
        """IP literals, the preferred first."""
        ...


class SystemLookup:
    """As this machine is set up: its name servers, and its hosts file for addresses."""

    def __init__(self) -> None:
        # 60 ms to import, and only for those who call names.
        from dns.asyncresolver import Resolver as Dns
        from dns.exception import DNSException
        from dns.resolver import LRUCache

        self._errors = (DNSException, OSError)
        try:
            self._dns = Dns()
            self._dns.lifetime = LOOKUP_TIME
            self._dns.cache = LRUCache(1_000)
        except self._errors:  # a machine without name servers
            self._dns = None

    async def naptr(self, name: str) -> Sequence[Naptr]:
        """See `Lookup`."""
        return [
            Naptr(
                each.order,
                each.preference,
                each.flags.decode("latin-1").lower(),
                each.service.decode("latin-1").lower(),
                str(each.replacement).rstrip("."),
            )
            for each in await self._ask(name, "NAPTR")
        ]

    async def srv(self, name: str) -> Sequence[Srv]:
        """See `Lookup`."""
        return [
            Srv(each.priority, each.weight, each.port, str(each.target).rstrip("."))
            for each in await self._ask(name, "SRV")
        ]

    async def addresses(self, name: str) -> Sequence[str]:
        """See `Lookup`."""
        try:
            found = await trio.socket.getaddrinfo(name, None, type=trio.socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            return []
        return [str(each[4][0]) for each in found]

    async def _ask(self, name: str, kind: str):  # type: ignore[no-untyped-def]
        if self._dns is None:
            return ()
        try:
            return tuple(await self._dns.resolve(name, kind, search=False))[:MOST_RECORDS]
        except self._errors:
            return ()


class LazyLookup:
    """`SystemLookup`, made when the first name is asked for."""

    def __init__(self) -> None:
        self._lookup: SystemLookup | None = None

    @property
    def _made(self) -> SystemLookup:
        if self._lookup is None:
            self._lookup = SystemLookup()
        return self._lookup

    async def naptr(self, name: str) -> Sequence[Naptr]:
        """See `Lookup`."""
        return await self._made.naptr(name)

    async def srv(self, name: str) -> Sequence[Srv]:
        """See `Lookup`."""
        return await self._made.srv(name)

    async def addresses(self, name: str) -> Sequence[str]:
        """See `Lookup`."""
        return await self._made.addresses(name)


class DnsResolver:
    """`transports` are those that we speak, `random(n)` gives a number below n, `versions`
    the IP versions that we can reach."""

    def __init__(
        self,
        lookup: Lookup,
        transports: Callable[[], Collection[str]],
        random: Callable[[int], int],
        versions: Callable[[], Collection[int]] = lambda: (4, 6),
    ) -> None:
        self._lookup = lookup
        self._transports = transports
        self._random = random
        self._versions = versions

    async def resolve(self, uri: Uri) -> Sequence[Address]:
        """At least one. Raises `targets.NoTarget`."""
        spoken = self._transports()
        wanted = uri.transport
        if (uri.scheme == "sips" or "transport" in uri.parameters) and wanted not in spoken:
            raise NoTarget(NO_WAY, f"calls do not go by {printable(wanted)} here")
        if ip_literal(uri.host) is not None:
            found = [Address(uri.host, uri.port or DEFAULT_PORTS[wanted], wanted)]
        else:
            found = []
            with trio.move_on_after(LOOKUP_TIME):
                found = await self._look_up(uri, spoken)
        versions = self._versions()
        usable = [each for each in dict.fromkeys(found) if self._is_usable(each.host, versions)]
        if not usable:
            raise NoTarget(NO_WAY, f"there is no address for {printable(uri.host)}")
        return usable[:MOST_ADDRESSES]

    def _is_usable(self, host: str, versions: Collection[int]) -> bool:
        literal = ip_literal(host)
        return literal is not None and literal.version in versions and may_send_to(host)

    async def _look_up(self, uri: Uri, spoken: Collection[str]) -> list[Address]:
        """RFC 3263 §4.1, §4.2."""
        wanted = uri.transport
        if uri.port is not None:
            return await self._at(uri.host, uri.port, wanted, uri.host)
        if "transport" in uri.parameters or uri.scheme == "sips":
            services = [(wanted, _PREFIXES[wanted] + uri.host)]
        else:
            services = await self._services(uri.host, spoken)
        found: list[Address] = []
        for transport, name in services:
            for each in self._in_order((await self._lookup.srv(name))[:MOST_RECORDS]):
                found += await self._at(each.target, each.port, transport, uri.host)
                if len(found) >= MOST_ADDRESSES:
                    return found
        return found or await self._at(uri.host, DEFAULT_PORTS[wanted], wanted, uri.host)

    async def _services(self, host: str, spoken: Collection[str]) -> list[tuple[str, str]]:
        """Transports with the names of their SRV records: as NAPTR says, else all that we speak."""
        records = sorted((await self._lookup.naptr(host))[:MOST_RECORDS])
        told = [
            (transport, each.replacement)
            for each in records
            if each.flags == "s" and (transport := _SERVICES.get(each.service)) in spoken and transport
        ]
        return told or [(each, prefix + host) for each, prefix in _PREFIXES.items() if each in spoken]

    async def _at(self, host: str, port: int, transport: str, name: str) -> list[Address]:
        if not host or not port:
            return []  # RFC 2782: a target of "." offers nothing
        literal = ip_literal(host)
        hosts = [host] if literal is not None else await self._lookup.addresses(host)
        proved = name if transport == "tls" else ""
        return [Address(each, port, transport, proved) for each in hosts]

    def _in_order(self, records: Sequence[Srv]) -> list[Srv]:
        """RFC 2782: by priority; of equal ones by chance, which the weights tilt."""
        ordered: list[Srv] = []
        left = sorted(records, key=lambda each: (each.priority, each.weight))
        while left:
            equal = [each for each in left if each.priority == left[0].priority]
            at = self._random(sum(each.weight for each in equal) + 1)
            chosen = equal[-1]
            for each in equal:
                at -= each.weight
                if at <= 0:
                    chosen = each
                    break
            ordered.append(chosen)
            left.remove(chosen)
        return ordered
