"""Actions that the host wrote in Python: awaited, their results checked to be values of the language."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation, Overflow
from typing import Any

from flowlang.compile.runtime import sizes
from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.operators import DECIMALS
from flowlang.model.actions import Action
from flowlang.model.host_action import HostFunction
from flowlang.model.results import Done, Failed, Result
from flowlang.model.values import SECOND, Duration, Outcome, Regex, Time, Value

_log = logging.getLogger("flowlang.engine")
_DEPTH = 50  # of lists and maps within each other in a result


async def run_host_function(action: Action, function: HostFunction, arguments: Mapping[str, Value]) -> Result:
    """Calls it with the arguments by name. What it raises is a fault in the script, `host_action`; the
    traceback goes to the log."""
    try:
        returned = await function(**arguments)
        value = as_value(returned)
    except Fault as fault:
        return Failed(fault.code, fault.text)
    except Exception as error:  # noqa: BLE001 (the function is not ours; what it raises is a fault)
        _log.exception("the host's action %s failed", action.name)
        return Failed("host_action", f"the host's action `{action.name}` failed: {type(error).__name__}")
    declared = [each.name for each in action.outcomes]
    if declared and not (isinstance(value, Outcome) and value.name in declared):
        return Failed(
            "host_action",
            f"the host's action `{action.name}` gave none of its outcomes {', '.join(declared)}",
        )
    return Done(value)


def as_value(given: Any, depth: int = 0) -> Value:
    """Python data as a value of the language: none, booleans, integers, floats and decimals, texts, lists and
    tuples, dicts with texts as keys, `timedelta`, aware `datetime`, `Outcome`. Raises `Fault` for anything
    else."""
    if depth > _DEPTH:
        raise Fault("host_action", f"a result is nested more than {_DEPTH} deep")
    match given:
        case None | bool():
            return given
        case Decimal():
            return _decimal(given)
        case int():
            return sizes.integer(given)
        case float():
            return _decimal(Decimal(repr(given)))
        case str():
            return sizes.text(_encodable(given))
        case list() | tuple():
            sizes.check_items(len(given))  # pyright: ignore[reportUnknownArgumentType]
            return tuple(as_value(each, depth + 1) for each in given)  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return _map(given, depth)  # pyright: ignore[reportUnknownArgumentType]
        case Outcome():
            return Outcome(given.name, _map(given.fields, depth))
        case Duration() | Time() | Regex():
            return given
        case timedelta():
            return Duration(given // timedelta(microseconds=1))
        case datetime() if given.tzinfo is not None:
            return Time(int(given.timestamp()) * SECOND + given.microsecond)
        case _:
            raise Fault("host_action", f"{type(given).__name__} is no type that the language has")


def _decimal(given: Decimal) -> Decimal:
    if not given.is_finite():
        raise Fault("host_action", f"{given} is no number")
    try:
        return DECIMALS.plus(given)
    except (InvalidOperation, Overflow):
        raise Fault("overflow", "a decimal has an exponent below 1,000") from None


def _encodable(given: str) -> str:
    try:
        given.encode()
    except UnicodeEncodeError:
        raise Fault("host_action", "a text with half a character (a lone surrogate) is none") from None
    return given


def _map(given: dict[Any, Any], depth: int) -> dict[str, Value]:
    sizes.check_items(len(given))
    if not all(isinstance(key, str) for key in given):
        raise Fault("host_action", "the keys of a map are texts")
    return {_encodable(key): as_value(each, depth + 1) for key, each in given.items()}
