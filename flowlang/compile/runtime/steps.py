"""What a `func` and a loop cost: steps off a meter, and depth.

The meter is the core's; compiled code takes from `left` by itself and only calls here when it falls below
zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any, NoReturn, Protocol

from flowlang.model.values import Value, type_name

from .faults import Fault
from .sizes import MAX_DEPTH

FEW_ROUNDS = 8
_MANY_STEPS = 8_000  # of a piece: about a millisecond, after which others may run


class Meter(Protocol):
    """`left` may be taken from at will; below zero `overspent` has to be called."""

    left: int

    def overspent(self) -> None:
        """Gives more, or raises what a spent budget raises."""
        ...


def overspent(meter: Meter) -> None:
    """`left` fell below zero."""
    meter.overspent()


def spend(meter: Meter, steps: int) -> None:
    """Takes steps off."""
    meter.left -= steps
    if meter.left < 0:
        meter.overspent()


def rounds(meter: Meter, count: int, cost: int) -> Iterator[None]:
    """The next rounds of a loop, paid for."""
    meter.left -= count * cost
    if meter.left < 0:
        meter.overspent()
    return repeat(None, count)


def more_rounds(count: int, cost: int) -> int:
    """How many rounds come after so many."""
    return min(2 * count, _most(cost))


def _most(cost: int) -> int:
    return max(FEW_ROUNDS, _MANY_STEPS // cost)


def chunks(meter: Meter, value: Any, cost: int) -> Iterator[tuple[Value, ...]]:
    """What `for` goes through: a list, or the keys of a map, in pieces that are paid for."""
    if type(value) is dict:
        value = tuple(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if type(value) is not tuple:  # pyright: ignore[reportUnknownArgumentType]
        raise Fault("type", f"`for` goes through a list or a map, not {type_name(value)}")
    return _paid(meter, value, cost)  # pyright: ignore[reportUnknownArgumentType]


def _paid(meter: Meter, value: tuple[Value, ...], cost: int) -> Iterator[tuple[Value, ...]]:
    most = _most(cost)
    for start in range(0, len(value), most):
        piece = value[start : start + most]
        spend(meter, len(piece) * cost)
        yield piece


def called(meter: Meter, depth: int, cost: int) -> int:
    """A flow or `func` is called: its cost in steps, one deeper."""
    spend(meter, cost)
    if depth >= MAX_DEPTH:
        too_deep()
    return depth + 1


def too_deep() -> NoReturn:
    """Calls are nested too deeply."""
    raise Fault("depth", f"flows and functions call each other more than {MAX_DEPTH} deep")
