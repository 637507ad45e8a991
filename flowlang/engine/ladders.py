"""Ladders: what backends gathered of the signalling of calls goes to the store, a little with each commit."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

import trio

from flowlang.backends.border import Backend
from flowlang.backends.ladder import LadderPart, LadderSource
from flowlang.model.values import SECOND
from flowlang.store import Store
from flowlang.store.protocol import LadderStore

from .keeping import CHECKPOINT

if TYPE_CHECKING:
    from .engine import Engine

_INTERVAL = 1.0  # seconds between two looks at what is old enough
_AGE = round(CHECKPOINT * SECOND)
"""Microseconds: as much as a call record may miss after a crash."""
_SLICE = 100
"""Rows in one commit: so many take a millisecond, in which nothing else runs."""


class Ladders:
    """Of one engine. With a store in memory nothing is gathered."""

    def __init__(self, engine: Engine, store: Store, backends: Iterable[Backend]) -> None:
        self._engine = engine
        self._store = store if isinstance(store, LadderStore) else None
        self._sources = [
            each for each in backends if isinstance(each, LadderSource) and self._store is not None
        ]
        for each in self._sources:
            each.gather_ladders()

    async def run(self) -> None:
        """Keeps what is old enough, until cancelled."""
        while self._sources:
            await trio.sleep(_INTERVAL)
            await self._write(self._engine.now() - _AGE)

    async def written(self) -> None:
        """Returns when what was gathered so far is on disk."""
        await self._write(self._engine.now() + 1)
        await self._engine.keeper.on_disk()  # also what was taken a moment before

    async def _write(self, before: int) -> None:
        parts = (part for each in self._sources for part in each.take_ladders(before))
        while slice_ := list(islice(parts, _SLICE)):
            self._keep(slice_)
            await self._engine.keeper.on_disk()

    def keep_all(self) -> None:
        """The engine ends: for the last commit."""
        for each in self._sources:
            self._keep(each.take_ladders(self._engine.now() + 1))

    def _keep(self, parts: Iterable[LadderPart]) -> None:
        assert self._store is not None
        for part in parts:
            self._store.keep_ladder(part.activeflow, part.call_id, part.number, part.lines)
