"""What a pyVoIP phone tells of a call, and what is asked of both: the border between its threads and trio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .sound import Sound


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody calls: `source` is an address, `name` what he calls himself."""

    source: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Rang:
    """It rings where we call."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Who we call answered."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Who we call did not take it."""

    status: int


@dataclass(frozen=True, slots=True)
class Left:
    """The other side hung up; before the answer, `cancelled`."""

    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Digit:
    """A key was pressed."""

    digit: str


News = Came | Rang | Answered | Refused | Left | Digit


class Call(Protocol):
    """A call of a phone. Everything may block, so a worker thread does it; raises `OSError`."""

    sound: Sound

    def accept(self) -> None:
        """Answers it."""
        ...

    def end(self, status: int) -> None:
        """Hangs up, cancels, or refuses it with a status; nothing where it is over."""
        ...

    def close(self) -> None:
        """Gives up its sockets and its port; nothing where that was done."""
        ...


Tell = Callable[[Call, News], None]
"""Called in threads of the phone's."""


class Phone(Protocol):
    """A phone that is registered somewhere. Everything may block."""

    def open(self) -> str | None:
        """Registers; what went wrong, where something did."""
        ...

    def place(self, number: str, begun: Callable[[Call], None]) -> None:
        """Calls; `begun` is told the call before anything can come of it. Raises `OSError`."""
        ...

    def shut(self) -> None:
        """Leaves."""
        ...
