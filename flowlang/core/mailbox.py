"""A strand waiting for whichever of several things comes first."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from .strand import Strand, WhenLeft

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Things are put in as they come; its strand takes them out in order."""

    __slots__ = ("_items", "_strand", "_waits", "_when_left")

    def __init__(self, strand: Strand, when_left: WhenLeft = WhenLeft.LEG) -> None:
        self._strand = strand
        self._when_left = when_left
        self._items: deque[T] = deque()
        self._waits = False

    def put(self, item: T) -> None:
        """Adds a thing; wakes the strand if it waits here."""
        self._items.append(item)
        if self._waits:
            self._waits = False
            self._strand.wake(None)

    async def get(self) -> T:
        """The next thing; waits for it. `when_left` says what the caller's leaving means meanwhile."""
        if not self._items:
            self._waits = True
            await self._strand.suspend(self._give_up, when_left=self._when_left)
        return self._items.popleft()

    @property
    def left(self) -> tuple[T, ...]:
        """What nobody took out."""
        return tuple(self._items)

    def _give_up(self) -> None:
        self._waits = False
