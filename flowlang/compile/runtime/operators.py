"""Operators of arithmetic: they check types, sizes and 64 bits, and never turn a value into something else in
silence."""

from __future__ import annotations

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# A script's value may be anything: `type(value) is dict` tells, and what it holds is again anything.
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from flowlang.model.values import Duration, Time, Value, type_name

from . import decimals
from .decimals import DECIMALS
from .faults import Fault
from .sizes import check_items, integer


def wrong(operator: str, left: Value, right: Value) -> Fault:
    """The fault of an operator that does not take these."""
    hint = (
        "; text is built with ${}"
        if operator == "+" and (isinstance(left, str) or isinstance(right, str))
        else ""
    )
    return Fault("type", f"`{operator}` does not take {type_name(left)} and {type_name(right)}{hint}")


def is_number(value: Any) -> bool:
    """Whether it is an integer or a decimal."""
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
    if is_number(left) and is_number(right):
        return _decimal(DECIMALS.add, left, right)
    if kind is Duration and type(right) is Duration:
        return Duration(integer(left.microseconds + right.microseconds))
    if kind is Time and type(right) is Duration:
        return Time(integer(left.microseconds + right.microseconds))
    if kind is tuple and type(right) is tuple:
        check_items(len(left) + len(right))
        return left + right
    raise wrong("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """`left - right`: numbers, durations, times."""
    kind = type(left)
    if kind is int and type(right) is int:
        return integer(left - right)
    if is_number(left) and is_number(right):
        return _decimal(DECIMALS.subtract, left, right)
    if kind is Duration and type(right) is Duration:
        return Duration(integer(left.microseconds - right.microseconds))
    if kind is Time and type(right) is Duration:
        return Time(integer(left.microseconds - right.microseconds))
    if kind is Time and type(right) is Time:
        return Duration(integer(left.microseconds - right.microseconds))
    raise wrong("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """`left * right`: numbers, a duration and a number."""
    if type(left) is int and type(right) is int:
        return integer(left * right)
    if is_number(left) and is_number(right):
        return _decimal(DECIMALS.multiply, left, right)
    if type(left) is Duration and is_number(right):
        return _scaled(left, right)
    if type(right) is Duration and is_number(left):
        return _scaled(right, left)
    raise wrong("*", left, right)


def _scaled(duration: Duration, factor: Any) -> Duration:
    if type(factor) is int:
        return Duration(integer(duration.microseconds * factor))
    product = _decimal(DECIMALS.multiply, Decimal(duration.microseconds), factor)
    return Duration(integer(int(product.to_integral_value(ROUND_HALF_EVEN))))


def divide(left: Any, right: Any) -> Any:
    """`left / right`: a decimal; a duration by a number; a duration by a duration as a decimal."""
    if is_number(left) and is_number(right):
        _check_divisor(right)
        return _decimal(DECIMALS.divide, left, right)
    if type(left) is Duration and is_number(right):
        _check_divisor(right)
        quotient = _decimal(DECIMALS.divide, Decimal(left.microseconds), right)
        return Duration(integer(int(quotient.to_integral_value(ROUND_HALF_EVEN))))
    if type(left) is Duration and type(right) is Duration:
        _check_divisor(right.microseconds)
        return _decimal(DECIMALS.divide, Decimal(left.microseconds), Decimal(right.microseconds))
    raise wrong("/", left, right)


def floor_divide(left: Any, right: Any) -> Any:
    """`left // right`: an integer, rounded down."""
    if type(left) is int and type(right) is int:
        _check_divisor(right)
        return integer(left // right)
    if is_number(left) and is_number(right):
        _check_divisor(right)
        quotient = _decimal(DECIMALS.divide, left, right)
        return integer(int(quotient.to_integral_value("ROUND_FLOOR")))
    if type(left) is Duration and type(right) is Duration:
        _check_divisor(right.microseconds)
        return left.microseconds // right.microseconds
    raise wrong("//", left, right)


def modulo(left: Any, right: Any) -> Any:
    """`left % right`: what `//` leaves; it has the sign of the right side."""
    if type(left) is int and type(right) is int:
        _check_divisor(right)
        return left % right
    if is_number(left) and is_number(right):
        whole = floor_divide(left, right)
        return _decimal(DECIMALS.subtract, left, _decimal(DECIMALS.multiply, right, Decimal(whole)))
    if type(left) is Duration and type(right) is Duration:
        _check_divisor(right.microseconds)
        return Duration(left.microseconds % right.microseconds)
    raise wrong("%", left, right)


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


def boolean(value: Any) -> bool:
    """A condition: no other type stands for true or false."""
    if value is True or value is False:
        return value
    raise Fault("type", f"a condition is true or false, not {type_name(value)}")
