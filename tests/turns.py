"""Turns: where several processes share the tests (`pytest -n`), one that is marked `alone` runs while the
others wait. Such are those that a busy machine would fail, and those that would make others fail.
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """Locks on two files of a folder that the processes share (flock(2))."""

    def __init__(self, folder: Path) -> None:
        self._gate = folder / "gate.lock"
        self._floor = folder / "floor.lock"

    @contextmanager
    def taken(self, *, alone: bool) -> Generator[None]:
        """While the block lasts nobody runs who wants to be alone, or nobody at all."""
        with self._gate.open("w") as gate, self._floor.open("w") as floor:
            fcntl.flock(gate, fcntl.LOCK_EX)  # who waits for all others keeps the gate: no new one begins
            fcntl.flock(floor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            if not alone:
                fcntl.flock(gate, fcntl.LOCK_UN)
            yield
