"""Text messages by a gateway that is spoken to over HTTP: out by a request, in and back by its callbacks.

A request that the gateway does not answer is `unknown`, and not sent again: who would be written to twice is
a person. What it says itself that it has not done is tried again, see `http_client`.
"""

from __future__ import annotations

import json
import secrets as random_secrets
from collections.abc import Callable
from typing import Any

import trio

from flowlang.backends.asking import Asking
from flowlang.backends.border import Finish, Host
from flowlang.backends.http_client import Client, ClientSettings, open_client
from flowlang.backends.http_server import HttpServer
from flowlang.backends.on_wire import OnWire
from flowlang.backends.tls import client_context
from flowlang.core.json_values import whole_text
from flowlang.model.message_commands import HttpRequest, OutsideCommand, SendMessage
from flowlang.model.results import Done, Result, failed
from flowlang.model.values import SECOND, Outcome, Value

from .callbacks import CallbackHandlers, Secrets
from .form import Form, found_at

_LONGEST = 10_000
"""Characters: more than any gateway takes."""
_NOBODY_KNOWS = frozenset({500, 502, 504})
"""It broke at the gateway or behind it (RFC 9110 §15.6), perhaps after the message had gone."""
_PATIENCE = 30 * SECOND  # for one message, all attempts together


class SmsGatewayBackend:
    """`source` sends what names no sender. With a `server` the gateway's callbacks come in under
    `/sms/NAME/…`, `public` being the server's address as the gateway knows it; without, nothing comes in.
    `on_wire` remembers what may have arrived across a crash: that is `unknown`. `ca_file` has authorities
    beside the system's. Raises `ValueError` where another backend has the paths, `BackendError` where
    `ca_file` is of no use."""

    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(
        self,
        name: str,
        form: Form,
        *,
        source: str,
        account: str = "",
        secrets: Secrets | None = None,
        server: HttpServer | None = None,
        public: str = "",
        client: ClientSettings | None = None,
        ca_file: str | None = None,
        on_wire: OnWire | None = None,
        new_id: Callable[[], str] = lambda: random_secrets.token_hex(8),
    ) -> None:
        self.name = name
        self.server = server
        self._form = form
        self._source = source
        self._public = f"{public}/sms/{name}"
        self._account = account
        self._secrets = secrets or Secrets()
        self._settings = client or ClientSettings()
        self._context = client_context(ca_file)
        self._on_wire = on_wire or OnWire()
        self._asking = Asking()
        self._client: Client | None = None
        self._host: Host | None = None
        if server is not None:
            handlers = CallbackHandlers(form.callbacks, self._secrets, self._public, self._given_host, new_id)
            server.add("POST", f"/sms/{name}/received", handlers.message)
            server.add("POST", f"/sms/{name}/status", handlers.status)
        else:
            self.channels = frozenset[str]()

    def _given_host(self) -> Host:
        assert self._host is not None, "nothing comes in before it runs"
        return self._host

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        self._host = host
        async with open_client(self._settings, self._context) as self._client, trio.open_nursery() as nursery:
            where = f"texts by {self.name}"
            if self.server is not None:
                where += f", callbacks at {await nursery.start(self.server.run)}/sms/{self.name}"
            self._asking.open(nursery)
            task_status.started(where)
            try:
                await trio.sleep_forever()
            finally:
                self._asking.close()

    async def settle(self) -> None:
        """Returns when no message is on its way to the gateway."""
        await self._asking.settle()

    def may_have_sent(self, key: str) -> bool:
        """See `border.Marking`."""
        return self._on_wire.before(key)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Hands a message to the gateway. One that is cancelled may have gone out."""
        assert isinstance(command, SendMessage)
        return self._asking.send(command.key, finish, lambda: self._hand_over(command))

    async def _hand_over(self, command: SendMessage) -> Result:
        assert self._client is not None
        if self._on_wire.before(command.key):
            return Done(Outcome("unknown"))
        if max(map(len, (command.text, command.to, command.source or ""))) > _LONGEST:
            return failed("too_large", f"a text has at most {_LONGEST} characters")
        form = self._form
        given = {
            "to": command.to.removeprefix("sms:"),
            "from": (command.source or self._source).removeprefix("sms:"),
            "text": command.text,
            "key": command.key,
            "status_url": f"{self._public}/status" if self.server is not None else "",
            "account": self._account,
            "token": str(self._secrets.token),
        }
        given = {name: whole_text(value) for name, value in given.items()}
        headers: dict[str, Value] = dict(form.head(given))
        request = HttpRequest("POST", form.address(given), headers, form.body(given), _PATIENCE, command.key)
        host = self._given_host()
        answer = await self._client.ask(request, self._on_wire, lambda: host.why_not(command))
        outcome = self._outcome(answer)
        if outcome.name == "failed":
            self._on_wire.undo(command.key)
        return Done(outcome)

    def _outcome(self, answer: Value) -> Outcome:
        match answer:
            case {"status": int(status), "text": str(text)}:
                body = _json(text)
                found = found_at(body, self._form.id)
                if 200 <= status <= 299:
                    # What it took and gave no name to has gone out, and no report will find it.
                    return Outcome("sent", {"id": found}) if found is not None else Outcome("unknown")
                if status in _NOBODY_KNOWS:
                    return Outcome("unknown")
                code = found_at(body, self._form.code)
                reason = "rejected" if status < 500 and status != 429 else "unavailable"
                return Outcome("failed", {"reason": reason, "detail": code or str(status)})
            case Outcome():
                return answer
            case _:
                return Outcome("failed", {"reason": "unavailable"})


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
