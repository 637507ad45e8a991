"""Operators: none is used on values that it surely cannot take. Text is built with `${}`, never with `+`."""

from __future__ import annotations

from flowlang.analysis.script import Script
from flowlang.analysis.types import Ended, Type, described, of_arithmetic
from flowlang.syntax import ast

_ORDERED = frozenset({"integer", "decimal", "text", "duration", "time"})
_NUMBERS = frozenset({"integer", "decimal"})


def check(script: Script) -> None:
    """All operators of which both sides are known."""
    for body in script.bodies:
        for node in body.nodes:
            if isinstance(node, ast.Binary):
                _binary(script, node)
            elif isinstance(node, ast.Unary) and node.operator == "-":
                known = script.types.get(id(node.operand))
                if known is not None and known not in ("integer", "decimal", "duration"):
                    script.report.add("E309", node.span, f"`-` cannot stand before {described(known)}")


def _binary(script: Script, node: ast.Binary) -> None:
    left, right = script.types.get(id(node.left)), script.types.get(id(node.right))
    if node.operator == "+" and "text" in (left, right):
        hint = 'write both into one text: `"${a}${b}"`'
        script.report.add("E308", node.span, "`+` does not join texts", hint=hint)
    elif left is not None and right is not None and not _fits(node.operator, left, right):
        message = f"`{node.operator}` cannot take {described(left)} and {described(right)}"
        script.report.add("E309", node.span, message)


def _fits(operator: str, left: Type, right: Type) -> bool:
    match operator:
        case "==" | "!=":
            return True
        case "<" | "<=" | ">" | ">=":
            if isinstance(left, Ended) or isinstance(right, Ended):
                return False
            return left in _ORDERED and (left == right or {left, right} <= _NUMBERS)
        case "in" | "not in":
            return right in ("list", "map", "text") or isinstance(right, Ended)
        case "*" | "/" | "//" | "%" if "duration" in (left, right):
            return {left, right} <= {"duration", *_NUMBERS}  # as in `2 * 5s` and `1h / 5s`
        case "*" if left in ("text", "list") or right in ("text", "list"):
            return {left, right} <= {"text", "list", "integer"} and "integer" in (left, right)
        case "+" if (left, right) == ("duration", "time"):
            return True
        case _:
            return of_arithmetic(operator, left, right) is not None
