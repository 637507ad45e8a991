"""The backend. A letter is a JSON file; its name says who it is for and is never made of what people wrote.

- What goes out is a task of its own (`Asking`), so that the engine never waits for the disk, and the same key
  is worked for once. `OnWire` remembers across a crash which letters may have flown: what became of such a
  one is `unknown`, and it flies no second time. A letter is written beside and then renamed: whoever looks
  into the loft sees whole letters only.
- What comes in is taken from `in`, one letter after the other, and removed when the engine has kept it. A
  crash before that leaves the letter where it is; by its name, its id, the engine knows it again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.asking import Asking
from flowlang.backends.border import BackendError, Finish, Host, Incoming
from flowlang.backends.on_wire import OnWire
from flowlang.core.json_values import whole_text
from flowlang.model.addresses import message_address
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome

LOOKS = 0.1
"""Seconds between two looks into the loft."""
LARGEST = 100_000  # bytes of a letter


class PigeonBackend:
    """`loft` is made where it is not there; `source` is the address that it writes from. `on_wire` remembers
    what may have flown; `new_id` names what comes."""

    name = "pigeon"
    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(
        self,
        loft: Path,
        source: str,
        on_wire: OnWire | None = None,
        *,
        new_id: Callable[[], str] = lambda: f"pigeon-{secrets.token_hex(6)}",
    ) -> None:
        self._loft = loft
        self._in = trio.Path(loft / "in")
        self._out = trio.Path(loft / "out")
        self._source = source
        self._on_wire = on_wire or OnWire()
        self._new_id = new_id
        self._asking = Asking()
        self._host: Host | None = None

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Flies and looks for letters until cancelled."""
        self._host = host
        try:
            for folder in (self._in, self._out):
                await folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BackendError(f"no pigeons can live in {self._loft}: {error.strerror}") from None
        async with trio.open_nursery() as nursery:
            self._asking.open(nursery)  # what was sent before begins
            try:
                task_status.started(f"pigeons fly from {self._loft.name}")
                while True:
                    for letter in sorted(await self._in.glob("*.json")):
                        with suppress(OSError):  # others tidy the loft too
                            await self._take(host, letter)
                    await trio.sleep(LOOKS)
            finally:
                self._asking.close()

    async def settle(self) -> None:
        """Returns when all that was sent has flown."""
        await self._asking.settle()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Flies a letter."""
        assert isinstance(command, SendMessage)
        return self._asking.send(command.key, finish, lambda: self._fly(command))

    async def _fly(self, command: SendMessage) -> Result:
        assert self._host is not None
        if self._on_wire.before(command.key):
            return Done(Outcome("unknown"))
        if (why_not := self._host.why_not(command)) is not None:
            return _failed(why_not)
        name = hashlib.sha256(command.key.encode()).hexdigest()[:32]
        letter = {
            "to": command.to, "from": command.source or self._source, "text": whole_text(command.text),
        }  # fmt: skip
        draft = self._out / f"{name}.draft"
        try:
            await draft.write_text(json.dumps(letter), encoding="utf-8")
            self._on_wire.begin(command.key)  # just before it cannot be taken back
            await draft.rename(self._out / f"{name}.json")
        except OSError:
            self._on_wire.undo(command.key)  # for certain
            return _failed("unavailable")
        return Done(Outcome("sent", {"id": name}))

    async def _take(self, host: Host, letter: trio.Path) -> None:
        source, text = await trio.to_thread.run_sync(_read, Path(letter))
        if source is None:
            await letter.rename(letter.with_suffix(".unreadable"))
            return
        data = {"text": text, "subject": None, "id": letter.stem}
        kept = trio.Event()
        refused = host.receive(Incoming("sms", self._source, source, self._new_id(), data=data), kept.set)
        if refused is None:
            await kept.wait()
            await letter.unlink()
        elif not refused.may_come_again:  # nobody wants it
            await letter.rename(letter.with_suffix(".refused"))


def _failed(reason: str) -> Result:
    return Done(Outcome("failed", {"reason": reason}))


def _read(letter: Path) -> tuple[str | None, str]:
    """Who wrote, and what; `None` for what is no letter. In a thread."""
    try:
        with letter.open("rb") as file:
            given = json.loads(file.read(LARGEST))
        return message_address("sms", str(given["from"])), whole_text(str(given["text"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None, ""
