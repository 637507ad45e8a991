"""JSON: from values of the language, and back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from flowlang.compile.runtime.faults import Fault
from flowlang.compile.runtime.weights import check_weight
from flowlang.model.values import MAX_INTEGER, MIN_INTEGER, Duration, Outcome, Time, Value, type_name

_EXACT = 10**15
"""Whole decimals below this are written without a point, and every reader of JSON keeps them exact."""


def json_of(value: Value) -> str:
    """A value as JSON: decimals as numbers, durations in seconds, times as RFC 3339 has them."""
    try:
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise Fault("value", "this is nested too deeply for JSON") from None


def _plain(value: Value) -> Any:
    match value:
        case tuple():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < _EXACT else float(value)
        case Duration():
            return value.seconds
        case Outcome():
            return {"outcome": value.name} | {key: _plain(each) for key, each in value.fields.items()}
        case None | bool() | int() | str():
            return value
        case Time():
            return str(value).replace(" UTC", "Z").replace(" ", "T")
        case _:
            raise Fault("type", f"JSON has no form for {type_name(value)}")


def value_of_json(text: str) -> Value:
    """A text's JSON as a value; `none` where it is no JSON, or larger than a value may be."""
    try:
        value = _value(json.loads(text, parse_float=Decimal, parse_constant=_no_constant))
        check_weight(value)
    except (ValueError, RecursionError, Fault):
        return None
    return value


def whole_text(text: str) -> str:
    """A text without halves of characters (RFC 8259 §8.2), which nothing could write or send: `?` stands for
    one."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")  # RFC 8259 §6


def _value(plain: Any) -> Value:
    match plain:
        case bool() | None:
            return plain
        case str():
            return whole_text(plain)
        case int():
            return plain if MIN_INTEGER <= plain <= MAX_INTEGER else Decimal(plain)
        case Decimal():
            return +plain
        case list():
            return tuple(_value(each) for each in plain)  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {whole_text(str(key)): _value(each) for key, each in plain.items()}  # pyright: ignore
        case _:
            raise ValueError(plain)
