"""Chance: the same in each replay."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from flowlang.compile.runtime.faults import Fault
from flowlang.model.values import Value


class Chance:
    """`random()` of one activeflow, from the seed that it opened with."""

    __slots__ = ("_random", "_seed")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random: Random | None = None  # made when it is first asked: its state takes 2.5 KiB

    def new_seed(self) -> int:
        """For what the activeflow goes on as."""
        return Random(self._seed).getrandbits(63) if self._random is None else self._random.getrandbits(63)

    def __call__(self, ends: tuple[Value, ...]) -> Value:
        """A decimal below 1; between two integers an integer."""
        if self._random is None:
            self._random = Random(self._seed)
        match ends:
            case ():
                return Decimal(self._random.getrandbits(53)) / (1 << 53)
            case (int(low), int(high)) if low <= high:
                return self._random.randint(low, high)
            case _:
                text = "`random` takes nothing, or two integers of which the first is not the larger"
                raise Fault("value", text)
