"""What the engine asks of a store. `MemoryStore` and `SqliteStore` are two; a third needs no change of the
engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flowlang.core.journal import Journal

from .builds import Build


class Store(Protocol):
    """Keeps the journal of each activeflow and the records of calls. What it is given counts once `commit`
    has returned."""

    durable: bool
    """Whether it outlives the process: then the engine does nothing in the world before `commit`."""

    def journal(self, activeflow: str, build: Build) -> Journal:
        """The journal of a new activeflow that runs on this build."""
        ...

    def forget(self, activeflow: str) -> None:
        """The activeflow is over, and all that came of it was done."""
        ...

    def keep_record(self, record: Mapping[str, Any]) -> None:
        """A call record as it stands, by the names of `CallRecord`; `leg` and `started` tell which. `ended`
        is `None` while it is open."""
        ...

    def alive(self, at: int) -> None:
        """The process is there: open records are at least as long."""
        ...

    @property
    def pending(self) -> bool:
        """Whether there is anything to commit."""
        ...

    def commit(self) -> None:
        """What was given so far is on disk when this returns. Raises `StoreError`: then no more comes of it,
        now or later."""
        ...
