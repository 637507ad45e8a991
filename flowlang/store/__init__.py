"""Where journals and call records are kept: in memory, or in a data folder. `Store` is what the engine asks
of either."""

from __future__ import annotations

from flowlang.core.journal import Journal, MemoryJournal

from .builds import Build, Reading
from .errors import StoreError
from .memory import MemoryStore
from .protocol import Store

__all__ = ["Build", "Journal", "MemoryJournal", "MemoryStore", "Reading", "Store", "StoreError"]
