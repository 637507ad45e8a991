"""Operators: they check types, sizes and 64 bits, and never turn a value into something else in silence."""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# A script's value may be anything: `type(value) is dict` tells, and what it holds is again anything.
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

from flowlang.model.values import Duration, Outcome, Time, Value, type_name

from . import decimals
from .decimals import DECIMALS
from .faults import Fault
from .sizes import check_items, integer
from .weights import Allowance


def _wrong(operator: str, left: Value, right: Value) -> Fault:
    hint = (
        "; text is built with ${}"
        if operator == "+" and (isinstance(left, str) or isinstance(right, str))
        else ""
    )
    return Fault("type", f"`{operator}` does not take {type_name(left)} and {type_name(right)}{hint}")


def _is_number(value: Any) -> bool:
    kind = type(value)
    return kind is int or kind is Decimal


def _decimal(operation: Any, left: Any, right: Any) -> Decimal:
    try:
        return operation(left, right)
    except decimals.ERRORS as error:
        raise decimals.fault_of_decimals() from error


def add(left: Any, right: Any) -> Any:
    """`left + right`: numbers, durations, a time and a duration, lists."""
    kind = type(left)
    if kind is int and type(right) is int:
        return integer(left + right)
    if _is_number(left) and _is_number(right):
        return _decimal(DECIMALS.add, left, right)
    if kind is Duration and type(right) is Duration:
        return Duration(integer(left.microseconds + right.microseconds))
    if kind is Time and type(right) is Duration:
        return Time(integer(left.microseconds + right.microseconds))
    if kind is tuple and type(right) is tuple:
        check_items(len(left) + len(right))
        return left + right
    raise _wrong("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """`left - right`: numbers, durations, times."""
    kind = type(left)
    if kind is int and type(right) is int:
        return integer(left - right)
    if _is_number(left) and _is_number(right):
        return _decimal(DECIMALS.subtract, left, right)
    if kind is Duration and type(right) is Duration:
        return Duration(integer(left.microseconds - right.microseconds))
    if kind is Time and type(right) is Duration:
        return Time(integer(left.microseconds - right.microseconds))
    if kind is Time and type(right) is Time:
        return Duration(integer(left.microseconds - right.microseconds))
    raise _wrong("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """`left * right`: numbers, a duration and a number."""
    if type(left) is int and type(right) is int:
        return integer(left * right)
    if _is_number(left) and _is_number(right):
        return _decimal(DECIMALS.multiply, left, right)
    if type(left) is Duration and _is_number(right):
        return _scaled(left, right)
    if type(right) is Duration and _is_number(left):
        return _scaled(right, left)
    raise _wrong("*", left, right)


def _scaled(duration: Duration, factor: Any) -> Duration:
    if type(factor) is int:
        return Duration(integer(duration.microseconds * factor))
    product = _decimal(DECIMALS.multiply, Decimal(duration.microseconds), factor)
    return Duration(integer(int(product.to_integral_value(ROUND_HALF_EVEN))))


def divide(left: Any, right: Any) -> Any:
    """`left / right`: a decimal; a duration by a number; a duration by a duration as a decimal."""
    if _is_number(left) and _is_number(right):
        _check_divisor(right)
        return _decimal(DECIMALS.divide, left, right)
    if type(left) is Duration and _is_number(right):
        _check_divisor(right)
        quotient = _decimal(DECIMALS.divide, Decimal(left.microseconds), right)
        return Duration(integer(int(quotient.to_integral_value(ROUND_HALF_EVEN))))
    if type(left) is Duration and type(right) is Duration:
        _check_divisor(right.microseconds)
        return _decimal(DECIMALS.divide, Decimal(left.microseconds), Decimal(right.microseconds))
    raise _wrong("/", left, right)


def floor_divide(left: Any, right: Any) -> Any:
    """`left // right`: an integer, rounded down."""
    if type(left) is int and type(right) is int:
        _check_divisor(right)
        return integer(left // right)
    if _is_number(left) and _is_number(right):
        _check_divisor(right)
        quotient = _decimal(DECIMALS.divide, left, right)
        return integer(int(quotient.to_integral_value("ROUND_FLOOR")))
    if type(left) is Duration and type(right) is Duration:
        _check_divisor(right.microseconds)
        return left.microseconds // right.microseconds
    raise _wrong("//", left, right)


def modulo(left: Any, right: Any) -> Any:
    """`left % right`: what `//` leaves; it has the sign of the right side."""
    if type(left) is int and type(right) is int:
        _check_divisor(right)
        return left % right
    if _is_number(left) and _is_number(right):
        whole = floor_divide(left, right)
        return _decimal(DECIMALS.subtract, left, _decimal(DECIMALS.multiply, right, Decimal(whole)))
    if type(left) is Duration and type(right) is Duration:
        _check_divisor(right.microseconds)
        return Duration(left.microseconds % right.microseconds)
    raise _wrong("%", left, right)


def _check_divisor(divisor: Any) -> None:
    if divisor == 0:
        raise Fault("division_by_zero", "nothing can be divided by zero")


def negate(value: Any) -> Any:
    """`-value`."""
    if type(value) is int:
        return integer(-value)
    if type(value) is Decimal:
        return -value
    if type(value) is Duration:
        return Duration(-value.microseconds)
    raise Fault("type", f"`-` does not take {type_name(value)}")


def equal(left: Any, right: Any) -> bool:
    """`left == right`: values of different types are never equal, but an integer may equal a decimal."""
    if type(left) is str and type(right) is str:
        return left == right
    return _equal(left, right, Allowance(), 0)


def _equal(left: Any, right: Any, allowance: Allowance, depth: int) -> bool:
    kind, other = type(left), type(right)
    if kind is not other and not (_is_number(left) and _is_number(right)):
        return False
    if left is right:
        return True
    allowance.take(left, depth)
    if kind is tuple:
        pairs = zip(left, right, strict=True) if len(left) == len(right) else None
    elif kind is dict:
        pairs = [(each, right[key]) for key, each in left.items()] if left.keys() == right.keys() else None
    elif kind is Outcome:
        pairs = [(left.fields, right.fields)] if left.name == right.name else None
    else:
        return left == right
    return pairs is not None and all(_equal(one, two, allowance, depth + 1) for one, two in pairs)


def unequal(left: Any, right: Any) -> bool:
    """`left != right`."""
    return not equal(left, right)


_ORDERED = (str, Duration, Time)


def _check_order(operator: str, left: Any, right: Any) -> None:
    if _is_number(left) and _is_number(right):
        return
    if type(left) is type(right) and isinstance(left, _ORDERED):
        return
    raise _wrong(operator, left, right)


def less(left: Any, right: Any) -> bool:
    """`left < right`."""
    if type(left) is not int or type(right) is not int:
        _check_order("<", left, right)
    return left < right


def less_or_equal(left: Any, right: Any) -> bool:
    """`left <= right`."""
    if type(left) is not int or type(right) is not int:
        _check_order("<=", left, right)
    return left <= right


def greater(left: Any, right: Any) -> bool:
    """`left > right`."""
    if type(left) is not int or type(right) is not int:
        _check_order(">", left, right)
    return left > right


def greater_or_equal(left: Any, right: Any) -> bool:
    """`left >= right`."""
    if type(left) is not int or type(right) is not int:
        _check_order(">=", left, right)
    return left >= right


def contained(item: Any, container: Any) -> bool:
    """`item in container`: an item of a list, a key of a map, a part of a text."""
    if type(container) is tuple:
        allowance = Allowance()
        return any(_equal(item, each, allowance, 0) for each in container)
    if type(item) is str and type(container) in (dict, str):
        return item in container
    raise Fault("type", f"`in` does not take {type_name(item)} and {type_name(container)}")


def not_contained(item: Any, container: Any) -> bool:
    """`item not in container`."""
    return not contained(item, container)


def boolean(value: Any) -> bool:
    """A condition: no other type stands for true or false."""
    if value is True or value is False:
        return value
    raise Fault("type", f"a condition is true or false, not {type_name(value)}")


@cache
def by_symbol() -> dict[str, Any]:
    """The operators by the symbol that a script writes."""
    return {
        "+": add, "-": subtract, "*": multiply, "/": divide, "//": floor_divide, "%": modulo, "==": equal,
        "!=": unequal, "<": less, "<=": less_or_equal, ">": greater, ">=": greater_or_equal, "in": contained,
        "not in": not_contained,
    }  # fmt: skip
