"""Operators that compare: `==`, `<`, `in` and their like. They go through as much as a script hands them, so
each pays the meter for what it looked at; what is small, as nearly all is, costs nothing more than the
statement that it stands in.
"""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# A script's value may be anything: `type(value) is dict` tells, and what it holds is again anything.
from decimal import Decimal
from typing import Any

from flowlang.model.values import Duration, Outcome, Regex, Time, type_name

from .faults import Fault
from .operators import is_number, wrong
from .steps import Meter, spend
from .weights import FREE, MAX_WEIGHT, Allowance

# By measure, in steps of about 0.2 µs: see tests/sandbox/test_prices.py.
_ENTRY = 2
"""Steps to compare one entry of a list, map or outcome with its counterpart."""
_TEXTS_A_STEP = 8
"""Entries of a list that a text is looked for in, a step."""
_EQUAL_A_STEP = 1024
"""Characters of texts that are compared whether they are the same, a step: up to 4 KiB of memory."""
_ORDERED_A_STEP = 256
"""Characters of texts that are put in order, a step: those of Latin-1 and wider ones one by one."""
_SEARCHED_A_STEP = 64
"""Characters of a text that another is looked for in, a step."""

_HOLDS_NOTHING = frozenset({int, str, bool, Decimal, Duration, Time, Regex, type(None)})
_ORDERED = frozenset({str, Duration, Time})


def equal(meter: Meter, left: Any, right: Any) -> bool:
    """`left == right`: values of different types are never equal, but an integer may equal a decimal."""
    kind, other = type(left), type(right)
    if kind is not other and not (is_number(left) and is_number(right)):
        return False
    if kind in _HOLDS_NOTHING:
        if kind is str and len(left) > FREE and len(left) == len(right):
            spend(meter, len(left) // _EQUAL_A_STEP)
        return left == right
    allowance = Allowance()
    same = _equal(left, right, allowance, 0)
    spend(meter, _ENTRY * (MAX_WEIGHT - allowance.left))
    return same


def _equal(left: Any, right: Any, allowance: Allowance, depth: int) -> bool:
    kind, other = type(left), type(right)
    if kind is not other and not (is_number(left) and is_number(right)):
        allowance.take(None, depth)
        return False
    allowance.take(left, depth)
    if left is right:
        return True
    if kind is tuple:
        pairs = zip(left, right, strict=True) if len(left) == len(right) else None
    elif kind is dict:
        pairs = ((each, right[key]) for key, each in left.items()) if left.keys() == right.keys() else None
    elif kind is Outcome:
        pairs = ((left.fields, right.fields),) if left.name == right.name else None
    else:
        return left == right
    return pairs is not None and all(_equal(one, two, allowance, depth + 1) for one, two in pairs)


def unequal(meter: Meter, left: Any, right: Any) -> bool:
    """`left != right`."""
    return not equal(meter, left, right)


def check_order(operator: str, left: Any, right: Any) -> None:
    """Raises the fault `type` for two that are in no order."""
    kind = type(left)
    if (kind is not type(right) or kind not in _ORDERED) and not (is_number(left) and is_number(right)):
        raise wrong(operator, left, right)


def _pay(meter: Meter, operator: str, left: Any, right: Any) -> None:
    check_order(operator, left, right)
    if type(left) is str and len(left) > FREE:
        spend(meter, min(len(left), len(right)) // _ORDERED_A_STEP)


def less(meter: Meter, left: Any, right: Any) -> bool:
    """`left < right`."""
    if type(left) is not int or type(right) is not int:
        _pay(meter, "<", left, right)
    return left < right


def less_or_equal(meter: Meter, left: Any, right: Any) -> bool:
    """`left <= right`."""
    if type(left) is not int or type(right) is not int:
        _pay(meter, "<=", left, right)
    return left <= right


def greater(meter: Meter, left: Any, right: Any) -> bool:
    """`left > right`."""
    if type(left) is not int or type(right) is not int:
        _pay(meter, ">", left, right)
    return left > right


def greater_or_equal(meter: Meter, left: Any, right: Any) -> bool:
    """`left >= right`."""
    if type(left) is not int or type(right) is not int:
        _pay(meter, ">=", left, right)
    return left >= right


def contained(meter: Meter, item: Any, container: Any) -> bool:
    """`item in container`: an item of a list, a key of a map, a part of a text."""
    kind = type(item)
    if type(container) is tuple:
        if kind is str and len(item) <= FREE:  # no other kind of value equals a text in Python
            spend(meter, len(container) // _TEXTS_A_STEP)
            return item in container
        allowance = Allowance()
        there = any(_equal(item, each, allowance, 0) for each in container)
        spend(meter, _ENTRY * (MAX_WEIGHT - allowance.left))
        return there
    if kind is str and type(container) is dict:
        return item in container
    if kind is str and type(container) is str:
        if len(container) > FREE:
            spend(meter, len(container) // _SEARCHED_A_STEP)
        return item in container
    raise Fault("type", f"`in` does not take {type_name(item)} and {type_name(container)}")


def not_contained(meter: Meter, item: Any, container: Any) -> bool:
    """`item not in container`."""
    return not contained(meter, item, container)
