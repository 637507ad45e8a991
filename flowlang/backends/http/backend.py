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

import trio

from flowlang.backends.asking import Asking
from flowlang.backends.border import Finish, Host
from flowlang.backends.http_client import (
    Client,
    ClientSettings,
    Resolve,
    Sign,
    open_client,
    resolve,
)
from flowlang.backends.signatures import standard_headers, twilio_signature
from flowlang.backends.tls import client_context
from flowlang.model.message_commands import HttpRequest, OutsideCommand
from flowlang.model.results import Done, Result
from flowlang.model.values import SECOND


@dataclass(frozen=True, slots=True)
class Signing:
    """How webhooks are signed: `key` for Standard Webhooks, or `token` in Twilio's form."""

    key: bytes | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """`ca_file` has authorities beside the system's."""

    client: ClientSettings = field(default_factory=ClientSettings)
    signing: Signing | None = None
    ca_file: str | None = None


class HttpBackend:
    """Raises `BackendError` where `ca_file` is of no use."""

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
        self._context = client_context(settings.ca_file)
        self._resolve = resolve
        self._chance = chance
        self._asking = Asking()
        self._client: Client | None = None

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        settings = self._settings
        sign = self._signer(host) if settings.signing is not None else None
        async with (
            open_client(
                settings.client, self._context, sign=sign, resolve=self._resolve, chance=self._chance
            ) as self._client,
            trio.open_nursery() as nursery,
        ):
            self._asking.open(nursery)
            task_status.started("http: requests go out")
            try:
                await trio.sleep_forever()
            finally:
                self._asking.close()

    async def settle(self) -> None:
        """Returns when no request is under way."""
        await self._asking.settle()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Begins a request. What was sent when it is cancelled may be done all the same."""
        assert isinstance(command, HttpRequest)

        async def ask() -> Result:
            assert self._client is not None
            return Done(await self._client.ask(command))

        return self._asking.send(command.key, finish, ask)

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
