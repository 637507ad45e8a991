"""Somebody who calls: a phone at the ear, keys under the fingers."""

from __future__ import annotations

from dataclasses import replace

from flowlang.backends.border import Incoming
from flowlang.backends.simulated_leg import (
    Answered,
    Ended,
    Heard,
    LegState,
    PhoneError,
    Refused,
    Ringing,
    SimulatedLeg,
    address,
)
from flowlang.compile.runtime.patterns import place_of
from flowlang.model.values import MILLISECOND, Regex, Value
from flowlang.testing.world import World

from .party import CannotError

_BETWEEN_KEYS = 200 * MILLISECOND  # an unhurried finger; ITU-T Q.24 asks for 65 ms at the least


class Caller:
    """A party of a call. What he hears counts from its beginning, also where it is cut."""

    def __init__(self, world: World, name: str, source: str, to: str, display: str | None) -> None:
        self.name = name
        self._world = world
        self._found = 0
        self._offset = 0
        self._places: list[int] = []
        incoming = Incoming("call", address(to), address(source), world.new_id("call"), display)
        self._leg = SimulatedLeg(world, world.later, incoming, world.pace, self._saw)
        world.note(name, f"calls {to}")
        self._leg.place()

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

    def act(self, verb: str, value: Value) -> None:
        """`presses`, `holds`, `unholds`, `hangs up`."""
        try:
            match verb:
                case "presses":
                    self._press(str(value))
                case "holds":
                    self._leg.hold()
                case "unholds":
                    self._leg.unhold()
                case "hangs up":
                    self._leg.hang_up()
                case _:
                    raise CannotError(f"a caller has no verb `{verb}`")
        except PhoneError as error:
            raise CannotError(str(error)) from None
        if verb != "presses":
            self._world.note(self.name, verb)
        self._world.settle()

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
            self._leg.press(key)
            self._world.note(self.name, f"presses {key}")
            self._world.settle()

    def _saw(self, change: LegState | Heard) -> None:
        match change:
            case Heard(until=None):
                self._places.append(len(self._world.seen))
                self._world.note(self.name, f'hears "{change.what}"')
            case Heard():
                place = self._places[-1]
                self._world.seen[place] = replace(self._world.seen[place], cut=change.cut)
            case Ringing():
                self._world.note(self.name, "hears it ring")
            case Answered():
                self._world.note(self.name, "is answered")
            case Refused():
                self._world.note(self.name, f"is refused with {change.status}")
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
