"""The door of a backend: who may call at its listeners, and who reaches us through NAT."""

from __future__ import annotations

from flowlang.sip import Address, Door, Limits, Registrar
from flowlang.sip.address import ip_literal

from .endpoint import Endpoint
from .sockets import Listener
from .trunking import Trunking


def make_door(
    registrar: Registrar | None,
    trunking: Trunking,
    limits: Limits | None,
    open_to_all: bool | None,
) -> Door:
    """For trunks, accounts and whoever comes to a listener that is open; `open_to_all` is for listeners that
    say nothing of their own."""

    def open_at(listener: object) -> str | None:
        return listener.name if isinstance(listener, Listener) and is_open(listener, open_to_all) else None

    def bound(user: str, now: float) -> list[str]:
        return [] if registrar is None else registrar.hosts_of(user, now)

    def rate_of(user: str) -> float | None:
        account = None if registrar is None else registrar.accounts.get(user)
        return None if account is None else account.max_cps

    guard = None if registrar is None else registrar.guard
    return Door(trunking.peers(), guard, open_at, limits, bound, rate_of)


def is_open(listener: Listener, otherwise: bool | None) -> bool:
    """Whether anybody may call there: by default on loopback alone, where nobody is but ourselves."""
    said = listener.open_to_all if listener.open_to_all is not None else otherwise
    if said is not None:
        return said
    address = ip_literal(listener.address.host)
    return address is not None and address.is_loopback


def behind_nat(endpoint: Endpoint, registrar: Registrar | None, trunking: Trunking) -> list[Address]:
    """Who is reached only as long as something goes there now and then."""
    ours = trunking.registrations.values()
    servers = [each.server for each in ours if each.state == "registered"]
    return servers if registrar is None else servers + registrar.behind_nat(endpoint.now())
