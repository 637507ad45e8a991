"""Where journals are kept. In memory for now; the interface is `Store`, which a database can fill without the
engine noticing."""

from __future__ import annotations

from typing import Protocol

from flowlang.core.journal import Journal, MemoryJournal


class Store(Protocol):
    """Keeps the journal of each activeflow."""

    def journal(self, activeflow: str) -> Journal:
        """The journal of a new activeflow."""
        ...

    def forget(self, activeflow: str) -> None:
        """The activeflow is over."""
        ...


class MemoryStore:
    """Journals in memory: of the live activeflows, and of the last ones that ended."""

    def __init__(self, keep: int = 100) -> None:
        self.live: dict[str, MemoryJournal] = {}
        self.ended: dict[str, MemoryJournal] = {}
        self._keep = keep

    def journal(self, activeflow: str) -> MemoryJournal:
        """The journal of a new activeflow."""
        self.live[activeflow] = made = MemoryJournal()
        return made

    def forget(self, activeflow: str) -> None:
        """The activeflow is over; its journal can be looked at for a while."""
        journal = self.live.pop(activeflow, None)
        if journal is not None and self._keep:
            self.ended[activeflow] = journal
            while len(self.ended) > self._keep:
                del self.ended[next(iter(self.ended))]


__all__ = ["Journal", "MemoryJournal", "MemoryStore", "Store"]
