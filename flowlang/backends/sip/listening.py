"""The listeners of a backend: those of the settings, else UDP and TCP at one address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from .settings import ListenerConfig
from .sockets import Listener, Network, open_listener, open_pair


async def open_listeners(
    wanted: Sequence[ListenerConfig],
    otherwise: tuple[str, int],
    advertise: str | None,
    local_nets: Iterable[Network],
) -> AsyncIterator[Listener]:
    """Each once it is there, so that it can be closed where the next cannot be opened (`BackendError`)."""
    if not wanted:
        for each in await open_pair(*otherwise, advertise=advertise, local_nets=local_nets):
            yield each
    for config in wanted:
        yield await open_listener(
            config.transport,
            config.host,
            config.port,
            advertise=advertise,
            local_nets=local_nets,
            name=config.name,
            open_to_all=config.open_to_all,
        )


def shown(listeners: Sequence[Listener]) -> str:
    """`SIP on udp and tcp 10.0.0.5:5060, tls 10.0.0.5:5061`, for people."""
    found: dict[str, list[str]] = {}
    for each in listeners:
        found.setdefault(each.address.hostport, []).append(each.transport)
    return "SIP on " + ", ".join(f"{' and '.join(how)} {where}" for where, how in found.items())
