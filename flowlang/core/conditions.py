"""`wait until CONDITION`: looked at after each input, when all strands wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .blocks import without

if TYPE_CHECKING:
    from .strand import Strand


class Conditions:
    """The strands that wait so, in the order in which they began to."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: tuple[tuple[Strand, Callable[[], bool]], ...] = ()

    def __iter__(self) -> Iterator[Strand]:
        return (strand for strand, _ in self._waiting)

    def wait(self, strand: Strand, holds: Callable[[], bool]) -> Callable[[], None]:
        """The strand waits; returns how to give up."""
        one = strand, holds
        self._waiting = (*self._waiting, one)

        def give_up() -> None:
            self._waiting = without(self._waiting, one)

        return give_up

    def wake_those_that_hold(self) -> bool:
        """Wakes each whose condition holds by now, or faults; tells whether any did."""
        woken = False
        for one in self._waiting:
            strand, holds = one
            try:
                if not holds():
                    continue
                found = None
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault in the script
                found = strand.fault(error)
            self._waiting = without(self._waiting, one)
            strand.wake(found)
            woken = True
        return woken
