"""The trunks while the backend runs: where their servers are, and our registrations there.

The names of servers are looked up again now and then, for calls from a trunk are known by its addresses. What
could not be looked up is tried again; nothing else waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import trio

from flowlang.sip import Address, OwnAccount, Registration, TrunkPeer
from flowlang.sip.address import bracketed

from .endpoint import Endpoint
from .targets import NoTarget, Resolver
from .trunks import SipTrunk

_log = logging.getLogger(__name__)

REFRESH = 300.0  # seconds between two looks
RETRY = 30.0  # after one that found nothing


class Trunking:
    """`registrations` are ours, in the order of their trunks."""

    def __init__(self, trunks: Iterable[SipTrunk], resolver: Resolver) -> None:
        self.trunks = {each.name: each for each in trunks}
        self.registrations: dict[str, Registration] = {}
        self._resolver = resolver
        self._servers: dict[str, Sequence[Address]] = {}

    def peers(self) -> list[TrunkPeer]:
        """The trunks as calls from them are known."""
        return [self._peer(each) for each in self.trunks.values()]

    def password_of(self, user: str) -> str | None:
        """The password of a trunk that calls by one."""
        for each in self.trunks.values():
            if each.credentials is not None and each.credentials.user == user:
                return each.credentials.password
        return None

    async def run(self, endpoint: Endpoint) -> None:
        """Looks servers up and registers, until cancelled."""
        async with trio.open_nursery() as nursery:
            for each in self.trunks.values():
                if each.servers:
                    nursery.start_soon(self._follow, each, endpoint)

    def stop(self, now: float) -> None:
        """Ends the registrations."""
        for each in self.registrations.values():
            each.stop(now)
        self.registrations.clear()

    def _peer(self, trunk: SipTrunk) -> TrunkPeer:
        def addresses() -> Sequence[Address]:
            return () if trunk.networks else self._servers.get(trunk.name, ())

        secured = {each.host.lower() for each in trunk.servers if each.transport == "tls"}
        return TrunkPeer(
            trunk.name,
            trunk.networks,
            trunk.tls_names | secured,
            trunk.user,
            trunk.limits,
            addresses,
            only_tls=bool(trunk.servers) and all(each.transport == "tls" for each in trunk.servers),
        )

    async def _follow(self, trunk: SipTrunk, endpoint: Endpoint) -> None:
        while True:
            found = await self._look_up(trunk)
            if found:
                self._servers[trunk.name] = found
                if trunk.register:
                    self._be_registered(trunk, found, endpoint)
            await trio.sleep(REFRESH if found else RETRY)

    def _be_registered(self, trunk: SipTrunk, found: Sequence[Address], endpoint: Endpoint) -> None:
        """Register, or follow the servers to where they are now: in place where we still reach them by the
        address that our contact is of, else anew."""
        made = self.registrations.get(trunk.name)
        if made is not None:
            transport = made.server.transport
            same = [each for each in found if each.transport == transport]
            if same and _faces(endpoint, same[0]) == made.local.host:
                made.move_to(same, endpoint.now())
                endpoint.carry_out()
                return
            made.stop(endpoint.now())
            del self.registrations[trunk.name]
        self._register(trunk, found, endpoint)

    async def _look_up(self, trunk: SipTrunk) -> list[Address]:
        found: list[Address] = []
        for each in trunk.servers:
            try:
                found += await self._resolver.resolve(each)
            except NoTarget as error:
                _log.warning("trunk %s: %s", trunk.name, error)
        return list(dict.fromkeys(found))

    def _register(self, trunk: SipTrunk, servers: Sequence[Address], endpoint: Endpoint) -> None:
        assert trunk.credentials is not None  # the settings want them where one registers
        first = servers[0]
        local = endpoint.local_for(first.host, first.transport)
        if local is None:
            _log.warning("trunk %s: no route leads to %s", trunk.name, first.host)
            return
        address = f"sip:{trunk.credentials.user}@{bracketed(trunk.host)}"
        # One transport: the contact that we register is ours by it.
        same = [each for each in servers if each.transport == first.transport]
        wanted = OwnAccount(address, same, trunk.credentials, trunk.expires)
        try:
            made = endpoint.agent.register(wanted, local, endpoint.now())
        except ValueError as error:
            _log.warning("trunk %s: cannot register %s: %s", trunk.name, address, error)
            return
        self.registrations[trunk.name] = made
        endpoint.carry_out()


def _faces(endpoint: Endpoint, server: Address) -> str | None:
    local = endpoint.local_for(server.host, server.transport)
    return None if local is None else local.host
