"""What outlives an activeflow: journals, records, ladders, the outbox; in memory, or in a data folder. What
the engine asks of either is `Store`.

Beside the store lie files of their own: keys of secrets (`keys.py`), who wants no messages (`opt_outs.py`),
which addresses are machines' (`machines.py`).
"""

from __future__ import annotations

from flowlang.core.journal import Journal, MemoryJournal

from .builds import Build, Reading
from .errors import StoreError
from .memory import MemoryStore
from .protocol import Store

__all__ = ["Build", "Journal", "MemoryJournal", "MemoryStore", "Reading", "Store", "StoreError"]
