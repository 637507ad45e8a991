"""The HTTP client as a backend: `http.get` and the like, and `webhook`.

Where a request may go has been judged by the script's policy and the operator's before it comes here; the
address behind the name is judged here, see `network`. Redirects are the script's action's to follow. Several
requests go at once, up to a limit; the others wait their turn within their time.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpcore2
import trio

from flowlang.backends.border import Finish, Host
from flowlang.backends.once import Once
from flowlang.backends.signatures import standard_headers, twilio_signature
from flowlang.model.message_commands import HttpRequest, OutsideCommand
from flowlang.model.results import Done
from flowlang.model.values import SECOND

from .client import Client, Patience, Sign
from .network import CheckedNetwork, Resolve, resolve, trusting
from .reachable import Network


@dataclass(frozen=True, slots=True)
class Signing:
    """How webhooks are signed: `key` for Standard Webhooks, or `token` in Twilio's form."""

    key: bytes | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """`private` are networks that requests may reach beside public addresses."""

    private: tuple[Network, ...] = ()
    signing: Signing | None = None
    patience: Patience = field(default_factory=Patience)
    at_once: int = 100
    most_bytes: int = 1_000_000
    ca_file: str | None = None
    agent: str = "flowlang"


class HttpBackend:
    """Raises `OSError` where `ca_file` cannot be read."""

    name = "http"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"http"})

    def __init__(
        self,
        settings: HttpSettings | None = None,
        *,
        resolve: Resolve = resolve,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings = settings or HttpSettings()
        self._context = trusting(settings.ca_file)
        self._resolve = resolve
        self._chance = chance
        self._once = Once()
        self._waiting: list[tuple[HttpRequest, Finish, trio.CancelScope]] = []
        self._start: Callable[[HttpRequest, Finish, trio.CancelScope], None] = self._wait
        self._quiet = trio.Event()
        self._quiet.set()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        settings = self._settings
        network = CheckedNetwork(settings.private, self._resolve)
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._context,
                max_connections=settings.at_once,
                max_keepalive_connections=min(20, settings.at_once),
                keepalive_expiry=30.0,
                http2=False,
                network_backend=network,
            ) as pool,
            trio.open_nursery() as nursery,
        ):
            client = Client(
                pool,
                sign=self._signer(host) if settings.signing is not None else None,
                patience=settings.patience,
                most_bytes=settings.most_bytes,
                chance=self._chance,
                agent=settings.agent,
            )

            def start(command: HttpRequest, finish: Finish, scope: trio.CancelScope) -> None:
                nursery.start_soon(self._ask, client, command, finish, scope)

            self._start = start
            try:
                for waiting in self._waiting:
                    start(*waiting)
                self._waiting.clear()
                task_status.started("http: requests go out")
                await trio.sleep_forever()
            finally:
                self._start = self._wait

    async def settle(self) -> None:
        """Returns when no request is under way."""
        await self._quiet.wait()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Begins a request. What was sent when it is cancelled may be done all the same."""
        assert isinstance(command, HttpRequest)
        return self._once.send(command.key, finish, lambda over: self._begin(command, over))

    def _begin(self, command: HttpRequest, finish: Finish) -> Callable[[], None]:
        scope = trio.CancelScope()
        self._start(command, finish, scope)
        return scope.cancel

    def _wait(self, command: HttpRequest, finish: Finish, scope: trio.CancelScope) -> None:
        """What comes before `run` is kept for it: recovery sends before anything listens."""
        self._waiting.append((command, finish, scope))

    async def _ask(
        self, client: Client, command: HttpRequest, finish: Finish, scope: trio.CancelScope
    ) -> None:
        if self._once.under_way == 1:
            self._quiet = trio.Event()
        try:
            with scope:
                finish(Done(await client.ask(command)))
        finally:
            if not self._once.under_way:
                self._quiet.set()

    def _signer(self, host: Host) -> Sign:
        signing = self._settings.signing
        assert signing is not None

        def sign(command: HttpRequest, body: bytes) -> tuple[str, Mapping[str, str]]:
            url, headers = command.url, dict[str, str]()
            if signing.key is not None:
                headers |= standard_headers(signing.key, command.key, body, host.now() / SECOND)
            if signing.token is not None:
                url += f"{'&' if '?' in url else '?'}bodySHA256={hashlib.sha256(body).hexdigest()}"
                headers["x-twilio-signature"] = twilio_signature(signing.token, url)
            return url, headers

        return sign
