"""The values that can be read off the text: literals and constants made of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Final

from flowlang.model.values import Duration, Regex, Value
from flowlang.syntax import ast


class Unknown(Enum):
    """Says that a value is only known when the script runs."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


def literal_value(node: ast.Expression, constants: Mapping[str, Value]) -> Value | Unknown:
    """The value of an expression that is a literal, a known constant or a list of them; of all else
    `UNKNOWN`."""
    match node:
        case ast.Text() | ast.Number() | ast.Boolean() | ast.PhoneNumber():
            return node.value
        case ast.NoneLiteral():
            return None
        case ast.DurationLiteral():
            return Duration(node.microseconds)
        case ast.Regex():
            return Regex(node.pattern, node.flags)
        case ast.Name():
            return constants.get(node.name, UNKNOWN)
        case ast.Field(value=ast.Name(name=module), name=name):  # `module.CONSTANT`, which no name can be
            return constants.get(f"{module}.{name}", UNKNOWN)
        case ast.Unary(operator="-", operand=ast.Number(value=value)):
            return Decimal(-value) if isinstance(value, Decimal) else -value
        case ast.ListLiteral():
            items: list[Value] = []
            for item in node.items:
                value = UNKNOWN if isinstance(item, ast.Spread) else literal_value(item, constants)
                if value is UNKNOWN:
                    return UNKNOWN
                items.append(value)
            return tuple(items)
        case _:
            return UNKNOWN
