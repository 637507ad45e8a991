"""Somebody with a phone at the ear and keys under the fingers: what a caller and a callee have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowlang.backends.simulated_leg import (
    Answered,
    Ended,
    Heard,
    LegState,
    Line,
    PhoneError,
    Refused,
    Ringing,
    SimulatedLeg,
    address,
)
from flowlang.compile.runtime.patterns import place_of
from flowlang.model.secrets import MASK, shown_text
from flowlang.model.values import MILLISECOND, Regex, Value

from .party import CannotError

if TYPE_CHECKING:
    from flowlang.testing.world import World

_REFUSED = 300  # RFC 3261 §21: from there on
_BETWEEN_KEYS = 200 * MILLISECOND  # an unhurried finger; ITU-T Q.24 asks for 65 ms at the least


class Phone:
    """A party of a call. What he hears counts from its beginning, also where it is cut. A subclass makes the
    leg."""

    _line: Line

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = world
        self._found = 0
        self._offset = 0
        self._places: list[int] = []

    @property
    def _leg(self) -> SimulatedLeg:
        """At whose far end he is."""
        return self._line.leg

    @property
    def over(self) -> str | None:
        """How the call ended."""
        match self._leg.state:
            case Refused(status):
                return f"the call was refused with {status}"
            case Ended(by, cause):
                return f"the call is over: {'hung up' if by == 'us' else cause}"
            case _:
                return None

    @property
    def unfound(self) -> frozenset[int]:
        """See `Party`."""
        return frozenset(self._places[self._found + bool(self._offset) :])

    def transfer_to(self, other: Phone) -> None:
        """Asks that those whom he talks to in his two calls, this one and the other, go on without him."""
        self._world.note(self.name, f"transfers to {other.name}")
        try:
            status = self._leg.transfer_to(other._leg)
        except PhoneError as error:
            raise CannotError(str(error)) from None
        if status >= _REFUSED:
            self._world.note(self.name, f"is told {status}")
        self._world.settle()

    def act(self, verb: str, value: Value) -> None:
        """Does it, in the world's time."""
        try:
            if verb == "presses":
                self._press(str(value))
                return
            self._world.note(self.name, f'{verb} "{value}"' if value is not None else verb)
            self._do(verb, value)
        except PhoneError as error:
            raise CannotError(str(error)) from None
        self._world.settle()

    def _do(self, verb: str, value: Value) -> None:
        """`says`, `holds`, `unholds`, `transfers to`, `hangs up`."""
        match verb:
            case "says":
                self._leg.speak(str(value))
            case "holds":
                self._leg.hold()
            case "unholds":
                self._leg.unhold()
            case "transfers to":
                self._leg.transfer(address(str(value)))
            case "hangs up":
                self._leg.hang_up()
            case _:
                raise CannotError(f"somebody on the phone has no verb `{verb}`")

    def finds(self, expected: str | Regex) -> bool:
        """Looks from behind the last find on, in one thing heard after the other."""
        for index in range(self._found, len(self._leg.heard)):
            text = self._leg.heard[index].what
            end = _end_of(expected, text, self._offset if index == self._found else 0)
            if end is not None:
                self._found, self._offset = index, end
                return True
        return False

    def _press(self, keys: str) -> None:
        for place, key in enumerate(keys):
            if place:
                self._world.run_to(self._world.at + _BETWEEN_KEYS)
            with self._world.done_by(self.name, f"presses {key}", f"presses {MASK}"):
                self._leg.press(key)
            self._world.settle()

    def _saw(self, change: LegState | Heard) -> None:
        match change:
            case Heard(until=None):
                self._places.append(len(self._world.seen))
                heard = shown_text(change.what)
                what = f"hears the keys {heard}" if change.kind == "press" else f'hears "{heard}"'
                self._world.note(self.name, what)
            case Heard():
                place = self._places[-1]
                self._world.seen[place] = replace(self._world.seen[place], cut=change.cut)
            case Ringing():
                self._world.note(self.name, "hears it ring")
            case Answered():
                self._world.note(self.name, "is answered")
            case Refused():
                self._world.note(self.name, f"is refused with {change.status}")
            case Ended(by="us", cause="cancelled"):
                self._world.note(self.name, "is no longer called")
            case Ended(by="us"):
                self._world.note(self.name, "is hung up on")
            case _:
                pass


def _end_of(expected: str | Regex, text: str, start: int) -> int | None:
    """Where the first find from `start` on ends."""
    if isinstance(expected, Regex):
        place = place_of(expected, text, start)
        return place[1] if place is not None else None
    at = text.find(expected, start)
    return at + len(expected) if at >= 0 else None
