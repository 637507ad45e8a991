"""Engines on a data folder, one process after the other, without processes: what was committed is all that
the next one has."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

import flowlang
from flowlang.backends.border import Finish, Host, Incoming, Refusal, nothing
from flowlang.engine.recovery import Recovered
from flowlang.engine.retention import Retention
from flowlang.model.action import Action, Parameter
from flowlang.model.message_commands import OutsideCommand, SendMessage
from flowlang.model.observations import Logged, Observation
from flowlang.model.results import Done, Result
from flowlang.model.values import Outcome
from flowlang.store.sqlite import SqliteStore


class Watched:
    """The log lines of an engine."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, observation: Observation) -> None:
        if isinstance(observation, Logged):
            self.lines.append(observation.text)


class Crash(Exception):
    """The process ends here, as by kill -9: nothing more is committed."""


class DyingStore(SqliteStore):
    """Crashes in the commit of that number, before it is made or after; never where it is 0."""

    def __init__(self, folder: Path, at: int = 0, *, after: bool = False) -> None:
        super().__init__(folder)
        self._left = at
        self._after = after
        self.dead = False

    def commit(self) -> None:
        if self.dead:
            raise flowlang.StoreError("dead")
        if not self.pending:
            return
        self._left -= 1
        if self._left == 0:
            self.dead = True
            if self._after:
                super().commit()
            raise flowlang.StoreError("killed")
        super().commit()


CHARGE = Action(
    "charge", "Takes money.", (Parameter("amount", ("integer",), "how much", by_place=True),),
    recovery="repeat", key="key",
)  # fmt: skip
PRINT = Action("print_label", "Prints a label.", recovery="unknown")


class Carrier:
    """Text messages in and out. `answers` is what becomes of each that goes out, `None` for nothing yet."""

    name = "carrier"
    channels = frozenset({"sms"})
    commands: frozenset[str] = frozenset()
    outlets = frozenset({"sms"})

    def __init__(self, answers: Callable[[SendMessage], Result | None] | None = None) -> None:
        self.commands_out: list[SendMessage] = []
        self.finishes: dict[str, Finish] = {}
        self._answers = answers or (lambda command: Done(Outcome("sent", {"id": command.key})))
        self._host: Host | None = None

    @property
    def sent(self) -> list[str]:
        """The texts that went out."""
        return [each.text for each in self.commands_out]

    async def run(self, host: Host, *, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        self._host = host
        task_status.started("carrier")
        await trio.sleep_forever()

    async def settle(self) -> None:
        pass

    def receive(self, source: str, text: str, kept: Callable[[str], None] = lambda _: None) -> None:
        """Somebody writes; `kept` is given the text when it is taken."""
        assert self.offer(source, text, kept) is None

    def offer(self, source: str, text: str, kept: Callable[[str], None]) -> Refusal | None:
        """The same, where it may be refused."""
        assert self._host is not None
        data = {"text": text, "subject": None, "id": f"id-{text}"}
        incoming = Incoming("sms", "sms:+16062067563", f"sms:{source}", f"in-{text}", data=data)
        return self._host.receive(incoming, lambda: kept(text))

    def report(self, message: str, status: str) -> None:
        """What became of one that went out."""
        assert self._host is not None
        self._host.report(message, status)

    def send(self, command: OutsideCommand, finish: Finish) -> Callable[[], None]:
        assert isinstance(command, SendMessage)
        self.commands_out.append(command)
        self.finishes[command.key] = finish
        if (result := self._answers(command)) is not None:
            finish(result)
        return nothing


@asynccontextmanager
async def engine_on(
    store: SqliteStore, text: str | None = None, watched: Watched | None = None, *actions: object
) -> AsyncGenerator[tuple[flowlang.Engine, Recovered]]:
    """An engine that has recovered and forgets as `flow serve` does. `actions` are pairs of declaration and
    function."""
    with store:
        async with flowlang.open_engine(store=store, retention=Retention()) as engine:
            for declared, function in actions:  # pyright: ignore
                engine.add_action(declared, function)
            if watched is not None:
                engine.observe(watched)
            recovered = engine.recover()
            if text is not None:
                engine.load_text(text)
            yield engine, recovered
