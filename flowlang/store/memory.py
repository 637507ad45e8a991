"""The store in memory: for tests, for calls in a terminal, and for hosts that want no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowlang.core.journal import MemoryJournal

from .builds import Build


class MemoryStore:
    """Journals of the live activeflows, and of the last ones that ended. Records go to those who watch, and
    are not kept."""

    durable = False
    pending = False

    def __init__(self, keep: int = 100) -> None:
        self.live: dict[str, MemoryJournal] = {}
        self.ended: dict[str, MemoryJournal] = {}
        self._keep = keep

    def journal(self, activeflow: str, build: Build) -> MemoryJournal:
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

    def keep_record(self, record: Mapping[str, Any]) -> None:
        """Nothing is kept."""

    def alive(self, at: int) -> None:
        """Nothing is kept."""

    def prepare(self) -> bool:
        """Nothing is kept."""
        return False

    def commit(self) -> None:
        """Memory needs none."""

    def close(self) -> None:
        """Nor this."""
