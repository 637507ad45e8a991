"""How much work a value makes for what goes through it. Lists share what they hold, so that a small script
can build one that is huge to look at: what looks at all of a value has an allowance, and stops with a fault.
"""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# A script's value may be anything: `type(value) is dict` tells, and what it holds is again anything.
from typing import Any

from flowlang.model.values import Outcome, Value

from .faults import Fault
from .steps import Meter, spend

MAX_WEIGHT = 101_000
"""Entries that a value may have, those of the values in it included, each as often as it stands there:
somewhat more than one list may have."""
MAX_NESTING = 100
"""Lists, maps and outcomes in each other."""

_CHARACTERS = 64  # of a text, that are as much work as one entry
_CHARACTERS_A_STEP = 8  # so that a budget of steps is one of memory too: up to 4 bytes a character
WRITTEN_A_STEP = 1
"""Characters of a list or map that is written as text."""
FREE = 512
"""Characters of a text that cost nothing."""


class Allowance:
    """What may still be looked at."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WEIGHT

    def take(self, value: Any, depth: int) -> None:
        """One more value is looked at. Raises the fault `too_large`."""
        self.left -= 1 + len(value) // _CHARACTERS if type(value) is str else 1
        if self.left < 0:
            raise Fault("too_large", f"a value has more than {MAX_WEIGHT:,} entries in all, or is as large")
        if depth > MAX_NESTING:
            raise Fault("too_large", f"lists and maps stand in each other more than {MAX_NESTING} deep")


def check_weight(*values: Value) -> None:
    """Raises the fault `too_large` for what should not leave the script, where others go through it."""
    if not values:
        return
    allowance = Allowance()
    todo: list[tuple[Any, int]] = [(each, 0) for each in values]
    while todo:
        value, depth = todo.pop()
        allowance.take(value, depth)
        held = value.fields if type(value) is Outcome else value
        if type(held) is tuple:
            todo += [(each, depth + 1) for each in held]
        elif type(held) is dict:
            todo += [(each, depth + 1) for each in held.values()]


def grown(meter: Meter, value: Any) -> Any:
    """The same value, just made; pays for its size."""
    kind = type(value)
    if kind is tuple or kind is dict:
        spend(meter, len(value))
    elif kind is str and len(value) > FREE:
        spend(meter, len(value) // _CHARACTERS_A_STEP)
    return value


def worked(meter: Meter, price: int, function: Any, *arguments: Any) -> Any:
    """What a built-in function gives; pays its price, and for what it goes through and what it makes."""
    spend(meter, price)
    holds = False
    for each in arguments:
        kind = type(each)
        if kind is tuple or kind is dict:
            holds = True
            spend(meter, len(each))
        elif kind is str and len(each) > FREE:
            spend(meter, len(each) // _CHARACTERS_A_STEP)
    made = grown(meter, function(*arguments))
    if holds and type(made) is str:
        spend(meter, len(made) // WRITTEN_A_STEP)
    return made


def compared(meter: Meter, price: int, function: Any, whole: Any, part: Any) -> Any:
    """What a built-in function gives that looks at no more of a text than another has characters."""
    spend(meter, price)
    grown(meter, part)
    return function(whole, part)
