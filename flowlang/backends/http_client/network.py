"""Connections to addresses that were checked: a name is looked up once, all that it stands for is judged, and
the connection goes to an address out of that very list. So no name can mean one thing when it is checked
and another when it is connected to (DNS rebinding)."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import httpcore2
import trio

from .reachable import Network, is_reachable

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host; raises `OSError`."""


class RefusedAddress(Exception):
    """The host is at an address that no request may reach; the message says which."""


async def resolve(host: str, port: int) -> list[str]:
    """By the system's resolver, each address once."""
    found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """`allowed` are networks that the operator names, beside the public ones."""

    def __init__(self, allowed: Iterable[Network], resolve: Resolve = resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        # Named as what it is: where trio is not installed httpcore has a stand-in without methods.
        self._inner = cast("httpcore2.AsyncNetworkBackend", httpcore2.TrioBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connects to the first of the host's addresses that answers."""
        with trio.move_on_after(timeout if timeout is not None else float("inf")):
            try:
                addresses = await self._resolve(host, port)
            except OSError:
                raise httpcore2.ConnectError(f"there is no host {host[:255]}") from None
            for each in addresses:  # one that is private makes the name a trap, whatever the others are
                if not is_reachable(each, self._allowed):
                    raise RefusedAddress(f"{host[:255]} is at {each}, which is no public address")
            failed: Exception = httpcore2.ConnectError(f"{host[:255]} has no address")
            for each in addresses:
                try:
                    return await self._inner.connect_tcp(each, port, None, local_address, socket_options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    failed = error
            raise failed
        raise httpcore2.ConnectTimeout(f"{host[:255]} does not answer")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """No request goes to a file."""
        raise RefusedAddress("requests go to hosts only")

    async def sleep(self, seconds: float) -> None:
        """As the pool asks for it."""
        await trio.sleep(seconds)
