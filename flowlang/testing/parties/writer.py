"""Somebody who writes: by text message, e-mail or chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowlang.compile.runtime.patterns import place_of
from flowlang.model.secrets import MASK, shown_text
from flowlang.model.values import Regex, Value

from .party import CannotError

if TYPE_CHECKING:
    from flowlang.testing.outside import Given
    from flowlang.testing.world import World


class Writer:
    """`address` and `ours` have their schemes: where he is, and where he writes to."""

    def __init__(self, world: World, name: str, channel: str, address: str, ours: str) -> None:
        self.name = name
        self.channel = channel
        self.address = address
        self.ours = ours
        self._world = world
        self._got: list[tuple[Given, str]] = []
        self._found = 0
        self._offset = 0

    @property
    def over(self) -> str | None:
        """Somebody may write to him at any time."""
        return None

    @property
    def unfound(self) -> frozenset[int]:
        """See `Party`."""
        return frozenset(given.place for given, _ in self._got[self._found + bool(self._offset) :])

    def act(self, verb: str, value: Value) -> None:
        """`says` and `sends`: the next message of his."""
        if verb not in ("says", "sends"):
            raise CannotError(f"somebody who writes has no verb `{verb}`")
        self.write(str(value))
        refused = self._world.why_refused()
        if refused is not None:
            raise CannotError(f"no route takes this: {refused}")
        self._world.settle()

    def write(self, text: str, subject: str | None = None) -> None:
        """Sends a message, which is noted."""
        sends = f'sends "{subject}: {text}"' if subject else f'sends "{text}"'
        with self._world.done_by(self.name, sends, f'sends "{MASK}"'):
            self._world.threads.come_in(self, text, subject)

    def get(self, given: Given, text: str) -> None:
        """A message reaches him."""
        self._got.append((given, text))
        self._world.note(self.name, f'gets "{shown_text(text)}"')

    def finds(self, expected: str | Regex) -> bool:
        """Looks from behind the last find on, in one message after the other."""
        for index in range(self._found, len(self._got)):
            text = self._got[index][1]
            start = self._offset if index == self._found else 0
            if isinstance(expected, Regex):
                place = place_of(expected, text, start)
                end = place[1] if place is not None else -1
            else:
                at = text.find(expected, start)
                end = at + len(expected) if at >= 0 else -1
            if end >= 0:
                self._found, self._offset = index, end
                for given, _ in self._got[: index + 1]:
                    given.open = False
                return True
        return False
