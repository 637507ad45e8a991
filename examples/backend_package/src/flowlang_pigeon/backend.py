"""The backend. A letter is a JSON file; its name says who it is for and is never made of what people wrote.

- What goes out has the engine's key in its name, so that the same letter is never flown twice, also by
  another process. It is written beside and then renamed: whoever looks into the loft sees whole letters only.
- What comes in is taken from `in`, and its file is removed when the engine has kept it: a crash before that
  leaves the letter where it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from flowlang.backends.border import Finish, Host, Incoming
from flowlang.model.addresses import message_address
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.results import Done
from flowlang.model.values import Outcome, Value

LOOKS = 0.05
"""Seconds between two looks into the loft."""
LARGEST = 100_000  # bytes of a letter


class PigeonBackend:
    """`loft` is made where it is not there; `source` is the address that it writes from."""

    name = "pigeon"
    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(self, loft: Path, source: str) -> None:
        self._in = loft / "in"
        self._out = loft / "out"
        self._source = source
        self._waiting: list[tuple[SendMessage, Finish]] = []
        self._running = False
        self._taken: set[str] = set()

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        """Looks for letters until cancelled."""
        for folder in (self._in, self._out):
            folder.mkdir(parents=True, exist_ok=True)
        self._running = True
        waiting, self._waiting = self._waiting, []
        for command, finish in waiting:
            finish(self._fly(command))
        task_status.started(f"pigeons fly from {self._out.parent.name}")
        while True:
            for letter in sorted(self._in.glob("*.json")):
                self._take(host, letter)
            await trio.sleep(LOOKS)

    async def settle(self) -> None:
        """A letter has flown when it is written."""
        await trio.lowlevel.checkpoint()

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        """Flies a letter: at once, or when `run` has made the loft."""
        assert isinstance(command, SendMessage)
        if self._running:
            finish(self._fly(command))
            return lambda: None
        entry = command, finish
        self._waiting.append(entry)
        return lambda: self._waiting.remove(entry) if entry in self._waiting else None

    def _fly(self, command: SendMessage) -> Done:
        name = hashlib.sha256(command.key.encode()).hexdigest()[:32]
        letter = self._out / f"{name}.json"
        if not letter.exists():
            given = {"to": command.to, "from": command.source or self._source, "text": command.text}
            draft = letter.with_suffix(".draft")
            draft.write_text(json.dumps(given), encoding="utf-8")
            draft.rename(letter)
        return Done(Outcome("sent", {"id": name}))

    def _take(self, host: Host, letter: Path) -> None:
        name = letter.stem
        if name in self._taken:
            return
        source, text = _read(letter)
        if source is None:
            letter.rename(letter.with_suffix(".unreadable"))
            return
        data: dict[str, Value] = {"text": text, "subject": None, "id": name}
        self._taken.add(name)

        def kept() -> None:
            letter.unlink(missing_ok=True)
            self._taken.discard(name)

        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        incoming = Incoming("sms", self._source, source, f"pigeon-{digest}", data=data)
        refused = host.receive(incoming, kept)
        if refused is not None:
            self._taken.discard(name)
            if refused.status != 503:  # 503: later; else nobody wants it
                letter.rename(letter.with_suffix(".refused"))


def _read(letter: Path) -> tuple[str | None, str]:
    """Who wrote, and what; `None` for what is no letter."""
    try:
        with letter.open("rb") as file:
            given = json.loads(file.read(LARGEST))
        return message_address("sms", str(given["from"])), str(given["text"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None, ""
