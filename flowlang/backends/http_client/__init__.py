"""What backends have in common that ask other machines over HTTP: checked addresses, limits, retries."""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpcore2

from .client import Client, Patience, Sign
from .network import CheckedNetwork, Resolve, resolve
from .reachable import EVERYWHERE, Network, is_reachable, network

__all__ = [
    "EVERYWHERE",
    "Client",
    "ClientSettings",
    "Network",
    "Patience",
    "Resolve",
    "Sign",
    "is_reachable",
    "network",
    "open_client",
    "resolve",
]


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`allowed` are networks that requests may reach beside public addresses."""

    allowed: Iterable[Network] = ()
    patience: Patience = field(default_factory=Patience)
    at_once: int = 100
    most_bytes: int = 1_000_000
    agent: str = "flowlang"


@asynccontextmanager
async def open_client(
    settings: ClientSettings,
    context: ssl.SSLContext,
    *,
    sign: Sign | None = None,
    resolve: Resolve = resolve,
    chance: Callable[[], float] = random.random,
) -> AsyncGenerator[Client]:
    """A client with connections of its own."""
    async with httpcore2.AsyncConnectionPool(
        ssl_context=context,
        max_connections=settings.at_once,
        max_keepalive_connections=min(20, settings.at_once),
        keepalive_expiry=30.0,
        http2=False,
        network_backend=CheckedNetwork(settings.allowed, resolve),
    ) as pool:
        yield Client(
            pool,
            sign=sign,
            patience=settings.patience,
            most_bytes=settings.most_bytes,
            chance=chance,
            agent=settings.agent,
        )
