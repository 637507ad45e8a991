"""Engines on a data folder, one process after the other, without processes: what was committed is all that
the next one has."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import flowlang
from flowlang.engine.recovery import Recovered
from flowlang.model.action import Action, Parameter
from flowlang.model.observations import Logged, Observation
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


@asynccontextmanager
async def engine_on(
    store: SqliteStore, text: str | None = None, watched: Watched | None = None, *actions: object
) -> AsyncGenerator[tuple[flowlang.Engine, Recovered]]:
    """An engine that has recovered. `actions` are pairs of declaration and function."""
    with store:
        async with flowlang.open_engine(store=store) as engine:
            for declared, function in actions:  # pyright: ignore
                engine.add_action(declared, function)
            if watched is not None:
                engine.observe(watched)
            recovered = engine.recover()
            if text is not None:
                engine.load_text(text)
            yield engine, recovered
