"""The steps that an activeflow may still do in this input.

Compiled code takes from `left` by itself, so that a step costs next to nothing; it calls `overspent` when
`left` falls below zero.
"""

from __future__ import annotations

from typing import Any

from flowlang.compile.runtime.faults import Fault

from .exits import Killed
from .limits import Limits

SLICE = 8_000
"""Steps after which other activeflows may run: about a millisecond."""


class Meter:
    """Past the budget the fault `budget` with some grace, past the last grace the end. `left` is that of the
    slice."""

    __slots__ = ("_first", "_limits", "_overruns", "_rest", "_sliced", "left")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._first = min(limits.steps_per_input, SLICE)
        self._overruns = 0
        self._sliced: Any = None
        self.begin()

    def begin(self) -> None:
        """A new input."""
        self.left = first = self._first
        self._rest = self._limits.steps_per_input - first

    @property
    def unspent(self) -> int:
        """The steps that are left of the budget."""
        return self.left + self._rest

    def in_slices(self, worker: Any, *given: Any, **named: Any) -> Any:
        """Goes on with a greenlet, until it is over or its slice is."""
        self._sliced = worker
        try:
            return worker.switch(*given, **named)
        finally:
            self._sliced = None

    def spend(self, steps: int) -> None:
        """Counts steps."""
        self.left -= steps
        if self.left < 0:
            self.overspent()

    def overspent(self) -> None:
        """The slice is used up, or the budget: that raises the fault, or ends the activeflow."""
        if self._overruns >= self._limits.overruns:
            raise Killed
        if self.unspent >= 0:
            more = min(max(SLICE, -self.left), self._rest)
            self.left += more
            self._rest -= more
            if self._sliced is not None:
                self._sliced.parent.switch()
            return
        self._overruns += 1
        if self._overruns >= self._limits.overruns:
            self.close()
            raise Killed
        self.left, self._rest = self._limits.grace, 0
        raise Fault("budget", f"more than {self._limits.steps_per_input} steps without waiting for anything")

    def close(self) -> None:
        """Nothing may be spent any more."""
        self._overruns = self._limits.overruns
        self.left, self._rest = -1, 0
