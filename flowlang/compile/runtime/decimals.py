"""The context of a script's decimals: 28 digits, rounding half to even.

What runs a script sets it, so that compiled code can use Python's own operators on decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Context, InvalidOperation, Overflow, getcontext, setcontext
from typing import ParamSpec, TypeVar

from .faults import Fault

DECIMALS = Context(prec=28, rounding=ROUND_HALF_EVEN, Emin=-999, Emax=999, traps=[InvalidOperation, Overflow])
ERRORS = (InvalidOperation, Overflow)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def fault_of_decimals() -> Fault:
    """What one of `ERRORS` is to a script."""
    return Fault("overflow", "a decimal has at most 28 digits and an exponent below 1,000")


@contextmanager
def in_script() -> Generator[None]:
    """Inside, decimals are a script's, and what they raise is a fault."""
    before = getcontext()
    setcontext(DECIMALS)
    try:
        yield
    except ERRORS as error:
        raise _told(error) from None
    finally:
        setcontext(before)


def _told(error: ArithmeticError) -> Fault:
    fault = fault_of_decimals()
    fault.__traceback__ = error.__traceback__
    return fault


def run(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """Calls a compiled function that does not act. As within `in_script`, at a third of its price: each route
    that is tried has some."""
    before = getcontext()
    setcontext(DECIMALS)
    try:
        return function(*arguments, **named)
    except ERRORS as error:
        raise _told(error) from None
    finally:
        setcontext(before)
