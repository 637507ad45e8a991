"""The steps that an activeflow may still do in this input.

Compiled code takes from `left` by itself, so that a step costs next to nothing; it calls `overspent` when
`left` falls below zero.
"""

from __future__ import annotations

from flowlang.compile.runtime.faults import Fault

from .exits import Killed
from .limits import Limits


class Meter:
    """Past the budget the fault `budget` with some grace, past the last grace the end."""

    __slots__ = ("_limits", "_overruns", "left")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._overruns = 0
        self.left = limits.steps_per_input

    def begin(self) -> None:
        """A new input."""
        self.left = self._limits.steps_per_input

    def spend(self, steps: int) -> None:
        """Counts steps."""
        self.left -= steps
        if self.left < 0:
            self.overspent()

    def overspent(self) -> None:
        """The budget is used up: raises the fault, or ends the activeflow."""
        self._overruns += 1
        if self._overruns >= self._limits.overruns:
            raise Killed
        self.left = self._limits.grace
        raise Fault("budget", f"more than {self._limits.steps_per_input} steps without waiting for anything")
