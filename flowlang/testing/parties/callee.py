"""Somebody who is called. His phone rings at once; he does nothing more until a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.backends.border import Inbox, Outgoing
from flowlang.backends.simulated_callee import SimulatedCallee
from flowlang.model.values import Value

from .phone import Phone

if TYPE_CHECKING:
    from flowlang.testing.world import World

_BUSY, _DECLINE, _UNAVAILABLE = 486, 603, 503  # RFC 3261 §21.4.24, §21.6.2, §21.5.4


class Callee(Phone):
    """`name` is what the table calls him, until a test has given him another by `expect dial` (`claimed`)."""

    def __init__(self, world: World, outgoing: Outgoing, inbox: Inbox, name: str) -> None:
        super().__init__(world, name)
        self.outgoing = outgoing
        self.claimed = False
        self._callee = SimulatedCallee(world, world.later, outgoing, inbox, world.pace, self._saw)
        self._line = self._callee.line

    @property
    def leg(self) -> SimulatedCallee:
        """His end of the call."""
        return self._callee

    def called(self) -> None:
        """The call reaches him."""
        headers = "; ".join(f"{name}: {value}" for name, value in self.outgoing.headers.items())
        self._world.note(self.name, f"is called with {headers}" if headers else "is called")
        if self._world.outside.carrier_is_down:
            self._callee.reject(_UNAVAILABLE)
        else:
            self._callee.ring()

    def claim(self, name: str) -> None:
        """A test has found him."""
        self.claimed = True
        self.name = name

    def _do(self, verb: str, value: Value) -> None:
        match verb:
            case "answers":
                self._callee.answer()
            case "rejects":
                self._callee.reject(_DECLINE)
            case "is busy":
                self._callee.reject(_BUSY)
            case _:
                super()._do(verb, value)
