"""What all parties have in common."""

from __future__ import annotations

from typing import Protocol

from flowlang.model.values import Regex, Value


class CannotError(Exception):
    """The party cannot do that now; the message says why, without the party's name."""


class Party(Protocol):
    """Somebody at the other end. `heard` are the texts that came to him, in order."""

    name: str

    @property
    def over(self) -> str | None:
        """Why nothing will come to him any more; `None` while something may."""
        ...

    @property
    def unfound(self) -> frozenset[int]:
        """What came since the last find, as places in the world's list of things seen."""
        ...

    def act(self, verb: str, value: Value) -> None:
        """Does what a statement says, in the world's time. Raises `CannotError`."""
        ...

    def finds(self, expected: str | Regex) -> bool:
        """Whether something like this came since the last find; then all up to its end counts as found."""
        ...
