"""What an activeflow gives back for an input, and the commands whose results it waits for."""

from __future__ import annotations

from collections.abc import Callable

from flowlang.model.commands import Command
from flowlang.model.results import Result

from .outputs import Output, Perform, Withdraw

_NONE: frozenset[int] = frozenset()  # one for all: Python makes a new one each time


class Outbox:
    """`next_number` is that of the next action or command: both are counted together. `secret` are the
    commands whose results nobody is to see."""

    __slots__ = ("_outputs", "_waiting", "next_number", "secret")

    def __init__(self, next_number: int) -> None:
        self.next_number = next_number
        self.secret = _NONE
        self._outputs: list[Output] = []
        self._waiting: dict[int, Callable[[Result], None]] | None = None
        """Made with the first command: most that wait for long wait for none."""

    def __len__(self) -> int:
        """How many commands have no result yet."""
        return len(self._waiting or ())

    def add(self, output: Output) -> None:
        """Adds something to what this input gives back."""
        self._outputs.append(output)

    def take(self) -> list[Output]:
        """All that was added since the last time."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def number(self) -> int:
        """The next number for an action or command."""
        number = self.next_number
        self.next_number += 1
        return number

    def perform(self, command: Command, deliver: Callable[[Result], None]) -> Callable[[], None]:
        """Gives a command out; returns how to cancel it."""
        number = self.number()
        if self._waiting is None:
            self._waiting = {}
        self._waiting[number] = deliver
        self.add(Perform(number, command))

        def withdraw() -> None:
            if self._taken_out(number) is not None:
                self.add(Withdraw(number))

        return withdraw

    def deliver(self, number: int, result: Result) -> None:
        """A command is over. The late result of one that was withdrawn is dropped."""
        deliver = self._taken_out(number)
        if number in self.secret:
            self.secret = self.secret - {number} or _NONE
        if deliver is not None:
            deliver(result)

    def _taken_out(self, number: int) -> Callable[[Result], None] | None:
        return self._waiting.pop(number, None) if self._waiting is not None else None

    def withdraw_all(self) -> None:
        """Nobody waits for anything any more."""
        for number in self._waiting or ():
            self.add(Withdraw(number))
        self._waiting = None


def unheard(_result: Result) -> None:
    """For a command whose result nobody waits for."""
