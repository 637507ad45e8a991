"""`notify`: tells the people who run this by services that the operator has named (apprise's, of which there
are a hundred and more). Apprise blocks, so a worker thread does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import trio

from flowlang.backends.asking import Asking
from flowlang.backends.border import Finish, Host
from flowlang.backends.on_wire import OnWire
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Failed, Result, failed
from flowlang.model.texts import is_one_line
from flowlang.model.values import Outcome

MOST_TEXT = 32_768
"""Characters of a notice; most services take less, and apprise cuts what they do not."""
_AT_ONCE = 8
_LONGEST = 60.0
"""Seconds: apprise gives up after 4 to connect and 4 to read, each time it tries."""


class Service(Protocol):
    """What apprise makes of an address. It blocks."""

    def notify(self, body: str, title: str = "", **more: Any) -> bool | None:
        """Whether it went out."""
        ...


def service(url: str) -> Service | None:
    """The service of one of apprise's addresses; `None` for what is none. Raises `ImportError` where the
    extra `flowlang[notify]` is not installed."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses, and they hold passwords
    made = cast("Any", apprise).Apprise()
    return made if made.add(url) and len(made) else None


class NotifyBackend:
    """`services` by the name that `to` of `notify` has for them. `on_wire` remembers what may have gone out
    across a crash: that is `unknown`."""

    name = "notify"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"notify"})

    def __init__(self, services: Mapping[str, Service], on_wire: OnWire | None = None) -> None:
        self._services = dict(services)
        self.names = {"notify": frozenset(services)}
        self._on_wire = on_wire or OnWire()
        self._asking = Asking()
        self._limiter = trio.CapacityLimiter(_AT_ONCE)

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        async with trio.open_nursery() as nursery:
            self._asking.open(nursery)
            try:
                task_status.started(f"notices by {', '.join(self._services)}")
                await trio.sleep_forever()
            finally:
                self._asking.close()

    async def settle(self) -> None:
        """Returns when nothing is under way."""
        await self._asking.settle()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Sends a notice."""
        assert isinstance(command, SendMessage)
        return self._asking.send(command.key, finish, lambda: self._sent(command))

    async def _sent(self, command: SendMessage) -> Result:
        service, title = self._services.get(command.to), command.subject or ""
        if service is None:
            return Failed("address", f"`flow.toml` names no service `{command.to[:60]}` to notify")
        if len(command.text) + len(title) > MOST_TEXT:
            return failed("too_large", f"a notice has at most {MOST_TEXT} characters")
        if not is_one_line(title):
            return Failed("value", "`title` is one line without control characters")
        if self._on_wire.before(command.key):
            return Done(Outcome("unknown", {}))
        told: bool | None = False
        text = command.text.encode("utf-8", "replace").decode()
        with trio.move_on_after(_LONGEST):
            told = await trio.to_thread.run_sync(
                self._tell, service, text, title, command.key, limiter=self._limiter, abandon_on_cancel=True
            )
        if told is None:
            return failed("rejected", "the service cannot be told this")
        if not told:
            return Done(Outcome("unknown", {}))
        return Done(Outcome("sent", {"id": command.key}))

    def _tell(self, found: Service, text: str, title: str, key: str) -> bool | None:
        """Whether it went out; `None` where it has not, for certain. Of what fails apprise says no more than
        that: a service that refused it, and one that took it and whose answer was lost, are the same."""
        self._on_wire.begin(key)
        try:
            told = found.notify(text, title, body_format="text")
        except TypeError:  # apprise's refusal of what it is to send
            told = None
        except Exception:  # noqa: BLE001 (a hundred services, none of them ours)
            told = False
        if told is None:
            self._on_wire.undo(key)
        return told
