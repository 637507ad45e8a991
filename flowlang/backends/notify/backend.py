"""`notify`: tells the people who run this by services that the operator has named (apprise's, of which there
are a hundred and more). Apprise blocks, so a worker thread does it."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import trio

from flowlang.backends.border import Finish, Host, nothing
from flowlang.backends.once import Once
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Failed
from flowlang.model.values import Outcome

MOST_TEXT = 32_768
"""Characters of a notice; most services take less, and apprise cuts what they do not."""
_AT_ONCE = 8
_MOST_WAITING = 1_000
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
    """`services` by the name that `to` of `notify` has for them."""

    name = "notify"
    channels: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"notify"})

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = dict(services)
        self._once = Once()
        self._nursery: trio.Nursery | None = None
        self._limiter = trio.CapacityLimiter(_AT_ONCE)
        self._open = 0
        self._settled = trio.Event()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Works until cancelled."""
        async with trio.open_nursery() as self._nursery:
            task_status.started(f"notices by {', '.join(self._services)}")
            await trio.sleep_forever()

    async def settle(self) -> None:
        """Returns when nothing is under way."""
        while self._open:
            self._settled = trio.Event()
            await self._settled.wait()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Sends a notice."""
        assert isinstance(command, SendMessage)
        return self._once.send(command.key, finish, lambda over: self._send(command, over))

    def _send(self, command: SendMessage, finish: Finish) -> Callable[[], None]:
        assert self._nursery is not None
        found = self._services.get(command.to)
        title = command.subject or ""
        if found is None:
            finish(Failed("address", f"`flow.toml` names no service `{command.to[:60]}` to notify"))
        elif any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in title):
            finish(Failed("value", "`title` is one line without control characters"))
        elif len(command.text) > MOST_TEXT or self._open >= _MOST_WAITING:
            reason = "too_large" if len(command.text) > MOST_TEXT else "overload"
            finish(Done(Outcome("failed", {"reason": reason, "detail": ""})))
        else:
            self._open += 1
            self._nursery.start_soon(self._tell, found, title, command, finish)
        return nothing

    async def _tell(self, found: Service, title: str, command: SendMessage, finish: Finish) -> None:
        told: bool | None = None
        text = command.text.encode("utf-8", "replace").decode()
        with trio.move_on_after(_LONGEST):
            told = await trio.to_thread.run_sync(
                lambda: _told(found, text, title), limiter=self._limiter, abandon_on_cancel=True
            )
        self._open -= 1
        self._settled.set()
        if told is None:
            finish(Done(Outcome("unknown", {})))
        elif told:
            finish(Done(Outcome("sent", {"id": command.key})))
        else:
            fields: dict[str, Any] = {"reason": "rejected", "detail": "the service did not take it"}
            finish(Done(Outcome("failed", fields)))


def _told(found: Service, text: str, title: str) -> bool:
    try:
        return bool(found.notify(text, title, body_format="text"))
    except Exception:  # noqa: BLE001 (a hundred services, none of them ours; TypeError is apprise's own refusal)
        return False
